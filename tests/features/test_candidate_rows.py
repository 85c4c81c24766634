"""Pages to rows of candidates: every value by hand."""
import collections

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.json_lines import line_file
from bert_nq.datasets.nq.candidate_scores import Lookup, PageScores
from bert_nq.datasets.nq.example import CandidateClass
from bert_nq.features import packing
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.candidate_maker import GOLD, OTHER, WITHOUT_ANSWER, make_candidate_maker
from bert_nq.features.candidate_options import CandidateOptions
from bert_nq.features.candidate_rows import FEATURIZER, SPEC, check, labelled_span
from bert_nq.features.featurizer import Pieces
from bert_nq.features.options import TextOptions
from bert_nq.features.spec import TRAINING, names, of_purpose
from bert_nq.records import examples
from bert_nq.records.preparation import PagePreparer, PreparationOptions
from tests.support import tiny_nq
from tests.support.candidate_pages import TOKENS, VOCABULARY, example, maker, pieces

# Tokens     0    1     2     3    4     5  6 7    8  9    10 11
PAGE = "<H1> tovin </H1> <P> tovin is a town in aron . </P>"
# Tokens    0    1    2     3     4     5    6    7     8     9     10
TABLE = "<Table> <Tr> <Td> river </Td> <Td> osk </Td> </Tr> </Table> town"

PIECES = Pieces(len(TOKENS), VOCABULARY.ids["[CLS]"], VOCABULARY.ids["[SEP]"])


def broken_rules(rows):
    """What the featurizer's own rules find wrong with rows."""
    return [rule.explain(int(np.flatnonzero(rule.is_broken)[0]))
            for rule in check(rows.columns(), PIECES) if rule.is_broken.any()]


def test_a_row_is_question_and_candidate_with_markers_for_tags():
    rows, total, _, _ = maker(max_seq_length=20).prediction(example(PAGE))
    assert total == 1
    assert pieces(rows.input_ids[0]) == (
        "[CLS] where is tovin [SEP] [Tag=P] tovin is a town in aron . [Tag] [SEP]")
    assert rows.lengths.tolist() == [15]
    # Each of the words 3 to 11 has one piece; the separator behind them stands for token 12.
    assert rows.word_map[0].tolist() == [-1] * 5 + list(range(3, 13)) + [-1] * 5
    columns = rows.columns()
    assert columns["segment_ids"][0].astype(int).tolist() == [0] * 5 + [1] * 10 + [0] * 5
    assert columns["input_mask"][0].astype(int).tolist() == [1] * 15 + [0] * 5
    assert not broken_rules(rows)


def test_tags_may_be_dropped():
    rows = maker(markup="drop").prediction(example(PAGE)).rows
    assert pieces(rows.input_ids[0]) == "[CLS] where is tovin [SEP] tovin is a town in aron . [SEP]"
    # Token 11 is a tag; the token behind the last word, 10, is where an answer may end.
    assert rows.word_map[0].tolist() == [-1] * 5 + [4, 5, 6, 7, 8, 9, 10, 11] + [-1] * 3


def test_every_kind_of_candidate_has_a_marker_and_all_other_tags_one():
    text = "<Dl> <Dt> a </Dt> <Dd> a </Dd> </Dl>"
    rows = maker().prediction(example(text)).rows
    assert pieces(rows.input_ids[0][5:]) == (
        "[Tag=Dl] [Tag=Dt] a [Tag] [Tag=Dd] a [Tag] [Tag] [SEP]")
    # Words that look like a marker, or a special token, are text.
    rows = maker(max_seq_length=24).prediction(example("<P> [Tag=P] [SEP] </P>")).rows
    assert pieces(rows.input_ids[0][5:]) == (
        "[Tag=P] [UNK] [UNK] [UNK] [UNK] [UNK] [UNK] [UNK] [UNK] [Tag] [SEP]")


def test_nested_candidates_are_rows_too():
    rows, total, _, _ = maker().prediction(example(TABLE))
    assert total == 2 and rows.unique_ids.tolist() == [1, 2]
    assert [pieces(row[5:]) for row in rows.input_ids] == [
        "[Tag=Table] [Tag=Tr] [Tag] river [Tag] [Tag] osk [Tag] [Tag] [Tag] [SEP]",
        "[Tag=Tr] [Tag] river [Tag] [Tag] osk [Tag] [Tag] [SEP]"]
    assert rows.word_map[1].tolist() == [-1] * 5 + list(range(1, 10)) + [-1] * 2


