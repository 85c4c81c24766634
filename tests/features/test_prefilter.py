"""Windows of the candidates that a prefilter keeps: their tokens, markers and answers."""
import pytest

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.datasets.nq.decoding import decode_page
from bert_nq.features import prefilter
from bert_nq.features.cascade import Stage
from bert_nq.features.options import FeatureOptions
from bert_nq.features.prefilter import Prefilter
from bert_nq.features.windows import WindowMaker
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support.nq_pages import make_line, make_page
from tests.support.score_files import page_scores, write_scores
from tests.support.tiny_nq import TOKENS

# Tokens 0 to 6, 7 to 16 (rows 8 to 11 and 12 to 15), 17 to 20, 21 to 24.
TEXT = ("<P> tovin is in aron . </P> <Table> <Tr> a town </Tr> <Tr> of many </Tr> </Table> "
        "<P> the village </P> <P> many houses </P>")
# Candidates: 0 <P>, 1 <Table>, 2 and 3 its rows, 4 <P>, 5 <P>.
HEAD = "[CLS] [Q] where [SEP] [ContextId=-1] [NoLongAnswer] "
FULL = (HEAD + "[ContextId=0] [Paragraph=1] tovin is in aron . "
        "[ContextId=1] [Table=1] a town of many "
        "[ContextId=4] [Paragraph=2] the village [ContextId=5] [Paragraph=3] many houses [SEP]")


def example_of(text=TEXT, example_id=100):
    return decode_page(make_line(make_page(text, example_id, "where")), "shard, line 1")


def maker(kept=None, **changes):
    vocabulary = Vocabulary(TOKENS)
    options = FeatureOptions(**dict(dict(max_seq_length=40, max_query_length=4), **changes))
    return WindowMaker(WordPieceTokenizer(vocabulary, True), vocabulary, options, prefilter=kept)


def read(window_maker, example):
    """The text of the first window, the tokens of its pieces, and how many windows there are."""
    rows = window_maker.prediction(example).rows
    size = rows.lengths[0]
    text = " ".join(TOKENS[i] for i in rows.input_ids[0, :size].tolist())
    return text, rows.token_map[0, :size].tolist(), len(rows.lengths)


def keep(probabilities, *stage, skip_nested=True):
    return prefilter.keep_by(lambda example: page_scores(example.example_id, probabilities),
                             Stage(*stage), skip_nested)


def test_without_a_prefilter_and_with_one_that_keeps_all():
    whole = read(maker(), example_of())
    assert whole[0] == FULL
    assert read(maker(keep(dict.fromkeys(range(6), 0.5))), example_of()) == whole


def test_kept_candidates_have_their_markers_and_the_page_s_tokens():
    text, tokens, number = read(maker(keep({0: 0.1, 1: 0.2, 4: 0.05, 5: 0.9}, 2)), example_of())
    assert text == (HEAD + "[ContextId=1] [Table=1] a town of many "
                    "[ContextId=5] [Paragraph=3] many houses [SEP]")
    assert tokens == [-1] * 8 + [9, 10, 13, 14, -1, -1, 22, 23, -1]
    assert number == 1


def test_a_table_is_kept_for_its_best_row():
    kept = keep({0: 0.3, 1: 0.0, 2: 0.1, 3: 0.6, 4: 0.2, 5: 0.1}, 2)
    assert sorted(kept(example_of())) == [0, 1]
    # Where rows are read by themselves, the row is.
    assert sorted(keep({0: 0.3, 1: 0.0, 3: 0.6}, 2, skip_nested=False)(example_of())) == [0, 3]


def test_scores_of_the_contexts():
    scores = prefilter.of_contexts(page_scores(100, {0: 0.3, 2: 0.1, 3: 0.6, 5: 0.0}), example_of())
    assert (scores.candidates.tolist(), scores.probabilities.tolist()) == ([0, 1, 5], [0.3, 0.6, 0])
    for example in (example_of(), example_of("no candidates")):
        assert not len(prefilter.of_contexts(page_scores(100, {}), example).candidates)


def test_candidates_behind_a_table_are_not_within_it():
    """A scored candidate that is at top level, and one that lies in none."""
    example = example_of()._replace(candidates=example_of().candidates[1:])
    nested = example._replace(candidates=[
        c._replace(top_level=c.top_level and c.start_token != 17) for c in example.candidates])
    found = prefilter.of_contexts(page_scores(100, {0: 0.1, 2: 0.2, 3: 0.9}), nested)
    assert dict(zip(found.candidates.tolist(), found.probabilities.tolist())) == {0: 0.2}


def test_the_threshold_and_a_page_without_survivors():
    kept = keep({0: 0.3, 1: 0.2, 4: 0.1}, 10, 0.1)
    assert sorted(kept(example_of())) == [0, 1]
    text, tokens, number = read(maker(keep({0: 0.3}, 10, 0.5)), example_of())
    assert (text, number) == (HEAD + "[SEP]", 1)
    assert set(tokens) == {-1}


def test_max_contexts_counts_the_kept_ones():
    """The first two contexts are the entry for no long answer, and candidate 0."""
    assert "[ContextId=1]" not in read(maker(max_contexts=2), example_of())[0]
    text = read(maker(keep({5: 0.9, 4: 0.8}, 1), max_contexts=2), example_of())[0]
    assert text == HEAD + "[ContextId=5] [Paragraph=3] many houses [SEP]"


def test_fewer_windows():
    example = example_of(" ".join("<P> %s</P>" % ("tovin is in aron " * 10) for _ in range(40)))
    sizes = {"max_seq_length": 64, "doc_stride": 32}
    every = maker(**sizes).prediction(example).total
    few = maker(keep({i: 0.5 if i % 10 == 3 else 0.1 for i in range(40)}, 4), **sizes)
    # 40 * 42 + 2 pieces with room for 59, 32 apart: (1682 - 59) / 32 + 1, rounded up; 4 * 42 + 2.
    assert (every, few.prediction(example).total) == (52, 5)


def test_a_page_of_5000_candidates_nested_ones_among_them():
    text = " ".join("<Table> <Tr> a </Tr> <Tr> town </Tr> </Table>" for _ in range(1667))
    example = example_of(text)
    assert len(example.candidates) == 5001
    scores = {i: (i * 7919 % 5001) / 5001 for i in range(5001)}
    kept = keep(scores, 10)(example)
    best = sorted(range(0, 5001, 3), key=lambda i: max(scores[i], scores[i + 1], scores[i + 2]))
    assert kept == frozenset(best[-10:])


def test_scores_come_from_files(tmp_path):
    path = write_scores(tmp_path / "scores.jsonl.gz", {7: {}, 100: {0: 0.3, 3: 0.5}, 8: {9: 0.5}})
    filter_ = Prefilter(ScoreFiles.find(path), Stage(1))
    kept = filter_.open(skip_nested=True)
    assert kept(example_of()) == {1}
    assert kept(example_of(example_id=7)) == frozenset()
    with pytest.raises(BadExampleError, match="shard, line 1: example 9 has no candidate scores"):
        kept(example_of(example_id=9))
    with pytest.raises(BadExampleError, match="example 8 have a candidate 9, the page has 6"):
        maker(kept).prediction(example_of(example_id=8))
    assert filter_.settings() == {"scores": filter_.scores.fingerprint, "keep": 1,
                                  "keep_threshold": 0.0}
