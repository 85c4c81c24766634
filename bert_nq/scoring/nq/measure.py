"""The measure of Natural Questions: F1 at the best thresholds decides between models."""
from bert_nq.scoring.measure import Measure

_LONG, _SHORT = "long-best-threshold-f1", "short-best-threshold-f1"

F1_KEYS = {"long": _LONG, "short": _SHORT}  # by kind of answer

MEASURE = Measure(
    choices={"long": (_LONG,), "short": (_SHORT,), "both": (_LONG, _SHORT)},
    default="both",
    shown=((_LONG, "long F1"), (_SHORT, "short F1")),
    title="Best-threshold F1 on dev",
    axis="F1",
    legend=((_LONG, "long answer"), (_SHORT, "short answer")))
