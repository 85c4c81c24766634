"""Shares of a file's items."""
from bert_nq.base.bad_input import BadInput
from bert_nq.base.reading import Reading
from bert_nq.jobs import parts
from bert_nq.jobs.parts import Part


def shares(path, num_parts, **reading):
    return [[(place, item.decode()) for place, _, item in parts.read_items(
        Part("x", (str(path),), i, num_parts, 0, 0), Reading(None, **reading), BadInput(),
        lambda counts: None)] for i in range(num_parts)]


def test_items_go_to_parts_in_turn_or_some_in_a_row(tmp_path):
    path = tmp_path / "x"
    path.write_text("".join("%d\n" % i for i in range(7)))
    assert [[place for place, _ in share] for share in shares(path, 2)] == [
        [0, 2, 4, 6], [1, 3, 5]]
    in_rows = shares(path, 2, in_a_row=3)
    assert [[place for place, _ in share] for share in in_rows] == [[0, 1, 2, 6], [3, 4, 5]]
    assert all(item == "%d\n" % place for share in in_rows for place, item in share)
