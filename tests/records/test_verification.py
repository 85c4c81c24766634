"""The findings of records/verify_records.py in whole, damaged, mixed and missing files."""
import gzip
import json
import os

import google_crc32c
import pytest

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.shards import READING
from bert_nq.features.featurizer import Pieces
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.records import manifest, tfrecord, verification
from bert_nq.records.checking import Kind
from bert_nq.records.job import Job, run_job
from bert_nq.records.verification import Expected, verify
from tests.support import tiny_nq
from tests.support.nq_pages import make_line, write_shard
from tests.support.programs import ROOT, error_line, run

PROGRAM = "records/verify_records.py"
WRONG = "the checksum is wrong, the file is damaged; write it again"
TRAINING, SHORTER = Kind("training", 64), Kind("training", 50)


def records(num_records, **options):
    maker = tiny_nq.window_maker(**options)
    pages = [decode_example(make_line(tiny_nq.place_page(i)), "x") for i in range(num_records)]
    return [record for page in pages for record in tiny_nq.serialized(maker.training(page).rows)]


def write(path, payloads, compress=bytes):
    path.write_bytes(compress(b"".join(map(tfrecord.frame, payloads))))
    return str(path)


def flip(path, place):
    with open(path, "r+b") as f:
        f.seek(place)
        byte = f.read(1)[0]
        f.seek(place)
        f.write(bytes([byte ^ 0x40]))


def verified(*paths, max_faults=20, num_workers=1):
    return verify(paths, Expected(FEATURIZER, Pieces(len(tiny_nq.TOKENS))), max_faults, num_workers)


def test_whole_files(tmp_path):
    payloads = records(600)
    plain = write(tmp_path / "a", payloads)
    packed = write(tmp_path / "b", payloads[:300], gzip.compress)
    seen = []
    found = verify([plain, packed], Expected(FEATURIZER, Pieces()), 5, 2, seen.append)
    assert (found.num_faults, found.manifests, found.common_faults) == (0, [], [])
    for path, report, number in ((plain, found.files[0], 600), (packed, found.files[1], 300)):
        data = open(path, "rb").read()
        assert report == verification.FileReport(
            path, len(data), "%08x" % google_crc32c.value(data), number, {TRAINING: number},
            {TRAINING: 0}, {"SHORT": number}, 0, [])
    assert found.kinds == {TRAINING: 900}
    assert sum(counts["bytes"] for counts in seen) == sum(map(os.path.getsize, (plain, packed)))


def test_all_damaged_records_are_told_and_the_others_checked(tmp_path):
    payloads = records(10)
    payloads[4] = records(5, max_seq_length=50)[4]
    payloads[7] = b"\n\x05 not a message"
    path = write(tmp_path / "a", payloads)
    sizes = [len(payload) + 16 for payload in payloads]
    flip(path, sum(sizes[:2]) + 30)  # in the payload of record 2
    flip(path, sum(sizes[:9]) - 1)  # in the last byte of record 8: its payload's checksum
    found = verified(path)
    report, = found.files
    assert report.faults == ["%s, record 2: %s" % (path, WRONG),
                             "%s, record 7: not a tf.train.Example" % path,
                             "%s, record 8: %s" % (path, WRONG)]
    assert (report.num_faults, report.records) == (3, 10)
    assert report.kinds == {TRAINING: 6, SHORTER: 1}
    assert found.common_faults == [
        "%s, record 4: a training record of 50 wordpieces (1 in this file), but most are a "
        "training record of 64 wordpieces" % path]
    assert found.num_faults == 4


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_the_faults_told_are_limited_and_those_counted_are_not(tmp_path, compress):
    payloads = records(3) + [b"no message"] * 600
    found = verified(write(tmp_path / "a", payloads, compress), max_faults=2)
    assert found.files[0].faults == ["%s/a, record %d: not a tf.train.Example" % (tmp_path, i)
                                     for i in (3, 4)]
    assert (found.num_faults, found.files[0].records) == (600, 603)


def test_a_damaged_length_ends_a_file_but_not_its_checksum(tmp_path):
    payloads = records(5)
    path = write(tmp_path / "a", payloads)
    flip(path, 2 * (len(payloads[0]) + 16) + 3)
    report, = verified(path).files
    assert report.faults == ["%s, record 2: not a TFRecord file, or damaged" % path]
    data = open(path, "rb").read()
    assert (report.records, report.num_bytes) == (2, len(data))
    assert report.crc32c == "%08x" % google_crc32c.value(data)


@pytest.mark.parametrize("compress, fault", [
    (bytes, "the file is cut off; write it again"),
    (gzip.compress, "the gzip data are cut off or damaged (the end is missing); write it again")])
