"""The marks of slow tests and of those that run on one runtime only, and the order of files."""
import collections
import os

import pytest

from tests.support import marks
from tests.support.programs import ROOT


@pytest.mark.parametrize("beginning", marks.SLOW + marks.ONCE + marks.EACH)
def test_what_is_marked_is_there(beginning):
    """A test that is moved takes its mark along."""
    path, _, name = beginning.partition("::")
    assert os.path.exists(os.path.join(ROOT, path))
    if name:
        with open(os.path.join(ROOT, path), encoding="utf8") as f:
            assert "\ndef %s" % name.partition("[")[0] in f.read()


def test_marks_go_by_the_beginning():
    assert marks.marks_of("tests/programs/test_extract.py::test_x") == ["slow", "once"]
    assert marks.marks_of("tests/programs/test_run_nq.py::test_x") == ["slow"]
    assert marks.marks_of("tests/decoding/test_page.py::test_x") == []


def test_every_runtime_gets_slow_tests_that_are_not_of_one():
    for beginning in marks.EACH:
        assert marks.marks_of(beginning) == ["slow", "each"]


def test_the_tests_have_them(request):
    items = {item.nodeid: item for item in request.session.items}
    assert not any(items[request.node.nodeid].iter_markers("slow"))
    for test_id, item in items.items():
        assert {mark.name for mark in item.iter_markers()} >= set(marks.marks_of(test_id))


def test_the_longest_files_are_begun_first(monkeypatch):
    longest_first = pytest.importorskip("tests.support.longest_first")
    assert all(os.path.exists(os.path.join(ROOT, path)) for path in longest_first.FILES)
    begun = []
    monkeypatch.setattr(longest_first.LoadFileScheduling, "_assign_work_unit", lambda self, node: (
        begun.append(self.workqueue.popitem(last=False)[0])))
    scheduler = object.__new__(longest_first.LongestFirst)
    first, second = longest_first.FILES[:2]
    scheduler.workqueue = collections.OrderedDict.fromkeys(["many", "few", second, "one", first])
    for _ in range(5):
        scheduler._assign_work_unit(None)
    assert begun == [first, second, "many", "few", "one"]
