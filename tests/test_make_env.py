"""The environments that `make` sets up: which packages they get, and when they are made anew."""
import os
import shutil
import subprocess

import pytest

from tests.support.programs import ROOT

# Stands for Python 3.11: it makes environments of itself, and notes what pip is asked to install.
_PYTHON = """#!/bin/sh
case "$1 $2" in
  "-c "*) echo 3.11 ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo venv >> "$LOG" ;;
  "-m pip") shift 2; echo "$@" >> "$LOG" ;;
esac
"""

# Stands for uv, which makes environments and installs packages as Python and pip do. Finds no
# Python until it has installed one, as the real one does.
_UV = """#!/bin/sh
for last; do true; done
case "$1 $2" in
  "venv "*) "${PYTHON:-$ROOT/found}" -m venv "$last" ;;
  "pip install") shift; "${PYTHON:-$ROOT/found}" -m pip "$@" ;;
  "python install") echo "$@" >> "$LOG"; cp "$STANDS_FOR" "$ROOT/found" ;;
  "python find") [ -e "$ROOT/found" ] && echo "$ROOT/found" ;;
esac
"""


class Checkout:
    """A folder with what `.ci/make_env` needs; `uv` says whether there is one."""

    def __init__(self, folder, uv):
        self.folder = folder
        (folder / ".ci").mkdir()
        for name in ("setup.py", "pyproject.toml", ".ci/make_env"):
            shutil.copy(os.path.join(ROOT, name), str(folder / name))
        self._python = self._program("python", _PYTHON)
        found = [path for path in os.environ["PATH"].split(os.pathsep)
                 if not os.path.exists(os.path.join(path, "uv"))]
        if uv:
            self._program("uv", _UV)
            found.insert(0, str(folder))
        self._path = os.pathsep.join(found)
        self._log = folder / "log"

    def _program(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def make_env(self, *args):
        """Runs it; returns what was made and installed since the last time."""
        self._log.write_text("")
        done = subprocess.run(
            [str(self.folder / ".ci" / "make_env"), *args], cwd=str(self.folder),
            capture_output=True,
            env=dict(os.environ, PATH=self._path, PYTHON=str(self._python), LOG=str(self._log),
                     JAVA_HOME="/java"))
        assert done.returncode == 0, done.stderr
        return [line.split("--editable ")[-1].replace(str(self.folder), "ROOT")
                for line in self._log.read_text().splitlines() if "--upgrade" not in line]


@pytest.fixture(params=["pip", "uv"])
def checkout(tmp_path, request):
    return Checkout(tmp_path, request.param == "uv")


def test_a_demo_needs_no_packages_of_tests(checkout):
    assert checkout.make_env("tf2", "venv", "demo") == ["venv", "ROOT[serve]"]
    assert checkout.make_env("tf2", "venv", "demo") == []
    # The tests add theirs to the environment; it serves the demo as before.
    assert checkout.make_env("tf2", "venv") == ["ROOT[test,spark,lint]"]
    assert checkout.make_env("tf2", "venv", "test") == []
    assert checkout.make_env("tf2", "venv", "demo") == []


def test_the_tests_packages_at_once(checkout):
    assert checkout.make_env("tf2", "venv") == ["venv", "ROOT[test,spark,lint]"]
    assert checkout.make_env("tf2", "venv", "demo") == []


def test_other_requirements_make_it_anew(checkout):
    checkout.make_env("tf2", "venv", "demo")
    with open(str(checkout.folder / "setup.py"), "a") as f:
        f.write("# more\n")
    assert checkout.make_env("tf2", "venv") == ["venv", "ROOT[test,spark,lint]"]


def test_the_makefile_asks_for_what_is_needed():
    def asked(target):
        # Within `make test` another make names its folder first.
        done = subprocess.run(["make", "-n", "--no-print-directory", target], cwd=ROOT,
                              stdout=subprocess.PIPE, check=True)
        return done.stdout.decode("utf8").splitlines()[0]

    for target in ("demo", "demo-syn", "demo-squad", "ask"):
        assert asked(target) == ".ci/make_env tf2 .venv-tf2 demo"
    assert asked("demo-tf1") == ".ci/make_env tf1 .venv-tf1 demo"
    assert asked("test") == asked("lint") == ".ci/make_env tf2 .venv-tf2"
    assert asked("test-tf1") == ".ci/make_env tf1 .venv-tf1"
    assert asked("test-latest") == ".ci/make_env latest .venv-latest"


def test_without_an_interpreter_uv_is_asked_for_one(tmp_path):
    Checkout(tmp_path, uv=True)
    # No interpreter is found before: the machine's own is of no version.
    (tmp_path / "python").rename(tmp_path / "stand_in")
    for name in ("python3",) + tuple("python3.%d" % minor for minor in range(9, 14)):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    log = tmp_path / "log"
    done = subprocess.run(
        [str(tmp_path / ".ci" / "make_env"), "tf2", "venv", "demo"],
        cwd=str(tmp_path), capture_output=True, env={
            "PATH": "%s:/usr/bin:/bin" % tmp_path, "PYENV_ROOT": "/none", "HOME": "/none",
            "LOG": str(log), "ROOT": str(tmp_path), "JAVA_HOME": "/java",
            "STANDS_FOR": str(tmp_path / "stand_in")})
    assert done.returncode == 0, done.stderr
    assert log.read_text().splitlines()[:2] == ["python install 3.11", "venv"]
