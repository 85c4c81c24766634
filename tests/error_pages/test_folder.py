"""The folder of a site: whenever a run is killed, one whole site is left."""
import os
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.error_pages import folder
from tests.support.programs import ROOT

# Writes a site, and dies at a step of taking the old one's place.
KILLED = """
import os, sys
from bert_nq.error_pages import folder
path, rename, step = sys.argv[1], os.rename, [int(sys.argv[2])]

def dying(source, target):
    if not step[0]:
        os._exit(9)
    step[0] -= 1
    rename(source, target)

os.rename = dying
with folder.replacing(path) as new:
    open(os.path.join(new, "index.html"), "w").write("new")
os._exit(9)
"""


def write(path, text):
    with folder.replacing(str(path)) as new:
        with open(os.path.join(new, "index.html"), "w") as out:
            out.write(text)


def content(tmp_path):
    """{folder: text of its page} of all that is there; locks are left out."""
    return {name: (tmp_path / name / "index.html").read_text()
            for name in os.listdir(str(tmp_path)) if not name.endswith(".lock")}


def killed_at(step, path):
    assert subprocess.run([sys.executable, "-c", KILLED, str(path), str(step)],
                          cwd=ROOT).returncode == 9


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("fails", [True, False])
def test_a_run_that_is_killed_loses_no_site(tmp_path, step, fails):
    write(tmp_path / "site", "old")
    killed_at(step, tmp_path / "site")
    assert "old" in content(tmp_path).values() or content(tmp_path) == {"site": "new"}
    if fails:
        with pytest.raises(KeyError), folder.replacing(str(tmp_path / "site")):
            raise KeyError
        assert content(tmp_path) == {"site": "new" if step == 2 else "old"}
    else:
        write(tmp_path / "site", "third")
        assert content(tmp_path) == {"site": "third"}


def test_a_rename_that_fails_leaves_the_old_site(tmp_path, monkeypatch):
    write(tmp_path / "site", "old")
    rename = os.rename

    def failing(source, target):
        if source.endswith(".tmp"):
            raise OSError(28, os.strerror(28))
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(UserError, match="cannot write .*/site: No space left on device"):
        write(tmp_path / "site", "new")
    assert content(tmp_path) == {"site": "old"}


def test_a_first_run_that_is_killed_leaves_nothing_behind_the_next(tmp_path):
    killed_at(0, tmp_path / "site")
    write(tmp_path / "site", "new")
    assert content(tmp_path) == {"site": "new"}


def check(path, inputs=()):
    folder.check(str(path), "site.json", ("site.json", "pages"), inputs)


def test_folders_that_may_be_replaced(tmp_path):
    check(tmp_path / "new")
    (tmp_path / "pages").mkdir()
    (tmp_path / "site.json").write_text("{}")
    check(tmp_path)
    (tmp_path / "empty").mkdir()
    check(tmp_path / "empty")


def test_folders_that_may_not_be_replaced(tmp_path):
    with pytest.raises(UserError, match="gs://b/site: the site is written to a local folder"):
        check("gs://b/site")
    (tmp_path / "pages").mkdir()
    with pytest.raises(UserError, match=r"holds something else \(pages\): give an empty or a new"):
        check(tmp_path)  # without the marker
    (tmp_path / "site.json").write_text("{}")
    with pytest.raises(UserError, match="pages/gold.jsonl is in .*, which is about to be replaced"):
        check(tmp_path, [str(tmp_path / "pages" / "gold.jsonl"), "gs://b/gold"])
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match=r"holds something else \(thesis.tex\)"):
        check(tmp_path)
    with pytest.raises(UserError, match="thesis.tex is not a folder"):
        check(tmp_path / "thesis.tex")


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "site"
    with folder.replacing(str(path)) as new:
        assert not path.exists()
        open(os.path.join(new, "first"), "w").close()
    assert os.listdir(str(path)) == ["first"]

    with pytest.raises(KeyError):
        with folder.replacing(str(path)) as new:
            open(os.path.join(new, "second"), "w").close()
            raise KeyError
    assert os.listdir(str(path)) == ["first"]

    (tmp_path / ".site.tmp" / "of a run that was killed").mkdir(parents=True)
    with folder.replacing(str(path)) as new:
        open(os.path.join(new, "third"), "w").close()
        with pytest.raises(UserError, match="another run holds"):
            with folder.replacing(str(path)):
                pass
    assert os.listdir(str(path)) == ["third"]
    assert os.listdir(str(tmp_path)) == ["site"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot create the folder .*file"):
        with folder.replacing(str(tmp_path / "file" / "site")):
            pass
