"""Lock files: one holder at a time, and free again after its death."""
import os
import shutil
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.locking import locked
from tests.support import programs

_HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from bert_nq.base.locking import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_has_one_holder_and_leaves_no_file(tmp_path):
    path = str(tmp_path / "folder" / "lock")
    with locked(path):
        with pytest.raises(UserError, match="^another run holds .*/folder/lock: wait until it has"):
            with locked(path):
                pytest.fail("held twice")
        assert os.path.exists(path)
    assert not os.path.exists(path)
    with locked(path):
        assert os.path.exists(path)


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = str(tmp_path / "lock")
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, path, programs.ROOT],
                              stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UserError):
            with locked(path):
                pytest.fail("held twice")
    finally:
        holder.kill()
        holder.communicate()
    assert os.path.exists(path)
    with locked(path):
        pass
    assert not os.path.exists(path)


def test_a_lock_in_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="^cannot create the folder .*/file: "):
        with locked(str(tmp_path / "file" / "lock")):
            pytest.fail("held")


def test_a_lock_whose_folder_is_removed(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    with locked(str(folder / "lock")):
        shutil.rmtree(str(folder))
    assert not folder.exists()
