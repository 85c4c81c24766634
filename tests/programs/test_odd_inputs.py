"""Inputs that are nothing, no text, or can be read but once: a line says so in every program."""
import bz2
import gzip
import io
import lzma
import os
import zipfile

import pytest

from tests.support import error_page_samples
from tests.support.nq_pages import make_line
from tests.support.programs import error_line, run
from tests.support.tiny_nq import place_page, write_vocabulary

LINE = make_line(place_page(1, filler=20))


@pytest.fixture
def folder(tmp_path):
    write_vocabulary(tmp_path / "vocab.txt")
    (tmp_path / "good.jsonl").write_bytes(LINE)
    return tmp_path


def prepare(folder, inputs, **options):
    return run("prepare/prepare_nq_data.py", "--input_jsonl=%s" % inputs,
               "--vocab_file=vocab.txt", "--output_tfrecord=r.tfrecord", "--max_seq_length=64",
               "--max_query_length=16", "--num_workers=1", cwd=str(folder), **options)


def augment(folder, inputs):
    return run("augment/augment_nq_data.py", "--input_jsonl=%s" % inputs, "--augment=typos",
               "--output_jsonl=a.jsonl", "--num_workers=1", cwd=str(folder))


def extract(folder, inputs):
    return run("prepare/extract_dev_set.py", "--input_jsonl=%s" % inputs,
               "--output_jsonl=e.jsonl", cwd=str(folder))


def score(folder, inputs):
    (folder / "p.json").write_text('{"predictions": []}')
    return run("eval/nq_eval.py", "--gold_path=%s" % inputs, "--predictions_path=p.json",
               cwd=str(folder))


def learn(folder, inputs):
    return run("prepare/make_vocab.py", "--learn_from=%s" % inputs, "--vocab_size=700",
               "--output_vocab=v.txt", cwd=str(folder))


PROGRAMS = [prepare, augment, extract, score, learn]


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jsonl", data)
    return out.getvalue()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name, data, message", [
    ("zero.jsonl.gz", b"", "zero.jsonl.gz has 0 bytes, which no gzip file has"),
    ("a.jsonl.zip", zipped(LINE), "a.jsonl.zip is a zip file: unpack it"),
    ("a.jsonl", lzma.compress(LINE), "a.jsonl is a xz file: unpack it"),
    ("a.jsonl.gz", gzip.compress(LINE.decode().encode("utf-16")),
     "a.jsonl.gz is text in UTF-16, UTF-8 is wanted"),
])
def test_a_file_that_is_no_shard(folder, program, name, data, message):
    (folder / name).write_bytes(data)
    done = program(folder, "good.jsonl," + name)
    assert message in error_line(done)


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_pages_at_all(folder, program):
    (folder / "a.jsonl").write_bytes(b"\n\n")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b""))
    before = set(os.listdir(str(folder)))
    error = error_line(program(folder, "a.jsonl,b.jsonl.gz"))
    assert error.startswith("error: ")
    assert set(os.listdir(str(folder))) <= before | {"p.json"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_byte_order_mark_changes_nothing(folder, program):
    def result():
        done = program(folder, "good.jsonl")
        outputs = {name: (folder / name).read_bytes() for name in os.listdir(str(folder))
                   if name in ("r.tfrecord", "a.jsonl", "e.jsonl", "v.txt")}
        return done.returncode, outputs

    plain = result()
    (folder / "good.jsonl").write_bytes(b"\xef\xbb\xbf" + LINE)
    assert result() == plain


def test_a_pipe_that_would_be_read_twice_is_refused(folder):
    os.mkfifo(str(folder / "pipe"))
    message = "error: pipe is a pipe, and is read more than once: write its content to a file"
    assert error_line(prepare(folder, "pipe", timeout=60)).startswith(message)
    error_page_samples.write_inputs(folder)
    done = run("eval/error_pages.py", "--gold_path=pipe", "--predictions_path=p.json",
               "--output_dir=site", cwd=str(folder), timeout=60)
    assert error_line(done).startswith(message)


def test_a_read_error_is_told_of_the_input(folder):
    for program in PROGRAMS:
        assert "error: cannot read /proc/self/mem: " in error_line(
            program(folder, "good.jsonl,/proc/self/mem"))


def test_predictions_in_an_archive(folder):
    (folder / "p.json.bz2").write_bytes(bz2.compress(b'{"predictions": []}'))
    for program in ("eval/nq_eval.py", "eval/tune_thresholds.py"):
        done = run(program, "--gold_path=good.jsonl", "--predictions_path=p.json.bz2",
                   *(["--output_thresholds=t.json"] if "tune" in program else []),
                   cwd=str(folder))
        assert "p.json.bz2 is a bzip2 file: unpack it" in error_line(done)


def test_windows_that_no_machine_holds(folder):
    done = run("prepare/prepare_nq_data.py", "--input_jsonl=good.jsonl", "--vocab_file=vocab.txt",
               "--output_tfrecord=r.tfrecord", "--max_seq_length=1000000000", cwd=str(folder))
    assert "no model has windows of more than 65536 wordpieces" in error_line(done)
