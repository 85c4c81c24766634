"""run_nq.py --do_predict: workers, kill -9, and all that it can do at once."""
import json
import multiprocessing
import os
import subprocess

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.nq.shards import READING, read_examples
from bert_nq.decoding.decoders import make_decoder
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import TextOptions
from bert_nq.modeling.models import Member
from bert_nq.prediction import job
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.window_model import WindowModel
from bert_nq.scoring import calibration
from bert_nq.scoring.nq.thresholds import SHORT_KINDS, Rule
from bert_nq.scoring.nq.tuned import Tuned
from bert_nq.tasks.nq_answers import ANSWERS
from tests.programs.test_run_nq import finished, value
from tests.support import programs, tiny_model, tiny_nq
from tests.support.nq_pages import write_shard
from tests.support.prediction_jobs import entries, place, read

# Two chunks of each shard.
NUM_SHARDS, PAGES = 10, 40
KINDS = ("long", "short", "yes", "no")


class Work:
    """Two models and a corpus, and the flags that name them."""

    def __init__(self, folder):
        self.folder = folder
        self.shards = [write_shard(folder / ("dev-%02d.jsonl.gz" % n),
                                   [place(i) for i in range(n * PAGES, (n + 1) * PAGES)])
                       for n in range(NUM_SHARDS)]
        self.checkpoints = [tiny_model.write(folder / name, seed)
                            for seed, name in enumerate(("first", "second"))]
        self.model, self.second = map(os.path.dirname, self.checkpoints)
        self.vocab = self.model + "/vocab.txt"

    def command(self, output, *flags):
        return programs.command(
            "bert_nq/run_nq.py", "--do_predict", "--predict_file=%s/dev-*.jsonl.gz" % self.folder,
            "--output_prediction_file=%s" % output, "--output_dir=" + self.model,
            "--vocab_file=" + self.vocab, "--bert_config_file=%s/bert_config.json" % self.model,
            "--max_seq_length=64", "--doc_stride=16", "--max_query_length=16", *flags)

    def run(self, output, *flags):
        return programs.run_command(self.command(output, *flags))

    def members(self, *weights):
        return tuple(Member(tiny_nq.MODEL, checkpoint, weight)
                     for checkpoint, weight in zip(self.checkpoints, weights))

    def job(self, output, **options):
        """The job of the flags above."""
        settings = ModelSettings(self.members(1.0), num_threads=1)
        return job.Job(self.shards, str(output), settings, settings.fingerprint(),
                       TextOptions(self.vocab), tiny_nq.feature_options(), READING,
                       FEATURIZER, make_decoder("page", options), ANSWERS)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("predict"))


@pytest.fixture(scope="module")
def undisturbed(work):
    """The predictions of two processes, and what the program said."""
    output = work.folder / "undisturbed.json"
    stdout = finished(work.run(output, "--num_workers=2"))
    return read(output), stdout


def test_the_summary(work, undisturbed):
    content, stdout = undisturbed
    assert len(entries(content)) == NUM_SHARDS * PAGES
    assert value(stdout, "pages") == "400"
    assert value(stdout, "skipped as unusable") == "0"
    assert value(stdout, "model") == work.checkpoints[0]
    assert value(stdout, "time").endswith(" pages/s)")
    assert "carried on" not in stdout
    assert "  %s eval/nq_eval.py --gold_path='%s/dev-*.jsonl.gz'" % (
        programs.python_word(), work.folder) in stdout
    assert json.loads(content.decode("utf8"))["predictor"]["model"] == (
        ModelSettings(work.members(1.0)).fingerprint())


def _predict_here(some_job):
    job.run_job(some_job, 1, lambda: WindowModel(some_job.model, some_job.decoder))


def test_the_model_in_the_process_of_the_job_says_the_same(work, undisturbed, tmp_path):
    # A new one: the first session of a process decides for all on the number of threads, and sums
    # of several threads differ in the last digit.
    process = multiprocessing.get_context("spawn").Process(
        target=_predict_here, args=(work.job(tmp_path / "out.json"),))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert read(tmp_path / "out.json") == undisturbed[0]