def test_a_row_ends_with_a_whole_word():
    # 16 pieces less 5 of the question and 1 separator: 10. <P> and 9 pieces of three words fit; of
    # the fourth, with 3 pieces, none, though one would. The word map has no entry for it.
    text = "<P> lakeside lakeside lakes lakeside a </P>"
    rows, _, counts, _ = maker().prediction(example(text))
    assert pieces(rows.input_ids[0][5:]) == (
        "[Tag=P] lake ##s ##ide lake ##s ##ide lake ##s [SEP]")
    assert rows.word_map[0].tolist() == [-1] * 5 + [
        0, 1, -1, -1, 2, -1, -1, 3, -1, 4, -1]
    assert counts["cut"] == 1
    # One that fits to the last piece is there.
    text = "<P> lakeside lakeside lakes a a a </P>"
    rows = maker(max_seq_length=17).prediction(example(text)).rows
    assert pieces(rows.input_ids[0][5:]) == (
        "[Tag=P] lake ##s ##ide lake ##s ##ide lake ##s a a [SEP]")


def test_the_first_pieces_of_a_long_question_are_kept():
    rows = maker().prediction(example(PAGE, question="where is a lakeside town")).rows
    assert pieces(rows.input_ids[0][:6]) == "[CLS] where is a lake [SEP]"


def test_xlnet_has_the_candidate_first():
    rows = maker(packing.XLNET, markup="drop").prediction(example(PAGE)).rows
    assert pieces(rows.input_ids[0]) == (
        "tovin is a town in aron . [SEP] where is tovin [SEP] [CLS]")
    assert rows.word_map[0].tolist() == [4, 5, 6, 7, 8, 9, 10, 11] + [-1] * 8
    assert not broken_rules(rows)


def test_unusual_blanks_part_no_tokens():
    # The token is two words for Python's split(), which would move all that come behind it.
    rows = maker().prediction(example("<P> a\u2009a tovin </P>")).rows
    assert pieces(rows.input_ids[0][5:]) == "[Tag=P] a a tovin [Tag] [SEP]"
    assert rows.word_map[0].tolist() == [-1] * 5 + [0, 1, -1, 2, 3, 4] + [-1] * 5
    assert labels("<P> a\u2009a tovin </P>", (0, [(2, 3)])) == (8, 9, "SHORT", "tovin", "[Tag]")


@pytest.mark.parametrize("text, number", [("<H1> tovin </H1> town", 0), ("<P> </P>", 1)])
def test_pages_without_candidates_or_words(text, number):
    rows = maker(markup="drop").prediction(example(text)).rows
    assert rows.input_ids.shape == (number, 16) and rows.lengths.tolist() == [6] * number
    assert rows.word_map.max(initial=-1) == -1
    assert not broken_rules(rows)


def test_a_page_of_thousands_of_candidates():
    rows, total, _, _ = maker().prediction(example("<P> lakeside a </P> " * 5000 + "a"))
    assert total == len(rows.lengths) == 5000
    assert rows.word_map[4999, 5:12].tolist() == [19996, 19997, -1, -1, 19998, 19999, 20000]


def labels(text, *annotations, **options):
    """(start, end, class) of the row of the gold candidate, and the piece at its start and end."""
    rows = maker(**options).training(example(text, *annotations)).rows
    assert not broken_rules(rows)
    gold = int(np.flatnonzero(rows.labels.row_kinds == GOLD)[0])
    start, end, label, _ = (int(part[gold]) for part in rows.labels)
    ends = tuple(TOKENS[rows.input_ids[gold][place]] for place in (start, end)) if start > 0 else ()
    return (start, end, CandidateClass(label).name if label >= 0 else "IGNORED") + ends


def test_the_end_is_the_first_piece_of_the_word_behind_the_answer():
    text = "<P> tovin lakeside aron in a </P>"
    # [CLS] where is tovin [SEP] <P> tovin lake ##s ##ide aron: pieces 6 to 10.
    assert labels(text, (0, [(1, 3)])) == (6, 10, "SHORT", "tovin", "aron")
    assert labels(text, (0, [(2, 3)])) == (7, 10, "SHORT", "lake", "aron")


