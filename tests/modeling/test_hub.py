"""Fetching a model from a hub: the real client of Hugging Face against a server of the tests."""
import os
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import hub
from tests.support import hub_server, programs

pytest.importorskip("huggingface_hub")

FILES = {"config.json": b"{}", "vocab.txt": b"[PAD]\n", "model.safetensors": b"weights",
         "pytorch_model.bin": b"the same", "model.onnx": b"again", "README.md": b"# Model"}
PARTS = {"config.json": b"{}", "tokenizer.json": b"{}", "model-00001-of-00002.safetensors": b"one",
         "model-00002-of-00002.safetensors": b"two", "model.safetensors.index.json": b"index"}


@pytest.fixture(scope="module")
def server():
    with hub_server.serving({"owner/bert": FILES, "owner/parts": PARTS, "owner/gated": FILES,
                             "owner/old": {"config.json": b"{}", "pytorch_model.bin": b"x"}}) as s:
        s.gated.add("owner/gated")
        yield s


def fetched(name, endpoint, cache):
    """Fetches in a process of its own, as the client reads its environment when it is imported.

    Returns the folder or the UserError's message, and what else was said.
    """
    code = ("import sys\nfrom bert_nq.base.errors import UserError\n"
            "from bert_nq.modeling import hub\n"
            "try: print(hub.fetch(sys.argv[1]))\nexcept UserError as e: print(e)")
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, cwd=programs.ROOT,
        env=hub_server.environment(endpoint, cache))
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n"), done.stderr


def contents(folder):
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            found[name] = f.read()
    return found


def test_only_what_is_converted_is_fetched_and_only_once(server, tmp_path):
    server.log.clear()
    folder, said = fetched("hf:owner/bert", server.url, tmp_path)
    assert said == ""
    expected = {name: FILES[name] for name in ("config.json", "vocab.txt", "model.safetensors")}
    assert contents(folder) == expected
    assert sorted(server.log) == sorted(expected)
    assert fetched("hf:owner/bert", server.url, tmp_path) == (folder, "")
    assert len(server.log) == 3


def test_a_model_in_parts_and_a_revision(server, tmp_path):
    assert contents(fetched("hf:owner/parts@refs/pr/1", server.url, tmp_path)[0]) == PARTS


def test_what_is_not_there_is_told(server, tmp_path):
    def message(name):
        return fetched(name, server.url, tmp_path)[0]

    assert message("hf:owner/other") == (
        "hf:owner/other: there is no model owner/other on %s, or it is private: check the name, or "
        "set HF_TOKEN to a token of an account that may read it" % server.url)
    assert message("hf:owner/bert@v9") == (
        "hf:owner/bert@v9: the model owner/bert has no revision 'v9'")
    assert message("hf:owner/gated") == (
        "hf:owner/gated: %s/owner/gated is given to those who have accepted its terms: do so "
        "there, then set HF_TOKEN to a token of your account" % server.url)
    assert message("hf:owner/old") == (
        "hf:owner/old has no model.safetensors: look for a revision that has, such as "
        "hf:owner/old@refs/pr/1, or save it as safetensors with transformers' "
        "model.save_pretrained(FOLDER) and give the folder")


def test_without_a_network_the_way_around_is_told(tmp_path):
    with hub_server.serving({}) as gone:
        url = gone.url
    message = fetched("hf:owner/bert", url, tmp_path)[0]
    assert message.startswith("hf:owner/bert: cannot fetch it from %s: " % url)
    assert message.endswith("; fetch config.json, vocab.txt and model.safetensors on a machine "
                            "that can, and give their folder")
    assert "\n" not in message


def test_without_the_client_its_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"^hf:owner/bert: the hub is read with huggingface_hub "
                       r"\(.*\): pip install 'bert_nq\[hub\]', or fetch config.json, "):
        hub.fetch("hf:owner/bert")


@pytest.mark.parametrize("name", ["hf:", "hf:a/b/c", "hf:owner/", "hf:owner/bert@", "hf:a b/c"])
def test_names_that_are_none(name):
    with pytest.raises(UserError, match="write hf:OWNER/NAME or hf:OWNER/NAME@REVISION"):
        hub.fetch(name)


def test_paths_are_no_names():
    assert hub.is_name("hf:owner/bert")
    assert not any(map(hub.is_name, ["owner/bert", "/hf:x", "gs://bucket/bert_model.ckpt"]))
