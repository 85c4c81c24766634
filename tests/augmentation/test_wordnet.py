"""Finding and reading WordNet's files."""
import os
import zipfile

import pytest

from bert_nq.augmentation import wordnet
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.base.errors import UserError
from tests.support import tiny_wordnet


def zipped(path, inside="wordnet/"):
    os.makedirs(os.path.dirname(str(path)), exist_ok=True)
    with zipfile.ZipFile(str(path), "w") as archive:
        for name, content in tiny_wordnet.contents().items():
            archive.writestr(inside + name, content)
    return str(path)


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """A machine without WordNet."""
    monkeypatch.setattr("nltk.data.path", [str(tmp_path / "nltk_data")])
    monkeypatch.setattr(wordnet, "_DEBIAN", str(tmp_path / "debian"))
    return tmp_path


@pytest.mark.parametrize("place", ["", "corpora/wordnet", "wordnet", "dict"])
def test_a_folder_of_the_user(tmp_path, place):
    folder = tiny_wordnet.write(tmp_path / "mine" / place)
    files = wordnet.find(str(tmp_path / "mine"))
    assert os.path.normpath(files.path) == os.path.normpath(folder)
    assert [synset.lemmas for synset in Lexicon(files).senses("town", "n")] == [
        ("city", "town", "settlement"), ("town", "Springfield")]


@pytest.mark.parametrize("place, inside", [
    ("corpora/wordnet.zip", "wordnet/"), ("wordnet.zip", "wordnet/"), ("wordnet.zip", "")])
def test_a_zip_file_in_a_folder_of_the_user(tmp_path, place, inside):
    path = zipped(tmp_path / "mine" / place, inside)
    for given in (str(tmp_path / "mine"), path):
        files = wordnet.find(given)
        assert (files.path, files.inside) == (path, inside)
        assert Lexicon(files).base_forms("wrote", "v") == ["write"]


def test_nltk_comes_before_debian(no_data):
    tiny_wordnet.write(no_data / "debian")
    assert wordnet.find().path == str(no_data / "debian")
    path = zipped(no_data / "nltk_data" / "corpora" / "wordnet.zip")
    assert wordnet.find().path == path
    folder = tiny_wordnet.write(no_data / "nltk_data" / "corpora" / "wordnet")
    assert wordnet.find().path == folder


def test_the_error_says_how_to_get_wordnet(no_data):
    with pytest.raises(UserError) as caught:
        wordnet.find()
    message = str(caught.value)
    assert "\n" not in message
    for part in (str(no_data / "nltk_data"), "python -m nltk.downloader wordnet",
                 "apt-get install wordnet-base", "--wordnet_dir=DIR"):
        assert part in message


def test_a_given_folder_is_the_only_place(no_data):
    tiny_wordnet.write(no_data / "debian")
    with pytest.raises(UserError, match="no WordNet in /nowhere .*apt-get install wordnet-base"):
        wordnet.find("/nowhere")


def test_an_incomplete_wordnet_is_not_found(no_data):
    folder = tiny_wordnet.write(no_data / "debian")
    os.remove(os.path.join(folder, "index.verb"))
    with pytest.raises(UserError, match="no WordNet found"):
        wordnet.find()


def test_a_broken_zip_file_is_not_found(tmp_path):
    path = zipped(tmp_path / "wordnet.zip")
    with open(path, "r+b") as f:
        f.truncate(1000)
    with pytest.raises(UserError, match="no WordNet in"):
        wordnet.find(path)


def test_the_fingerprint_depends_on_the_content(tmp_path):
    folder = tiny_wordnet.write(tmp_path / "a")
    other = zipped(tmp_path / "b" / "wordnet.zip")
    first = wordnet.find(folder).fingerprint
    assert wordnet.find(other).fingerprint == first
    with open(os.path.join(folder, "noun.exc"), "a") as f:
        f.write("men man\n")
    assert wordnet.find(folder).fingerprint != first


def test_files_that_everybody_may_write_are_read_and_nothing_is_written(tmp_path):
    folder = tiny_wordnet.write(tmp_path)
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o666)
    before = sorted(os.listdir(folder))
    assert list(Lexicon(wordnet.find(folder)).senses("film", "n"))
    assert sorted(os.listdir(folder)) == before


def real_wordnet():
    """WordNet where it is installed; elsewhere the test that asks for it is skipped."""
    try:
        return wordnet.find()
    except UserError as e:
        pytest.skip(str(e))
