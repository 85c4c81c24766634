"""One run of a comparison of augmentations: records, training, prediction and scores in a folder.

Every step is one of the repository's programs; its output goes to the folder's file `log`.
"""
import os
import shlex
import shutil
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.estimator import model_folder
from bert_nq.jobs import work_folder
from bert_nq.records import manifest
from bert_nq.training.settings import num_train_steps

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PREPARE, RUN, SCORE = "prepare/prepare_nq_data.py", "bert_nq/run_nq.py", "eval/nq_eval.py"


class Plan(NamedTuple):
    """Settings that all runs share."""
    work_dir: str
    train_jsonl: str
    dev_jsonl: str
    vocab_file: str
    bert_config_file: str
    init_checkpoint: Optional[str]
    prepare_flags: List[str]
    train_flags: List[str]
    predict_flags: List[str]
    # Exactly one of the two is given. Epochs count the windows of the pages without augmentation:
    # all runs of a seed have as many steps as its run without augmentation.
    num_train_steps: Optional[int]
    num_train_epochs: Optional[float]

    def windows_of_step(self) -> int:
        """The number of windows of a training step, by the training flags."""
        values = flags.FlagValues()
        for name, default in (("train_batch_size", 32), ("gradient_accumulation_steps", 1)):
            flags.DEFINE_integer(name, default, "See run_nq.py.", flag_values=values)
        values(["run_nq.py"] + self.train_flags, known_only=True)
        return values.train_batch_size * values.gradient_accumulation_steps


class Result(NamedTuple):
    """The result of a run."""
    seed: int
    windows: Optional[int]  # number of training records
    copies: Optional[int]  # of these, records of augmented pages
    steps: Optional[int]
    scores: Dict[str, float]  # {name: official score}


