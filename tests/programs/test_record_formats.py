"""benchmarks/record_formats.py runs; how fast, is not judged here."""
import re

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.records import examples, tfrecord
from tests.support import tiny_nq
from tests.support.nq_pages import make_line
from tests.support.programs import error_line, run

PROGRAM = "benchmarks/record_formats.py"
SMALL = ("--num_batches=3", "--num_turns=1", "--batch_size=4")


def sizes(stdout):
    """{format: bytes a record} of the table."""
    return {name: int(size) for name, size in re.findall(
        r"^((?:full|compact)(?:, gzipped)?) +(\d+) +\d\.\d\d +\d+ +\d+\.\d +\d+\.\d\d$", stdout,
        re.MULTILINE)}


def test_made_up_windows():
    done = run(PROGRAM, "--num_records=50", *SMALL)
    assert done.returncode == 0, done.stderr
    found = sizes(done.stdout)
    assert sorted(found) == ["compact", "compact, gzipped", "full", "full, gzipped"]
    # Two bytes and one each for input_mask and segment_ids, or two bytes alone, of 512 pieces.
    assert 0.45 < found["compact"] / found["full"] < 0.65
    assert found["full, gzipped"] < 0.6 * found["full"]


def test_given_records(tmp_path):
    maker = tiny_nq.window_maker()
    pages = [decode_example(make_line(tiny_nq.place_page(i)), "x") for i in range(8)]
    for name, make in (("train", maker.training_windows), ("dev", maker.prediction_windows)):
        (tmp_path / name).write_bytes(b"".join(
            tfrecord.frame(record) for page in pages
            for record in examples.serialize(make(page).windows)))
    done = run(PROGRAM, "--input_tfrecord=train", *SMALL, cwd=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert sizes(done.stdout)["full"] == round((tmp_path / "train").stat().st_size / 8)
    assert error_line(run(PROGRAM, "--input_tfrecord=dev", *SMALL, cwd=str(tmp_path))) == (
        "error: dev, record 0 is no training record")
