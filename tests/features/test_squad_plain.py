"""Windows of wild contexts against a plain implementation."""
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.squad.example import Answer, Example
from bert_nq.features.featurizer import Pieces
from bert_nq.features.squad_maker import WindowMaker
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER, SPEC
from bert_nq.records import examples
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support import plain_squad
from tests.support.examples import with_examples

LETTERS = list("abcdexyz")
VOCABULARY = Vocabulary(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + LETTERS + list(".,'()[]-\u65e5")
    + ["the", "un", "able", "18", "95"] + ["##" + piece for piece in LETTERS + ["able", "95"]])
TOKENIZER = WordPieceTokenizer(VOCABULARY, has_markers=False)

BLANKS = [chr(i) for i in range(sys.maxunicode + 1)
          if chr(i).isspace() or unicodedata.category(chr(i)) == "Zs"]
PARTS = ["a", "the", "unable", "Cab", "(1895-1895)", "the", "x.", "x", ".", " ", " ", " ", "  "]
ODD_PARTS = ["[SEP]", "[b]", "q" * 201, "e\u0301", "\u0301", "A\u030aB", "\u65e5\u672c", "\u0130",
             "\ufb01", "\x00", "a\x07b", "\u200b", "\ufffd", "\ufeff", "\u00ad", "\ud800", "\t",
             "\n", "\u202f", "\U0001f600"] + BLANKS
TEXTS = st.sampled_from([PARTS, PARTS + ODD_PARTS, ODD_PARTS]).flatmap(
    lambda parts: st.lists(st.sampled_from(parts) | st.text(max_size=3), max_size=40)
    .map("".join)).filter(str.strip)


@st.composite
def questions(draw):
    """Any context, with an answer that is mostly in it and mostly at its offset."""
    context = draw(TEXTS)
    start = draw(st.integers(0, len(context) - 1))
    text = context[start:draw(st.integers(start + 1, len(context)))]
    text = draw(st.sampled_from([text] * 6 + ["a", "the x", context + "a"]))
    start = draw(st.sampled_from([start] * 6 + [start + 1, start - 1, -1, 0, len(context)]))
    if not text.strip():
        text = "x"
    impossible = draw(st.sampled_from([False, False, False, True]))
    question = draw(TEXTS)
    return Example(draw(st.integers(-2 ** 63, 2 ** 63 - 1)), "q", "", question, context,
                   () if impossible else (Answer(text, start), Answer("other", 0)), impossible, "x")


OPTIONS = st.builds(
    SquadOptions, max_seq_length=st.integers(16, 40), doc_stride=st.integers(1, 20),
    doc_overlap=st.sampled_from([None, None, 0, 1, 4]), max_query_length=st.integers(1, 8),
    version_2_with_negative=st.just(True), fix_offsets=st.booleans())


@pytest.mark.parametrize("is_training", [True, False])
@with_examples(150)
@given(questions(), OPTIONS)
def test_windows_are_those_of_the_plain_way(is_training, example, options):
    maker = WindowMaker(TOKENIZER, VOCABULARY, options)
    make = maker.training if is_training else maker.prediction
    ids = VOCABULARY.ids
    try:
        windows, counts = plain_squad.make(example, options, TOKENIZER.word_ids,
                                           TOKENIZER.text_ids, ids["[CLS]"], ids["[SEP]"],
                                           is_training)
    except BadExampleError:
        with pytest.raises(BadExampleError):
            make(example)
        return
    made = make(example)
    rows, columns = made.rows, made.rows.columns()
    assert len(rows.indexes) == len(windows)
    if is_training:
        assert {name: made.counts[name] for name in counts} == counts
    else:
        columns = dict(columns, word_map=rows.word_map, has_max_context=rows.has_max_context)
    assert [{name: values[i].tolist() if values.ndim > 1 else [values[i]]
             for name, values in columns.items()} for i in range(len(windows))] == windows
    assert (rows.lengths == columns["input_mask"].sum(axis=1)).all()
    spec = [feature for feature in SPEC if feature.name in columns]
    parsed = [examples.parse(record, "x") for record in examples.serialize(spec, columns)]
    assert [list(record) for record in parsed] == [[f.name for f in spec]] * len(windows)
    pieces = Pieces(len(VOCABULARY), ids["[CLS]"], ids["[SEP]"])
    assert not any(rule.is_broken.any() for rule in FEATURIZER.check(rows.columns(), pieces))
