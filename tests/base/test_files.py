"""Finding, opening and safely replacing files."""
import os
import signal
import stat
import subprocess
import sys

import pytest

from bert_nq.base import files
from bert_nq.base.errors import UserError
from tests.support.programs import ROOT


def message(function, *args):
    with pytest.raises(UserError) as caught:
        function(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "c.gz", "we[i]rd.txt"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize("patterns, expected", [
    ("b.txt", ["b.txt"]),
    ("[ab].txt", ["a.txt", "b.txt"]),
    ("c.gz, [ab].txt", ["c.gz", "a.txt", "b.txt"]),
    (",b.txt,,a.txt,", ["b.txt", "a.txt"]),
    ("we[i]rd.txt", ["we[i]rd.txt"]),  # The name of an existing file is not read as a glob.
    ("./?.gz", ["./c.gz"]),
])
def test_expand(folder, patterns, expected):
    assert files.expand(patterns) == expected


def test_expand_nothing(folder):
    assert message(files.expand, "a.txt,*.json", "NQ shard") == (
        "no NQ shard file matches '*.json' (looked from %s)" % folder)
    assert message(files.expand, " , ", "NQ shard") == "no NQ shard file given"


def test_expand_to_a_folder(folder):
    assert message(files.expand, "s*", "record") == (
        "sub is a folder: give the record files in it, as in 'sub/*'")


def test_open_binary(folder):
    with files.open_binary("a.txt") as f:
        assert f.read() == b"a.txt"
    assert message(files.open_binary, "x.txt") == "cannot read x.txt: No such file or directory"
    assert message(files.open_binary, "sub") == "cannot read sub: Is a directory"


def test_remote_paths_without_their_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)  # As if it were not installed.
    for function in (files.open_binary, files.expand):
        assert message(function, "gs://bucket/a.txt").startswith(
            "gs://bucket/a.txt: remote paths need fsspec: pip install")


def test_remote_paths():
    pytest.importorskip("fsspec")
    with files.replacing("memory://test/b.txt") as out:
        out.write(b"remote")
    with files.open_binary("memory://test/b.txt") as f:
        assert f.read() == b"remote"
    with files.open_binary(files.expand("memory://test/*.txt")[0]) as f:
        assert f.read() == b"remote"
    assert message(files.open_binary, "memory://test/c.txt").startswith(
        "cannot read memory://test/c.txt: ")
    assert message(files.expand, "memory://test/*.gz").startswith("no input file matches ")
    assert message(files.expand, "warp://test/*.gz").startswith("warp://test/*.gz: ")


def test_remote_files_that_fail_half_way():
    fsspec = pytest.importorskip("fsspec")
    with files.replacing("memory://half/a") as out:
        out.write(b"old")
    with pytest.raises(KeyError):
        with files.replacing("memory://half/a") as a, files.replacing("memory://half/b") as b:
            a.write(b"new")
            b.write(b"new")
            raise KeyError
    assert fsspec.filesystem("memory").find("/half") == ["/half/a"]
    with files.open_binary("memory://half/a") as f:
        assert f.read() == b"old"


def test_remote_places_that_cannot_be_read(monkeypatch):
    pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    def refuse(*args, **kwargs):
        raise PermissionError(13, "the bucket is not yours")

    for name in ("glob", "size", "ukey", "exists"):
        monkeypatch.setattr(MemoryFileSystem, name, refuse)
    for function in (files.expand, files.size, files.fingerprint, files.read_json):
        assert message(function, "memory://x/a") == (
            "cannot read memory://x/a: the bucket is not yours")


@pytest.fixture
def hadoop(tmp_path, monkeypatch):
    """A file system of the scheme hdfs in a folder, with the peculiarities of Hadoop's.

    Its paths lack the host, its files have no transactions, its renames replace no file.
    """
    pytest.importorskip("fsspec")
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.registry import _registry

    class Hadoop(LocalFileSystem):
        protocol = "hdfs"
        hosts = []

        def __init__(self, host=None, **kwargs):
            super().__init__(**kwargs)
            self.hosts.append(host)

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.split("://")[1].split("/", 1)[1] if "://" in path else path

        @staticmethod
        def _get_kwargs_from_urls(path):
            return {"host": path.split("://")[1].split("/")[0]}

        def _open(self, path, mode="rb", **kwargs):
            return open(path, mode)

        def mv(self, path1, path2, **kwargs):
            os.link(self._strip_protocol(path1), self._strip_protocol(path2))
            self.rm_file(path1)

        def rm_file(self, path):
            os.unlink(self._strip_protocol(path))

    monkeypatch.setitem(_registry, "hdfs", Hadoop)
    yield "hdfs://name:8020%s/" % tmp_path, tmp_path
    assert set(Hadoop.hosts) == {"name:8020"}


