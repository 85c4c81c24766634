"""The choice of a runtime: by name and precision, and for int8 the files it is calibrated on."""
from typing import Any, NamedTuple, Sequence

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.prediction import runtimes
from bert_nq.prediction.runtimes import Note

INT8 = "int8"
DEFAULT_WINDOWS = 300


class Choice(NamedTuple):
    """A runtime and its precision."""
    runtime: str = runtimes.DEFAULT
    precision: str = "fp32"
    calibration_file: str = ""  # paths and globs of records, or of a task's own files
    num_windows: int = DEFAULT_WINDOWS  # of them, that int8 is calibrated on

    def check(self, predicted: Sequence[str] = ()) -> "Choice":
        """Returns itself. Free of TensorFlow.

        Args:
          predicted: files to predict, on which int8 must not be calibrated.

        Raises:
          UserError: the runtime has no such precision or is not installed, or the files to
            calibrate on are missing, are among those to predict, or are not wanted.
        """
        runtimes.check(self.runtime, self.precision)
        if self.precision != INT8:
            if self.calibration_file:
                raise UserError("--calibration_file is for --precision=int8")
            return self
        if not self.calibration_file:
            raise UserError("--precision=int8 is calibrated on training data: give "
                            "--calibration_file, records or files of the training set")
        both = set(map(files.absolute, self._paths())) & set(map(files.absolute, predicted))
        if both:
            raise UserError("--calibration_file: %s is predicted as well, so that its scores would "
                            "be too good: give files of the training set" % min(both))
        return self

    def prepare(self, settings: Any, decoder: Any, reading: Any, featurizer: Any, maker: Any,
                note: Note) -> Any:
        """The ModelSettings of models that are ready to be opened by this runtime.

        Args:
          settings: a ModelSettings, of any runtime.
          decoder: says how much leaves the model.
          reading, featurizer: of the models' task.
          maker: of its rows.
          note: told of what takes long.

        Raises:
          UserError: the runtime cannot run the models, or there is nothing to calibrate on.
        """
        from bert_nq.modeling import models

        def windows():
            from bert_nq.prediction.calibration import Source
            inputs = models.inputs(settings.members[0].model)
            return Source(self._paths(), reading, featurizer, maker, inputs).windows(
                self.num_windows)

        settings = settings._replace(runtime=self.runtime, precision=self.precision)
        wanted: Any = windows if self.precision == INT8 else None
        return runtimes.prepare(settings, decoder, wanted, note)

    def _paths(self):
        return files.expand(self.calibration_file, "calibration")
