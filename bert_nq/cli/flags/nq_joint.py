"""The flags of the joint reader of NQ: its windows and its decoders.

Flags that the reference has keep its names, meanings and defaults.
"""
from typing import Any, Dict

from absl import flags

from bert_nq.cli.flags.candidate_scores import define_prefilter_flags
from bert_nq.cli.flags.features import define_window_flags
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.decoding import decoders
from bert_nq.decoding.page_options import LONG_SCORES, MERGES, SPAN_SCORES, PageOptions

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_flags() -> TaskFlags:
    """Defines the flags; returns functions that read them."""
    windows = define_window_flags()
    stride = flags.DEFINE_integer(
        "predict_stride", None, "Wordpieces between the starts of two windows in prediction, "
        "if not --doc_stride: the more, the faster.", lower_bound=1)
    name = flags.DEFINE_enum(
        "decoder", decoders.DEFAULT, list(decoders.DECODERS),
        "How logits become answers, see docs/decoding.md; bert_joint: as the reference does it.")
    options = _decoder_flags()
    prefilter = define_prefilter_flags()

    def predicted_windows():
        made = windows()
        return made._replace(doc_stride=stride.value or made.doc_stride)

    def decoder(head):
        return decoders.make_decoder(decoders.name_for(decoders.OF_HEADS, head, name.value), {
            option: holder.value for option, holder in options.items()})

    return TaskFlags(predicted_windows, windows, decoder, prefilter=prefilter)


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
