"""Work folders: a result that was damaged after it was noted is never taken for a good one."""
import contextlib
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.jobs import work_folder
from bert_nq.jobs.work_folder import WorkFolder

RESULT = {"counts": {"pages": 3, "skipped": 0}, "notes": ["skipped: a line"],
          "content": [["{}", 0.1], [None, -1e300]]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return WorkFolder(str(tmp_path_factory.mktemp("work")))


def finish(folder, large_part=b"records of a piece"):
    with open(folder.run_path("a"), "wb") as out:
        out.write(large_part)
    folder.finish("a", RESULT)


def test_a_result_is_read_as_it_was_noted(folder):
    finish(folder)
    assert folder.result("a") == RESULT
    folder.check_large_part("a")
    assert folder.result("b") is None
    folder.check_large_part("b")


def test_a_result_without_a_large_part(folder):
    folder.finish("small", RESULT)
    assert folder.result("small") == RESULT
    folder.check_large_part("small")


@given(data=st.data())
def test_a_note_of_which_a_bit_was_flipped_is_damaged_or_says_the_same(folder, data):
    finish(folder)
    path = os.path.join(folder.path, "a.json")
    with open(path, "rb") as f:
        content = bytearray(f.read())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with open(path, "wb") as f:
        f.write(content)
    with contextlib.suppress(UserError):
        assert folder.result("a") == RESULT


@pytest.mark.parametrize("note", [{}, [], 5, {"result": RESULT}, RESULT,
                                  {"result": 1, "crc32c": "0", "large_part": None}])
def test_other_json_is_no_note(folder, note):
    with open(os.path.join(folder.path, "a.json"), "w") as f:
        json.dump(note, f)
    with pytest.raises(UserError, match="a.json is damaged$"):
        folder.result("a")


@pytest.mark.parametrize("damage", [
    lambda content: content[:-1], lambda content: b"", lambda content: content + b"x",
    lambda content: bytes([content[0] ^ 1]) + content[1:]])
def test_a_large_part_that_was_changed_is_damaged(folder, damage):
    finish(folder)
    with open(folder.run_path("a"), "rb") as f:
        content = f.read()
    with open(folder.run_path("a"), "wb") as f:
        f.write(damage(content))
    assert folder.result("a") == RESULT
    with pytest.raises(UserError, match="a.run is damaged$"):
        folder.check_large_part("a")
    os.unlink(folder.run_path("a"))
    with pytest.raises(UserError, match="a.run is damaged$"):
        folder.check_large_part("a")


@pytest.mark.parametrize("plan", [
    b"{", b"[]", b"5", b'{"settings": 5, "inputs": []}', b'{"settings": {}}',
    b'{"settings": {}, "inputs": 3}', b'{"settings": {}, "inputs": [1]}', b"[" * 5000,
    b'["plan", "crc32c"]', b'{"plan": {"settings": {"a": 1}, "inputs": []}, "crc32c": "0"}',
    b'{"plan": %s, "crc32c": "0"}' % (b"[" * 500 + b"]" * 500)])
def test_a_plan_that_was_damaged_starts_anew(tmp_path, plan):
    notes = []
    with work_folder.opened(str(tmp_path / "w")) as opened:
        finish(opened)
        (tmp_path / "w" / "plan.json").write_bytes(plan)
        assert opened.resume({"a": 1}, [], notes.append) is None
        assert opened.finished() == []
    assert notes == [
        "the plan of the unfinished run before this one is damaged: all is done anew"]


def test_a_plan_is_read_as_it_was_noted(tmp_path):
    plan = {"settings": {"a": 1, "b": [1.5, None]}, "inputs": [], "kept": {"parts": {"é": 2}}}
    with work_folder.opened(str(tmp_path / "w")) as opened:
        assert opened.plan() is None
        opened.start(plan, lambda name: True)
        assert opened.plan() == opened.resume(plan["settings"], [], print) == plan


def test_a_folder_in_the_work_folder_is_nobodys_business(tmp_path):
    with work_folder.opened(str(tmp_path / "w")) as opened:
        for name in ("foreign", "b.json", ".hidden"):
            (tmp_path / "w" / name).mkdir()
            (tmp_path / "w" / name / "file").write_bytes(b"somebody's")
        finish(opened)
        opened.start({"settings": {}, "inputs": []}, lambda name: False)
        opened.remove_contents()
        assert opened.is_empty()
    assert sorted(os.listdir(str(tmp_path / "w"))) == [".hidden", "b.json", "foreign"]