def test_hadoop_files(hadoop):
    url, folder = hadoop
    for content in (b"old", b"new"):
        with files.replacing(url + "a.txt") as out:
            out.write(content)
            assert not (folder / "a.txt").exists() or (folder / "a.txt").read_bytes() == b"old"
    assert files.expand(url + "*.txt") == [url + "a.txt"]
    with files.open_binary(url + "a.txt") as f:
        assert f.read() == b"new"
    with pytest.raises(KeyError):
        with files.replacing(url + "a.txt") as out:
            out.write(b"half")
            raise KeyError
    assert os.listdir(str(folder)) == ["a.txt"]
    assert (folder / "a.txt").read_bytes() == b"new"


def test_replacing(folder):
    with files.replacing("a.txt") as out:
        out.write(b"new")
        out.flush()
        assert (folder / "a.txt").read_bytes() == b"a.txt"
    assert (folder / "a.txt").read_bytes() == b"new"
    with files.replacing("deep/er/new.txt") as out:
        out.write(b"1")
    assert (folder / "deep" / "er" / "new.txt").read_bytes() == b"1"
    assert os.listdir("deep/er") == ["new.txt"]


def test_replaced_files_can_be_read_by_those_who_could_read_any_new_file(folder):
    before = os.umask(0o027)
    try:
        with files.replacing("new.txt") as out:
            out.write(b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("new.txt").st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_changes_nothing(folder, error):
    before = sorted(os.listdir("."))
    with pytest.raises(error):
        with files.replacing("a.txt") as out:
            out.write(b"half")
            raise error("in the middle")
    assert sorted(os.listdir(".")) == before
    assert (folder / "a.txt").read_bytes() == b"a.txt"


def test_places_that_cannot_be_written(folder):
    def write(path):
        with files.replacing(path):
            pass

    assert message(write, "a.txt/b.txt").startswith("cannot create the folder %s/a.txt: " % folder)
    assert message(write, "sub") == "cannot write sub: Is a directory"
    assert sorted(os.listdir(".")) == ["a.txt", "b.txt", "c.gz", "sub", "we[i]rd.txt"]


def test_a_full_disk(folder):
    def write():
        with files.replacing("a.txt") as out:
            os.dup2(os.open("/dev/full", os.O_WRONLY), out.fileno())
            out.write(b"more than the disk takes")

    assert message(write) == "cannot write a.txt: No space left on device"
    assert (folder / "a.txt").read_bytes() == b"a.txt"
    assert [name for name in os.listdir(".") if name.endswith(".tmp")] == []


def test_killed_in_the_middle(folder):
    code = ("import sys, time; from bert_nq.base import files\n"
            "with files.replacing('a.txt') as out:\n"
            "    out.write(b'half'); out.flush(); print('written', flush=True); time.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                               env=dict(os.environ, PYTHONPATH=ROOT))
    assert process.stdout.readline() == b"written\n"

    def temporary_files():
        return [name for name in os.listdir(".") if name.endswith(".tmp")]

    # A writer keeps its hands off the file of a living writer, and removes that of a dead one.
    assert len(temporary_files()) == 1
    with files.replacing("a.txt") as out:
        out.write(b"a.txt")
    assert len(temporary_files()) == 1
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert (folder / "a.txt").read_bytes() == b"a.txt"
    assert sorted(name for name in os.listdir(".") if not name.startswith(".")) == [
        "a.txt", "b.txt", "c.gz", "sub", "we[i]rd.txt"]
    assert len(temporary_files()) == 1
    with files.replacing("a.txt") as out:
        assert len(temporary_files()) == 1
        out.write(b"new")
    assert temporary_files() == []


def test_a_read_error_is_told_of_the_file_that_is_read(tmp_path):
    output = str(tmp_path / "out")

    def copy():
        with files.open_binary("/proc/self/mem") as source, files.replacing(output) as out:
            out.write(source.read())

    for read in (copy, lambda: files.crc32c("/proc/self/mem"),
                 lambda: files.read_whole("/proc/self/mem")):
        assert message(read) == "cannot read /proc/self/mem: Input/output error"
    assert os.listdir(str(tmp_path)) == []


def test_a_write_error_is_told_of_the_file_that_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_new_temporary", lambda folder, name: (
        os.open("/dev/full", os.O_WRONLY), str(tmp_path / "temporary")))

    def write(num_bytes):
        with files.replacing(str(tmp_path / "out")) as out:
            out.write(b"x" * num_bytes)

    for num_bytes in (1, 1 << 20):
        assert message(write, num_bytes) == (
            "cannot write %s: No space left on device" % (tmp_path / "out"))


def test_other_errors_are_not_told_of_the_output(tmp_path):
    with pytest.raises(BrokenPipeError):
        with files.replacing(str(tmp_path / "out")):
            raise BrokenPipeError
    assert os.listdir(str(tmp_path)) == []