def test_files_that_are_cut_off(tmp_path, compress, fault):
    path = write(tmp_path / "a", records(5), compress)
    os.truncate(path, os.path.getsize(path) - 12)
    report, = verified(path).files
    assert report.faults == ["%s, record %d: %s" % (path, report.records, fault)]
    # Of gzip's last block, some may come out before its end is missed.
    assert report.records == 4 if compress is bytes else report.records <= 5


def test_files_without_records_and_files_that_cannot_be_read(tmp_path):
    good, empty, missing = write(tmp_path / "a", records(2)), write(tmp_path / "b", []), "no/such"
    found = verified(good, empty, missing, num_workers=3)
    assert [report.faults for report in found.files] == [
        [], ["%s holds no records" % empty],
        ["cannot read no/such: No such file or directory"]]


def test_files_of_two_kinds(tmp_path):
    paths = [write(tmp_path / "a", records(3)),
             write(tmp_path / "b", records(5, max_seq_length=50))]
    found = verified(*paths)
    assert found.common_faults == [
        "%s, record 0: a training record of 64 wordpieces (3 in this file), but most are a "
        "training record of 50 wordpieces" % paths[0]]
    assert found.kinds == {TRAINING: 3, SHORTER: 5}


@pytest.fixture
def prepared(tmp_path):
    """Three shards of records with their manifest."""
    vocab_file = tiny_nq.write_vocabulary(tmp_path / "vocab.txt")
    shard = write_shard(tmp_path / "train.jsonl", [tiny_nq.place_page(i) for i in range(30)])
    run_job(Job(tiny_nq.preparation_options(vocab_file), READING, [shard],
                str(tmp_path / "train.tfrecord"), num_outputs=3), 1)
    return tmp_path


def shards(folder):
    return sorted(str(folder / name) for name in os.listdir(str(folder)) if ".tfrecord-" in name)


def with_manifest(folder, change):
    """Verifies the shards after `change` has altered the manifest's content."""
    path = folder / "train.manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return verified(*shards(folder)).common_faults


def test_prepared_records_are_as_their_manifest_says(prepared):
    found = verified(*shards(prepared), num_workers=2)
    assert (found.num_faults, found.manifests) == (0, [str(prepared / "train.manifest.json")])
    assert (sum(found.kinds.values()), found.classes) == (30, {"SHORT": 30})


def test_a_file_that_is_missing(prepared):
    paths = shards(prepared)
    os.unlink(paths[1])
    path = prepared / "train.manifest.json"
    assert verified(paths[0], paths[2]).common_faults == [
        "%s is missing: %s names it" % (paths[1], path)]
    # A file that is there and was not asked for is not missed.
    os.unlink(paths[0])
    write(prepared / "train.tfrecord-00000-of-00003", records(1))
    assert verified(paths[2]).common_faults == [
        "%s is missing: %s names it" % (paths[1], path)]


def test_a_file_that_is_another_one(prepared):
    paths = shards(prepared)
    # As many records in as many bytes: those of a file, in another order.
    payloads = list(tfrecord.read_records(paths[0]))
    write(prepared / os.path.basename(paths[0]), payloads[::-1])
    os.replace(paths[2], paths[1])
    with open(paths[2], "wb") as f:
        f.write(open(paths[1], "rb").read() * 2)
    content = manifest.read_manifest(str(prepared / "train.manifest.json"))
    sizes = [(output.records, output.bytes) for output in content.outputs]
    found = verified(*paths)
    assert [report.faults for report in found.files] == [[], [], []]
    expected = ["%s has the checksum %s, its manifest says %s: it was changed" % (
        paths[0], found.files[0].crc32c, content.outputs[0].crc32c)]
    for path, expect, actual in ((paths[1], sizes[1], sizes[2]),
                                 (paths[2], sizes[2], [2 * n for n in sizes[2]])):
        if actual[1] != expect[1]:
            expected.append("%s has %d bytes, its manifest says %d" % (path, actual[1], expect[1]))
        if actual[0] != expect[0]:
            expected.append("%s has %d records, its manifest says %d"
                            % (path, actual[0], expect[0]))
    assert found.common_faults == expected
    assert len(expected) >= 3


def test_a_file_that_the_manifest_does_not_name(prepared):
    stale = write(prepared / "train.tfrecord-00000-of-00007", records(1))
    assert verified(*shards(prepared)).common_faults == [
        "%s is none of the files of %s" % (stale, prepared / "train.manifest.json")]


