"""prepare_squad_data.py, from files of questions to records."""
import glob
import json
import os
import re
import subprocess

import pytest

from bert_nq.features.squad_windows import FEATURIZER
from bert_nq.records import examples, inspection, tfrecord
from tests.support import programs, squad_samples
from tests.support.squad_samples import ARON, FORMATS, qa, write, write_squad

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "what", "where", "is", "flows", "by", "?", "the",
          "river", "tovin", "aron", ",", "an", "old", "town", ".", "has", "many", "houses",
          "marel", "a", "village", "in", "be", "##sk", "it", "no"]


@pytest.fixture(name="vocab", scope="module")
def fixture_vocab(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("\n".join(TOKENS) + "\n")
    return str(path)


def command(vocab, inputs, output, *args):
    return programs.command(
        "prepare/prepare_squad_data.py", "--input_file=%s" % inputs, "--vocab_file=" + vocab,
        "--output_tfrecord=%s" % output, "--max_seq_length=24", "--max_query_length=8",
        "--doc_stride=4", *args)


def run(*args):
    return programs.run_command(command(*args))


def error(*args):
    return programs.error_line(run(*args)).replace("error: ", "", 1)


def value(stdout, name):
    """The value in the line `name` of a summary; None where there is no such line."""
    found = re.search("^ +%s  +(.*)$" % re.escape(name), stdout, re.MULTILINE)
    return found and found.group(1)


def parsed(path):
    return [{name: values.tolist() for name, values in examples.parse(record, "x").items()}
            for record in tfrecord.read_records(str(path))]


def texts(records):
    """(the window as text, the answer in it) of training records."""
    for record in records:
        pieces = [TOKENS[i] for i in record["input_ids"]]
        start, end = record["start_positions"][0], record["end_positions"][0]
        yield " ".join(pieces).replace(" [PAD]", ""), " ".join(pieces[start:end + 1])


@pytest.fixture(name="made", scope="module")
def fixture_made(vocab, tmp_path_factory):
    """The folder of the records of the samples, and what the program said."""
    folder = tmp_path_factory.mktemp("made")
    path = write(folder / "questions.json", FORMATS["squad"]())
    done = run(vocab, path, folder / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_training_records(made, vocab):
    folder, stdout = made
    records = parsed(folder / "x.tfrecord")
    assert [list(record) for record in records] == [
        ["unique_ids", "input_ids", "input_mask", "segment_ids", "start_positions",
         "end_positions", "is_impossible"]] * len(records)
    # The context about Tovin has 15 pieces, and the first question 5: room for 16. The second
    # leaves 17, and Marel's context of 12 is one window as well.
    assert sorted(texts(records)) == [
        ("[CLS] what flows by aron ? [SEP] the river tovin flows by aron , an old town . aron has "
         "many houses . [SEP]", "river tovin"),
        ("[CLS] what is aron ? [SEP] the river tovin flows by aron , an old town . aron has many "
         "houses . [SEP]", "an old town"),
        ("[CLS] where is marel ? [SEP] marel is a village in be ##sk . it has no river . [SEP]",
         "be ##sk")]
    assert {name: value(stdout, name) for name in (
        "questions", "answer not at its offset", "answer not found: left out",
        "questions skipped as unusable", "windows", "written as records", "answerable",
        "impossible")} == {
            "questions": "3", "answer not at its offset": "0", "answer not found: left out": "0",
            "questions skipped as unusable": "0", "windows": "3", "written as records": "3",
            "answerable": "3", "impossible": "0"}
    assert "bert_nq/run_squad.py --do_train " in stdout.partition("Next: train on them")[2]
    manifest = json.loads((folder / "x.manifest.json").read_text())
    assert manifest["settings"]["doc_overlap"] is None
    assert manifest["settings"]["version_2_with_negative"] is False


def test_records_are_verified_and_shown(made, vocab):
    records = str(made[0] / "x.tfrecord")
    done = programs.run("records/verify_records.py", "--input_tfrecord=" + records,
                        "--vocab_file=" + vocab)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (value(done.stdout, "records"), value(done.stdout, "answerable")) == ("3", "3")
    assert "bert_nq/run_squad.py --do_train" in done.stdout
    done = programs.run("records/inspect_records.py", "--input_tfrecord=" + records,
                        "--vocab_file=" + vocab, "--answer_type=answerable")
    assert done.returncode == 0, done.stderr
    assert "tovin flows by aron , >>> an old town <<< . aron has" in done.stdout
    done = programs.run("records/inspect_records.py", "--input_tfrecord=" + records,
                        "--answer_type=short")
    assert programs.error_line(done) == (
        "error: --answer_type=short: these records have answerable, impossible")


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"squad"}))
def test_all_formats_give_the_same_records(name, made, vocab, tmp_path):
    path = write(tmp_path / "questions.gz", FORMATS[name]())
    done = run(vocab, path, tmp_path / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.tfrecord").read_bytes() == (made[0] / "x.tfrecord").read_bytes()


@pytest.fixture(name="many", scope="module")
def fixture_many(tmp_path_factory):
    """A folder with two files of 2,250 questions; what nobody reads makes them large."""
    folder = tmp_path_factory.mktemp("many")
    for i in range(2):
        squad = {"data": [{"title": "T", "paragraphs": [
            {"context": ARON + " the town" * (n % 7), "unread": "x" * 600, "qas": [
                qa("%d-%d-%d" % (i, n, k), "what is Aron ?", ("an old town", 32))
                for k in range(n % 4)]} for n in range(1500)]}]}
        write(folder / ("squad-%d.json" % i), json.dumps(squad))
    return folder


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))
            if not name.startswith(".")}


