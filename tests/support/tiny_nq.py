"""A tiny vocabulary, encoder and set of pages on which the whole pipeline runs in seconds."""
import json

import numpy as np

from bert_nq.features.joint_windows import FEATURIZER, SPEC
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.features.windows import Labels, WindowMaker, Windows
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.models import Model
from bert_nq.records import examples
from bert_nq.records.preparation import PreparationOptions
from bert_nq.text.vocabulary import NQ_MARKERS, Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support.nq_pages import make_annotation, make_page

NAMES = ("tovin", "marel", "osk", "brun", "calder", "ilma", "nerud", "pelas")
TOWNS = ("aron", "besk", "corva", "dunn", "ester", "fial", "gorm", "hule")
_WORDS = ("where", "is", "in", "the", "a", "town", "village", "river", "of", "old", "has", "many",
          "houses", "and", ".", "[Q]")
TOKENS = list(dict.fromkeys(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + NQ_MARKERS
    + list(_WORDS) + list(NAMES) + list(TOWNS)))

# One layer: most of the time of tiny models goes into building their graphs.
CONFIG = BertConfig(vocab_size=len(TOKENS), hidden_size=32, num_hidden_layers=1,
                    num_attention_heads=2, intermediate_size=64, max_position_embeddings=96,
                    type_vocab_size=2, initializer_range=0.1)
MODEL = Model(CONFIG, "joint")


def place_page(i, example_id=None, filler=1):
    """A page whose second paragraph says where a place is, which is its question.

    Args:
      i: number of the place; there are 64.
      example_id: the id; None: 1000 + i.
      filler: number of sentences in the paragraphs around the answer.
    """
    name, town = NAMES[i % 8], TOWNS[i // 8 % 8]
    sentence = "the village has many houses and a river . "
    text = ("<H1> %s </H1> <P> %s</P> <P> %s is a town in %s . </P> <P> %s</P>"
            % (name, sentence * filler, name, town, sentence * filler))
    town_token = text.split(" ").index(town)
    return make_page(text, 1000 + i if example_id is None else example_id, "where is " + name,
                     [make_annotation(1, [(town_token, town_token + 1)])] * 5, title=name)


# Two windows of 8 pieces: 3 of the question, then 4 and 2 of the page with the final [SEP].
WINDOWS = Windows(
    unique_ids=np.array([-7, 2 ** 63 - 1]), indexes=np.array([0, 1]),
    input_ids=np.array([[101, 105, 102, 2000, 127, 128, 102, 0], [101, 105, 102, 40000, 102,
                                                                 0, 0, 0]]),
    lengths=np.array([7, 5]), query_length=3, labels=None, token_map=None)
LABELS = Labels(np.array([4, 0]), np.array([5, 0]), np.array([3, 0]))


def _page(text, example_id, *annotations):
    return make_page(text, example_id, "where is tovin", annotations)


# A window has 64 pieces: [CLS] [Q] where is tovin [SEP], 57 of the page, [SEP].
PAGES_OF_ALL_KINDS = [
    _page("<P> tovin is in aron . </P>", 1, make_annotation(0, [(4, 5)])),
    _page("<P> tovin is in aron . </P>", 2, make_annotation(0)),
    _page("<P> tovin is in aron . </P>", 3, make_annotation(0, yes_no="NO")),
    _page("<P> tovin is in aron . </P>", 4, make_annotation()),
    # The answer is an unusual blank, which has no wordpieces, and is lost: one window, no records.
    _page("<P> tovin is \u3000 aron . </P>", 5, make_annotation(0, [(3, 4)])),
    # The gold candidate is nested; its text "is" would be characters 0 and 1 of the first word.
    _page("<Ul> tovin <Li> is </Li> in aron </Ul>", 6, make_annotation(1)),
    # 4 markers and 80 words are 84 pieces: windows of 57 begin at 0, 16 and 32. The words at 20 and
    # 21 of the page, pieces 24 and 25, are in the first two.
    _page("<P> %s</P>" % ("tovin is in a " * 20), 7, make_annotation(0, [(21, 23)])),
]
# Its short answer is a tag, not a word.
UNUSABLE_PAGE = _page("<P> <Br> tovin </P>", 8, make_annotation(0, [(1, 2)]))


def write_vocabulary(path) -> str:
    """Writes TOKENS as a vocab.txt; returns its path."""
    path.write_text("".join(token + "\n" for token in TOKENS))
    return str(path)


def write_config(path, **changes) -> str:
    """Writes CONFIG with `changes` as a bert_config.json; returns its path."""
    path.write_text(json.dumps(dict(CONFIG.to_dict(), **changes)))
    return str(path)


def window_maker(**options) -> WindowMaker:
    """A maker of windows of 64 pieces, 16 apart, unless `options` say otherwise."""
    vocabulary = Vocabulary(TOKENS)
    return WindowMaker(WordPieceTokenizer(vocabulary, True), vocabulary, feature_options(**options))


def serialized(windows):
    """The records of windows: serialized Examples with the features that the windows have."""
    columns = windows.columns()
    return list(examples.serialize([f for f in SPEC if f.name in columns], columns))


def preparation_options(vocab_file, is_training=True, **options) -> PreparationOptions:
    """The same windows, as settings; `vocab_file` is of `write_vocabulary`."""
    return PreparationOptions(FEATURIZER, TextOptions(vocab_file), feature_options(**options),
                              is_training)


def feature_options(**changes) -> FeatureOptions:
    """Options for the windows of `window_maker`, with `changes`."""
    return FeatureOptions(**dict(
        {"max_seq_length": 64, "doc_stride": 16, "max_query_length": 16}, **changes))
