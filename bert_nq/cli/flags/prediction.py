"""The flags of prediction that all tasks share.

Flags that the reference has keep its names, meanings and defaults.
"""
from typing import Any, Callable, Dict, Mapping, NamedTuple

from absl import flags

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


class PredictionFlags(NamedTuple):
    """Functions that read the flags' values, {flag's name: value}, by the purpose of the flags."""
    files: Callable[[], Dict[str, Any]]
    running: Callable[[], Dict[str, Any]]


def define_prediction_flags(other_outputs: Mapping[str, Any]) -> PredictionFlags:
    """Defines the flags; returns functions that read them.

    Args:
      other_outputs: what the task's models can write in place of answers, see tasks.task.
    """
    of_files = dict(_file_flags(), **{name: flags.DEFINE_string(name, None, output.help)
                                      for name, output in other_outputs.items()})
    return PredictionFlags(_reader(of_files), _reader(_running_flags()))


def _reader(holders: Dict[str, Any]) -> Callable[[], Dict[str, Any]]:
    return lambda: {name: holder.value for name, holder in holders.items()}


def _file_flags() -> Dict[str, Any]:
    return {
        "predict_file": flags.DEFINE_string(
            "predict_file", None,
            "The files to predict: comma-separated paths and globs."),
        "output_prediction_file": flags.DEFINE_string(
            "output_prediction_file", None, "Where the predictions go, as JSON for the scorer; "
            "OUTPUT_DIR/predictions.json if not given."),
        "output_nbest_file": flags.DEFINE_string(
            "output_nbest_file", None, "Also write the best answers of each with their texts and "
            "probabilities, such as nbest_predictions.json."),
        "thresholds": flags.DEFINE_string(
            "thresholds", None, "A file of eval/tune_thresholds.py: answers below are left out."),
        "ensemble": flags.DEFINE_list(
            "ensemble", None, "Predict with the mean logits of several models of one vocabulary, "
            "not that in --output_dir: their folders, or checkpoints."),
        "ensemble_weights": flags.DEFINE_list(
            "ensemble_weights", None, "The weight of each of them; equal if not given."),
    }


def _running_flags() -> Dict[str, Any]:
    return {
        "num_workers": flags.DEFINE_integer(
            "num_workers", 0, "Processes that predict, each with a model of its own; with a GPU or "
            "a TPU, that make windows for it. 0: one for each core, as far as the memory goes.",
            lower_bound=0),
        "model_threads": flags.DEFINE_integer(
            "model_threads", 1, "Threads of each of these models on a CPU.", lower_bound=1),
    }
