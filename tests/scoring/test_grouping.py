"""Questions in groups."""
import pytest

from bert_nq.scoring.grouping import grouped, question_word


@pytest.mark.parametrize("question, word", [
    ("who is Tovin", "who"), ("the town whose king", "who"), ("How MANY towns", "how many/much"),
    ("how is tovin", "how"), ("in which town is what", "which"), ("is there a town", "is/do ..."),
    ("name the town", "other"), ("however", "other"), ("", "other"), ("where's tovin", "where"),
    ("the town is", "other"), ("many how", "how")])
def test_question_words(question, word):
    assert question_word(question) == word


def test_groups_are_in_order_and_others_after_them():
    assert list(grouped(["c2", "a1", "b1", "x", "a2", "d"], lambda item: item[0], "bza").items()
                ) == [("b", ["b1"]), ("a", ["a1", "a2"]), ("c", ["c2"]), ("d", ["d"]),
                      ("x", ["x"])]
