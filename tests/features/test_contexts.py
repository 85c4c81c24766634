"""Contexts and answers, worked out by hand."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Annotation, AnswerType, Candidate, Span
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.features.contexts import Answer, build_contexts, choose_annotation
from bert_nq.features.options import FeatureOptions
from tests.support.nq_pages import make_annotation, make_line, make_page

UNKNOWN, YES, NO, SHORT, LONG = AnswerType

TEXT = ("<H1> Tovin </H1> "                                     # tokens 0 to 2
        "<P> Tovin is a town . </P> "                           # candidate 0, tokens 3 to 9
        "<Table> <Tr> <Td> 12 km </Td> </Tr> </Table> "         # 1, 10 to 17; row 2, 11 to 16
        "<Ul> <Li> Mount Osk </Li> <Li> the sea </Li> </Ul> "   # 3, 18 to 27; items 4, 5
        "<P> <Br> </P> "                                        # 6, no words
        "<P> end </P>")                                         # 7, 31 to 33

#          0               1              2             3             4      5   6  7    8
WORDS = ("[ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] Tovin is a town . "
         # 9            10        11 12  13            14       15    16  17  18
         "[ContextId=1] [Table=1] 12 km [ContextId=3] [List=1] Mount Osk the sea "
         # 19           20            21
         "[ContextId=7] [Paragraph=2] end").split(" ")
TOKEN_MAP = [-1, -1, -1, -1, 4, 5, 6, 7, 8, -1, -1, 13, 14, -1, -1, 20, 21, 24, 25, -1, -1, 32]


def contexts_of(text, *annotations, simplified=False, **options):
    """The contexts with the answer of training and the token map of prediction."""
    page = make_page(text, annotations=annotations)
    example = decode_example(make_line(simplify(page) if simplified else page), "a.jsonl, line 1")
    contexts = [build_contexts(example, FeatureOptions(**options), with_answer)
                for with_answer in (True, False)]
    assert contexts[0].words == contexts[1].words
    assert contexts[0].token_map is None
    return contexts[0]._replace(token_map=contexts[1].token_map.tolist())


def answer_of(*annotations, **options):
    return contexts_of(TEXT, *annotations, **options).answer


@pytest.mark.parametrize("simplified", [False, True])
def test_layout(simplified):
    contexts = contexts_of(TEXT, simplified=simplified)
    assert contexts.words == WORDS
    assert contexts.token_map == TOKEN_MAP


def test_nested_candidates():
    contexts = contexts_of(TEXT, skip_nested_contexts=False)
    # Rows and items are of the type Other, which is counted like the others.
    row = ["[ContextId=2]", "[Other=1]", "12", "km"]
    items = ["[ContextId=4]", "[Other=2]", "Mount", "Osk",
             "[ContextId=5]", "[Other=3]", "the", "sea"]
    assert contexts.words == WORDS[:13] + row + WORDS[13:19] + items + WORDS[19:]
    assert contexts.token_map == TOKEN_MAP[:13] + [-1, -1, 13, 14] + TOKEN_MAP[13:19] + [
        -1, -1, 20, 21, -1, -1, 24, 25] + TOKEN_MAP[19:]


@pytest.mark.parametrize("max_contexts, num_words", [
    (48, 22), (5, 22), (4, 19), (3, 13), (2, 9),
    (1, 9)])  # The first candidate is in before anything is counted.
def test_max_contexts_counts_the_entry_without_candidate(max_contexts, num_words):
    assert contexts_of(TEXT, max_contexts=max_contexts).words == WORDS[:num_words]


def test_markers_stop_at_max_position():
    text = "<P> a </P> <Ul> b </Ul> <P> c </P> <P> d </P> <Ol> e </Ol> <Dl> f </Dl>"
    assert contexts_of(text, max_position=2).words[3::3] == [
        "[Paragraph=1]", "[List=1]", "[Paragraph=2]", "[Paragraph=2]", "[List=2]", "[List=2]"]


def test_a_page_without_candidates():
    contexts = contexts_of("<H1> a </H1>")
    assert contexts.words == ["[ContextId=-1]", "[NoLongAnswer]"]
    assert contexts.answer == Answer(UNKNOWN, 0, 0)


@pytest.mark.parametrize("annotation, expected", [
    # "Mount Osk" is words 15 and 16, "the sea" 17 and 18.
    (make_annotation(3, [(20, 22)]), Answer(SHORT, 15, 16)),
    (make_annotation(3, [(21, 22)]), Answer(SHORT, 16, 16)),
    # A tag at the border of the answer, and one within it, </Li> <Li>.
    (make_annotation(3, [(19, 22)]), Answer(SHORT, 15, 16)),
    (make_annotation(3, [(21, 25)]), Answer(SHORT, 16, 17)),
    # Several answers become one, from the start of the first to the end of the last.
    (make_annotation(3, [(20, 21), (21, 22), (25, 26)]), Answer(SHORT, 15, 18)),
    (make_annotation(0, [(4, 5)], yes_no="YES"), Answer(SHORT, 4, 4)),
    # Without a short answer, the label is all of the long one.
    (make_annotation(0, yes_no="YES"), Answer(YES, 4, 8)),
    (make_annotation(1, yes_no="NO"), Answer(NO, 11, 12)),
    (make_annotation(3), Answer(LONG, 15, 18)),
    (make_annotation(7), Answer(LONG, 21, 21)),
    (make_annotation(), Answer(UNKNOWN, 0, 0)),
    (make_annotation(yes_no="YES"), Answer(UNKNOWN, 0, 0)),
])
def test_answers(annotation, expected):
    contexts = contexts_of(TEXT, annotation)
    assert contexts.answer == expected
    assert contexts.has_gold_candidate


def test_no_annotation_at_all():
    assert contexts_of(TEXT).answer == Answer(UNKNOWN, 0, 0)


def test_prediction_looks_for_no_answer():
    example = decode_example(make_line(make_page(TEXT, annotations=[make_annotation(3)])), "x")
    contexts = build_contexts(example, FeatureOptions(), with_answer=False)
    assert (contexts.words, contexts.answer) == (WORDS, None)
    assert contexts.has_gold_candidate


NULL, LONG_0, LONG_7 = Annotation(-1, (), "NONE"), Annotation(0, (), "NONE"), Annotation(
    7, (), "YES")
SHORT_3, SHORT_7 = Annotation(3, (Span(20, 21),), "NONE"), Annotation(7, (Span(32, 33),), "NONE")


@pytest.mark.parametrize("annotations, chosen", [
    ([], None),
    ([NULL, NULL], None),
    ([NULL, LONG_7], LONG_7),
    ([LONG_7, NULL, LONG_0], LONG_0),  # Candidate 0 stands before 7.
    ([LONG_0, SHORT_7, SHORT_3, NULL], SHORT_3),  # One with a short answer, whatever its place.
    ([LONG_0, LONG_0._replace(yes_no_answer="YES")], LONG_0),  # Of equal ones, the first.
])
def test_which_annotation_is_learnt(annotations, chosen):
    assert choose_annotation(annotations) == chosen


@pytest.mark.parametrize("annotation, expected", [
    # Candidate 4 is nested. Its text is "Mount Osk"; characters 0 to 8 of the text from its very
    # start are "[ContextI", a part of word 0.
    (make_annotation(4), Answer(LONG, 0, 0)),
    (make_annotation(4, yes_no="NO"), Answer(NO, 0, 0)),
    # "Osk" is characters 6 to 8: "xtI".
    (make_annotation(4, [(21, 22)]), Answer(SHORT, 0, 0)),
])
def test_a_gold_candidate_that_is_left_out_labels_what_stands_at_its_offset(annotation, expected):
    contexts = contexts_of(TEXT, annotation)
    assert contexts.answer == expected
    assert not contexts.has_gold_candidate
    assert answer_of(annotation, keep_unreachable_answers=False) == Answer(UNKNOWN, 0, 0)
    # The nested candidate stands at words 25 and 26: 13 + 4 of the row + 6 of the list + 2 markers.
    reached = answer_of(annotation, skip_nested_contexts=False)
    assert (reached.type, reached.last_word) == (expected.type, 26)


def test_a_gold_candidate_beyond_max_contexts():
    text = "<P> a </P> <P> one of many words </P>"
    # The text is "[ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] a"; "of many words" is
    # characters 4 to 16 of its candidate, and 14 is the first blank: words 0 and 1.
    annotation = make_annotation(1, [(5, 8)])
    contexts = contexts_of(text, annotation, max_contexts=2)
    assert contexts.words[-1] == "a"
    assert contexts.answer == Answer(SHORT, 0, 1)
    assert not contexts.has_gold_candidate


def test_a_gold_candidate_left_out_whose_offset_lies_behind_the_text():
    text = "<P> a </P> <P> %s </P>" % " ".join(["word"] * 20)
    # The text has 14 + 1 + 14 + 1 + 13 + 1 + 13 + 1 + 1 = 59 characters; the last of 20 words of
    # 4 letters begins at 19 * 5 = 95, the 11th ends at 54, the 12th at 59.
    for short, expected in (((23, 24), Answer(UNKNOWN, 0, 0)), ((4, 15), Answer(SHORT, 0, 3)),
                            ((4, 16), Answer(SHORT, 0, 4)), ((4, 17), Answer(UNKNOWN, 0, 0))):
        assert contexts_of(text, make_annotation(1, [short]), max_contexts=2).answer == expected


# A paragraph; its words; the tokens of these, and with the reference's drift.
ODD_PARAGRAPHS = [
    # Token 2 is two words; of the reference it has one entry: "km" is taken for token 3.
    (["a", "12\u202fkm", "b", "c"], "a 12 km b c", [1, 2, 2, 3, 4], [1, 2, 3, 4, -1]),
    # Four tokens, three words: "b" is taken for the blank, "c" for "b".
    (["a", " ", "b", "c"], "a b c", [1, 3, 4], [1, 2, 3]),
    (["a", "", "b", "c"], "a b c", [1, 3, 4], [1, 2, 3]),
    (["a", "\u202f", "b", "c"], "a b c", [1, 3, 4], [1, 2, 3]),
    (["a", "\t\n", "", "b", "c"], "a b c", [1, 4, 5], [1, 2, 3]),
    (["", "a", "b", "c"], "a b c", [2, 3, 4], [1, 2, 3]),
    (["a", "b", "c", ""], "a b c", [1, 2, 3], [1, 2, 3]),
    (["x\ny\rz", "", "", "b", "\u202fc\u202f"], "x y z b c", [1, 1, 1, 4, 5], [1, 2, 3, 4, 5]),
    # A blank within a token does not break it, and other characters are words, even of no pieces.
    (["a b", "\u00a0", "\u200b", "\x00", "c"], "ab \u00a0 \u200b \x00 c", [1, 2, 3, 4, 5],
     [1, 2, 3, 4, 5]),
]


@pytest.mark.parametrize("tokens, words, token_map, drifting_map", ODD_PARAGRAPHS)
def test_words_stand_for_the_tokens_that_they_come_from(tokens, words, token_map, drifting_map):
    # The paragraph behind it is reached by the drift as well.
    page = ["<P>"] + tokens + ["</P>", "<P>", "end", "</P>"]
    end = len(tokens) + 3
    contexts = contexts_of(page, make_annotation(1, [(end, end + 1)]))
    assert contexts.words[4:-3] == words.split(" ")
    assert contexts.token_map[4:] == token_map + [-1, -1, end]
    last_word = len(contexts.words) - 1
    assert contexts.answer == Answer(SHORT, last_word, last_word)

    of_reference = contexts_of(page, make_annotation(1, [(end, end + 1)]), keep_drift=True)
    assert of_reference.words == contexts.words
    assert of_reference.token_map[4:4 + len(drifting_map)] == drifting_map
    assert of_reference.answer == contexts.answer


@pytest.mark.parametrize("tokens, words, token_map, drifting_map", ODD_PARAGRAPHS)
def test_every_answer_has_the_words_of_its_tokens(tokens, words, token_map, drifting_map):
    del words, drifting_map
    page = ["<P>"] + tokens + ["</P>"]
    for start in range(1, len(tokens) + 1):
        for end in range(start + 1, len(tokens) + 2):
            expected = [4 + i for i, token in enumerate(token_map) if start <= token < end]
            if expected:
                answer = contexts_of(page, make_annotation(0, [(start, end)])).answer
                assert answer == Answer(SHORT, expected[0], expected[-1])


def test_an_answer_that_begins_with_an_empty_token():
    # The reference labels the word before it as well.
    page, annotation = ["<P>", "a", "", "b", "c", "</P>"], make_annotation(0, [(2, 4)])
    assert contexts_of(page, annotation).answer == Answer(SHORT, 5, 5)
    assert contexts_of(page, annotation, keep_drift=True).answer == Answer(SHORT, 4, 5)


def test_the_double_blank_of_a_simplified_page():
    page = {"document_text": "<P> a  b c </P>", "question_text": "q", "example_id": 1,
            "long_answer_candidates": [{"start_token": 0, "end_token": 6, "top_level": True}]}
    example = decode_example(make_line(page), "x")
    contexts = build_contexts(example, FeatureOptions(), with_answer=False)
    assert contexts.words[4:] == ["a", "b", "c"]
    assert contexts.token_map.tolist()[4:] == [1, 3, 4]


def test_an_empty_token_at_the_end_is_no_word():
    assert contexts_of(["<P>", "a", "", "</P>"]).words[4:] == ["a"]


def test_blanks_inside_a_token_are_removed():
    contexts = contexts_of(["<P>", "a b", "c", "</P>"], make_annotation(0, [(2, 3)]))
    assert contexts.words[4:] == ["ab", "c"]
    assert contexts.answer == Answer(SHORT, 5, 5)


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u2009"])
def test_an_answer_with_a_blank_of_unicode_is_lost_by_the_reference(blank):
    text = ["<P>", "the", "a%sb" % blank, "sea", "</P>"]
    short, long, behind = (make_annotation(0, [(2, 3)]), make_annotation(0),
                           make_annotation(0, [(3, 4)]))
    assert contexts_of(text, short, keep_drift=True).answer is None
    assert contexts_of(text, long, keep_drift=True).answer is None
    # Outside of the answer it does no harm.
    assert contexts_of(text, behind, keep_drift=True).answer == Answer(SHORT, 6, 6)

    assert contexts_of(text, short).answer == Answer(SHORT, 5, 5)
    assert contexts_of(text, long).answer == Answer(LONG, 4, 6)
    assert contexts_of(text, behind).answer == Answer(SHORT, 6, 6)


def test_a_candidate_of_odd_blanks_is_one_without_words():
    assert contexts_of(["<P>", "\u3000", "</P>", "<P>", "a", "</P>"]).words[2:] == [
        "[ContextId=1]", "[Paragraph=1]", "a"]


def test_a_short_answer_without_words():
    with pytest.raises(BadExampleError) as caught:
        contexts_of("<P> <Br> a b </P>", make_annotation(0, [(1, 2)]))
    assert str(caught.value) == ("a.jsonl, line 1: the short answer, tokens [1, 2), holds no words "
                                 "of its candidate")


@pytest.mark.parametrize("token", ["", " ", "\u202f", "\t"])
def test_a_short_answer_of_blanks_alone(token):
    with pytest.raises(BadExampleError, match="holds no words of its candidate"):
        contexts_of(["<P>", "a", token, "b", "</P>"], make_annotation(0, [(2, 3)]))


def test_short_answers_in_any_order_are_covered():
    # Words 15 to 18, see `test_answers`.
    for short in ([(25, 26), (20, 21)], [(21, 22), (25, 26), (20, 21)], [(20, 26), (21, 22)]):
        assert answer_of(make_annotation(3, short)) == Answer(SHORT, 15, 18)


def test_candidates_of_unknown_kind():
    text = "<p> a </p> <P> b </P> <Ul> <Li> c </Li> </Ul> word d <p> </p>"
    example = decode_example(make_line(make_page(text)), "x")
    candidates = [Candidate(0, 3, True), Candidate(3, 6, True), Candidate(7, 10, True),
                  Candidate(11, 13, True), Candidate(13, 15, True)]
    contexts = build_contexts(example._replace(candidates=candidates), FeatureOptions(), False)
    # The last one has no words and is not in the text.
    assert contexts.unknown_kinds == ["<p>", "word"]


WORDS_AND_TAGS = st.lists(st.sampled_from(["a", "bc", "def", "<B>", "</B>"]), min_size=1,
                          max_size=6)


@given(st.lists(WORDS_AND_TAGS, min_size=1, max_size=5), st.data())
def test_answer_words_are_those_of_the_answer_tokens(paragraphs, data):
    tokens, candidates = [], []
    for words in paragraphs:
        candidates.append((len(tokens), len(tokens) + len(words) + 2))
        tokens += ["<P>"] + words + ["</P>"]
    chosen = data.draw(st.integers(0, len(candidates) - 1))
    start = data.draw(st.integers(candidates[chosen][0], candidates[chosen][1] - 1))
    end = data.draw(st.integers(start + 1, candidates[chosen][1]))
    expected = [t for t in range(start, end) if not tokens[t].startswith("<")]
    if not expected:
        return
    contexts = contexts_of(tokens, make_annotation(chosen, [(start, end)]))
    answer = contexts.answer
    assert contexts.token_map[answer.first_word:answer.last_word + 1] == expected
    assert contexts.words[answer.first_word:answer.last_word + 1] == [tokens[t] for t in expected]
