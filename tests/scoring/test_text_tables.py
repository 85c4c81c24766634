"""Tables as text."""
from bert_nq.scoring import text_tables


def test_a_table_for_a_terminal():
    assert text_tables.aligned([["", "F1"], ["long", "0.5"], ["x", "12.25"]]) == (
        "         F1\nlong    0.5\nx     12.25")


def test_a_table_in_markdown():
    assert text_tables.markdown([["", "F1"], ["x", "0.5"]]) == (
        "|  | F1 |\n| --- | --- |\n| x | 0.5 |")


def test_text_of_a_page_is_no_markup():
    assert text_tables.escaped("a\n  <b>|*x*_y_[z](u)`\\#&\ud800") == (
        "a \\<b\\>\\|\\*x\\*\\_y\\_\\[z\\](u)\\`\\\\\\#\\&?")
