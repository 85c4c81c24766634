"""Small pages, a vocabulary with the markers of tags and a model, for the reader of candidates."""
import dataclasses

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.estimator import model_card
from bert_nq.estimator.model_card import ModelCard
from bert_nq.features import packing
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.candidate_maker import CandidateMaker
from bert_nq.features.candidate_options import CandidateOptions
from bert_nq.modeling import checkpoints
from bert_nq.text.vocabulary import MARKERS, Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support import tiny_model, tiny_nq
from tests.support.nq_pages import make_annotation, make_line, make_page

# "lakeside" is three pieces, "lakes" two.
TOKENS = tiny_nq.TOKENS + MARKERS["candidates"] + ["lake", "##s", "##ide"]
VOCABULARY = Vocabulary(TOKENS)


def maker(order=packing.BERT, scores=None, draw=DrawOptions(0.0), kept=None, **options):  # noqa: B008
    """A maker of rows of 16 pieces, at most 4 of the question, with changes of its options."""
    options = CandidateOptions(**dict({"max_seq_length": 16, "max_query_length": 4}, **options))
    return CandidateMaker(WordPieceTokenizer(VOCABULARY, True, has_markers=False), VOCABULARY,
                          options, order, scores, draw, kept)


def example(text, *annotations, **fields):
    """A page as an Example; annotations are (candidate, short, yes_no), as make_annotation."""
    record = make_page(text, annotations=[make_annotation(*a) for a in annotations], **fields)
    return decode_example(make_line(record), "a page")


def pieces(ids):
    """The tokens of ids, without padding, joined by blanks."""
    return " ".join(TOKENS[i] for i in ids if i)


def write_vocabulary(path) -> str:
    """Writes TOKENS as a vocab.txt; returns its path."""
    path.write_text("".join(token + "\n" for token in TOKENS))
    return str(path)


def write_model(folder, seed=1, **settings) -> str:
    """Writes the folder of a reader of candidates with random weights; returns its path.

    Args:
      folder: a pathlib.Path.
      seed: of the weights.
      **settings: changes of those that it was trained with.
    """
    tiny_model.write(folder, seed, write_vocabulary, vocab_size=len(TOKENS))
    config = dataclasses.replace(tiny_nq.CONFIG, vocab_size=len(TOKENS))
    names = {"cls/nq/output_weights": "cls/squad/output_weights",
             "cls/nq/output_bias": "cls/squad/output_bias",
             "answer_type_output_weights": "cls/candidate/output_weights",
             "answer_type_output_bias": "cls/candidate/output_bias"}
    checkpoints.write_weights(str(folder / "model.ckpt-1"), {
        names.get(name, name): value for name, value in tiny_model.weights(seed, config).items()})
    model_card.write(str(folder), ModelCard("quesbelm", dict({
        "do_lower_case": True, "tokenizer": "wordpiece", "packing": "bert", "max_seq_length": 32,
        "max_query_length": 8, "markup": "keep", "head": "candidate"}, **settings)))
    return str(folder)
