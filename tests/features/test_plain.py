"""Windows and records of wild pages against those made the plain way."""
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span
from bert_nq.features.contexts import choose_annotation
from bert_nq.features.featurizer import Pieces
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import FeatureOptions
from bert_nq.features.windows import WindowMaker
from bert_nq.records import examples
from bert_nq.records.checking import check_records
from bert_nq.text.vocabulary import NQ_MARKERS, Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support import plain_windows
from tests.support.examples import with_examples
from tests.support.tiny_nq import serialized

LETTERS = list("abcdexyz")
VOCABULARY = Vocabulary(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + NQ_MARKERS + LETTERS + list(".,'\u65e5")
    + ["the", "un", "able"] + ["##" + piece for piece in LETTERS + ["able"]])
TOKENIZER = WordPieceTokenizer(VOCABULARY)

BLANKS = [chr(i) for i in range(sys.maxunicode + 1)
          if chr(i).isspace() or unicodedata.category(chr(i)) == "Zs"]
# What takes words and document tokens apart.
BREAKING = ["", "", " ", "  ", "a b", " a", "b ", "\u202f", "a\u202fb", "a\tb", "\n", "a\r"]
ODD_TOKENS = [
    "[SEP]", "[ContextId=3]", "[Q]", "[Paragraph=1]", "[1]",
    "[a b]", "x" * 300, "e\u0301", "\u0301", "A\u030aB", "\u65e5\u672c", "\u0130I\u0307", "\ufb01",
    "\x00", "a\x07b", "\u200b", "\ufffd", "\ufeff", "\u00ad", "\ud800", "U.S.", "1,234", "``", "$x",
    "\u1680\u180e"] + BLANKS + ["a%sb" % blank for blank in BLANKS]
TAGS = ["<P>", "</P>", "<Table>", "<Ul>", "<Dl>", "<Li>", "<Tr>", '<Td colspan="2">']
WORDS = ["a", "the", "unable", "Cab", "eye", "abcde"]
# Pages of usual words alone are among them, and pages where nearly all is odd.
TOKENS = st.sampled_from([WORDS, WORDS + ODD_TOKENS, WORDS * 2 + BREAKING]).flatmap(
    lambda tokens: st.lists(st.tuples(st.sampled_from(tokens) | st.text(max_size=4), st.just(False))
                            | st.tuples(st.sampled_from(TAGS), st.just(True)),
                            min_size=1, max_size=40))


@st.composite
def spans(draw, start, end):
    """Tokens [first, last) within [start, end), not empty."""
    first = draw(st.integers(start, end - 1))
    return Span(first, draw(st.integers(first + 1, end)))


@st.composite
def annotations(draw, candidates):
    index = draw(st.integers(-1, len(candidates) - 1))
    if index < 0:
        return Annotation(-1, (), "NONE")
    short = draw(st.lists(spans(*candidates[index][:2]), max_size=3))
    return Annotation(index, tuple(short), draw(st.sampled_from(["NONE", "NONE", "YES", "NO"])))


@st.composite
def pages(draw):
    """Any tokens, any candidates and answers in them."""
    tokens = draw(TOKENS)
    candidates = [Candidate(*span, draw(st.sampled_from([True, True, False])))
                  for span in draw(st.lists(spans(0, len(tokens)), max_size=8))]
    question = " ".join(token for token, _ in draw(TOKENS)[:6])
    return Example(
        draw(st.integers(-2 ** 63, 2 ** 63 - 1)), question, "", [token for token, _ in tokens],
        [is_html for _, is_html in tokens], candidates,
        draw(st.lists(annotations(candidates), max_size=3)), "x")


OPTIONS = st.builds(
    FeatureOptions, max_seq_length=st.integers(12, 40), doc_stride=st.integers(1, 20),
    max_query_length=st.integers(1, 8), skip_nested_contexts=st.booleans(),
    max_contexts=st.integers(1, 6), max_position=st.integers(1, 3),
    include_unknowns=st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
    keep_unreachable_answers=st.booleans(), keep_drift=st.booleans(), seed=st.integers(0, 3))


