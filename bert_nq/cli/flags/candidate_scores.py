"""The flags of what is chosen by candidate scores: training windows, and candidates to read."""
import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.features import joint_windows
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.cascade import Stage
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.options import FeatureOptions

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


class Wanted(NamedTuple):
    """The chooser of the candidates that are read: files of scores, or small models in turn."""
    scores: Optional[ScoreFiles]
    folders: Tuple[str, ...]  # of the models; none with files
    stages: Tuple[Stage, ...]  # what is kept: of each model, or of the files


def define_prefilter_flags() -> Callable[[], Optional[Wanted]]:
    """Defines --prefilter and what is kept.

    Returns:
      A function that gives what is wanted, None where there is no prefilter; it raises UserError
      where the flags cannot be used.
    """
    prefilter = flags.DEFINE_string(
        "prefilter", None, "The folder of a small model that scores the candidates of the pages in "
        "--predict_file, or files of such scores: only the best candidates of a page are read. Of "
        "several models with a comma between, each scores what the one before it keeps. See "
        "docs/mining.md.")
    d = Stage()
    kept = {
        "keep": flags.DEFINE_list(
            "keep", [str(d.keep)], "With --prefilter: candidates of a page that are kept, at most; "
            "10,4 for two models."),
        "keep_threshold": flags.DEFINE_list(
            "keep_threshold", [str(d.threshold)], "With --prefilter: candidates are kept only if "
            "their scores are above it; 0.2,0.35 for two models."),
    }

    def wanted() -> Optional[Wanted]:
        _check_given(kept, "prefilter", bool(prefilter.value))
        if not prefilter.value:
            return None
        folders = _folders(prefilter.value)
        numbers = (_numbers(name, kind, kept[name].value, len(folders) or 1)
                   for name, kind in (("keep", int), ("keep_threshold", float)))
        stages = tuple(Stage(*limits).check() for limits in zip(*numbers))
        return Wanted(None if folders else ScoreFiles.find(prefilter.value), folders, stages)

    return wanted


def _folders(value: str) -> Tuple[str, ...]:
    """The folders that a value of --prefilter names; none where it names files."""
    parts = [part.strip() for part in value.split(",")]
    folders = [part for part in parts if os.path.isdir(part)]
    if folders and len(folders) < len(parts):
        other = next(part for part in parts if part not in folders)
        raise UserError("--prefilter: %s is the folder of a model, %s is none: give models, or "
                        "files of scores" % (folders[0], other or "an empty name"))
    return tuple(folders)


def _numbers(name: str, kind: Callable[[str], Any], values: Sequence[str], wanted: int
             ) -> Sequence[Any]:
    """The numbers of a flag, as many as are wanted; one number stands for all."""
    if len(values) not in (1, wanted):
        raise UserError("--%s=%s: give one number%s" % (
            name, ",".join(values),
            ", or %d, one for each model of --prefilter" % wanted if wanted > 1 else ""))
    try:
        numbers = [kind(value) for value in values]
    except ValueError:
        raise UserError("--%s=%s: %s wanted" % (name, ",".join(values), {
            int: "a whole number is", float: "a number is"}[kind])) from None
    return numbers * (wanted if len(numbers) == 1 else 1)


def _check_given(holders: Dict[str, Any], main: str, is_given: bool) -> None:
    """Raises UserError where a flag was given without the one that it is for.

    Flag files of runs have all flags; one that says what is so by default is no mistake.
    """
    for name, holder in holders.items():
        if holder.present and holder.value != holder.default and not is_given:
            raise UserError("--%s is for --%s, which is not given" % (name, main))
