"""Copies of pages, their ids, the program that writes them, and the same made on the fly."""
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from bert_nq.augmentation import job
from bert_nq.augmentation.augmenter import CopyOptions
from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.decoding import example_of
from bert_nq.jobs import work_folder
from tests.support import programs, tiny_wordnet
from tests.support.nq_pages import make_annotation, make_page, read_shard, write_shard
from tests.support.tiny_nq import place_page, write_vocabulary

PROGRAM = "augment/augment_nq_data.py"
NULL = make_page("<P> a town of old rivers . </P>", 7, annotations=[make_annotation()])


def write_pages(path, num_pages=40):
    return write_shard(path, [place_page(i, filler=3) for i in range(num_pages)] + [NULL])


def options(**copies):
    return AugmentationOptions(("deletion",), copies=CopyOptions(**copies))


def test_pages_without_answer_pass_through_once_and_copies_have_ids_of_their_own():
    augmenter = options(copies=3).make()
    assert not list(augmenter.copies(example_of(NULL, "")))
    pages = [example_of(place_page(i, filler=3), "") for i in range(64)]
    copies = [copy.example for page in pages for copy in augmenter.copies(page)]
    ids = {e.example_id for e in copies}
    assert len(copies) == len(ids) == 192
    assert all(-2 ** 63 <= i < 2 ** 63 for i in ids) and not ids & {p.example_id for p in pages}
    assert list(options(documents="all").make().copies(example_of(NULL, "")))
    other = list(options(copies=3, seed=1).make().copies(pages[0]))
    assert not ids & {copy.example.example_id for copy in other}


def test_distractors_are_told_by_what_is_in_their_shards(tmp_path):
    def settings(path, num_pages):
        shard = write_pages(path, num_pages)
        return AugmentationOptions(("distractors",), distractor_pages=(shard,)).settings()

    (tmp_path / "a").mkdir()
    first = settings(tmp_path / "x.jsonl", 3)
    assert first["distractor_pages"].startswith("x.jsonl ")
    assert settings(tmp_path / "a" / "x.jsonl", 3) == first
    assert settings(tmp_path / "x.jsonl", 4) != first


def test_the_share_of_the_pages_that_are_copied():
    augmenter = options(share=0.25).make()
    page = example_of(place_page(0, filler=3), "")
    copied = sum(bool(list(augmenter.copies(page._replace(example_id=i)))) for i in range(2000))
    assert 420 <= copied <= 580  # 500, 19 the standard deviation


def test_the_program(tmp_path):
    shard = write_pages(tmp_path / "in.jsonl.gz")
    wordnet = tiny_wordnet.write(tmp_path / "wordnet")
    output = str(tmp_path / "out.jsonl.gz")
    done = programs.run(PROGRAM, "--input_jsonl=" + shard, "--output_jsonl=" + output,
                        "--wordnet_dir=" + wordnet, "--rate=1", "--pos=wordnet")
    assert done.returncode == 0, done.stderr
    pages, found = read_shard(shard), read_shard(output)
    originals = [r for r in found if "augmentation" not in r]
    copies = [r for r in found if "augmentation" in r]
    assert originals == pages and len(copies) == 40
    by_id = {p["example_id"]: p for p in pages}
    for place, record in enumerate(found):
        if "augmentation" in record:
            source = by_id[record["augmentation"]["source_example_id"]]
            assert found[place - 1] == source
            page, copy = example_of(source, ""), example_of(record, "")
            assert "city" in copy.tokens or "settlement" in copy.tokens
            for before, after in zip(page.annotations, copy.annotations):
                assert before == after
                start, end = after.short_answers[0]
                assert copy.tokens[start:end] == page.tokens[start:end]
    lines = (tmp_path / "out.sources.tsv").read_text().splitlines()
    assert lines[0] == "example_id\tsource_example_id\tcopy"
    assert lines[1:] == ["%d\t%d\t0" % (r["example_id"], r["augmentation"]["source_example_id"])
                         for r in copies]
    assert "changed copies written  40" in done.stdout
    assert "prepare_nq_data.py --input_jsonl=%s" % output in done.stdout


