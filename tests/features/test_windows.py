"""Windows, worked out by hand."""
import pytest

from bert_nq.base import randomness
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.options import FeatureOptions
from bert_nq.features.windows import WindowMaker
from bert_nq.records import examples
from bert_nq.text.vocabulary import Vocabulary
from tests.support.nq_pages import make_annotation, make_line, make_page
from tests.support.tiny_nq import serialized

UNKNOWN, YES, NO, SHORT, LONG = range(5)


class ToyTokenizer:
    """Words are pieces, except that "un+able" is un ##able. Pieces are numbered as they come."""

    def __init__(self):
        self.ids = {piece: i for i, piece in enumerate(("[PAD]", "[CLS]", "[SEP]", "[Q]"))}

    def word_ids(self, word):
        first, *others = word.split("+")
        return [self.ids.setdefault(piece, len(self.ids))
                for piece in [first] + ["##" + other for other in others]]

    def text_ids(self, text):
        return [i for word in text.split(" ") for i in self.word_ids(word)]

    def pieces(self, ids):
        names = list(self.ids)
        return " ".join(names[i] for i in ids)


# Tokens:  0  1   2  3 4  5  6   7
TEXT = "<P> a b+c d e f+g h </P>"
# As pieces, from 0: [ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] a b ##c d e f ##g h
#                          0               1              2             3       4 5  6  7 8 9  10 11
QUERY = "[CLS] [Q] q1 q2 [SEP] "
# With 12 pieces a window, 5 of the question and the last [SEP] leave 6; windows begin at 0, 4, 8.
WINDOWS = [
    QUERY + "[ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] a b [SEP]",
    QUERY + "a b ##c d e f [SEP]",
    QUERY + "e f ##g h [SEP] [PAD] [PAD]",
]


def example_of(text=TEXT, *annotations, question="q1 q2", example_id=100):
    page = make_page(text, example_id, question, annotations)
    return decode_example(make_line(page), "x")


def maker(**options):
    settings = dict({"max_seq_length": 12, "doc_stride": 4, "max_query_length": 8}, **options)
    tokenizer = ToyTokenizer()
    return WindowMaker(tokenizer, Vocabulary(tokenizer.ids), FeatureOptions(**settings)), tokenizer


def trained(*annotations, text=TEXT, question="q1 q2", **options):
    """[(index, text, start, end, type)] of the training windows, and all that was returned."""
    window_maker, tokenizer = maker(**options)
    made = window_maker.training(example_of(text, *annotations, question=question))
    windows = made.rows
    rows = zip(windows.indexes.tolist(), map(tokenizer.pieces, windows.input_ids),
               *(column.tolist() for column in windows.labels))
    return list(rows), made


@pytest.mark.parametrize("annotation, expected", [
    # Tokens 2 and 3 are pieces 5 to 7, which only window 1 has wholly, from its piece 4 on, behind
    # the 5 of the question: 5 + (5 - 4) = 6 and 5 + (7 - 4) = 8.
    (make_annotation(0, [(2, 4)]), [(1, WINDOWS[1], 6, 8, SHORT)]),
    # Token 4 is piece 8: in window 1 at 5 + 4 = 9, in window 2 at 5 + 0 = 5.
    (make_annotation(0, [(4, 5)]), [(1, WINDOWS[1], 9, 9, SHORT), (2, WINDOWS[2], 5, 5, SHORT)]),
    # Token 5 is pieces 9 and 10; window 1 has only the first of them.
    (make_annotation(0, [(5, 6)]), [(2, WINDOWS[2], 6, 7, SHORT)]),
    # Token 1 is piece 4: in window 0 at 5 + 4 = 9, in window 1 at 5.
    (make_annotation(0, [(1, 2)]), [(0, WINDOWS[0], 9, 9, SHORT), (1, WINDOWS[1], 5, 5, SHORT)]),
    # The whole paragraph is pieces 4 to 11, more than a window holds.
    (make_annotation(0), []),
    (make_annotation(), []),
])
def test_labels(annotation, expected):
    rows, made = trained(annotation)
    assert rows == expected
    assert (made.total, made.counts) == (3, {"gold_in_contexts": 1, "answers_lost": 0})


