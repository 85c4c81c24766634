"""The benchmark of preparation: its pages, and that it runs."""
import json
import os
import sys

import programs
import pytest
from tiny_nq import TOKENS, write_vocabulary

sys.path.insert(0, os.path.join(programs.ROOT, "demos"))
sys.path.insert(0, os.path.join(programs.ROOT, "benchmarks"))

import realistic_pages  # noqa: E402

from bert_nq.nq.decoding import decode_example  # noqa: E402
from bert_nq.nq.shards import read_lines  # noqa: E402


@pytest.fixture(scope="module")
def pages():
    return [realistic_pages.make_page(TOKENS, index, seed=0) for index in range(60)]


def test_pages_are_those_of_natural_questions_in_size(pages):
    examples = [decode_example(json.dumps(page).encode(), "x") for page in pages]

    def mean(values):
        return sum(values) / len(pages)

    # Of 60 draws, the standard error of the mean is 0.65 / sqrt(60) or 8 % of it.
    assert 4800 < mean([len(e.tokens) for e in examples]) < 8000
    assert 120 < mean([len(e.candidates) for e in examples]) < 240
    assert 0.15 < mean([sum(e.is_html) / len(e.tokens) for e in examples]) < 0.25
    assert 15 < mean([sum(c.top_level for c in e.candidates) for e in examples]) < 80
    # Half of them have an answer; 30 are expected of 60, with a standard deviation of 4.
    assert 15 < sum(e.annotations[0].candidate_index >= 0 for e in examples) < 45
    assert any(e.annotations[0].short_answers for e in examples)


def test_pages_depend_on_their_number_and_the_seed_alone(pages):
    assert realistic_pages.make_page(TOKENS, 7, seed=0) == pages[7]
    assert realistic_pages.make_page(TOKENS, 7, seed=1) != pages[7]
    assert len({page["example_id"] for page in pages}) == len(pages)


def test_shards_are_the_same_bytes_each_time(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        sizes = list(realistic_pages.write_shards(str(tmp_path / name), TOKENS, pages=4, shards=2))
    shards = ["realistic-00.jsonl.gz", "realistic-01.jsonl.gz"]
    assert sorted(os.listdir(str(tmp_path / "a"))) == shards
    lines = []
    for shard in shards:
        assert (tmp_path / "a" / shard).read_bytes() == (tmp_path / "b" / shard).read_bytes()
        lines += [line for _, line in read_lines(str(tmp_path / "a" / shard))]
    assert [len(line) for line in lines] == sizes
    assert json.loads(lines[1].decode()) == realistic_pages.make_page(TOKENS, 2, seed=0)


def benchmark(tmp_path, *flags):
    vocabulary = write_vocabulary(tmp_path / "vocab.txt")
    return programs.run("benchmarks/prepare.py", "--vocab_file=" + vocabulary, "--pages=2",
                        "--sample_pages=1", "--shards=1", "--runs=1",
                        "--work_dir=%s" % (tmp_path / "work"), *flags)


def test_the_benchmark_runs(tmp_path):
    done = benchmark(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("realistic: 1 shards", "realistic, 1 worker, median of 1 runs",
                 "sample, milliseconds of one processor for a page",
                 "  peak memory of a process, MB"):
        assert line in done.stdout
    shard = tmp_path / "work" / "realistic-2-in-1" / "realistic-00.jsonl.gz"
    made = shard.stat().st_mtime
    assert benchmark(tmp_path, "--corpora=realistic", "--nostages").returncode == 0
    assert shard.stat().st_mtime == made, "shards are made once"


@pytest.mark.parametrize("flag, message", [
    ("--corpora=big", "--corpora: big is none of realistic, sample"),
    ("--reference=x", "--reference_python is needed: The interpreter that can run it."),
])
def test_wrong_flags(tmp_path, flag, message):
    assert programs.error_line(benchmark(tmp_path, flag)) == "error: " + message


def test_a_reference_that_is_not_there(tmp_path):
    done = benchmark(tmp_path, "--reference=%s" % tmp_path, "--reference_python=python")
    assert programs.error_line(done).endswith("--reference is the folder that has language/ in it")


def test_what_is_drawn_cannot_be_compared(tmp_path):
    done = benchmark(tmp_path, "--reference=x", "--reference_python=x", "--include_unknowns=0.02")
    assert programs.error_line(done) == (
        "error: --include_unknowns=0.02 draws windows at random, which the reference does in its "
        "own way: compare with -1 or 1")
