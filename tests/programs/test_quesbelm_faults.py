"""run_quesbelm.py under kill -9, and on pages that are odd."""
import json
import shutil
import subprocess

import pytest

from bert_nq.datasets.nq.candidate_scores import read_scores
from tests.support import candidate_pages, programs, tiny_nq
from tests.support.nq_pages import make_annotation, make_page, write_shard

# Three chunks of each shard.
NUM_SHARDS, PAGES = 3, 70


def command(folder, *flags):
    return programs.command("bert_nq/run_quesbelm.py", "--do_predict", "--output_dir=%s/model"
                            % folder, "--predict_file=%s/nq-*.jsonl.gz" % folder, *flags)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder of shards and two models, and the scores of one of them."""
    folder = tmp_path_factory.mktemp("corpus")
    for shard in range(NUM_SHARDS):
        write_shard(folder / ("nq-%d.jsonl.gz" % shard), [
            tiny_nq.place_page(i, filler=1 + i % 3)
            for i in range(shard * PAGES, (shard + 1) * PAGES)])
    candidate_pages.write_model(folder / "model", 0)
    candidate_pages.write_model(folder / "small", 1)
    done = programs.run_command(command(folder, "--num_workers=2", "--output_candidate_scores=%s"
                                        % (folder / "scores.jsonl.gz")))
    assert done.returncode == 0, done.stderr
    return folder


def killed(words, work_folder):
    """Runs a command until two chunks are noted in a work folder, and kills it with SIGKILL."""
    process = programs.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    programs.wait_until(lambda: len(list(work_folder.glob("nq-*.json"))) >= 2, process)
    process.kill()
    process.communicate()
    assert 2 <= len(list(work_folder.glob("nq-*.json"))) < 3 * NUM_SHARDS


def test_mining_that_is_killed_and_started_again_gives_the_same_bytes(corpus, tmp_path):
    output = tmp_path / "scores.jsonl.gz"
    words = command(corpus, "--num_workers=2", "--output_candidate_scores=%s" % output)
    killed(words, tmp_path / ".scores.jsonl.gz.work")
    assert not output.exists()
    done = programs.run_command(words + ["--num_workers=1"])
    assert done.returncode == 0, done.stderr
    assert "carried on from" in done.stdout
    assert output.read_bytes() == (corpus / "scores.jsonl.gz").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["scores.jsonl.gz"]


def test_what_a_prefilter_keeps_is_read_on_after_a_kill(corpus, tmp_path):
    whole, output = (tmp_path / name / "predictions.json" for name in ("whole", "killed"))
    flags = ["--prefilter=%s/small" % corpus, "--keep=1", "--num_workers=2"]
    done = programs.run_command(command(corpus, *flags, "--output_prediction_file=%s" % whole))
    assert done.returncode == 0, done.stderr
    scores, = whole.parent.glob("prefilter-*")
    output.parent.mkdir()
    shutil.copy(str(scores), str(output.parent))
    words = command(corpus, *flags, "--output_prediction_file=%s" % output)
    killed(words, output.parent / ".predictions.json.work")
    done = programs.run_command(words)
    assert done.returncode == 0, done.stderr
    assert "the scores are there" in done.stderr and "carried on from" in done.stdout
    assert output.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in output.parent.iterdir()) == [output.name, scores.name]


NUM_CANDIDATES = 5000
# The limit is 32 pieces, of which 26 are of the candidate: <P> and 25 words.
LONG = "<P> %s </P>" % ("town " * 40 + "aron")
ODD_PAGES = [
    make_page("<P> tovin in aron </P> " * NUM_CANDIDATES + "a", 1, annotations=[
        make_annotation(NUM_CANDIDATES - 1, [(5 * NUM_CANDIDATES - 2, 5 * NUM_CANDIDATES - 1)])]),
    make_page("tovin is a town", 2, annotations=[make_annotation()]),
    make_page("<P> <B> </B> </P>", 3, annotations=[make_annotation(0)]),
    # Its short answers: in the row, and behind what fits.
    make_page(LONG, 4, annotations=[make_annotation(0, [(2, 4)])]),
    make_page(LONG, 5, annotations=[make_annotation(0, [(41, 42)])]),
    make_page("a", 6, question="", annotations=[make_annotation()]),
]


def test_odd_pages(tmp_path):
    model = candidate_pages.write_model(tmp_path / "model", markup="drop")
    write_shard(tmp_path / "nq-0.jsonl", ODD_PAGES)
    shards = "%s/nq-0.jsonl" % tmp_path
    done = programs.run(
        "prepare/prepare_candidates.py", "--input_jsonl=" + shards, "--max_seq_length=32",
        "--max_query_length=8", "--vocab_file=%s/vocab.txt" % model, "--markup=drop",
        "--answerless_share=1", "--output_tfrecord=%s" % (tmp_path / "x.tfrecord"))
    assert done.returncode == 0, done.stderr
    counts = dict(line.strip().split("  ", 1) for line in done.stdout.splitlines()
                  if line.startswith("  ") and "  " in line.strip())
    assert {name: number.strip() for name, number in counts.items()}.items() >= {
        ("pages", "6"), ("with a long answer", "4"), ("that is the only candidate", "3"),
        ("whose short answer is beyond the row: not learnt from", "1"),
        ("written as records", "5"), ("short", "2"), ("long", "1"), ("no_answer", "1")}

    for flag in ("output_candidate_scores", "output_prediction_file"):
        done = programs.run("bert_nq/run_quesbelm.py", "--do_predict", "--output_dir=" + model,
                            "--predict_file=" + shards, "--num_workers=1",
                            "--%s=%s" % (flag, tmp_path / flag))
        assert done.returncode == 0, done.stderr
    numbers = [len(page.candidates) for _, page in read_scores(
        str(tmp_path / "output_candidate_scores"))]
    assert numbers == [NUM_CANDIDATES, 0, 1, 1, 1, 0]
    entries = json.loads((tmp_path / "output_prediction_file").read_text())["predictions"]
    spans = [(e["long_answer"]["start_token"], e["long_answer"]["end_token"]) for e in entries]
    assert spans[1:] == [(-1, -1), (0, 4), (0, 43), (0, 43), (-1, -1)]
    assert spans[0][1] - spans[0][0] == 5
    assert [entry["long_answer_score"] for entry in entries if not entry["long_answer_score"] >= 0
            ] == [-1, -1]