def test_made_on_the_fly_the_records_are_the_same(tmp_path):
    shard = write_pages(tmp_path / "in.jsonl")
    changes = ["--augment=deletion,swap", "--copies=2", "--seed=3"]
    augmented = str(tmp_path / "out.jsonl")
    assert programs.run(PROGRAM, "--input_jsonl=" + shard, "--output_jsonl=" + augmented,
                        *changes).returncode == 0
    vocab = write_vocabulary(tmp_path / "vocab.txt")
    common = ["--vocab_file=" + vocab, "--max_seq_length=64", "--doc_stride=16",
              "--max_query_length=16", "--include_unknowns=0.5"]
    for name, args in (("a", ["--input_jsonl=" + augmented, "--seed=3"]),
                       ("b", ["--input_jsonl=" + shard] + changes)):
        done = programs.run("prepare/prepare_nq_data.py", "--output_tfrecord=%s"
                            % (tmp_path / (name + ".tfrecord")), *(args + common))
        assert done.returncode == 0, done.stderr
    assert "changed copies of them" in done.stdout
    assert (tmp_path / "a.tfrecord").read_bytes() == (tmp_path / "b.tfrecord").read_bytes()


def make_job(tmp_path, name, inputs, **changes):
    return job.Job(options(), inputs, str(tmp_path / name), **changes)


def test_the_bytes_are_the_same_with_any_number_of_workers_and_after_a_kill(tmp_path):
    inputs = [write_pages(tmp_path / ("in%d.jsonl" % i), n) for i, n in enumerate((70, 0))]
    inputs[1] = write_shard(inputs[1], [place_page(0, example_id=99, filler=2)])
    wanted = make_job(tmp_path, "a/x.jsonl.gz", inputs)
    job.run_job(wanted, 1)
    killed = make_job(tmp_path, "b/x.jsonl.gz", inputs)
    folder = work_folder.work_path(killed.output)

    class StoppedError(Exception):
        pass

    def stop(status):
        if status.counts["pages"]:
            raise StoppedError

    with pytest.raises(StoppedError):
        job.run_job(killed, 1, stop)
    assert os.path.isdir(folder)
    assert job.run_job(killed, 2).num_resumed >= 32
    assert not os.path.exists(folder)
    for path, other in zip(wanted.outputs(), killed.outputs()):
        with open(path, "rb") as a, open(other, "rb") as b:
            assert a.read() == b.read()
    assert [os.path.basename(p) for p in wanted.outputs()] == ["x-00.jsonl.gz", "x-01.jsonl.gz"]
    assert len(read_shard(wanted.outputs()[1])) == 2


def test_orders_and_pages_left_out(tmp_path):
    shard = write_pages(tmp_path / "in.jsonl", 40)

    def kinds(**changes):
        work = make_job(tmp_path, "out.jsonl", [shard], **changes)
        job.run_job(work, 1)
        return "".join("c" if "augmentation" in r else "p" for r in read_shard(work.output))

    assert kinds() == "pc" * 40 + "p"
    assert kinds(order="followed") == "p" * 41 + "c" * 40
    assert kinds(keep_originals=False) == "c" * 40 + "p"


def test_a_page_that_is_there_twice(tmp_path):
    """A page that has copies; pages without copies may be there as often as they like."""
    pages = [place_page(i, filler=2) for i in range(3)]
    first = write_shard(tmp_path / "a.jsonl", [pages[0], NULL, pages[1], NULL])
    second = write_shard(tmp_path / "b.jsonl", [pages[2], pages[1], NULL, pages[1]])
    with pytest.raises(BadExampleError) as caught:
        job.run_job(make_job(tmp_path, "out.jsonl", [first, second]), 1)
    assert str(caught.value) == (
        "%s, line 2: example_id 1001 was already in %s, line 3, and copies of both would have one "
        "id (--on_bad_input=skip goes on without it)" % (second, first))
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
@pytest.mark.parametrize("changes", [{}, {"order": "followed"}, {"keep_originals": False}])
def test_a_repeated_page_is_skipped(tmp_path, name, changes):
    pages = [place_page(i, filler=2) for i in range(3)]
    notes = []

    def written(folder, *shards):
        inputs = [write_shard(tmp_path / folder / ("%d.jsonl" % i), shard)
                  for i, shard in enumerate(shards)]
        work = make_job(tmp_path, "%s/%s" % (folder, name), inputs, skip_bad_input=True, **changes)
        made = job.run_job(work, 1, note=notes.append)
        return made.counts, [read_shard(path) for path in work.outputs()], (
            tmp_path / folder / "out.sources.tsv").read_bytes()

    for folder in "ab":
        (tmp_path / folder).mkdir()
    counts, shards, table = written("a", [pages[0], NULL, pages[1]], [pages[2], NULL])
    found = written("b", [pages[0], NULL, pages[1]], [pages[1], pages[2], NULL, pages[1]])
    assert found == (dict(counts, skipped=2), shards, table)
    assert [note.split(", line ")[1][:22] for note in notes] == [
        "1: example_id 1001 was", "4: example_id 1001 was"]


