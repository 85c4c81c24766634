"""The report of records/inspect_records.py, and windows as text."""
import gzip
import re

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.windows import Labels, Windows
from bert_nq.records import inspection, tfrecord
from bert_nq.records.inspection import inspect
from bert_nq.records.preparation import PagePreparer
from bert_nq.text.vocabulary import Vocabulary
from tests.support.nq_pages import make_annotation, make_line, make_page
from tests.support.programs import error_line, run
from tests.support.tiny_nq import (
    TOKENS,
    place_page,
    preparation_options,
    serialized,
    window_maker,
    write_vocabulary,
)

VOCABULARY = Vocabulary(TOKENS)
PROGRAM = "records/inspect_records.py"

PAGES = [
    place_page(0, example_id=-70),
    make_page("<P> tovin is in aron . </P>", 10, "where is tovin", [make_annotation(0)]),
    make_page("<P> tovin is in aron . </P>", 20, "where is tovin", [make_annotation()]),
]
# Page 10: [CLS] [Q] where is tovin [SEP], 4 markers, 5 words, [SEP].
TEXT_10 = ("[CLS] [Q] where is tovin [SEP] [ContextId=-1] [NoLongAnswer] [ContextId=0] "
           "[Paragraph=1] >>> tovin is in aron . <<< [SEP]")


def write(path, is_training=True):
    preparer = PagePreparer(preparation_options("", is_training),
                            window_maker(include_unknowns=1.0))
    pages = [preparer.prepare(decode_example(make_line(page), "x")) for page in PAGES]
    path.write_bytes(b"".join(record for page in pages for record in page.records))
    return str(path)


def read_windows(paths):
    return inspection.read_windows(paths, FEATURIZER)


def by_id(path):
    return {window.unique_id: window for window in read_windows([path])}


def test_windows_as_text(tmp_path):
    windows = by_id(write(tmp_path / "a.tfrecord"))
    assert sorted(windows) == [-70, 10, 20]
    assert windows[10].text(VOCABULARY) == TEXT_10
    assert (windows[10].length, windows[10].purpose) == (16, "training")
    assert (windows[10].class_name, windows[10].labelled_span) == ("LONG", slice(10, 15))
    assert windows[20].text(VOCABULARY) == TEXT_10.replace(">>> ", "").replace("<<< ", "")
    assert (windows[20].class_name, windows[20].labelled_span) == ("UNKNOWN", None)
    assert "tovin is a town in >>> aron <<< . [ContextId=2]" in windows[-70].text(VOCABULARY)


def test_pieces_are_not_glued_to_the_marks(tmp_path):
    tokens = ["[PAD]", "[CLS]", "[SEP]", "un", "##believ", "##able"]
    windows = Windows(np.array([1]), np.array([0]), np.array([[1, 2, 3, 4, 5, 2, 0]]),
                      np.array([6]), 2, Labels(np.array([3]), np.array([3]), np.array([3])), None)
    (tmp_path / "a").write_bytes(b"".join(map(tfrecord.frame, serialized(windows))))
    window, = read_windows([str(tmp_path / "a")])
    assert window.text(Vocabulary(tokens)) == "[CLS] [SEP] un >>> ##believ <<< ##able [SEP]"


def test_report(tmp_path):
    paths = [write(tmp_path / "a.tfrecord"), write(tmp_path / "b.tfrecord", is_training=False)]
    report = inspect(read_windows(paths), 2, lambda w: w.unique_id != -70)
    assert report.num_bytes == sum(len((tmp_path / name).read_bytes())
                                   for name in ("a.tfrecord", "b.tfrecord"))
    # Page -70: 6 of the question, 2 + (2 + 9) + (2 + 7) + (2 + 9) of the text, and [SEP] are 40.
    assert sorted(report.lengths) == [16, 16, 16, 16, 40, 40]
    assert report.purposes == {"training": 3, "prediction": 3}
    assert report.sizes["input_ids"] == {64: 6}
    assert report.sizes["token_map"] == {64: 3}
    assert report.sizes["answer_types"] == {1: 3}
    assert report.span_lengths == {"SHORT": [1], "LONG": [5], "UNKNOWN": [0]}
    assert len(report.shown) == 2
    assert {w.unique_id for w in report.shown} == {10, 20}


def test_a_label_that_cannot_be(tmp_path):
    windows = Windows(np.array([1, 2]), np.array([0, 1]), np.zeros([2, 8], np.int64),
                      np.array([6, 6]), 2, Labels(np.array([3, 4]), np.array([6, 3]),
                                                  np.array([3, 4])), None)
    (tmp_path / "a").write_bytes(b"".join(map(tfrecord.frame, serialized(windows))))
    report = inspect(read_windows([str(tmp_path / "a")]), 0)
    assert report.span_lengths == {"SHORT": [0], "LONG": [0]}


def test_an_answer_type_that_is_none(tmp_path):
    windows = Windows(np.array([1]), np.array([0]), np.zeros([1, 8], np.int64), np.array([6]), 2,
                      Labels(np.array([3]), np.array([3]), np.array([5])), None)
    (tmp_path / "a").write_bytes(b"".join(map(tfrecord.frame, serialized(windows))))
    with pytest.raises(UserError) as caught:
        inspect(read_windows([str(tmp_path / "a")]), 0)
    assert str(caught.value) == ("%s/a, record 0: answer_types 5, which must be from 0 to 4"
                                 % tmp_path)


