"""The flags of what is chosen by candidate scores: training windows, and candidates to read."""
from typing import Any, Callable, Dict

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.features import joint_windows
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.cascade import Stage
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.options import FeatureOptions
from bert_nq.features.prefilter import Prefilter

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_unknowns_flags() -> Callable[[FeatureOptions, bool], Featurizer]:
    """Defines --unknowns_from and what shapes its draws.

    Returns:
      A function from the options of windows, and whether they are of training, to the featurizer;
      it raises UserError where the flags cannot be used.
    """
    scores = flags.DEFINE_string(
        "unknowns_from", None, "Files of candidate scores, as run_nq.py --output_candidate_scores "
        "writes them for these pages. A page keeps as many windows without answer as "
        "--include_unknowns has it keep, and those are drawn that have candidates which a reader "
        "takes for the answer. See docs/mining.md.")
    shape = define_draw_flags("unknowns_from", "windows")

    def featurizer(windows: FeatureOptions, is_training: bool) -> Featurizer:
        draw = shape(bool(scores.value))
        if not scores.value:
            return joint_windows.FEATURIZER
        if not is_training:
            raise UserError("--unknowns_from chooses training windows: leave it out with "
                            "--nois_training")
        if windows.include_unknowns <= 0:
            raise UserError("--unknowns_from chooses as many windows as --include_unknowns keeps, "
                            "which keeps none: give it, such as --include_unknowns=0.02")
        return joint_windows.mined(MinedUnknowns(ScoreFiles.find(scores.value), draw))

    return featurizer


def define_draw_flags(main: str, drawn: str) -> Callable[[bool], DrawOptions]:
    """Defines --negative_temperature and --uniform_share, which shape draws by scores.

    Args:
      main: the flag that names the scores.
      drawn: what is drawn, in the help.

    Returns:
      A function that gives the options, told whether `main` is given; it raises UserError where
      the flags cannot be used.
    """
    d = DrawOptions()
    shape = {
        "negative_temperature": flags.DEFINE_float(
            "negative_temperature", d.temperature, "With --%s: %s are drawn by the scores to this "
            "power; 0: uniformly." % (main, drawn)),
        "uniform_share": flags.DEFINE_float(
            "uniform_share", d.uniform_share, "With --%s: the share of the draws that do not look "
            "at the scores." % main),
    }

    def read(is_given: bool) -> DrawOptions:
        _check_given(shape, main, is_given)
        return DrawOptions(*(holder.value for holder in shape.values())).check()

    return read


def define_prefilter_flags(plain: Featurizer, prefiltered: Callable[[Prefilter], Featurizer]
                           ) -> Callable[[], Featurizer]:
    """Defines --prefilter and what is kept; returns what gives the featurizer of prediction.

    That raises UserError where the flags cannot be used.

    Args:
      plain: the task's featurizer.
      prefiltered: the one that reads what a prefilter keeps.
    """
    scores = flags.DEFINE_string(
        "prefilter", None, "Files of candidate scores for the pages of --predict_file. Only the "
        "best candidates of a page are read, so that it has fewer windows. See docs/mining.md.")
    d = Stage()
    kept = {
        "keep": flags.DEFINE_integer(
            "keep", d.keep, "With --prefilter: candidates of a page that are read, at most."),
        "keep_threshold": flags.DEFINE_float(
            "keep_threshold", d.threshold, "With --prefilter: candidates are read only if their "
            "scores are above it."),
    }

    def featurizer() -> Featurizer:
        _check_given(kept, "prefilter", bool(scores.value))
        if not scores.value:
            return plain
        stage = Stage(*(holder.value for holder in kept.values())).check()
        return prefiltered(Prefilter(ScoreFiles.find(scores.value), stage))

    return featurizer


def _check_given(holders: Dict[str, Any], main: str, is_given: bool) -> None:
    """Raises UserError where a flag was given without the one that it is for.

    Flag files of runs have all flags; one that says what is so by default is no mistake.
    """
    for name, holder in holders.items():
        if holder.present and holder.value != holder.default and not is_given:
            raise UserError("--%s is for --%s, which is not given" % (name, main))
