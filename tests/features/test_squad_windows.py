"""Windows of SQuAD's questions, worked out by hand."""
import numpy as np
import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.squad.example import Answer, Example
from bert_nq.features import spec
from bert_nq.features.featurizer import Pieces
from bert_nq.features.options import TextOptions
from bert_nq.features.squad_maker import WindowMaker
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER, SPEC, labelled_span
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

VOCABULARY = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "is", "?", "(", ")", "-"]
                        + list("abcdefghij") + ["18", "##95", "19", "##43"])
# As pieces, from 0: a b c d e f g h i j ( 18 ##95 - 19 ##43 )
#                    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
CONTEXT = "a b\u202fc  d e f g h i j (1895-1943)"
QUERY = "[CLS] who is [SEP] "
# With 13 pieces a window, 4 of the question and the last [SEP] leave 8; windows begin at 0, 5, 10.
WINDOWS = [
    QUERY + "a b c d e f g h [SEP]",
    QUERY + "f g h i j ( 18 ##95 [SEP]",
    QUERY + "( 18 ##95 - 19 ##43 ) [SEP] [PAD]",
]


def example_of(*answers, context=CONTEXT, question="who is", is_impossible=False):
    return Example(100, "q1", "T", question, context,
                   tuple(Answer(text, context.find(text) if start is None else start)
                         for text, start in answers), is_impossible, "x.json, question 7")


def maker(**options):
    settings = dict({"max_seq_length": 13, "doc_stride": 5, "max_query_length": 8}, **options)
    return WindowMaker(WordPieceTokenizer(VOCABULARY, has_markers=False), VOCABULARY,
                       SquadOptions(**settings))


def texts(rows):
    return [" ".join(VOCABULARY.tokens[i] for i in ids) for ids in rows.input_ids]


def labels(example, **options):
    """[(start, end)] of the windows, and the counts that are not 0."""
    made = maker(**options).training(example)
    return (list(zip(made.rows.labels.start_positions.tolist(),
                     made.rows.labels.end_positions.tolist())),
            {name: count for name, count in made.counts.items() if count})


def failure(example, **options):
    with pytest.raises(BadExampleError) as caught:
        maker(**options).training(example)
    return str(caught.value)


@pytest.mark.parametrize("text, start, expected", [
    # Pieces 5 and 6: in window 0 behind the 4 of the question at 9, in window 1 at 4 + (5 - 5).
    ("f g", None, [(9, 10), (4, 5), (0, 0)]),
    # Pieces 7 and 8: window 0 has only the first of them.
    ("h i", None, [(0, 0), (6, 7), (0, 0)]),
    # Word 10 is pieces 10 to 16, of which 11 and 12 are the answer; both windows have it, though
    # not all of the word.
    ("1895", None, [(0, 0), (10, 11), (5, 6)]),
    ("1943", None, [(0, 0), (0, 0), (8, 9)]),
    # 94 is not made of whole pieces: all of the word.
    ("94", None, [(0, 0), (0, 0), (4, 10)]),
    # The blank before c belongs to word 1, but c alone is what the answer has of pieces.
    ("\u202fc ", None, [(6, 6), (0, 0), (0, 0)]),
    (CONTEXT, None, [(0, 0)] * 3),
])
def test_labels(text, start, expected):
    assert labels(example_of((text, start))) == (expected, {})


def test_rows_of_training():
    made = maker().training(example_of(("f g", None), ("a", None)))
    assert (made.total, texts(made.rows)) == (3, WINDOWS)
    rows = made.rows
    assert rows.unique_ids.tolist() == [100, 101, 102]
    assert rows.indexes.tolist() == [0, 1, 2]
    assert rows.lengths.tolist() == [13, 13, 12]
    columns = rows.columns()
    assert list(columns) == list(spec.names(spec.of_purpose(SPEC, spec.TRAINING)))
    assert columns["segment_ids"].astype(int).tolist() == [
        [0] * 4 + [1] * 9, [0] * 4 + [1] * 9, [0] * 4 + [1] * 8 + [0]]
    assert columns["is_impossible"].tolist() == [0, 0, 0]


def test_rows_of_prediction():
    rows = maker().prediction(example_of()).rows
    assert texts(rows) == WINDOWS
    assert list(rows.columns()) == list(spec.names(spec.of_purpose(SPEC, spec.PREDICTION)))
    assert rows.word_map.tolist() == [
        [-1] * 4 + [0, 1, 2, 3, 4, 5, 6, 7] + [-1],
        [-1] * 4 + [5, 6, 7, 8, 9, 10, 10, 10] + [-1],
        [-1] * 4 + [10] * 7 + [-1, -1]]
    # Piece 5 has 2 to its right in window 0, none to its left in window 1; piece 6 has 1 in both,
    # and the first counts; piece 7 has 0 and 2. Pieces 10, 11, 12: 2, 1, 0 and 0, 1, 2; of 11,
    # window 1 shows more since it is longer by a piece.
    assert [np.flatnonzero(row).tolist() for row in rows.has_max_context] == [
        [4, 5, 6, 7, 8, 9, 10], [6, 7, 8, 9, 10], [6, 7, 8, 9, 10]]


