"""The flags of SQuAD: its windows and its decoders.

Flags that Google's run_squad has keep its names, meanings and defaults.
"""
from typing import Callable

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.decoding import decoders, span_decoders
from bert_nq.decoding.beam import BeamDecoderOptions
from bert_nq.decoding.squad_spans import SpanOptions
from bert_nq.features.squad_options import SquadOptions

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_window_flags() -> Callable[[], SquadOptions]:
    """Defines the flags of `SquadOptions` but --seed; returns how to read them."""
    d = SquadOptions()
    holders = {
        "max_seq_length": flags.DEFINE_integer(
            "max_seq_length", d.max_seq_length, "Wordpieces of a window, question included."),
        "doc_stride": flags.DEFINE_integer(
            "doc_stride", d.doc_stride, "Wordpieces between the starts of two windows, as "
            "run_squad counts."),
        "doc_overlap": flags.DEFINE_integer(
            "doc_overlap", d.doc_overlap, "In place of --doc_stride: wordpieces that two windows "
            "share, as Hugging Face's run_qa counts its doc_stride."),
        "max_query_length": flags.DEFINE_integer(
            "max_query_length", d.max_query_length,
            "Wordpieces of the question; of a longer one the first are kept."),
        "version_2_with_negative": flags.DEFINE_bool(
            "version_2_with_negative", d.version_2_with_negative,
            "Whether there are questions without an answer, as in SQuAD 2.0."),
        "fix_offsets": flags.DEFINE_bool(
            "fix_offsets", d.fix_offsets, "In training, look for the text of answers that are not "
            "at their offset: where it occurs once, that is the answer."),
    }

    def read() -> SquadOptions:
        if flags.FLAGS["doc_stride"].present and flags.FLAGS["doc_overlap"].present:
            raise UserError("give either --doc_stride, a step, or --doc_overlap, not both")
        values = {name: holder.value for name, holder in holders.items()}
        if flags.FLAGS["doc_stride"].present:
            values["doc_overlap"] = None  # That of the model, which was not given.
        return SquadOptions(**values)

    return read


def define_flags() -> TaskFlags:
    """Defines the flags of windows and decoders; returns functions that read them."""
    d, beam = SpanOptions(), BeamDecoderOptions()
    windows = define_window_flags()
    name = flags.DEFINE_enum(
        "decoder", None, list(span_decoders.DECODERS),
        "How logits become answers. --head=span: as Google's run_squad does it, the default, or "
        "Hugging Face's run_qa; lines: as run_squad, but within a line of the context. --head=beam:"
        " beam; beam_lines: within a line. See docs/squad.md.")
    # None, their default, stands for the default of the decoder.
    holders = {
        "n_best_size": flags.DEFINE_integer(
            "n_best_size", None, "Best starts and ends of each window, and answers of the n-best "
            "list, %d; of --head=beam the latter alone." % d.n_best_size, lower_bound=1),
        "start_n_top": flags.DEFINE_integer(
            "start_n_top", None, "--head=beam: best starts of each window, %d."
            % beam.start_n_top, lower_bound=1),
        "end_n_top": flags.DEFINE_integer(
            "end_n_top", None, "--head=beam: best ends of each of these, %d." % beam.end_n_top,
            lower_bound=1),
        "max_answer_length": flags.DEFINE_integer(
            "max_answer_length", None, "Wordpieces of the longest answer, %d."
            % d.max_answer_length, lower_bound=1),
        "null_score_diff_threshold": flags.DEFINE_float(
            "null_score_diff_threshold", None, "With --version_2_with_negative, there is no answer "
            "where none scores so much more than the best one, %s; of --head=beam, where the class "
            "logit is higher." % d.null_score_diff_threshold),
        "sees_padding": flags.DEFINE_bool(
            "sees_padding", None, "Whether padding counts among the best starts and ends, as in "
            "run_squad: slower, and answers may be lost for it; false."),
    }

    def decoder(head):
        return span_decoders.for_windows(
            windows(), decoders.name_for(span_decoders.OF_HEADS, head, name.value),
            {option: holder.value for option, holder in holders.items()})

    return TaskFlags(windows, windows, decoder)