def test_an_answer_at_the_end_of_the_row_ends_with_the_separator():
    # Where tags are dropped, "aron" is the last word of the candidate.
    assert labels("<P> a town aron </P>", (0, [(2, 4)]), markup="drop") == (
        6, 8, "SHORT", "town", "[SEP]")
    # A row of 10: <P> tovin a town and the separator. The word "in" does not fit, "town" does.
    text = "<P> tovin a town in aron </P>"
    assert labels(text, (0, [(2, 4)]), max_seq_length=10) == (7, 9, "SHORT", "a", "[SEP]")
    # Where another candidate goes on behind the gold one, the label is the separator all the same.
    assert labels("<Ul> <Li> a town </Li> aron </Ul>", (1, [(2, 4)]), markup="drop") == (
        5, 7, "SHORT", "a", "[SEP]")


def test_a_row_whose_short_answer_is_cut_is_ignored():
    text = "<P> tovin a town in aron </P>"
    assert labels(text, (0, [(2, 5)]), max_seq_length=10) == (-1, -1, "IGNORED")
    assert labels(text, (0, [(5, 6)]), max_seq_length=10) == (-1, -1, "IGNORED")
    # So is one whose answer has no wordpieces.
    assert labels("<P> tovin \u3000 a </P>", (0, [(2, 3)])) == (-1, -1, "IGNORED")
    made = maker(max_seq_length=10).training(example(text, (0, [(5, 6)])))
    assert made.counts["answers_cut"] == 1


def test_classes_of_gold_candidates():
    text = "<P> tovin a town </P> <P> in aron </P>"
    assert labels(text, (0, [])) == (-1, -1, "LONG")
    # Yes and no go before short answers.
    assert labels(text, (0, [(1, 2)], "YES")) == (-1, -1, "YES")
    assert labels(text, (0, [], "NO")) == (-1, -1, "NO")
    # The first short answer of the first annotation counts.
    assert labels(text, (0, [(2, 3), (1, 2)]), (1, [(6, 7)])) == (7, 8, "SHORT", "a", "town")


