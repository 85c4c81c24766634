"""The picture of a run, and the page of the words that a policy would mask."""
import numpy as np

from bert_nq.features.packing import Frame
from bert_nq.masking_policy import blocks, players, plots, word_page
from bert_nq.text.vocabulary import Vocabulary


def records(n):
    return [dict(score=50.0 + i, score_opponent=50.0, score_random=49.0, outcome_random=1.0,
                 outcome_opponent=(-1.0) ** i, **({"entropy": 0.9, "value_loss": 0.4} if i > 2
                                                  else {})) for i in range(n)]


def test_the_picture_of_a_run(tmp_path):
    for n in (1, 2, 30):
        path = tmp_path / ("%d.png" % n)
        plots.write_plot(records(n), str(path))
        assert path.read_bytes()[1:4] == b"PNG"
    wins, scores, learning = plots.draw(records(30)).axes
    random, opponent = wins.get_lines()[:2]
    assert list(random.get_ydata()) == list(range(1, 31))
    assert list(opponent.get_ydata())[-2:] == [1, 0]
    assert [line.get_label() for line in scores.get_lines()] == [
        "policy", "opponent", "random masks"]
    assert len(learning.get_lines()[0].get_xdata()) == 27


def test_a_page_of_words(tmp_path):
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "a<b", "##er"])
    block, = blocks.blocks_of(1, [5, 6, 7], 8, Frame([2], [3]), np.arange(8) < 5)
    turn = players.turn(0, 0, [block], [np.zeros([5, 2])], 0.25)  # one of five
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array([0, 0.1, 0.6, 0.3, 0]))
    shown, = word_page.shown_of(turn, [log_probs], vocabulary)
    assert shown.pieces == ["", "the", "a<b", "er", ""] and shown.chosen.tolist() == [2]
    page = word_page.page([shown._replace(random=[1])], "policy-000004 <4>", 0.25)
    assert "policy-000004 &lt;4&gt;" in page and "a<b" not in page and "[CLS]" not in page
    of_word = 'style="background: rgba(0, 114, 178, 0.60)" title="60 %">a&lt;b</span><span'
    assert '<span class="piece chosen" ' + of_word in page  # No blank within the word.
    assert page.count('class="piece chosen" style') == page.count('class="piece random" style') == 1
    word_page.write(str(tmp_path / "page.html"), page)
    assert (tmp_path / "page.html").read_text(encoding="utf8") == page


def test_pieces_of_sentencepiece():
    assert [word_page._plain(p) for p in ("\u2581the", "re", "\u2581")] == ["the", "re", "\u2581"]


def test_expected_masks_are_no_more_than_one():
    """k times the probability is what a position is masked with at most, and never above 1."""
    np.testing.assert_allclose(word_page.chances(np.log([0.7, 0.2, 0.1]), 2), [1.0, 0.4, 0.2])
    np.testing.assert_allclose(word_page.chances(np.array([-np.inf, 0.0]), 1), [0.0, 1.0])