@pytest.mark.parametrize("is_training", [True, False])
@with_examples(150)
@given(pages(), OPTIONS)
def test_windows_and_records_are_those_of_the_plain_way(is_training, page, options):
    maker = WindowMaker(TOKENIZER, VOCABULARY, options)
    try:
        plain = plain_windows.make(page, options, TOKENIZER.word_ids, VOCABULARY.ids, is_training)
    except BadExampleError:
        with pytest.raises(BadExampleError):
            maker.training(page)
        return
    made = (maker.training if is_training else maker.prediction)(page)
    assert (made.total, made.counts) == plain[1:]
    assert [as_lists(record) for record in serialized(made.rows)] == plain.windows
    assert [w["input_ids"] for w in plain.windows] == made.rows.input_ids.tolist()
    assert [w["input_mask"] for w in plain.windows] == made.rows.input_mask().tolist()
    assert [w["segment_ids"] for w in plain.windows] == made.rows.segment_ids().tolist()


@with_examples(150)
@given(pages(), OPTIONS)
def test_whatever_the_annotations_records_are_what_the_verifier_takes(page, options):
    try:
        made = WindowMaker(TOKENIZER, VOCABULARY, options).training(page)
    except BadExampleError:
        return
    checked = check_records(serialized(made.rows), ["record"] * len(made.rows.indexes), FEATURIZER,
                            Pieces.of(VOCABULARY))
    assert checked.faults == []


def as_lists(record):
    return {name: values.tolist() for name, values in examples.parse(record, "x").items()}


def pieces_of(page, token):
    """The ids of the wordpieces of one document token."""
    if page.is_html[token]:
        return []
    words = re.split("[\t\r\n\u202f]", page.tokens[token].replace(" ", ""))
    return [piece for word in words if word for piece in TOKENIZER.word_ids(word)]


# All of a page in one window.
WHOLE_PAGE = FeatureOptions(max_seq_length=6000, max_query_length=8, skip_nested_contexts=False,
                            keep_unreachable_answers=False)


@with_examples(150)
@given(pages())
def test_each_piece_stands_for_the_token_that_it_comes_from(page):
    made = WindowMaker(TOKENIZER, VOCABULARY, WHOLE_PAGE).prediction(page)
    assert made.total == 1
    rows = made.rows
    for token in range(len(page.tokens)):
        ids = rows.input_ids[rows.token_map == token].tolist()
        of_token = pieces_of(page, token)
        # Candidates that lie within each other have it several times.
        assert ids == of_token * (len(ids) // max(len(of_token), 1))


@with_examples(150)
@given(pages(), OPTIONS)
def test_pieces_of_any_window_stand_for_tokens_that_have_them(page, options):
    maker = WindowMaker(TOKENIZER, VOCABULARY, options._replace(keep_drift=False))
    rows = maker.prediction(page).rows
    for piece, token in zip(rows.input_ids.ravel().tolist(), rows.token_map.ravel().tolist()):
        assert token == -1 or piece in pieces_of(page, token)


@with_examples(150)
@given(pages())
def test_labelled_pieces_are_those_of_the_tokens_of_the_answer(page):
    try:
        made = WindowMaker(TOKENIZER, VOCABULARY, WHOLE_PAGE).training(page)
    except BadExampleError:
        return
    annotation = choose_annotation(page.annotations)
    if annotation is None or not made.counts["gold_in_contexts"]:
        assert not made.rows.indexes.size
        return
    spans = annotation.short_answers or [page.candidates[annotation.candidate_index][:2]]
    wanted = [piece for token in range(min(start for start, _ in spans),
                                       max(end for _, end in spans))
              for piece in pieces_of(page, token)]
    assert made.counts["answers_lost"] == (not wanted)
    if wanted:
        start, last = made.rows.labels.start_positions[0], made.rows.labels.end_positions[0]
        assert made.rows.input_ids[0, start:last + 1].tolist() == wanted