@pytest.mark.parametrize("mode", ["--is_training", "--nois_training"])
def test_any_number_of_workers_makes_the_same_bytes(mode, many, vocab, tmp_path):
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        done = run(vocab, many / "squad-*.json", folder / "x.tfrecord", mode,
                   "--num_output_shards=3", "--num_workers=%d" % workers)
        assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "1")) == 4


def test_parts_of_one_file_make_the_same_bytes(many, vocab, tmp_path):
    assert os.path.getsize(str(many / "squad-0.json")) > 1 << 20  # or there would be one part
    for workers in (1, 3):
        done = run(vocab, many / "squad-0.json", tmp_path / str(workers) / "x.tfrecord",
                   "--num_workers=%d" % workers, "--nois_training")
        assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "1") == contents(tmp_path / "3")


def test_killed_and_carried_on(many, vocab, tmp_path):
    done = run(vocab, many / "*", tmp_path / "whole" / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    output = tmp_path / "killed" / "x.tfrecord"
    process = subprocess.Popen(command(vocab, many / "*", output, "--num_workers=1"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finished = str(tmp_path / "killed" / ".x.tfrecord.work" / "squad-*.json-*.json")
    programs.wait_until(lambda: glob.glob(finished), process)
    process.kill()
    process.communicate()
    assert process.returncode == -9
    num_finished = len(glob.glob(finished))
    done = run(vocab, many / "*", output, "--num_workers=1")
    assert done.returncode == 0, done.stderr
    assert "carrying on: %d of 2 parts" % num_finished in done.stderr
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert "none: all was there" in run(vocab, many / "*", output).stdout


def test_prediction_records_stay_in_order(vocab, tmp_path):
    path = write(tmp_path / "questions", FORMATS["run_qa"]())
    done = run(vocab, path, tmp_path / "x.tfrecord", "--nois_training", "--gzip")
    assert done.returncode == 0, done.stderr
    records = list(inspection.read_windows([str(tmp_path / "x.tfrecord")], FEATURIZER))
    assert len(records) == 3
    assert "Next: look at them" in done.stdout
    assert "answer" not in done.stdout
    plain = run(vocab, path, tmp_path / "y.tfrecord", "--nois_training")
    assert plain.returncode == 0, plain.stderr
    questions = [[TOKENS[i] for i in r["input_ids"]][1:3] for r in parsed(tmp_path / "y.tfrecord")]
    assert questions == [["what", "flows"], ["what", "is"], ["where", "is"]]
    assert set(parsed(tmp_path / "y.tfrecord")[0]) == {"unique_ids", "input_ids", "input_mask",
                                                       "segment_ids"}


def test_questions_without_answer(vocab, tmp_path):
    path = write_squad(tmp_path / "x.json", [
        qa("q1", "what is Aron ?", ("town", 39), is_impossible=False),
        qa("q2", "where is Aron ?", is_impossible=True,
           plausible_answers=[{"text": "Aron", "answer_start": 25}])])
    done = run(vocab, path, tmp_path / "x.tfrecord", "--version_2_with_negative")
    assert done.returncode == 0, done.stderr
    assert (value(done.stdout, "answerable"), value(done.stdout, "impossible")) == ("1", "1")
    assert sorted((r["is_impossible"], answer) for r, (_, answer) in zip(
        parsed(tmp_path / "x.tfrecord"), texts(parsed(tmp_path / "x.tfrecord")))) == [
            ([0], "town"), ([1], "[CLS]")]
    assert error(vocab, path, tmp_path / "y.tfrecord") == (
        "%s, question 2 (id q2): the question has no answer, as in SQuAD 2.0: give "
        "--version_2_with_negative (--on_bad_input=skip goes on without it)" % path)
    done = run(vocab, path, tmp_path / "y.tfrecord", "--on_bad_input=skip")
    assert value(done.stdout, "questions skipped as unusable") == "1"


def test_answers_that_are_not_at_their_offset(vocab, tmp_path):
    path = write_squad(tmp_path / "x.json", [
        qa("q1", "what is Aron ?", ("town", 39)), qa("q2", "what is Aron ?", ("town", 0)),
        qa("q3", "what is Aron ?", ("Aron", 0)), qa("q4", "what is Aron ?", ("city", 0))])
    done = run(vocab, path, tmp_path / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    names = ("answer not at its offset", "found by its text", "answer not found: left out",
             "written as records")
    assert [value(done.stdout, name) for name in names] == ["3", None, "3", "1"]
    assert "--fix_offsets looks for them by their text" in done.stdout
    done = run(vocab, path, tmp_path / "x.tfrecord", "--fix_offsets")
    assert done.returncode == 0, done.stderr
    assert [value(done.stdout, name) for name in names] == ["3", "1", "2", "2"]
    assert [answer for _, answer in texts(parsed(tmp_path / "x.tfrecord"))] == ["town", "town"]
    beyond = write_squad(tmp_path / "y.json", [qa("q1", "what ?", ("town", 5000))])
    assert error(vocab, beyond, tmp_path / "y.tfrecord") == (
        "%s, question 1 (id q1): the answer is characters [5000, 5004), the context has 68 "
        "(--fix_offsets looks for its text) (--on_bad_input=skip goes on without it)" % beyond)


@pytest.mark.parametrize("text, message", [
    ('{"data": [', "not JSON: Expecting value at character 10"),
    (json.dumps([{"id": "q1", "context": ARON}]), "question 1 (id q1): the field question is "
     "missing"),
    (json.dumps([dict(squad_samples.ROWS[0], question="")]), "question 1 (id q1): the question is "
     "empty"),
    (json.dumps(squad_samples.ROWS[:1] * 2),
     "question 2 (id q1): a question before it has the same id"),
    ("what ?", "neither JSON nor a table with the columns id, context, question and answers: its "
     "first line is 'what ?'"),
])
def test_bad_input(text, message, vocab, tmp_path):
    path = write(tmp_path / "x.json", text)
    said = error(vocab, path, tmp_path / "x.tfrecord")
    assert said.replace(path + ": ", "").replace(path + ", ", "") == (
        message + " (--on_bad_input=skip goes on without it)")
    assert not os.path.exists(str(tmp_path / "x.tfrecord"))


def test_bad_input_that_is_skipped(vocab, tmp_path):
    rows = squad_samples.ROWS
    path = write(tmp_path / "x.json", json.dumps(
        [rows[0], dict(rows[1], question=""), rows[0], rows[2]])[:-1] + ", {]")
    done = run(vocab, path, tmp_path / "x.tfrecord", "--on_bad_input=skip")
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[1].split(", ")[1] for line in done.stderr.splitlines()] == [
        "question 2 (id q2)", "question 3 (id q1)", "after question 4"]
    assert (value(done.stdout, "questions"), value(done.stdout, "questions skipped as unusable")
            ) == ("2", "3")


@pytest.mark.parametrize("flags, message", [
    (["--doc_overlap=3", "--doc_stride=3"],
     "give either --doc_stride, a step, or --doc_overlap, not both"),
    (["--max_query_length=21"],
     "max_seq_length (24) must be greater than max_query_length (21) + 3"),
    (["--input_file="], "--input_file is needed: "),
    (["--input_file=none.json"], "no SQuAD file matches 'none.json'"),
])
def test_bad_flags(flags, message, vocab, tmp_path, made):
    assert error(vocab, made[0] / "questions.json", tmp_path / "x.tfrecord", *flags).startswith(
        message)


def test_overlap(vocab, tmp_path, made):
    done = programs.run(
        "prepare/prepare_squad_data.py", "--input_file=%s" % (made[0] / "questions.json"),
        "--vocab_file=" + vocab, "--output_tfrecord=%s" % (tmp_path / "x.tfrecord"),
        "--max_seq_length=16", "--max_query_length=6", "--doc_overlap=2", "--nois_training")
    assert done.returncode == 0, done.stderr
    windows = [" ".join(TOKENS[i] for i in r["input_ids"])
               for r in parsed(tmp_path / "x.tfrecord")]
    # 16 less the 5 of the question and 3 leave 8, in steps of 6.
    assert windows[:3] == [
        "[CLS] what flows by aron ? [SEP] the river tovin flows by aron , an [SEP]",
        "[CLS] what flows by aron ? [SEP] , an old town . aron has many [SEP]",
        "[CLS] what flows by aron ? [SEP] has many houses . [SEP]" + " [PAD]" * 4]


def test_a_context_of_half_a_million_characters(vocab, tmp_path):
    path = write_squad(tmp_path / "x.json", [qa("q1", "what is Aron ?", ("Aron", 25))],
                       context=ARON + " the town" * 55000)
    done = run(vocab, path, tmp_path / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    # 15 + 110,000 pieces, 17 a window, 4 apart: (110,015 - 17) / 4 and two more, rounded down.
    assert value(done.stdout, "windows") == "27,501"