def test_a_copy_with_the_id_of_another_page(tmp_path):
    page = place_page(1, filler=2)
    copy_id = options().make().copy_id(1001, 0)
    shard = write_shard(tmp_path / "in.jsonl", [page, place_page(2, example_id=copy_id)])
    with pytest.raises(UserError, match="in.jsonl, line 1: a copy of example_id 1001 would have"):
        job.run_job(make_job(tmp_path, "out.jsonl", [shard]), 1)


@pytest.mark.parametrize("fields, message", [
    ({"document_html": 7}, "document_html is 7, a string is wanted"),
    ({"document_html": "\u00e9" * 400}, "document_tokens[0] is '<H1>', at its bytes [0, 4) of"),
    ({"document_title": 7}, "document_title is 7, a string is wanted")])
def test_a_page_with_odd_html(tmp_path, fields, message):
    shard = write_shard(tmp_path / "in.jsonl", [dict(place_page(1), **fields), place_page(2)])
    command = [PROGRAM, "--input_jsonl=" + shard, "--output_jsonl=%s" % (tmp_path / "out.jsonl"),
               "--augment=typos", "--rate=0.5"]
    done = programs.run(*command)
    assert done.returncode == 1
    assert "in.jsonl, line 1: " + message in programs.error_line(done)
    done = programs.run(*command, "--on_bad_input=skip")
    assert done.returncode == 0, done.stderr
    assert "in.jsonl, line 1: " + message in done.stderr
    assert {r["question_text"] for r in read_shard(str(tmp_path / "out.jsonl"))} == {
        place_page(2)["question_text"]}


def test_a_damaged_line(tmp_path):
    shard = write_shard(tmp_path / "in.jsonl", [place_page(1, filler=2), b"{}\n"])
    output = tmp_path / "out.jsonl"
    done = programs.run(PROGRAM, "--input_jsonl=" + shard, "--output_jsonl=%s" % output,
                        "--augment=deletion")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "in.jsonl, line 2" in programs.error_line(done)
    assert not output.exists()
    done = programs.run(PROGRAM, "--input_jsonl=" + shard, "--output_jsonl=%s" % output,
                        "--augment=deletion", "--on_bad_input=skip")
    assert done.returncode == 0, done.stderr
    assert len(read_shard(str(output))) == 2


@pytest.mark.parametrize("args, message", [
    (["--augment=antonyms"], "--augment: antonyms is none of synonyms, deletion"),
    (["--wordnet_dir=nowhere"], "no WordNet in nowhere"),
    (["--rate=0"], "--rate must be above 0"),
    (["--augment=deletion", "--words=answer"], "--words"),
])
def test_wrong_flags(tmp_path, args, message):
    shard = write_pages(tmp_path / "in.jsonl", 2)
    done = programs.run(PROGRAM, "--input_jsonl=" + shard,
                        "--output_jsonl=%s" % (tmp_path / "out.jsonl"), *args)
    assert done.returncode == 1
    assert message in programs.error_line(done)


def test_killed_at_any_moment_and_carried_on(tmp_path):
    """With SIGKILL, each time when more chunks are finished; then the same command carries on."""
    shard = write_pages(tmp_path / "in.jsonl", 200)
    wordnet = tiny_wordnet.write(tmp_path / "wordnet")

    def command(folder):
        return [sys.executable, os.path.join(programs.ROOT, PROGRAM), "--input_jsonl=" + shard,
                "--output_jsonl=%s" % (tmp_path / folder / "x.jsonl.gz"), "--num_workers=2",
                "--wordnet_dir=" + wordnet, "--rate=0.6", "--pos=wordnet", "--copies=2"]

    assert subprocess.run(command("a"), stdout=subprocess.DEVNULL).returncode == 0
    finished = tmp_path / "b" / ".x.jsonl.gz.work"
    for least in (0, 1, 3):
        process = subprocess.Popen(command("b"), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        end = time.time() + 120
        while time.time() < end and len(list(finished.glob("*.json"))) < least + 1:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert finished.is_dir() and not (tmp_path / "b" / "x.jsonl.gz").exists()
    done = subprocess.run(command("b"), stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert int(re.search(r"  done before +(\d+)", done.stdout).group(1)) >= 64
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "x.flags", "x.jsonl.gz", "x.sources.tsv"]
    for name in ("x.jsonl.gz", "x.sources.tsv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