@pytest.mark.parametrize("overlap, starts", [
    # 8 pieces of room: steps of 8, 7 and 3.
    (0, [0, 8, 16]), (1, [0, 7, 14]), (5, [0, 3, 6, 9]),
])
def test_overlap_in_place_of_a_step(overlap, starts):
    rows = maker(doc_overlap=overlap, max_query_length=4).prediction(example_of()).rows
    pieces = "a b c d e f g h i j ( 18 ##95 - 19 ##43 )".split()
    assert [text.split()[4] for text in texts(rows)] == [pieces[start] for start in starts]


def test_of_a_long_question_the_first_pieces_are_kept():
    rows = maker(max_query_length=3).prediction(example_of(question="  who is a b ?")).rows
    assert texts(rows)[0].startswith("[CLS] who is a [SEP] a b")


def test_an_impossible_question():
    example = example_of(("f g", None), is_impossible=True)
    made = maker(version_2_with_negative=True).training(example)
    assert made.rows.labels.is_impossible.tolist() == [1, 1, 1]
    assert made.rows.labels.start_positions.tolist() == [0, 0, 0]
    assert failure(example) == (
        "x.json, question 7 (id q1): the question has no answer, as in SQuAD 2.0: give "
        "--version_2_with_negative")


def test_the_data_of_one_version_with_the_flags_of_the_other():
    assert failure(example_of(("a", 0), is_impossible=None), version_2_with_negative=True) == (
        "x.json, question 7 (id q1): is_impossible is missing, as in SQuAD 1.1: leave out "
        "--version_2_with_negative")
    assert labels(example_of(("a", 0), is_impossible=None))[0][0] == (4, 4)
    # Questions of 2.0 that have an answer are usable without the flag.
    assert labels(example_of(("a", 0), is_impossible=False))[0][0] == (4, 4)


@pytest.mark.parametrize("answers, options, message", [
    ([], {}, "there is no answer to learn from"),
    ([], {"version_2_with_negative": True},
     "there is no answer to learn from and is_impossible is false"),
    ([("", 0)], {}, "the answer is empty"),
    ([(" ", 1)], {"fix_offsets": True}, "the answer is empty"),
    ([("j (1895-1943)x", 22)], {},
     "the answer is characters [22, 36), the context has 32 (--fix_offsets looks for its text)"),
    ([("a", 5000)], {}, "the answer is characters [5000, 5001), the context has 32 (--fix_offsets "
     "looks for its text)"),
    ([("a", -3)], {}, "the answer is characters [-3, -2), the context has 32 (--fix_offsets looks "
     "for its text)"),
    ([("a", -1)], {}, "the answer has no offset (--fix_offsets looks for its text)"),
])
def test_answers_that_cannot_be_used(answers, options, message):
    assert failure(example_of(*answers), **options) == "x.json, question 7 (id q1): " + message


@pytest.mark.parametrize("text, start, fix_offsets, expected, counts", [
    # A character off, "f" is still among the words there.
    ("f", 12, False, (9, 9), {"answers_off": 1}),
    ("f", 15, False, None, {"answers_off": 1, "answers_lost": 1}),
    ("f", 15, True, (9, 9), {"answers_off": 1, "answers_fixed": 1}),
    ("f", 5000, True, (9, 9), {"answers_off": 1, "answers_fixed": 1}),
    ("f", -1, True, (9, 9), {"answers_off": 1, "answers_fixed": 1}),
    # It is not there, or it is there twice.
    ("x", 3, True, None, {"answers_off": 1, "answers_lost": 1}),
    ("x", 5000, True, None, {"answers_off": 1, "answers_lost": 1}),
    ("9", 0, True, None, {"answers_off": 1, "answers_lost": 1}),
    # What run_squad finds at the offset is found with the flag as well.
    ("b c", 2, True, (5, 6), {"answers_off": 1}),
])
def test_answers_that_are_not_at_their_offset(text, start, fix_offsets, expected, counts):
    spans, counted = labels(example_of((text, start)), fix_offsets=fix_offsets)
    assert counted == counts
    assert spans == [] if expected is None else spans[0] == expected


@pytest.mark.parametrize("context, text", [
    ("a b\u00a0c d", "b\u00a0c"),  # run_squad looks for "b c"
    ("a \u200b b", "\u200b"),  # no pieces
])
def test_answers_that_are_lost_at_their_offset(context, text):
    assert labels(example_of((text, None), context=context)) == ([], {"answers_lost": 1})


