"""SQuAD 2.0 for small_models: questions of SQuAD 1.1, some without their answer, and real dev."""
import os
from typing import Any, Dict, List, NamedTuple

import squad_rows

PROGRAM = "bert_nq/run_squad.py"
TRAIN_FLAGS = ("--version_2_with_negative", "--group_by_length")
COLUMNS = (("EM", "exact"), ("F1", "f1"), ("HasAns F1", "HasAns_f1"), ("NoAns", "NoAns_f1"))
KINDS = ("F1",)


class Options(NamedTuple):
    """How the questions are drawn."""
    questions: int
    unanswerable: float  # the share of them that loses its answer
    dev_questions: int


class Data:
    """The questions as files.

    Args:
      train_file, dev_file: SQuAD 1.1 and 2.0.
      options: an Options.
      folder: for the files.

    Attributes:
      dev: the path of the dev questions.
      num_examples: how many these are.
    """

    def __init__(self, train_file: str, dev_file: str, options: Options, folder: str):
        found = [example for example in squad_rows.read(train_file) if example.answers]
        train = squad_rows.with_unanswerable(squad_rows.drawn(found, options.questions),
                                             options.unanswerable)
        self._train = squad_rows.write(os.path.join(folder, "train.jsonl"), train)
        dev = squad_rows.drawn(squad_rows.read(dev_file), options.dev_questions)
        self.dev = squad_rows.write(os.path.join(folder, "dev.jsonl"), list(map(
            squad_rows.row, dev)))
        self.num_examples = len(dev)

    def preparation(self) -> List[str]:
        """The program that makes training records, and its flags but for vocabulary and output."""
        return ["prepare/prepare_squad_data.py", "--is_training", "--version_2_with_negative",
                "--input_file=" + self._train]

    def scored(self, predictions_path: str) -> Dict[str, Any]:
        """The "numbers" of predictions by name, and the "rows" that `differences` takes."""
        from bert_nq.datasets.squad.reading import READING
        from bert_nq.scoring.squad import gold, predictions, system
        found = system.score(predictions_path, gold.read_questions([self.dev], READING.read),
                             predictions.read_predictions(predictions_path), None, float("inf"))
        return {"numbers": found.numbers(), "rows": [100 * row.f1 for row in found.rows]}


def differences(ours: List[Any], others: List[Any]) -> List[str]:
    """F1 of one model less that of another, as text, for each of KINDS.

    The first number is the mean over questions of each question's mean over the seeds, with the
    95 % interval by bootstrap over questions; the others are the seeds'.

    Args:
      ours, others: rows of the same seeds.
    """
    import numpy as np

    from bert_nq.scoring import mean_bootstrap
    each = np.array(ours, float) - np.array(others, float)  # [seeds, questions]
    values = each.mean(axis=0)
    low, high = mean_bootstrap.intervals(
        {"f1": mean_bootstrap.mean(values, [True] * len(values))}, len(values))["f1"]
    return ["%+.2f (%+.2f to %+.2f); %s" % (
        values.mean(), low, high, ", ".join("%+.2f" % row.mean() for row in each))]
