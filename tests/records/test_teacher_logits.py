"""The files of a teacher's logits: what an entry holds, and whether they are of some records."""
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.records import teacher_logits, tfrecord
from bert_nq.records.teacher_logits import POSITIONS, Companions, LogitsFile, Manifest, Settings

CHOICES = {"type": 2, "start": POSITIONS}
SETTINGS = Settings("nq_joint", "joint", 3, ["01234567"], "fp32", False)
# Of two windows of three pieces.
LOGITS = {"start": np.float32([[0.5, -1e30, 2.0], [3.0, 70000.0, 1.0]]),
          "type": np.float32([[-1.5, 0.0], [4.0, 5.0]])}


@pytest.fixture()
def folder(tmp_path):
    """A folder of logits beside the records "train", two of them."""
    (tmp_path / "train").write_bytes(tfrecord.frame(b"one") + tfrecord.frame(b"two"))
    logits = tmp_path / "logits"
    logits.mkdir()
    (logits / "train.logits").write_bytes(b"".join(teacher_logits.entries(LOGITS)))
    teacher_logits.write_manifest(str(logits), Manifest(SETTINGS, CHOICES, {"loss": 1.0}, [
        LogitsFile("train", teacher_logits.fingerprint_of(str(tmp_path / "train")), 2)]))
    return tmp_path


def find(folder, records="train", **changes):
    wanted = dict({"head": "joint", "max_seq_length": 3, "mask_padding": False}, **changes)
    return teacher_logits.find(str(folder / "logits"), [str(folder / records)], **wanted)


def test_an_entry_has_the_choices_one_behind_the_other_in_float16(folder):
    rows = [np.frombuffer(entry, "<f2").tolist() for entry in tfrecord.read_records(
        str(folder / "logits" / "train.logits"))]
    # float16 ends at 65504.
    assert rows == [[0.5, -65504.0, 2.0, -1.5, 0.0], [3.0, 65504.0, 1.0, 4.0, 5.0]]


def test_sizes_are_in_the_order_of_an_entry():
    companions = Companions([], CHOICES)
    assert list(companions.sizes(3).items()) == [("teacher/start", 3), ("teacher/type", 2)]
    assert companions.sequences() == ["teacher/start"]


def test_logits_are_found_by_the_content_of_the_records(folder):
    companions, manifest = find(folder)
    assert companions.paths == [str(folder / "logits" / "train.logits")]
    assert companions.choices == CHOICES
    assert manifest.settings == SETTINGS and manifest.measured == {"loss": 1.0}
    os.rename(str(folder / "train"), str(folder / "renamed"))
    assert find(folder, "renamed")[0].paths == companions.paths


@pytest.mark.parametrize("changes, message", [
    ({"head": "span"}, "those in .* are of --head=joint, and the student has --head=span"),
    ({"max_seq_length": 4}, "are of --max_seq_length=3, and the student has --max_seq_length=4")])
def test_logits_of_another_head_or_length(folder, changes, message):
    with pytest.raises(UserError, match=message):
        find(folder, **changes)


def test_logits_without_padding_are_for_students_that_leave_it_out(folder):
    manifest = teacher_logits.read_manifest(str(folder / "logits"))
    teacher_logits.write_manifest(str(folder / "logits"), manifest._replace(
        settings=SETTINGS._replace(distill_mask_padding=True)))
    with pytest.raises(UserError, match="leave padding out: give --distill_mask_padding"):
        find(folder)
    assert find(folder, mask_padding=True)


def test_logits_of_other_records(folder):
    (folder / "train").write_bytes(tfrecord.frame(b"one") + tfrecord.frame(b"six"))
    with pytest.raises(UserError, match="train is no longer what the logits in"):
        find(folder)
    (folder / "more").write_bytes(tfrecord.frame(b"seven"))
    with pytest.raises(UserError, match="has none of .*more: compute them with"):
        find(folder, "more")


def test_logits_that_are_missing_or_cut_off(folder):
    path = folder / "logits" / "train.logits"
    whole = path.read_bytes()
    path.write_bytes(whole[:26])
    with pytest.raises(UserError, match="has 26 bytes, but the logits of the 2 windows in .* have "
                                        "52"):
        find(folder)
    path.unlink()
    with pytest.raises(UserError, match="train.logits is missing"):
        find(folder)
    path.write_bytes(whole[:20] + b"x" + whole[21:])
    with pytest.raises(UserError, match="record 0: the checksum is wrong"):
        find(folder)[0].find_fault()


def test_a_folder_without_logits(tmp_path):
    with pytest.raises(UserError, match="there is no teacher_logits.json in"):
        find(tmp_path)
    (tmp_path / "logits").mkdir()
    (tmp_path / "logits" / "teacher_logits.json").write_text('{"version": 1}')
    with pytest.raises(UserError, match="is not what prepare/teacher_logits.py writes"):
        find(tmp_path)