@pytest.mark.parametrize("changes, message", [
    ({"question": "\u200b"}, "the question has no characters that can be read"),
    ({"context": "\u200b"}, "the context has no characters that can be read"),
])
def test_texts_without_pieces(changes, message):
    example = example_of(("a", 0))._replace(**changes)
    assert failure(example) == "x.json, question 7 (id q1): " + message
    with pytest.raises(BadExampleError):
        maker().prediction(example)


def test_a_context_is_cut_once_for_the_questions_about_it():
    calls = []

    class Tokenizer(WordPieceTokenizer):
        def __init__(self):
            super().__init__(VOCABULARY, has_markers=False)
            word_ids = self.word_ids
            self.word_ids = lambda word: calls.append(word) or word_ids(word)

    window_maker = WindowMaker(Tokenizer(), VOCABULARY, SquadOptions())
    for _ in range(3):
        made = window_maker.training(example_of(("a", 0)))
    assert calls.count("(1895-1943)") == 1
    other = window_maker.training(example_of(("b", 0), context="b a")).rows
    assert texts(other)[0].startswith("[CLS] who is [SEP] b a [SEP]")
    assert (window_maker.training(example_of(("a", 0))).rows.input_ids == made.rows.input_ids).all()


def test_brackets_are_no_markers():
    rows = maker().prediction(example_of(context="[SEP] a", question="[CLS]")).rows
    assert texts(rows)[0].startswith("[CLS] [UNK] [UNK] [UNK] [SEP] [UNK] [UNK] [UNK] a [SEP]")


def test_the_maker_of_settings(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(VOCABULARY.tokens), encoding="utf8")
    made = FEATURIZER.make(TextOptions(str(path)), SquadOptions(13, 5, max_query_length=8))
    assert texts(made.prediction(example_of()).rows) == WINDOWS
    assert made.vocab_size == len(VOCABULARY)
    path.write_text("[PAD]\n[UNK]\na\n")
    with pytest.raises(UserError, match=r"vocab.txt: no entry \[CLS\], \[SEP\]"):
        FEATURIZER.make(TextOptions(str(path)), SquadOptions())


@pytest.mark.parametrize("options, message", [
    ({"max_seq_length": 67}, "max_seq_length (67) must be greater than max_query_length (64) + 3"),
    ({"max_seq_length": 65537}, "max_seq_length is 65537, and no model has windows of more than "
     "65536 wordpieces"),
    ({"doc_overlap": "3"}, "doc_overlap is '3', not of the type of None"),
    ({"fix_offsets": 1}, "fix_offsets is 1, not of the type of False"),
    ({"doc_stride": 0}, "doc_stride must be at least 1, it is 0"),
    ({"max_query_length": 0}, "max_query_length must be at least 1, it is 0"),
    ({"doc_overlap": -1}, "doc_overlap must be from 0 to 316, less than the pieces of the context "
     "in a window, it is -1"),
    ({"doc_overlap": 317}, "doc_overlap must be from 0 to 316, less than the pieces of the context "
     "in a window, it is 317"),
])
def test_options_with_which_no_window_can_be_made(options, message):
    with pytest.raises(UserError) as caught:
        SquadOptions(**options).check()
    assert str(caught.value) == message
    assert SquadOptions().check() == (384, 128, None, 64, False, False, 0)


def broken(**changes):
    """What is wrong with the windows of an answer when some of their features are changed."""
    columns = dict(maker().training(example_of(("f g", None))).rows.columns(), **{
        name: np.array(values) for name, values in changes.items()})
    return ["window %d: %s" % (row, rule.explain(row))
            for rule in FEATURIZER.check(columns, Pieces(len(VOCABULARY), 2, 3))
            for row in np.flatnonzero(rule.is_broken)]


def test_rules_of_records():
    assert broken() == []
    assert broken(is_impossible=[1, 0, 1]) == [
        "window 0: of an impossible question, the labels are 9 and 10, not 0"]
    place = "window %d: the answer, pieces %d to %d, is not in the context, pieces 4 to %d"
    assert broken(start_positions=[3, 6, 0], end_positions=[10, 5, 0]) == [
        place % (0, 3, 10, 11), place % (1, 6, 5, 11)]
    assert broken(start_positions=[0, 0, 9], end_positions=[0, 12, 11]) == [
        place % (1, 0, 12, 11), place % (2, 9, 11, 10)]


def test_the_labelled_span_of_a_record():
    columns = maker().training(example_of(("f g", None))).rows.columns()
    records = [{name: np.atleast_1d(values[row]) for name, values in columns.items()}
               for row in range(3)]
    assert [labelled_span(record) for record in records] == [slice(9, 11), slice(4, 6), None]
    assert labelled_span(dict(records[0], end_positions=np.array([40]))) is None