def test_rows_of_training_are_the_gold_candidate_and_another_of_each_pass():
    text = "<P> tovin </P> <P> in </P> <P> aron </P>"
    made = maker(num_draws=50, seed=3).training(example(text, (1, [(4, 5)])))
    rows, kinds = made.rows, made.rows.labels.row_kinds
    assert kinds.tolist() == [GOLD, OTHER] * 50
    assert made.passes.numbers.tolist() == [i // 2 for i in range(100)] and made.passes.total == 50
    words = [pieces(row[6:7]) for row in rows.input_ids]
    assert set(words[0::2]) == {"in"}
    drawn = collections.Counter(words[1::2])
    assert set(drawn) == {"tovin", "aron"} and min(drawn.values()) > 12
    assert rows.labels.candidate_classes.tolist() == [
        int(CandidateClass.SHORT), int(CandidateClass.NO_ANSWER)] * 50
    assert set(rows.labels.start_positions[1::2]) == {-1}
    assert rows.indexes.tolist() == list(range(100))
    # The draws of a pass do not depend on how many there are.
    few = maker(num_draws=7, seed=3).training(example(text, (1, [(4, 5)]))).rows
    assert np.array_equal(few.input_ids, rows.input_ids[:14])
    other = maker(num_draws=50, seed=4).training(example(text, (1, [(4, 5)]))).rows
    assert not np.array_equal(other.input_ids, rows.input_ids)


def test_the_only_candidate_of_a_page_comes_alone():
    made = maker(num_draws=2).training(example("<P> tovin </P>", (0, [])))
    assert made.rows.labels.row_kinds.tolist() == [GOLD, GOLD]
    assert made.counts["without_others"] == 1


def test_pages_without_answer_take_part_by_their_share():
    text = "<P> tovin </P> <P> in </P>"
    assert not len(maker(num_draws=9).training(example(text, (-1,))).rows.lengths)
    made = maker(num_draws=9, answerless_share=1.0).training(example(text, (-1,)))
    assert made.rows.labels.row_kinds.tolist() == [WITHOUT_ANSWER] * 9
    assert set(made.rows.labels.candidate_classes) == {int(CandidateClass.NO_ANSWER)}
    half = maker(num_draws=400, answerless_share=0.5).training(example(text, (-1,)))
    assert 160 < len(half.rows.lengths) < 240
    # One with yes or no and without a long answer is neither.
    made = maker(answerless_share=1.0).training(example(text, (-1, [], "YES")))
    assert not len(made.rows.lengths)
    # There is nothing to draw.
    assert not len(maker(answerless_share=1.0).training(example("town", (-1,))).rows.lengths)
    # A page with an answer has part in each pass.
    made = maker(num_draws=4, answerless_share=0.0).training(example(text, (0, [])))
    assert len(made.rows.lengths) == 8


def test_candidates_are_drawn_by_their_scores(tmp_path):
    path = str(tmp_path / "scores.jsonl.gz")
    with line_file(path) as write:
        # The gold one, 1, has the highest score and is not drawn.
        write(PageScores(1, np.arange(4), np.array([0.1, 1.0, 0.3, 0.0])).to_json())
    text = "<P> tovin </P> <P> in </P> <P> aron </P> <P> osk </P>"
    made = maker(scores=Lookup([path]), draw=DrawOptions(), num_draws=1000).training(
        example(text, (1, [])))
    drawn = collections.Counter(pieces(row[6:7]) for row in made.rows.input_ids[1::2])
    # 0.1 / 0.4 and 0.3 / 0.4 of 1,000; the standard deviation is 14.
    assert set(drawn) == {"tovin", "aron"} and 690 < drawn["aron"] < 810


def test_a_prefilter_says_which_candidates_are_read():
    rows, total, _, _ = maker(kept=lambda page: {1, 2}).prediction(
        example("<P> tovin </P> <P> in </P> <P> aron </P>"))
    assert rows.indexes.tolist() == [1, 2] and total == 3
    assert [pieces(row[6:7]) for row in rows.input_ids] == ["in", "aron"]
    assert not len(maker(kept=lambda page: ()).prediction(example(PAGE)).rows.lengths)


def test_records_have_pass_after_pass(tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("".join(token + "\n" for token in TOKENS))
    options = CandidateOptions(max_seq_length=16, max_query_length=4, num_draws=4)
    preparer = PagePreparer(PreparationOptions(FEATURIZER, TextOptions(str(vocab)), options))
    keys = []
    for i in range(20):
        page = preparer.prepare(example("<P> tovin </P> <P> in </P>", (0, []), example_id=i))
        assert (page.counts["windows"], page.counts["records"]) == (2, 8)
        assert page.counts["LONG"] == page.counts["NO_ANSWER"] == 4
        keys.append(page.keys)
        assert sorted(page.keys[2:4]) > sorted(page.keys[0:2])
    bounds = [i << 62 for i in range(5)]
    by_pass = np.array(keys, dtype=object).reshape(20, 4, 2)
    for number in range(4):
        of_pass = by_pass[:, number].ravel()
        assert all(bounds[number] <= key < bounds[number + 1] for key in of_pass)
        assert len(set(of_pass)) == 40
    record = examples.parse(page.records[0][12:-4], "a record")
    assert tuple(record) == names(of_purpose(SPEC, TRAINING))
    assert labelled_span(record) is None


def test_what_cannot_be_made(tmp_path):
    with pytest.raises(UserError, match=r"max_seq_length \(67\) must be greater than"):
        CandidateOptions(max_seq_length=67).check()
    with pytest.raises(UserError, match="markup is 'some': choose one of keep, drop"):
        CandidateOptions(markup="some").check()
    plain = tiny_nq.write_vocabulary(tmp_path / "vocab.txt")
    with pytest.raises(UserError) as error:
        make_candidate_maker(TextOptions(plain), CandidateOptions())
    assert str(error.value) == (
        "%s: no entry [Tag=P], [Tag=Table], [Tag=Tr] and 7 more; write the markers of tags with: "
        "python prepare/make_vocab.py --markers=candidates --vocab_file=%s "
        "--output_vocab=vocab-tags.txt, or give --markup=drop" % (plain, plain))
    assert make_candidate_maker(TextOptions(plain), CandidateOptions(markup="drop"))