@pytest.mark.parametrize("annotation, answer_type", [
    (make_annotation(0), LONG), (make_annotation(0, yes_no="YES"), YES),
    (make_annotation(0, yes_no="NO"), NO)])
def test_long_answers_are_labelled_as_a_whole(annotation, answer_type):
    # 5 + 12 + 1 pieces: one window with everything; the paragraph's pieces 4 to 11 are 9 to 16.
    rows, made = trained(annotation, max_seq_length=20)
    assert rows == [(0, QUERY + "[ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] "
                     "a b ##c d e f ##g h [SEP] [PAD] [PAD]", 9, 16, answer_type)]
    assert made.total == 1


def test_windows_without_the_answer_are_unknown():
    rows, _ = trained(make_annotation(0, [(2, 4)]), include_unknowns=1.0)
    assert rows == [(0, WINDOWS[0], 0, 0, UNKNOWN), (1, WINDOWS[1], 6, 8, SHORT),
                    (2, WINDOWS[2], 0, 0, UNKNOWN)]
    rows, _ = trained(make_annotation(), include_unknowns=1.0)
    assert rows == [(i, WINDOWS[i], 0, 0, UNKNOWN) for i in range(3)]


@pytest.mark.parametrize("share", [-1.0, 0.0])
def test_none_of_the_windows_without_answer(share):
    assert trained(make_annotation(), include_unknowns=share)[0] == []


def test_a_share_of_the_windows_without_answer_is_drawn_by_seed_page_and_window():
    window_maker, _ = maker(include_unknowns=0.5, seed=6)
    ids = list(range(-500, 500))

    def kept(order):
        return {(i, index) for i in order for index in window_maker.training(
            example_of(TEXT, make_annotation(), example_id=i)).rows.indexes.tolist()}

    expected = {(i, index) for i in ids for index in range(3)
                if randomness.uniform(6, 1, i, index)[0] < 0.5}
    assert kept(ids) == kept(ids[::-1]) == expected
    # Of 3,000 draws, 1,500 are expected with a standard deviation of 27.
    assert 1380 < len(expected) < 1620


def test_windows_with_the_answer_are_always_kept():
    window_maker, _ = maker(include_unknowns=0.2)
    for i in range(100):
        made = window_maker.training(
            example_of(TEXT, make_annotation(0, [(2, 4)]), example_id=i))
        assert 1 in made.rows.indexes


def test_a_lost_answer_gives_no_windows():
    rows, made = trained(make_annotation(0, [(2, 3)]), text="<P> a b\u3000c </P>",
                         include_unknowns=1.0, keep_drift=True)
    assert (rows, made.total, made.counts["answers_lost"]) == ([], 1, 1)


class CleaningTokenizer(ToyTokenizer):
    """U+200B has no pieces, as BERT's tokenizer has it."""

    def word_ids(self, word):
        return [] if word == "\u200b" else super().word_ids(word)


@pytest.mark.parametrize("text, annotation", [
    ("<P> a \u200b b </P>", make_annotation(0, [(2, 3)])),
    ("<P> a \u200b \u200b b </P>", make_annotation(0, [(2, 4)])),
    ("<P> \u200b </P> <P> a </P>", make_annotation(0)),
    ("<P> a </P> <P> \u200b </P>", make_annotation(1, yes_no="YES"))])
def test_an_answer_without_pieces_gives_no_windows(text, annotation):
    tokenizer = CleaningTokenizer()
    made = WindowMaker(tokenizer, Vocabulary(tokenizer.ids), FeatureOptions(
        max_seq_length=20, max_query_length=8, include_unknowns=1.0)).training(
            example_of(text, annotation))
    assert (len(made.rows.indexes), made.counts["answers_lost"]) == (0, 1)


def test_candidates_of_unknown_kind_are_counted_by_their_tags():
    page = example_of("<P> a </P> <P> b </P> <P> c </P>")
    page = page._replace(tokens=["<p_class=x>", "a", "</P>", "<P>", "b", "</P>", "x", "c", "</P>"])
    for make in (maker()[0].training, maker()[0].prediction):
        assert make(page).counts == {"gold_in_contexts": 1, "answers_lost": 0,
                                     "unknown_kind <p>": 1, "unknown_kind words": 1}