def test_counts_that_differ(prepared):
    def change(content):
        content["counts"].update(records=31, SHORT=29, LONG=2)

    path = prepared / "train.manifest.json"
    assert with_manifest(prepared, change) == [
        "%s counts 31 records, there are 30" % path, "%s counts 29 SHORT, there are 30" % path,
        "%s counts 2 LONG, there are 0" % path]


def test_a_manifest_without_counts_is_taken_as_it_is(prepared):
    assert with_manifest(prepared, lambda content: content.update(counts={})) == []


@pytest.mark.parametrize("text, fault", [
    ("{", " is not JSON ("), ("[]", " is not a manifest of records ("),
    ('{"version": 99}', ": version 99 of the manifest is not known")])
def test_a_manifest_that_cannot_be_read(prepared, text, fault):
    (prepared / "train.manifest.json").write_text(text)
    found = verified(*shards(prepared))
    assert found.common_faults[0].startswith("%s/train.manifest.json%s" % (prepared, fault))
    assert (found.num_faults, sum(found.kinds.values())) == (1, 30)


def lines(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_program(prepared):
    done = run(PROGRAM, "--input_tfrecord=train.tfrecord*", "--vocab_file=vocab.txt",
               cwd=str(prepared))
    assert (done.returncode, done.stderr) == (0, "")
    shown = lines(done.stdout)
    assert shown[1:8] == [
        "Records in train.tfrecord*", "files 3", "records 30",
        "bytes %s" % format(sum(map(os.path.getsize, shards(prepared))), ","),
        "kind training record of 64 wordpieces: 30", "short 30",
        "manifest train.manifest.json"]
    assert shown[8] == "faults 0"
    # The path is from the folder that the program was started in.
    run_nq = os.path.relpath(os.path.join(ROOT, "bert_nq", "run_nq.py"), str(prepared))
    assert "python %s --do_train --train_precomputed_file='train.tfrecord*' " % run_nq in (
        done.stdout)
    assert "--vocab_file=vocab.txt --max_seq_length=64 " in done.stdout


def test_program_with_prediction_records(prepared):
    maker = tiny_nq.window_maker()
    write(prepared / "dev", tiny_nq.serialized(maker.prediction(
        decode_example(make_line(tiny_nq.place_page(0)), "x")).rows))
    done = run(PROGRAM, "--input_tfrecord=dev", cwd=str(prepared))
    assert (done.returncode, done.stderr) == (0, "")
    assert "kind prediction record of 64 wordpieces: 1" in lines(done.stdout)
    assert "manifest none beside them" in lines(done.stdout)
    inspect_records = os.path.relpath(
        os.path.join(ROOT, "records", "inspect_records.py"), str(prepared))
    assert done.stdout.endswith("python %s --input_tfrecord=dev --vocab_file=vocab-nq.txt\n"
                                % inspect_records)


def test_program_with_faults(prepared):
    paths = shards(prepared)
    flip(paths[0], 60)
    flip(paths[2], 8)
    done = run(PROGRAM, "--input_tfrecord=train.tfrecord-*", "--max_faults=1", cwd=str(prepared))
    names = [os.path.basename(path) for path in paths]
    assert error_line(done) == "error: 5 faults found, in 2 of 3 files"
    shown = lines(done.stdout)
    assert shown[:2] == ["%s, record 0: %s" % (names[0], WRONG),
                         "%s, record 0: not a TFRecord file, or damaged" % names[2]]
    # Both files' checksums are wrong, and no record was found in the last one.
    for start in ("%s has the checksum " % names[0], "%s has the checksum " % names[2],
                  "%s has 0 records, its manifest says " % names[2]):
        assert len([line for line in shown if line.startswith(start)]) == 1
    assert "faults 5" in shown


def test_program_with_faults_between_files_alone(prepared):
    write(prepared / "a", records(3))
    write(prepared / "b", records(5, max_seq_length=50))
    done = run(PROGRAM, "--input_tfrecord=a,b", cwd=str(prepared))
    assert error_line(done) == "error: 1 fault found, in no single file but among them"


@pytest.mark.parametrize("flags, message", [
    ([], "--input_tfrecord is needed: "),
    (["--input_tfrecord=*.records"], "no record file matches '*.records'"),
    (["--input_tfrecord=vocab.txt", "--vocab_file=none"], "cannot read none: "),
    (["--input_tfrecord=vocab.txt", "--vocab_file=train.manifest.json"],
     "train.manifest.json: no entry [PAD], [UNK], [CLS] and 1 more; give the vocab.txt of a BERT "
     "model")])
def test_program_with_wrong_flags(prepared, flags, message):
    assert message in error_line(run(PROGRAM, *flags, cwd=str(prepared)))
