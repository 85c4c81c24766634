"""Programs that are copies of a process with TensorFlow, and those that they start in turn."""
import sys

from tests.support import programs

INNER = """import os, sys
print(sys.argv[1:], os.getcwd(), "tensorflow" in sys.modules, flush=True)
print("error", file=sys.stderr, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
sys.exit(3)
"""
OUTER = """import os, subprocess, sys
print("before", flush=True)
inner = [sys.executable, "inner.py"]
codes = [subprocess.call(inner + ["a b"]), subprocess.call(inner + ["killed"]),
         subprocess.call(["true"])]
with open("log", "w") as log:
    codes.append(subprocess.call(inner + ["logged"], stdout=log, stderr=subprocess.STDOUT))
print(codes)
"""


def test_a_program_starts_others(tmp_path):
    (tmp_path / "inner.py").write_text(INNER)
    (tmp_path / "outer.py").write_text(OUTER)

    done = programs.run(str(tmp_path / "outer.py"), cwd=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "error\nerror\n")
    assert done.stdout.splitlines() == [
        "before", "['a b'] %s True" % tmp_path, "['killed'] %s True" % tmp_path, "[3, -9, 0, 3]"]
    assert (tmp_path / "log").read_text() == "['logged'] %s True\nerror\n" % tmp_path


def test_a_new_interpreter_starts_new_ones(tmp_path):
    """Where an option is about the start of a process."""
    (tmp_path / "inner.py").write_text(INNER)
    done = programs.run(str(tmp_path / "inner.py"), "x", cwd=str(tmp_path), env={})

    assert (done.returncode, done.stdout) == (3, "['x'] %s False\n" % tmp_path)


def test_words_of_a_command_are_those_of_a_shell(tmp_path):
    (tmp_path / "x.py").write_text("import sys; print(sys.argv[1:])")
    line = "%s x.py 'a b' \\\n  --c=\"$(echo d)\"" % sys.executable

    assert programs.paste(line, tmp_path, "e f") == "['a b', '--c=d', 'e f']\n"
