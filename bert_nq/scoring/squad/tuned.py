"""The file of a null threshold, and how it is applied to predictions."""
from typing import Any, Dict, Mapping, NamedTuple, Optional

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite

FORMAT = 1


class Tuned(NamedTuple):
    """A null threshold of eval/tune_thresholds.py."""
    null: float  # above these odds a question is not answered
    fitted_on: Mapping[str, Any] = {}  # for people to read

    @classmethod
    def load(cls, path: str) -> "Tuned":
        """Reads a file that `save` wrote.

        Raises:
          UserError: there is no such file, or it has no null threshold that is a finite number.
        """
        content = files.read_json(path, must_exist=True, remedy="run eval/tune_thresholds.py again")
        thresholds = content.get("thresholds") if isinstance(content, dict) else None
        if not isinstance(thresholds, dict) or set(thresholds) != {"null"}:
            raise UserError("%s has no null threshold: a file of eval/tune_thresholds.py for SQuAD "
                            "is wanted" % path)
        if content.get("format") != FORMAT:
            raise UserError("%s is of format %r, this program reads format %d: run "
                            "eval/tune_thresholds.py again" % (path, content.get("format"), FORMAT))
        null = thresholds["null"]
        if not is_finite(null):
            raise UserError("%s: the null threshold is %.40r, not a finite number" % (path, null))
        fitted_on = content.get("fitted_on")
        return cls(float(null), fitted_on if isinstance(fitted_on, dict) else {})

    def save(self, path: str) -> None:
        """Writes or replaces the file."""
        files.write_json(path, {"format": FORMAT, "thresholds": self.describe(),
                                "fitted_on": dict(self.fitted_on)})

    def describe(self) -> Dict[str, float]:
        """The threshold, as the file of thresholded predictions has it."""
        return {"null": self.null}

    def is_calibrated(self) -> bool:
        """Whether probabilities were fitted as well: there are none for SQuAD."""
        return False

    def check_predictor(self, predictor: Optional[Mapping[str, Any]]) -> None:
        """Checks that the predictions were not thresholded before.

        SQuAD's files of predictions do not say which model made them, so that this is not checked.

        Raises:
          UserError: they were.
        """
        if predictor and predictor.get("thresholds") is not None:
            raise UserError("the null threshold cannot be applied: the predictions were "
                            "thresholded before")

    def apply(self, entry: Dict[str, Any]) -> Dict[str, Any]:
        """The entry of a prediction, answered or not as the threshold says.

        Args:
          entry: with its "null_odds", and the text of the best answer that is not empty as
            "best_text"; without that, only answers can be left out, none are given.

        Raises:
          UserError: it has no odds.
        """
        if entry.get("null_odds") is None:
            raise UserError("question %s has no null odds: give --version_2_with_negative, which "
                            "makes them" % entry["id"])
        text = entry.get("best_text", entry["text"]) if entry["null_odds"] <= self.null else ""
        return dict(entry, text=text)