@pytest.fixture
def records(tmp_path):
    write(tmp_path / "a.tfrecord")
    write(tmp_path / "b.tfrecord", is_training=False)
    write_vocabulary(tmp_path / "vocab.txt")
    return tmp_path


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def test_program(records):
    done = run(PROGRAM, "--input_tfrecord=a.tfrecord", "--vocab_file=vocab.txt", cwd=str(records))
    assert (done.returncode, done.stderr) == (0, "")
    out = squeezed(done.stdout)
    assert "records 3 " in out
    assert "made for training (3) " in out
    assert "input_ids [64] input_mask [64] segment_ids [64] start_positions [1]" in out
    # Type, windows, share, median and greatest number of pieces.
    assert "UNKNOWN 1 33.3 % 0 0 SHORT 1 33.3 % 1 1 LONG 1 33.3 % 5 5 " in out
    assert "least 16 " in out
    assert " median 16 " in out
    assert " most 40 " in out
    assert len(re.findall(r"a\.tfrecord, record \d: unique_id ", out)) == 3
    assert "unique_id 10, 16 wordpieces, LONG, pieces 10 to 14 " + TEXT_10 in out


@pytest.mark.parametrize("flags, shown", [
    (["--num_windows=1"], None), (["--num_windows=0"], []), (["--unique_id=-70"], [-70]),
    (["--answer_type=LONG"], [10]), (["--answer_type=unknown"], [20]), (["--answer_type=YES"], [])])
def test_which_windows_are_shown(records, flags, shown):
    done = run(PROGRAM, "--input_tfrecord=a.tfrecord", "--vocab_file=vocab.txt", *flags,
               cwd=str(records))
    assert done.returncode == 0, done.stderr
    found = [int(i) for i in re.findall(r"record \d: unique_id (-?\d+)", done.stdout)]
    assert len(found) == 1 if shown is None else found == shown
    assert ("No window is as asked for" in done.stdout) == (flags == ["--answer_type=YES"])


def test_prediction_records_and_several_files(records):
    done = run(PROGRAM, "--input_tfrecord=*.tfrecord", "--vocab_file=vocab.txt", "--num_windows=9",
               cwd=str(records))
    out = squeezed(done.stdout)
    assert "files 2 records 6 " in out
    assert "made for prediction (3), training (3) " in out
    assert "token_map [64] in 3 records" in out
    # The words of page 10 are its tokens 1 to 5.
    assert "unique_id 10, 16 wordpieces, document tokens 1 to 5" in out


def test_compact_records_are_refused(tmp_path):
    import tensorflow.compat.v1 as tf

    message = tf.train.Example()
    for name in ("unique_ids", "piece_ids", "window_shape", "piece_tokens"):
        message.features.feature[name].int64_list.value.append(1)
    (tmp_path / "a").write_bytes(tfrecord.frame(message.SerializeToString()))
    assert error_line(run(PROGRAM, "--input_tfrecord=a", cwd=str(tmp_path))) == (
        "error: a, record 0 is a compact record, and these are no longer read: prepare the records "
        "again, without --compact")


def test_gzipped_records_are_shown_as_plain_ones(records):
    data = (records / "a.tfrecord").read_bytes()
    (records / "packed").write_bytes(gzip.compress(data[:500]) + gzip.compress(data[500:]))
    plain, packed = (run(PROGRAM, "--input_tfrecord=" + name, "--vocab_file=vocab.txt",
                         cwd=str(records)).stdout for name in ("a.tfrecord", "packed"))
    assert packed.replace("packed, record", "a.tfrecord, record") == plain


def test_without_a_vocabulary(records):
    done = run(PROGRAM, "--input_tfrecord=a.tfrecord", cwd=str(records))
    assert done.stdout.endswith("To read windows as text, give --vocab_file.\n")


def test_no_records(records):
    (records / "empty").write_bytes(b"")
    done = run(PROGRAM, "--input_tfrecord=empty", cwd=str(records))
    assert (done.returncode, done.stderr) == (0, "")
    assert "records 0" in squeezed(done.stdout)


def corrupt(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("flags, message", [
    ([], "--input_tfrecord is needed: "),
    (["--input_tfrecord=*.records"], "no record file matches '*.records'"),
    (["--input_tfrecord=."], ". is a folder: give the record files in it"),
    (["--input_tfrecord=vocab.txt"], "vocab.txt, record 0: not a TFRecord file, or damaged"),
    (["--input_tfrecord=flipped"], "flipped, record 0: the checksum is wrong"),
    (["--input_tfrecord=cut"], "cut, record 2: the file is cut off"),
    (["--input_tfrecord=foreign"], "foreign, record 0: not a tf.train.Example"),
    (["--input_tfrecord=empty_example"], "empty_example, record 0 has no feature unique_ids"),
    (["--input_tfrecord=a.tfrecord", "--vocab_file=missing"], "cannot read missing: "),
    (["--input_tfrecord=a.tfrecord", "--vocab_file=small.txt"],
     "the vocabulary has 2 entries and no number "),
    (["--input_tfrecord=a.tfrecord", "--vocab_file=vocab.txt", "--unique_id=5"],
     "no record has the unique_id 5"),
])
def test_errors_are_one_line(records, flags, message):
    data = (records / "a.tfrecord").read_bytes()
    (records / "flipped").write_bytes(data)
    corrupt(records / "flipped", 100)
    (records / "cut").write_bytes(data[:-3])
    (records / "foreign").write_bytes(tfrecord.frame(b"\x0a\x7f no message"))
    (records / "empty_example").write_bytes(tfrecord.frame(b""))
    (records / "small.txt").write_text("[PAD]\n[UNK]\n")
    line = error_line(run(PROGRAM, *flags, cwd=str(records)))
    assert line.startswith("error: ")
    assert message in line
