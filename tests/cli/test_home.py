"""Home folders in the values of flags."""
import pytest
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import home


def expanded(*arguments):
    """The values of the flags `path` and `paths`, a list."""
    values = flags.FlagValues()
    flags.DEFINE_string("path", None, "", flag_values=values)
    flags.DEFINE_list("paths", None, "", flag_values=values)
    flags.DEFINE_multi_string("setting", None, "", flag_values=values)
    flags.DEFINE_integer("number", 7, "", flag_values=values)
    values(("program",) + arguments)
    home.expand(values)
    return values["path"].value or values["setting"].value or values["paths"].value


@pytest.fixture(autouse=True)
def of_me(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")


@pytest.mark.parametrize("value, result", [
    ("~", "/home/me"), ("~/a", "/home/me/a"), ("~/a,~/b*.gz, ~/c", "/home/me/a,/home/me/b*.gz, "
                                              "/home/me/c"),
    ("~root/a", "/root/a"), ("a~", "a~"), ("a/~/b", "a/~/b"), ("./~", "./~"), ("x,a~b", "x,a~b"),
    ("gs://b/~/x", "gs://b/~/x"), ("", None)])
def test_paths(value, result):
    assert expanded("--path=" + value) == result


def test_lists():
    assert expanded("--paths=~/a,b,~/c") == ["/home/me/a", "b", "/home/me/c"]
    assert expanded("--setting=~/a", "--setting=k=~") == ["/home/me/a", "k=~"]
    assert expanded() is None


@pytest.mark.parametrize("value", ["~no-one/a", "~x", "a,~no-one"])
def test_homes_of_no_one(value):
    name = value.split(",")[-1].split("/")[0]
    with pytest.raises(UserError) as e:
        expanded("--path=" + value)
    assert str(e.value) == ("--path=%s: %s is nobody's home folder; a file of that name is ./%s"
                            % (value, name, name))
