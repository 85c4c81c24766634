"""Natural Questions for small_models: pages in shards, such as those of prepare/squad_to_nq.py."""
from typing import Any, Dict, List, NamedTuple

from bert_nq.base import files

PROGRAM = "bert_nq/run_nq.py"
TRAIN_FLAGS = ()
COLUMNS = (("long F1", "long-best-threshold-f1"), ("short F1", "short-best-threshold-f1"))
KINDS = ("long F1", "short F1")


class Options(NamedTuple):
    """How records are made."""
    include_unknowns: float  # the share of windows without answer that is kept


class Data:
    """The pages.

    Args:
      train_file, dev_file: globs of shards.
      options: an Options.
      folder: not used.

    Attributes:
      dev: the glob of the dev pages.
      num_examples: how many these are.
    """

    def __init__(self, train_file: str, dev_file: str, options: Options, folder: str):
        from bert_nq.scoring.nq import gold
        del folder
        self._train, self._options, self.dev = train_file, options, dev_file
        self._gold = gold.read_gold(files.expand(dev_file, "dev"))
        self.num_examples = len(self._gold)

    def preparation(self) -> List[str]:
        """The program that makes training records, and its flags but for vocabulary and output."""
        return ["prepare/prepare_nq_data.py", "--input_jsonl=" + self._train,
                "--include_unknowns=%r" % self._options.include_unknowns]

    def scored(self, predictions_path: str) -> Dict[str, Any]:
        """The "numbers" of predictions by name, and the "rows" that `differences` takes."""
        from bert_nq.scoring.nq import measures, predictions
        rows = measures.score_answers(self._gold, predictions.read_predictions(predictions_path))
        return {"numbers": {name: 100 * value for name, value in measures.metrics(*rows).items()},
                "rows": rows}


def differences(ours: List[Any], others: List[Any]) -> List[str]:
    """Best-threshold F1 of one model less that of another, as text, for each of KINDS.

    The first number is the mean over the seeds; the others are the seeds', each with its 95 %
    interval by bootstrap over questions.

    Args:
      ours, others: rows of the same seeds.
    """
    from bert_nq.scoring import bootstrap, f_measure
    texts = []
    for kind in range(len(KINDS)):
        each = [bootstrap.paired_f1_difference(*[
            [f_measure.Row(*row) for row in rows[kind]] for rows in pair])
                for pair in zip(ours, others)]
        texts.append("%+.1f; %s" % (
            100 * sum(found.difference for found in each) / len(each),
            ", ".join("%+.1f (%+.1f to %+.1f)" % (100 * found.difference, 100 * found.low,
                                                  100 * found.high) for found in each)))
    return texts
