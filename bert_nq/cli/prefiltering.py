"""The small models of --prefilter, which choose the candidates that the model itself reads.

    pages ──► first model ──(scores)──► what is kept ──► next model ──(scores)──► ... ──► the model

Each scores the candidates that the one before it keeps. Scores lie beside the output, in a file
that is named by all that decides them: with the same models, pages and settings, another run or
another output in that folder has them already. A run that is killed carries on in any stage.
"""
import hashlib
import json
import os
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags.candidate_scores import Wanted
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.features.cascade import Stage
from bert_nq.features.prefilter import Prefilter
from bert_nq.jobs import work_folder
from bert_nq.prediction.runtimes.choice import INT8, Choice
from bert_nq.tasks import nq_candidate_files, trained
from bert_nq.tasks.trained import Trained

FLAGS = flags.FLAGS


class SmallModel(NamedTuple):
    """A model that scores candidates, and how many of them it lets through."""
    trained: Trained
    scorer: Any  # the decoder whose entries are scores
    stage: Stage


class Plan(NamedTuple):
    """The checked chooser of the candidates that are read; empty where there is no prefilter."""
    of_files: Optional[Prefilter] = None
    models: Tuple[SmallModel, ...] = ()

    def check_weights(self) -> None:
        """Raises UserError where the weights of a model are not complete."""
        from bert_nq.prediction import trained_model
        for found, _, _ in self.models:
            trained_model.check_weights(found.model, found.checkpoint, found.task.title)

    def applied(self, work: Any, task: Any, runtime: Optional[Choice] = None,
                run: Optional[Callable[[Any], None]] = None) -> Any:
        """A prediction that reads what is kept, after the models have scored the candidates.

        Args:
          work: the prediction.job.Job that reads them; scores lie beside its output.
          task: its tasks.Task.
          runtime: runs the models; with int8, which is calibrated for one model, they have fp32.
          run: carries out a prediction.job.Job and prints what came of it. Without models, it and
            the runtime are not needed.
        """
        kept = self.of_files
        if self.models:
            assert runtime and run
            kept = _score(self.models, work, runtime, run)
        return work._replace(featurizer=task.prefiltered(kept)) if kept else work


def make_plan(wanted: Optional[Wanted]) -> Plan:
    """The plan of what the flags want. TensorFlow is not imported.

    Raises:
      UserError: a folder holds no model, or one that scores no candidates; or a file is bad.
    """
    if wanted is None:
        return Plan()
    if wanted.scores:
        wanted.scores.open()  # Bad files are told here.
        return Plan(Prefilter(wanted.scores, wanted.stages[0]))
    return Plan(models=tuple(map(_check_folder, wanted.folders, wanted.stages)))


def _check_folder(folder: str, stage: Stage) -> SmallModel:
    try:
        card = trained.card_of(folder)
        found = trained.read(folder, card)
    except UserError as e:
        raise UserError("--prefilter: %s" % e) from e
    output = found.task.other_outputs.get(nq_candidate_files.SCORES_FLAG)
    if output is None or found.task.prefiltered is None:
        raise UserError("--prefilter: the model in %s is of the task %s, which has no candidates"
                        % (folder, found.task.name))
    decoders = found.task.heads[found.model.head]
    return SmallModel(found, output.decoder(found.task.make_decoder(decoders[0], {})), stage)


def _score(models: Sequence[SmallModel], work: Any, runtime: Choice,
           run: Callable[[Any], None]) -> Optional[Prefilter]:
    """The candidates that the last model keeps; each has scored those that the one before it kept.
    """
    kept: Optional[Prefilter] = None
    for number, small in enumerate(models, 1):
        scoring = _job(small, kept, work, runtime)
        path = _path(scoring, work.output)
        title = "--prefilter, model %d of %d, %s" % (number, len(models), small.trained.folder)
        if _is_there(path):
            program.note("%s: the scores are there: %s" % (title, path))
        else:
            program.note("%s: it scores candidates" % title)
            run(scoring._replace(output=path))
        kept = Prefilter(ScoreFiles.of([path]), small.stage)
    return kept


def _job(small: SmallModel, kept: Optional[Prefilter], work: Any, runtime: Choice) -> Any:
    """The scoring of the candidates that are kept so far, of all if there is no prefilter yet."""
    from bert_nq.modeling.models import Member
    found, task = small.trained, small.trained.task
    settings = work.model._replace(members=(Member(found.model, found.checkpoint),))
    if runtime.precision == INT8:
        runtime = runtime._replace(precision="fp32", calibration_file="")
    settings = runtime.prepare(settings._replace(calibration=None), small.scorer, task.reading,
                               task.featurizer, found.maker, program.note)
    return work._replace(
        model=settings, fingerprint=settings.fingerprint(), text=found.text, windows=found.windows,
        reading=task.reading, decoder=small.scorer, answers=nq_candidate_files.SCORES,
        featurizer=task.prefiltered(kept) if kept and task.prefiltered else task.featurizer,
        nbest_output=None, thresholds=None)


def _is_there(path: str) -> bool:
    """Whether a file, here or remote, can be read."""
    try:
        files.fingerprint(path)
    except UserError:
        return False
    return True


def _path(scoring: Any, output: str) -> str:
    """The file of a scoring's results, beside an output."""
    decides = [scoring.settings(), work_folder.inputs_of(scoring.inputs), scoring.skip_bad_input]
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode("ascii")).hexdigest()
    return os.path.join(os.path.dirname(output), "prefilter-%s.jsonl.gz" % digest[:16])
