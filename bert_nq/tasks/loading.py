"""Loads a trained model as a reader of pages, by what lies in its folder alone."""
import os
from typing import Callable, Optional

from bert_nq import tasks
from bert_nq.answering import reader
from bert_nq.answering.asking import Asking
from bert_nq.answering.reader import Parts, Reader
from bert_nq.base.errors import UserError
from bert_nq.estimator.model_card import ModelCard
from bert_nq.modeling.models import Member
from bert_nq.prediction import runtimes, trained_model
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.runtimes.choice import Choice
from bert_nq.tasks import trained

# The file of thresholds in a model's folder, taken where none is named.
THRESHOLDS = "thresholds.json"


class Checked:
    """A model's folder whose files have been looked into, without TensorFlow.

    Attributes:
      task: the model's.
      thresholds_path: the file of thresholds, or None.
    """

    def __init__(self, model_dir: str, thresholds: Optional[str] = None,
                 runtime: Optional[Choice] = None):
        """See `load`."""
        self._runtime = (runtime or Choice()).check()
        card = trained.card_of(model_dir)
        self._asking = _asking_of(card, model_dir)
        self._trained = trained.read(model_dir, card)
        self.task = self._trained.task
        self.thresholds_path = thresholds or _thresholds_in(model_dir)
        self._thresholds = self.thresholds_path and self.task.answers.thresholds(
            self.thresholds_path)
        self._decoder = self._asking.decoder(self._trained.model.head, self._trained.windows,
                                             self._thresholds)

    def check_question(self, question: str) -> None:
        """Raises UserError where the model cannot be asked a question."""
        reader.check_question(self._trained.maker, question)

    def open(self, num_threads: int = 0, batch_size: int = 8,
             note: Callable[[str], None] = lambda text: None) -> Reader:
        """Reads the weights; see `load`. `note` is told of what takes long."""
        model, maker, checkpoint = (self._trained.model, self._trained.maker,
                                    self._trained.checkpoint)
        trained_model.check_weights(model, checkpoint, self.task.title)
        settings = ModelSettings((Member(model, checkpoint),), num_threads=num_threads)
        fingerprint = settings.fingerprint()
        predictor = dict(self._decoder.describe(), model=fingerprint)
        if self._thresholds:
            self._thresholds.check_predictor(predictor)
        settings = self._runtime.prepare(settings, self._decoder, self.task.reading,
                                         self.task.featurizer, maker, note)
        return Reader(Parts(
            runtimes.open_model(settings, self._decoder), maker,
            self.task.featurizer.spec, self._decoder, self._asking, self._thresholds, batch_size,
            {"task": self.task.name, "model": self._trained.folder, "fingerprint": fingerprint,
             "decoder": predictor["decoder"], "thresholds": self.thresholds_path,
             "is_calibrated": bool(self._thresholds and self._thresholds.is_calibrated()),
             "runtime": settings.runtime, "precision": settings.precision}))


def load(model_dir: str, thresholds: Optional[str] = None, precision: str = "fp32",
         num_threads: int = 0, batch_size: int = 8, runtime: str = runtimes.DEFAULT,
         calibration_file: str = "") -> Reader:
    """Loads the newest model in a folder, which answers questions about pages.

        reader = bert_nq.load("model")
        answer = reader.ask("who founded tovin", html)
        print(answer.short.text if answer else "no answer")

    The settings are those that it was trained with; the folder's model.json has them.

    Args:
      model_dir: a folder that training has written, or one that it keeps models in, "model/best".
      thresholds: a file of eval/tune_thresholds.py, for this model; thresholds.json in the folder
        where none is given and there is one.
      precision: of products and activations: fp32, bf16 (TensorFlow 2, on a CPU that has it),
        fp16 (a GPU) or int8 (the runtime openvino).
      num_threads: that the model may use on a CPU; 0: as many as there are cores.
      batch_size: windows that go through the model at once.
      runtime: what runs the model, a name of runtimes.RUNTIMES.
      calibration_file: records or files of training data, for int8.

    Raises:
      UserError: this is no folder of a model, its task has no answers to questions about pages, a
        file cannot be read, or the thresholds are for another model.
    """
    choice = Choice(runtime, precision, calibration_file)
    return Checked(model_dir, thresholds, choice).open(num_threads, batch_size)


def _asking_of(card: ModelCard, folder: str) -> Asking:
    asking = tasks.get(card.task).asking
    if asking is None:
        raise UserError("the model in %s is of the task %s, which answers no questions about pages"
                        % (folder, card.task))
    return asking


def _thresholds_in(folder: str) -> Optional[str]:
    path = os.path.join(folder, THRESHOLDS)
    return path if os.path.exists(path) else None