def test_killed_and_carried_on(work, undisturbed, tmp_path):
    output = tmp_path / "out.json"
    output.write_bytes(b"old")
    process = programs.start(work.command(output, "--num_workers=2"), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    folder = tmp_path / ".out.json.work"
    programs.wait_until(lambda: len(list(folder.glob("dev-*.json"))) >= 2, process)
    process.kill()
    process.communicate()
    assert 2 <= len(list(folder.glob("dev-*.json"))) < 2 * NUM_SHARDS
    assert output.read_bytes() == b"old"

    stdout = finished(work.run(output, "--num_workers=1"))
    assert read(output) == undisturbed[0]
    resumed = int(value(stdout, "carried on from").split(" pages of a run before")[0])
    assert 40 <= resumed < 400
    assert value(stdout, "pages") == "400"
    assert os.listdir(str(tmp_path)) == ["out.json"]


def num_windows(work, doc_stride):
    maker = tiny_nq.window_maker(doc_stride=doc_stride)
    return sum(maker.prediction(e).total
               for e in read_examples(work.shards, BadInput()))


def test_all_that_prediction_can_do_at_once(work, tmp_path):
    output, nbest = tmp_path / "out.json", tmp_path / "nbest.json"
    thresholds = tmp_path / "thresholds.json"
    model = ModelSettings(work.members(1.0, 3.0)).fingerprint()
    options = {"n_best_size": 5, "max_answer_length": 8, "span_score": "cls",
               "length_penalty": 0.5, "merge_spans": "max",
               "long_score": "max", "nested_candidates": True, "multi_span": True}
    unit = calibration.Temperature(1.0, 0.0)
    Tuned({"decoder": "page", "options": options, "model": model}, KINDS,
          Rule(dict.fromkeys(KINDS, 2.0), dict.fromkeys(SHORT_KINDS, unit)), "temperature",
          dict.fromkeys(KINDS, unit)).save(str(thresholds))
    flags = ["--ensemble=%s, %s" % (work.model, work.checkpoints[1]), "--ensemble_weights=1,3",
             "--predict_stride=40", "--output_nbest_file=%s" % nbest, "--num_workers=2",
             "--model_threads=2", "--thresholds=%s" % thresholds, "--predict_batch_size=16"]
    flags += ["--%s=%s" % (name, str(v).lower()) for name, v in options.items()]
    stdout = finished(work.run(output, *flags))
    assert value(stdout, "model") == "2 models"
    assert value(stdout, "the best answers") == str(nbest)
    # Windows are 40 apart, and not 16.
    assert value(stdout, "windows") == format(num_windows(work, 40), ",")
    assert num_windows(work, 40) < num_windows(work, 16)
    header = json.loads(read(output).decode("utf8"))["predictor"]
    assert header == {"decoder": "page", "options": options, "model": model,
                      "thresholds": dict.fromkeys(KINDS, 2.0)}
    found, best = entries(read(output)), entries(read(nbest))
    assert len(found) == len(best) == 400
    assert all(set(e["probabilities"]) == set(KINDS) for e in found)
    assert any(e["long_answer"]["start_token"] >= 0 for e in found)
    assert max(len(b["short_answers"]) for b in best) == 5

    # For another model these thresholds are not.
    message = programs.error_line(work.run(output, "--thresholds=%s" % thresholds))
    assert message.startswith("error: %s is for the model %s, the predictions are of the model "
                              % (thresholds, model))
    assert sorted(os.listdir(str(tmp_path))) == ["nbest.json", "out.json", "thresholds.json"]


def test_models_of_an_ensemble_must_be_trained_and_fit(work, tmp_path):
    encoder = tiny_model.write(tmp_path / "encoder", without=["cls/nq/output_bias"])
    message = programs.error_line(work.run(
        tmp_path / "out.json", "--ensemble=%s,%s" % (work.model, encoder)))
    assert message == ("error: %s has no cls/nq/output_bias: it is not trained on NQ; train first "
                       "(--do_train)" % encoder)
    other = tiny_model.write(tmp_path / "other", intermediate_size=48)
    message = programs.error_line(work.run(
        tmp_path / "out.json", "--ensemble=%s,%s" % (work.model, other)))
    assert message == ("error: the bert config does not fit the checkpoint %s: intermediate_size "
                       "48, but 64 in the checkpoint" % other)
