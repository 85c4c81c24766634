"""--prefilter=MODEL: small models score the candidates, then the model reads what they keep."""
import json
import re

import pytest

from bert_nq.datasets.nq.candidate_scores import read_scores
from bert_nq.features.cascade import Stage, survivors
from tests.support import candidate_pages, own_pages, programs, tiny_nq
from tests.support.nq_pages import make_page, write_shard
from tests.support.programs import error_line, notes

NUM_PAGES = 12


class Work:
    """Pages, two readers of candidates, a joint reader and one of SQuAD."""

    def __init__(self, folder):
        self.folder = folder
        # The last page has no candidates.
        self.pages = write_shard(folder / "dev.jsonl", [
            tiny_nq.place_page(i, filler=10) for i in range(NUM_PAGES - 1)] + [
                make_page("<H1> tovin </H1> aron", 999)])
        for seed, name in enumerate(("a", "b")):
            candidate_pages.write_model(folder / name, seed)
        own_pages.write_nq_model(folder / "joint")
        own_pages.write_squad_model(folder / "squad")

    def predict(self, program, model, *flags):
        return programs.run("bert_nq/%s.py" % program, "--do_predict", "--output_dir=" + model,
                            "--predict_file=dev.jsonl", "--num_workers=1", *flags,
                            cwd=str(self.folder))

    def predicted(self, program, model, output, *flags):
        """What the program has said, and the file that it has written."""
        done = self.predict(program, model, "--output_prediction_file=" + output, *flags)
        assert done.returncode == 0, done.stderr
        return done, (self.folder / output).read_bytes()

    def scored(self, model, output, *flags):
        """The scores of the candidates by a model; they are in the file `output`."""
        done = self.predict("run_quesbelm", model, "--output_candidate_scores=" + output, *flags)
        assert done.returncode == 0, done.stderr
        return [scores for _, scores in read_scores(str(self.folder / output))]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("prefilter"))


@pytest.fixture(scope="module")
def scores(work):
    """Those of the first model, in a.jsonl.gz."""
    return work.scored("a", "a.jsonl.gz")


def test_a_model_chooses_as_its_file_of_scores_does(work, scores):
    limits = "--keep=1", "--keep_threshold=0.1"
    by_file = work.predicted("run_quesbelm", "b", "by_file.json", "--prefilter=a.jsonl.gz", *limits)
    done, answers = work.predicted("run_quesbelm", "b", "x/by_model.json", "--prefilter=a",
                                   *limits)
    assert answers == by_file[1]
    kept, = (work.folder / "x").glob("prefilter-*.jsonl.gz")
    assert notes(done) == ["--prefilter, model 1 of 1, a: it scores candidates"]
    assert "\nCandidate scores in x/%s\n" % kept.name in done.stdout
    assert "windows                 %d\n" % sum(
        len(survivors(page, Stage(1, 0.1)).candidates) for page in scores) in done.stdout
    # Other limits, and another output in that folder: they are not scored again.
    done, _ = work.predicted("run_quesbelm", "b", "x/other.json", "--prefilter=a", "--keep=2")
    assert notes(done) == ["--prefilter, model 1 of 1, a: the scores are there: x/%s" % kept.name]
    # Other weights, or other pages, have scores of their own.
    work.predicted("run_quesbelm", "b", "x/other.json", "--prefilter=b")
    assert len(list((work.folder / "x").glob("prefilter-*.jsonl.gz"))) == 2


def test_of_several_models_each_scores_what_the_one_before_it_keeps(work, scores):
    work.scored("b", "b.jsonl.gz", "--prefilter=a.jsonl.gz", "--keep=2")
    _, by_files = work.predicted("run_nq", "joint", "by_files.json", "--prefilter=b.jsonl.gz",
                                 "--keep=1", "--keep_threshold=0.01")
    done, answers = work.predicted("run_nq", "joint", "y/by_models.json", "--prefilter=a,b",
                                   "--keep=2,1", "--keep_threshold=0,0.01")
    assert answers == by_files
    assert [note.split(": ")[0] for note in notes(done)] == [
        "--prefilter, model 1 of 2, a", "--prefilter, model 2 of 2, b"]
    numbers = sorted(
        sum(len(page.candidates) for _, page in read_scores(str(path)))
        for path in (work.folder / "y").glob("prefilter-*.jsonl.gz"))
    assert numbers == [2 * (NUM_PAGES - 1), 3 * (NUM_PAGES - 1)]
    assert len(json.loads(answers)["predictions"]) == NUM_PAGES
    # The flag file of the run repeats it.
    flags = (work.folder / "joint" / "flags-predict.txt").read_text().splitlines()
    assert {"--prefilter=a,b", "--keep=2,1", "--keep_threshold=0,0.01"} <= set(flags)


def test_the_joint_reader_may_be_the_small_one(work):
    done, answers = work.predicted("run_quesbelm", "a", "z/predictions.json", "--prefilter=joint",
                                   "--keep=1")
    assert re.search(r"\n  decoder +candidate_scores\n", done.stdout)
    assert {entry["long_answer_score"] >= 0 for entry in json.loads(answers)["predictions"]} == {
        True, False}


def test_what_cannot_choose(work):
    done = work.predict("run_nq", "joint", "--prefilter=squad")
    assert error_line(done) == ("error: --prefilter: the model in squad is of the task squad, "
                                "which has no candidates")
