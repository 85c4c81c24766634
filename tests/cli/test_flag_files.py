"""Flag files: what is written is read, and what is wrong is told by file and line."""
import pytest
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import flag_files


@pytest.fixture
def values():
    """Flags of the kinds that there are."""
    made = flags.FlagValues()
    flags.DEFINE_string("text", None, "", flag_values=made)
    flags.DEFINE_bool("switch", True, "", flag_values=made)
    flags.DEFINE_list("names", None, "", flag_values=made)
    flags.DEFINE_multi_string("conf", None, "", flag_values=made)
    flags.DEFINE_integer("number", None, "", flag_values=made)
    return made


def read(path, values):
    return flag_files.expanded(["--flagfile=%s" % path], values)


def test_flags_are_read_as_they_were_written(tmp_path, values):
    given = ["--text= a\n\udcff ", "--noswitch", "--names=a b,-c", "--conf=x=1\n2", "--conf=y",
             "--number=3"]
    values(["program"] + given)
    path = tmp_path / "all.flags"
    flag_files.write([values[name] for name in values], str(path))
    assert path.read_text("utf8").count("\n") == 6
    assert sorted(read(path, values)) == sorted(given)


def test_files_are_read_in_place(tmp_path, values):
    (tmp_path / "inner").write_bytes(b"\xef\xbb\xbf// a remark\r\n--text=in\r\n")
    (tmp_path / "outer").write_text("# a remark\n\n--number=1\n  --flagfile=%s/inner\n-switch\n"
                                    % tmp_path)
    assert flag_files.expanded(
        ["--number=7", "-flagfile", str(tmp_path / "outer"), "--text=last", "--", "--flagfile=x"],
        values) == ["--number=7", "--number=1", "--text=in", "-switch", "--text=last", "--",
                    "--flagfile=x"]


def test_a_home_folder(tmp_path, values, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.flags").write_text("--number=1\n")
    assert read("~/x.flags", values) == ["--number=1"]


@pytest.mark.parametrize("content, message", [
    (b"--number=1\n--text=\xff\n", "{path}, line 2: not UTF-8: save the flag file as UTF-8"),
    (bytes(range(256)), "{path}, line 2: not UTF-8: save the flag file as UTF-8"),
    ("--text=ü".encode("utf-16"), "{path}, line 1: not UTF-8: save the flag file as UTF-8"),
    (b"\n--nmber=1\n", "{path}, line 2: this program has no flag --nmber"),
    (b"text", "{path}, line 1: 'text' is no flag: flags are written --name=value"),
    (b"--text=a\0", "{path}, line 1: '--text=a\\x00' is no flag: flags are written --name=value"),
    (b"-\n", "{path}, line 1: '-' is no flag: flags are written --name=value"),
    (b"x" * (1 << 20) + b"x", "{path} has more than 1 MB: it is no flag file"),
    (b"--flagfile={path}", "{path} reads itself: {path} names {path}"),
])
def test_files_that_cannot_be_used(tmp_path, values, content, message):
    path = str(tmp_path / "bad.flags")
    with open(path, "wb") as f:
        f.write(content.replace(b"{path}", path.encode("utf8")))
    with pytest.raises(UserError) as e:
        read(path, values)
    assert str(e.value) == message.replace("{path}", path)


def test_unknown_flags_are_as_lenient_as_asked_for(tmp_path, values):
    (tmp_path / "x.flags").write_text("--later=1\n")
    assert flag_files.expanded(["--undefok=later", "--flagfile=%s/x.flags" % tmp_path], values) == [
        "--undefok=later", "--later=1"]


def test_files_that_are_not_there(tmp_path, values):
    with pytest.raises(UserError, match="cannot read .*/none: No such file"):
        read(tmp_path / "none", values)
    with pytest.raises(UserError, match="cannot read .*: Is a directory"):
        read(tmp_path, values)
    with pytest.raises(UserError, match="--flagfile needs the name of a file"):
        flag_files.expanded(["--flagfile"], values)


def test_a_chain_and_a_circle(tmp_path, values):
    for i in range(2000):
        (tmp_path / ("%d" % i)).write_text("--flagfile=%s/%d\n" % (tmp_path, i + 1))
    with pytest.raises(UserError, match="/50: more than 50 flag files that name each other$"):
        read(tmp_path / "0", values)
    (tmp_path / "2").write_text("--flagfile=%s/0\n" % tmp_path)
    with pytest.raises(UserError, match="/0 reads itself: .*/0 names .*/1 names .*/2 names .*/0$"):
        read(tmp_path / "0", values)