class Cell:
    """The run of one setting with one seed.

    Attributes:
      name: the name of its folder, such as "default-1".
    """

    def __init__(self, plan: Plan, setting: str, setting_flags: List[str], seed: int,
                 report: Callable[[str], None]):
        """
        Args:
          plan: settings that all runs share.
          setting: the name of its setting.
          setting_flags: the setting's flags of prepare_nq_data.py.
          seed: the seed of preparation and training.
          report: called with a line of text about each step.
        """
        self._plan = plan
        self._setting_flags = setting_flags
        self._seed = seed
        self._report = report
        self.name = "%s-%d" % (setting, seed)
        self._folder = os.path.join(plan.work_dir, self.name)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def result(self) -> Optional[Result]:
        """The result; None if the run is not finished."""
        scores = files.read_json(self._path("scores.json"))
        if scores is None:
            return None
        counts = self._counts()
        copies = counts.get("records_of_copies", 0) if counts else None
        return Result(self._seed, self.num_windows(), copies,
                      self._steps_done() or self._about().get("steps"), scores)

    def run(self, windows_as_they_are: Optional[int], keep: bool) -> bool:
        """Runs the steps that are not done yet; returns whether there were any.

        Args:
          windows_as_they_are: the number of windows without augmentation and with the same seed,
            which `Plan.num_train_epochs` counts; None for the run without augmentation.
          keep: whether to keep records and model.

        Raises:
          UserError: a program failed, or the folder was made with other flags.
        """
        files.make_folder(self._folder)
        with locking.locked(self._path(".lock")):
            self._check_same()
            is_new = not os.path.exists(self._path("scores.json"))
            if is_new:
                if not os.path.exists(self._path("predictions.json")):
                    self._make_predictions(windows_as_they_are)
                self._call("score", SCORE, "--gold_path=" + self._plan.dev_jsonl,
                           "--predictions_path=" + self._path("predictions.json"),
                           "--output_json=" + self._path("scores.json"))
            if not keep:
                self._remove()
        return is_new

    def num_windows(self) -> Optional[int]:
        """The number of training records; None if it is unknown."""
        record = files.read_json(os.path.join(self._path("model"), model_folder.RECORD)) or {}
        # If there is no manifest, the model folder has the number.
        return self._counts().get("records", record.get("data", {}).get("records"))

    def _make_predictions(self, windows_as_they_are: Optional[int]) -> None:
        plan = self._plan
        records, model = self._path("train.tfrecord"), self._path("model")
        encoder = ["--vocab_file=" + plan.vocab_file, "--bert_config_file=" + plan.bert_config_file]
        start = ["--init_checkpoint=" + plan.init_checkpoint] if plan.init_checkpoint else []
        self._call("prepare", PREPARE, *plan.prepare_flags, *self._setting_flags,
                   "--input_jsonl=" + plan.train_jsonl, "--vocab_file=" + plan.vocab_file,
                   "--seed=%d" % self._seed, "--output_tfrecord=" + records)
        steps, epochs = self._length(windows_as_they_are)
        self._call("train %d steps" % steps, RUN, "--do_train", "--keep_checkpoint_max=1",
                   *plan.train_flags, *encoder, *start, "--train_precomputed_file=" + records,
                   "--num_train_epochs=%r" % epochs, "--seed=%d" % self._seed,
                   "--output_dir=" + model)
        if self._steps_done() != steps:
            raise UserError("%s was trained for %s steps, not %d: see %s"
                            % (model, self._steps_done(), steps, self._path("log")))
        self._write_about(steps=steps)
        self._call("predict", RUN, "--do_predict", *plan.predict_flags, *encoder,
                   "--output_dir=" + model, "--predict_file=" + plan.dev_jsonl,
                   "--output_prediction_file=" + self._path("predictions.json"))

    def _length(self, windows_as_they_are: Optional[int]) -> Tuple[int, float]:
        """(number of training steps, the same length in epochs)."""
        plan, num_windows, batch = self._plan, self.num_windows(), self._plan.windows_of_step()
        if plan.num_train_steps:
            return plan.num_train_steps, epochs_of(plan.num_train_steps, num_windows, batch)
        if windows_as_they_are is None:
            return (num_train_steps(num_windows, batch, plan.num_train_epochs),
                    plan.num_train_epochs)
        steps = num_train_steps(windows_as_they_are, batch, plan.num_train_epochs)
        return steps, epochs_of(steps, num_windows, batch)

    def _call(self, what: str, script: str, *arguments: str) -> None:
        """Runs a program whose output goes to the log.

        Raises:
          UserError: it failed.
        """
        self._report("%s: %s" % (self.name, what))
        command = [sys.executable, os.path.join(_ROOT, script)] + list(arguments)
        start = time.time()
        with open(self._path("log"), "ab") as log:
            log.write(("\n$ %s\n" % " ".join(map(shlex.quote, command))).encode("utf8"))
            log.flush()
            code = subprocess.call(command, stdout=log, stderr=subprocess.STDOUT)
        if code:
            raise UserError("%s: %s failed: %s (all it said is in %s; the same command carries on)"
                            % (self.name, script, _last_line(self._path("log")), self._path("log")))
        self._report("%s: %s took %s" % (self.name, what, program.duration(time.time() - start)))

    def _counts(self) -> Dict[str, int]:
        written = manifest.read_manifest(manifest.manifest_path(self._path("train.tfrecord")))
        return written.counts if written else {}

    def _steps_done(self) -> Optional[int]:
        return model_folder.steps_done(self._path("model"))

    def _about(self) -> Dict[str, Any]:
        """The notes of this program on the run, from cell.json."""
        return files.read_json(self._path("cell.json")) or {}

    def _write_about(self, **notes: Any) -> None:
        files.write_json(self._path("cell.json"), dict(self._about(), **notes))

    def _check_same(self) -> None:
        """Checks that the folder was not made with other flags.

        Scores without notes, put there by somebody else, are accepted.

        Raises:
          UserError: it was.
        """
        now = {name: getattr(self._plan, name) for name in Plan._fields if name != "work_dir"}
        now["setting"] = self._setting_flags
        before = self._about().get("flags")
        if before is not None and before != now:
            raise UserError("%s was made with other flags: %s: give the same, or another --work_dir"
                            % (self._folder, work_folder.difference(before, now)))
        if before is None and not os.path.exists(self._path("scores.json")):
            self._write_about(flags=now)

    def _remove(self) -> None:
        """Removes records and model to free space; the records' manifest stays."""
        if os.path.exists(self._path("train.tfrecord")):
            os.unlink(self._path("train.tfrecord"))
        shutil.rmtree(self._path("model"), ignore_errors=True)


def epochs_of(steps: int, num_windows: int, windows_of_step: int) -> float:
    """The number of epochs that run_nq.py turns into exactly `steps` steps."""
    # The additional half step is cut off; without it, rounding could lose a step.
    return (steps + 0.5) * windows_of_step / num_windows


def check_flags(script: str, arguments: List[str]) -> None:
    """Checks that a program takes these flags, without running it.

    Raises:
      UserError: it does not.
    """
    # Because of a stray argument, which no program takes, it ends once it has read its flags.
    done = subprocess.run([sys.executable, os.path.join(_ROOT, script)] + arguments + ["stray"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if "unexpected argument 'stray'" not in done.stderr:
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        raise UserError("%s does not take %s: %s" % (
            script, " ".join(arguments), errors[0] if errors else "it cannot be started"))


def _last_line(path: str) -> str:
    with open(path, encoding="utf8", errors="replace") as f:
        lines = [line.strip() for line in f if line.strip()]
    return lines[-1]
