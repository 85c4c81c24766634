"""The flags of the reader of candidates: its rows, what it is trained on, and its decoders."""
from typing import Callable

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli.flags.candidate_scores import define_draw_flags, define_prefilter_flags
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.decoding import candidate_decoders, decoders
from bert_nq.decoding.candidates import SPAN_CHOICES, CandidateDecoderOptions
from bert_nq.features import candidate_rows
from bert_nq.features.candidate_options import MARKUP, CandidateOptions
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.mined_windows import MinedUnknowns

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_row_flags() -> Callable[[], CandidateOptions]:
    """Defines the flags of `CandidateOptions` but --seed; returns how to read them."""
    d = CandidateOptions()
    holders = {
        "max_seq_length": flags.DEFINE_integer(
            "max_seq_length", d.max_seq_length, "Wordpieces of a row, question included; of a "
            "longer candidate the first words."),
        "max_query_length": flags.DEFINE_integer(
            "max_query_length", d.max_query_length, "Wordpieces of the question; of a longer one "
            "the first are kept."),
        "markup": flags.DEFINE_enum(
            "markup", d.markup, MARKUP, "What becomes of tags: a marker token for each kind that a "
            "candidate begins with and one for all others, see make_vocab.py; or nothing."),
        "num_draws": flags.DEFINE_integer(
            "num_draws", d.num_draws, "Passes over the training pages, each with candidates drawn "
            "anew; the records hold them all, pass after pass.", lower_bound=1),
        "answerless_share": flags.DEFINE_float(
            "answerless_share", d.answerless_share, "Share of the pages without a long answer that "
            "give a candidate in each pass of training.", lower_bound=0, upper_bound=1),
    }
    return lambda: CandidateOptions(**{name: holder.value for name, holder in holders.items()})


def define_mining_flags() -> Callable[[CandidateOptions, bool], Featurizer]:
    """Defines --candidate_scores and what shapes the draws by them.

    Returns:
      A function from the options of rows, and whether they are of training, to the featurizer; it
      raises UserError where the flags cannot be used.
    """
    scores = flags.DEFINE_string(
        "candidate_scores", None, "Files of run_quesbelm.py --output_candidate_scores for these "
        "pages: candidates that a reader takes for the answer are drawn. Without, all candidates "
        "are equally likely.")
    shape = define_draw_flags("candidate_scores", "candidates")

    def featurizer(rows: CandidateOptions, is_training: bool) -> Featurizer:
        del rows
        draw = shape(bool(scores.value))
        if not scores.value:
            return candidate_rows.FEATURIZER
        if not is_training:
            raise UserError("--candidate_scores chooses what is trained on: leave it out with "
                            "--nois_training")
        return candidate_rows.mined(MinedUnknowns(ScoreFiles.find(scores.value), draw))

    return featurizer


def define_flags() -> TaskFlags:
    """Defines the flags of rows and decoders; returns functions that read them."""
    d = CandidateDecoderOptions()
    rows = define_row_flags()
    prefilter = define_prefilter_flags()
    name = flags.DEFINE_enum(
        "decoder", None, list(candidate_decoders.DECODERS), "How outputs become answers.")
    holders = {
        "span_choice": flags.DEFINE_enum(
            "span_choice", None, SPAN_CHOICES, "How the short answer is found: the likeliest start "
            "with an end behind it; or, as in the source, the likeliest start and the likeliest "
            "end, and none where they make no span. %s." % d.span_choice),
        "n_best_size": flags.DEFINE_integer(
            "n_best_size", None, "Candidates of the n-best list, %d." % d.n_best_size,
            lower_bound=1),
    }

    def decoder(head):
        return candidate_decoders.make_decoder(
            decoders.name_for(candidate_decoders.OF_HEADS, head, name.value),
            {option: holder.value for option, holder in holders.items()})

    return TaskFlags(rows, rows, decoder, prefilter=prefilter)
