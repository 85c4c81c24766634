"""The wheel without the checkout: all programs are there, and they run to their ends."""
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.support.nq_pages import make_annotation, make_page, write_shard
from tests.support.programs import ROOT

# What setup.py reads.
SOURCES = ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "bert_nq", "prepare", "augment",
           "records", "eval", "demos")


def setuptools_version():
    setuptools = pytest.importorskip("setuptools")
    return int(setuptools.__version__.split(".")[0])


def run(command, **options):
    """Runs a command without PYTHONPATH; the result has returncode, stdout and stderr."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, capture_output=True, text=True, env=env, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, since building leaves files beside setup.py."""
    if setuptools_version() < 64:
        pytest.skip("pyproject.toml asks for setuptools>=64: make the environment anew")
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        path = os.path.join(ROOT, name)
        if os.path.isdir(path):
            shutil.copytree(path, str(folder / "source" / name),
                            ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / "source").mkdir(exist_ok=True)
            shutil.copy(path, str(folder / "source" / name))
    done = run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
                "--no-build-isolation", "--wheel-dir", str(folder), "."],
               cwd=str(folder / "source"))
    assert done.returncode == 0, done.stderr
    path, = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The bert-nq of an environment that has the wheel, and beside it what the wheel requires."""
    folder = tmp_path_factory.mktemp("installed")
    made = run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    assert made.returncode == 0, made.stderr
    python = str(folder / "bin" / "python")
    done = run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
                "--no-index", "--disable-pip-version-check", str(wheel)])
    assert done.returncode == 0, done.stderr
    # A path in a .pth file is only added; the checkout that is installed there stays out of sight.
    site_packages, = folder.glob("lib/python*/site-packages")
    (site_packages / "required.pth").write_text("".join(
        path + "\n" for path in sys.path if path.endswith("site-packages")))
    where = run([python, "-c", "import bert_nq; print(bert_nq.__file__)"], cwd=str(folder))
    assert where.stdout.strip() == str(site_packages / "bert_nq" / "__init__.py"), where.stderr
    return str(folder / "bin" / "bert-nq")


def test_everything_of_the_library_and_the_programs_is_in_the_wheel(wheel):
    with zipfile.ZipFile(str(wheel)) as archive:
        packed = set(archive.namelist())
    wanted = set()
    for folder in ("bert_nq", "prepare", "augment", "records", "eval", "demos/sample_corpus"):
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            target = os.path.relpath(path, ROOT)
            if folder != "bert_nq":
                target = os.path.join("bert_nq", "programs", target)
            wanted |= {os.path.join(target, name) for name in names
                       if not name.endswith((".pyc", ".pyo"))}
    assert wanted - packed == set()
    assert not [name for name in packed if name.split("/")[0] in ("tests", "prepare", "benchmarks")]


def test_the_programs_are_listed(installed, tmp_path):
    done = run([installed], cwd=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    names = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert {"prepare_nq_data", "augment_nq_data", "verify_records", "nq_eval", "run_nq",
            "run_nq_spark", "make_sample_corpus"} < names


def test_pages_become_records(installed, tmp_path):
    """Two programs in a row, the second with worker processes and as the first one advises."""
    vocabulary = ["[PAD]"] + ["[unused%d]" % i for i in range(400)] + [
        "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "river", "town"]
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    pages = [make_page("<P> a river <B> a town </B> </P>", i,
                       annotations=[make_annotation(0, [(2, 3)])]) for i in range(4)]
    for i in range(2):
        write_shard(tmp_path / ("nq-train-%02d.jsonl" % i), pages[2 * i:2 * i + 2])
    made = run([installed, "make_vocab", "--vocab_file=vocab.txt", "--output_vocab=nq vocab.txt"],
               cwd=str(tmp_path))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.endswith(
        "\nNext:\n  %s prepare_nq_data --vocab_file='nq vocab.txt' --do_lower_case=true "
        "--input_jsonl='nq-train-*.jsonl.gz' --output_tfrecord=nq-train.tfrecord\n" % installed)
    done = run([installed, "prepare_nq_data", "--vocab_file=nq vocab.txt", "--do_lower_case=true",
                "--input_jsonl=nq-train-*.jsonl", "--output_tfrecord=nq-train.tfrecord",
                "--num_workers=2", "--include_unknowns=1"], cwd=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert re.search(r"\n  +written as records +4\n", done.stdout)
    assert ("\nNext: train on them\n  %s run_nq --do_train "
            "--train_precomputed_file=nq-train.tfrecord \\\n"
            "      --vocab_file='nq vocab.txt' --max_seq_length=384 " % installed) in done.stdout
    assert (tmp_path / "nq-train.tfrecord").stat().st_size > 4 * 1000
