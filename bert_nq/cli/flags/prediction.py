"""The flags of run_nq.py for prediction.

Flags that the reference has keep its names, meanings and defaults.
"""
from typing import Any, Callable, Dict, NamedTuple

from absl import flags

from bert_nq.decoding import decoders
from bert_nq.decoding.page_options import LONG_SCORES, MERGES, SPAN_SCORES, PageOptions

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


class PredictionFlags(NamedTuple):
    """Functions that read the flags' values, by the purpose of the flags."""
    decoder: Callable[[], Any]  # the decoder that they describe
    files: Callable[[], Dict[str, Any]]  # {flag's name: value}
    running: Callable[[], Dict[str, Any]]


def define_prediction_flags() -> PredictionFlags:
    """Defines the flags; returns functions that read them."""
    name = flags.DEFINE_enum(
        "decoder", decoders.DEFAULT, list(decoders.DECODERS),
        "How logits become answers, see docs/decoding.md; bert_joint: as the reference does it.")
    options = _decoder_flags()
    files = _file_flags()
    running = _running_flags()

    def decoder():
        return decoders.make_decoder(name.value, {
            option: holder.value for option, holder in options.items()})

    return PredictionFlags(decoder, _reader(files), _reader(running))


def _reader(holders: Dict[str, Any]) -> Callable[[], Dict[str, Any]]:
    return lambda: {name: holder.value for name, holder in holders.items()}


def _decoder_flags() -> Dict[str, Any]:
    """The flags of all decoders; None, their default, stands for the default of the decoder."""
    d = PageOptions()
    return {
        "n_best_size": flags.DEFINE_integer(
            "n_best_size", None, "Best spans of each window, %d; for bert_joint best starts and "
            "ends, 10. (The reference's flag says 20 and is ignored there: it takes 10.)"
            % d.n_best_size, lower_bound=1),
        "max_answer_length": flags.DEFINE_integer(
            "max_answer_length", None, "Wordpieces of the longest short answer, %d."
            % d.max_answer_length, lower_bound=1),
        "span_score": flags.DEFINE_enum(
            "span_score", None, SPAN_SCORES, "The null that a short answer's score is compared "
            "with, %s." % d.span_score),
        "length_penalty": flags.DEFINE_float(
            "length_penalty", None, "Subtracted from a short answer's score for each of its "
            "tokens after the first, %s." % d.length_penalty),
        "long_score": flags.DEFINE_enum(
            "long_score", None, LONG_SCORES, "How the scores of the spans in a long answer become "
            "its score, %s." % d.long_score),
        "merge_spans": flags.DEFINE_enum(
            "merge_spans", None, MERGES, "How a span's scores in several windows become one, "
            "%s; widest: that of the window with most context around it." % d.merge_spans),
        "nested_candidates": flags.DEFINE_bool(
            "nested_candidates", None, "Whether a long answer may be a candidate within another, "
            "%s." % _yes_no(d.nested_candidates)),
        "multi_span": flags.DEFINE_bool(
            "multi_span", None, "Whether lists and tables may have several short answers, %s."
            % _yes_no(d.multi_span)),
    }


def _yes_no(value: bool) -> str:
    return "true" if value else "false"


def _file_flags() -> Dict[str, Any]:
    return {
        "predict_file": flags.DEFINE_string(
            "predict_file", None,
            "NQ shards, original or simplified: comma-separated paths and globs."),
        "output_prediction_file": flags.DEFINE_string(
            "output_prediction_file", None, "Where the predictions go, as JSON for nq_eval.py."),
        "output_nbest_file": flags.DEFINE_string(
            "output_nbest_file", None, "Also write the best answers of each page with their texts, "
            "probabilities and windows, such as nbest_predictions.json."),
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
        "predict_stride": flags.DEFINE_integer(
            "predict_stride", None, "Wordpieces between the starts of two windows in prediction, "
            "if not --doc_stride: the more, the faster.", lower_bound=1),
        "num_workers": flags.DEFINE_integer(
            "num_workers", 0, "Processes that predict, each with a model of its own; with a GPU or "
            "a TPU, that make windows for it. 0: one for each core, as far as the memory goes.",
            lower_bound=0),
        "model_threads": flags.DEFINE_integer(
            "model_threads", 1, "Threads of each of these models on a CPU.", lower_bound=1),
    }