def test_an_answer_out_of_reach():
    # The nested item "b" is not in the text. Characters 0 to 0 of the text lie in its first word,
    # which is piece 0, in window 0 at 5; window 0 is the only one to begin at piece 0.
    text = "<Ul> a <Li> b </Li> c d e f g h </Ul>"
    rows, made = trained(make_annotation(1), text=text)
    assert [(row[0],) + row[2:] for row in rows] == [(0, 5, 5, LONG)]
    assert made.counts["gold_in_contexts"] == 0
    assert trained(make_annotation(1), text=text, keep_unreachable_answers=False)[0] == []


@pytest.mark.parametrize("max_query_length, query", [
    (8, "[CLS] [Q] q1 un ##able q3 [SEP] "), (5, "[CLS] [Q] q1 un ##able q3 [SEP] "),
    (4, "[CLS] q1 un ##able q3 [SEP] "), (2, "[CLS] ##able q3 [SEP] "), (1, "[CLS] q3 [SEP] ")])
def test_the_last_pieces_of_a_long_question_are_kept(max_query_length, query):
    rows, made = trained(make_annotation(), question="q1 un+able q3", include_unknowns=1.0,
                         max_query_length=max_query_length)
    assert rows[0][1].startswith(query + "[ContextId=-1]")
    assert made.rows.query_length == len(query.split())


def test_prediction_windows():
    window_maker, tokenizer = maker()
    made = window_maker.prediction(example_of(TEXT, make_annotation(0, [(2, 4)])))
    windows = made.rows
    assert list(map(tokenizer.pieces, windows.input_ids)) == WINDOWS
    assert windows.unique_ids.tolist() == [100, 101, 102]
    assert windows.labels is None
    # Pieces a b ##c d e f ##g h stand for tokens 1 2 2 3 4 5 5 6.
    assert windows.token_map.tolist() == [
        [-1, -1, -1, -1, -1] + [-1, -1, -1, -1, 1, 2] + [-1],
        [-1, -1, -1, -1, -1] + [1, 2, 2, 3, 4, 5] + [-1],
        [-1, -1, -1, -1, -1] + [4, 5, 5, 6] + [-1, -1, -1]]
    assert windows.input_mask().tolist() == [[1] * 12, [1] * 12, [1] * 10 + [0] * 2]
    assert windows.segment_ids().tolist() == [
        [0] * 5 + [1] * 7, [0] * 5 + [1] * 7, [0] * 5 + [1] * 5 + [0] * 2]


def test_records_have_the_masks_of_the_windows():
    windows = maker()[0].prediction(example_of()).rows
    records = [examples.parse(record, "x") for record in serialized(windows)]
    assert [r["input_mask"].tolist() for r in records] == windows.input_mask().tolist()
    assert [r["segment_ids"].tolist() for r in records] == windows.segment_ids().tolist()


@pytest.mark.parametrize("options, message", [
    ({"max_seq_length": 67}, "max_seq_length (67) must be greater than max_query_length (64) + 3"),
    ({"doc_stride": 0}, "doc_stride must be at least 1, it is 0"),
    ({"max_query_length": 0}, "max_query_length must be at least 1, it is 0"),
    ({"max_contexts": -1}, "max_contexts must be at least 1, it is -1"),
    ({"max_position": 0}, "max_position must be at least 1, it is 0"),
    ({"max_seq_length": 10 ** 9},
     "max_seq_length is 1000000000, and no model has windows of more than 65536 wordpieces"),
    ({"max_seq_length": None}, "max_seq_length is None, not of the type of 384"),
    ({"doc_stride": True}, "doc_stride is True, not of the type of 128"),
    ({"skip_nested_contexts": "no"}, "skip_nested_contexts is 'no', not of the type of True"),
    ({"include_unknowns": float("nan")}, "include_unknowns is nan, not a finite number"),
])
def test_options_with_which_no_window_can_be_made(options, message):
    with pytest.raises(UserError) as caught:
        FeatureOptions(**options).check()
    assert str(caught.value) == message


def test_the_defaults_are_the_references_but_for_the_drift():
    assert FeatureOptions() == (384, 128, 64, True, 48, 50, -1.0, True, False, 0)
    assert FeatureOptions().check() == FeatureOptions()
