"""pages_to_nq.py and squad_to_nq.py, and the programs that take what they make."""
import gzip
import json
import os

import pytest

from bert_nq.datasets.nq.decoding import decode_example
from tests.support import tiny_nq
from tests.support.nq_pages import read_shard
from tests.support.programs import error_line, next_command, paste, run
from tests.support.squad_samples import qa

TOVIN = """<html><head><title>Tovin - Pages</title></head><body><nav>menu</nav><h1>Tovin</h1>
<p>tovin was founded in osk by marel .<p>the mill of tovin stands in brun .</body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages, questions about them, and a vocabulary."""
    here = tmp_path_factory.mktemp("my pages")
    (here / "pages").mkdir()
    (here / "pages" / "tovin.html").write_text(TOVIN)
    (here / "pages" / "calder.md.gz").write_bytes(gzip.compress(b"# Calder\n\nilma is by pelas ."))
    (here / "q.csv").write_text(
        "page,question,answer\ntovin,who founded tovin ?,marel\ncalder,where is the mill ?,\n"
        "Tovin,where is the mill ?,nerud\n")
    tiny_nq.write_vocabulary(here / "vocab-nq.txt")
    return here


def made(here, path, *args):
    done = run(path, *args, cwd=str(here))
    assert done.returncode == 0, done.stderr
    return done


def test_pages_with_answers_become_records(folder):
    done = made(folder, "prepare/pages_to_nq.py", "--input=pages", "--questions=q.csv",
                "--output_jsonl=nq/train.jsonl.gz", "--num_output_shards=2")
    assert done.stderr == ("skipped: q.csv, line 4: the answer 'nerud' is not in the page\n")
    rows = dict(line.strip().rsplit("  ", 1) for line in done.stdout.splitlines()[2:11])
    assert {name.strip(): int(count) for name, count in rows.items()} == {
        "pages": 2, "pages without a question": 0, "candidates": 3, "examples": 2,
        "questions without an answer": 1, "answers": 1, "answers at several places": 0,
        "answers not found in their page": 1, "questions skipped": 1}
    lines = [line for i in range(2) for line in gzip.open(
        str(folder / "nq" / ("train-%02d.jsonl.gz" % i)))]
    examples = [decode_example(line, "x") for line in lines]
    assert [(e.question, e.title, len(e.annotations)) for e in examples] == [
        ("where is the mill ?", "Calder", 1), ("who founded tovin ?", "Tovin", 1)]
    assert "Training records in" in paste(next_command(done.stdout), folder)
    # The official rules of simplification keep the tokens.
    made(folder, "prepare/extract_train_set.py", "--input_jsonl=nq/train-*.jsonl.gz",
         "--output_jsonl=simple.jsonl", "--simplify")
    simple = [decode_example(line, "x") for line in (folder / "simple.jsonl").open("rb")]
    assert [(e.tokens, e.is_html, e.candidates, e.annotations) for e in simple] == [
        (e.tokens, e.is_html, e.candidates, e.annotations) for e in examples]


def test_without_questions_a_page_is_asked_for_its_title(folder):
    done = made(folder, "prepare/pages_to_nq.py", "--input=pages/*.html,pages/*.gz",
                "--output_jsonl=titles.jsonl")
    assert [r["question_text"] for r in read_shard(folder / "titles.jsonl")] == ["Tovin", "Calder"]
    assert "--predict_file=titles.jsonl" in next_command(done.stdout)
    before = (folder / "titles.jsonl").read_bytes()
    made(folder, "prepare/pages_to_nq.py", "--input=pages/*.html,pages/*.gz",
         "--output_jsonl=titles.jsonl")
    assert (folder / "titles.jsonl").read_bytes() == before
    made(folder, "prepare/pages_to_nq.py", "--input=pages/tovin.html", "--question=who , why",
         "--question=when", "--output_jsonl=titles.jsonl")
    assert [r["question_text"] for r in read_shard(folder / "titles.jsonl")] == ["who , why",
                                                                                "when"]


def test_pages_of_squad_are_scored_and_shown(folder):
    paragraphs = [{"context": "%s was founded by marel in osk ." % name,
                   "qas": [qa(name, "who founded %s ?" % name, ("marel", len(name) + 16))]}
                  for name in tiny_nq.NAMES]
    (folder / "squad.json").write_text(json.dumps(
        {"data": [{"title": "Towns", "paragraphs": paragraphs}]}))
    done = made(folder, "prepare/squad_to_nq.py", "--input=squad.json", "--split=dev",
                "--output_jsonl=dev.jsonl.gz", "--null_fraction=0.25", "--seed=2")
    assert "--predict_file=dev.jsonl.gz" in next_command(done.stdout)
    records = read_shard(folder / "dev.jsonl.gz")
    assert len(records) == 8
    predictions = []
    for record in records:
        annotation = record["annotations"][0]
        predictions.append({
            "example_id": record["example_id"], "long_answer": annotation["long_answer"],
            "long_answer_score": 1, "short_answers": annotation["short_answers"],
            "short_answers_score": 1, "yes_no_answer": "NONE"})
    (folder / "predictions.json").write_text(json.dumps({"predictions": predictions}))
    scores = json.loads(made(
        folder, "eval/nq_eval.py", "--gold_path=dev.jsonl.gz",
        "--predictions_path=predictions.json").stdout)
    assert scores["long-best-threshold-f1"] == scores["short-best-threshold-f1"] == 1
    made(folder, "eval/error_pages.py", "--gold_path=dev.jsonl.gz",
         "--predictions_path=predictions.json", "--output_dir=errors")
    assert os.path.exists(str(folder / "errors" / "index.html"))
    done = made(folder, "prepare/squad_to_nq.py", "--input=squad.json", "--max_examples=5",
                "--output_jsonl=train.jsonl.gz")
    assert "Training records in" in paste(next_command(done.stdout), folder)


@pytest.mark.parametrize("path, args, message", [
    ("pages_to_nq", ["--input=no/*.html"], "error: no page file matches 'no/*.html' (looked from "),
    ("pages_to_nq", ["--input=pages", "--questions=q.csv", "--question=who"],
     "error: give either --questions or --question"),
    ("pages_to_nq", ["--input=pages", "--question= "], "error: --question is empty"),
    ("pages_to_nq", ["--input=pages", "--questions=no.csv"], "error: cannot read no.csv: No such "),
    ("pages_to_nq", ["--input=vocab-nq.txt,bad.pdf"],
     "error: bad.pdf: it is a PDF file: HTML, text or Markdown is wanted; save or convert it as "
     "one of these (--on_bad_input=skip goes on without it)"),
    ("pages_to_nq", ["--input=bad.pdf", "--on_bad_input=skip"],
     "error: no question about these pages could be used"),
    ("pages_to_nq", ["--input=pages", "--charset=klingon"],
     "error: pages/calder.md.gz: there is no encoding 'klingon'"),
    ("squad_to_nq", ["--input=q.csv"], "error: q.csv: neither JSON nor a table with the columns"),
    ("squad_to_nq", ["--input=no.json"], "error: no SQuAD file matches 'no.json'"),
])
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(folder, path, args, message):
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4")
    done = run("prepare/%s.py" % path, *args, "--output_jsonl=x.jsonl", cwd=str(folder))
    done.stderr = "".join(line + "\n" for line in done.stderr.splitlines()
                          if not line.startswith("skipped: "))
    assert error_line(done).startswith(message)
    assert not (folder / "x.jsonl").exists()
