"""The options of the page decoder; docs/decoding.md explains every rule."""
from typing import NamedTuple

from bert_nq.base.errors import UserError

SPAN_SCORES = ("cls", "cls_type", "gated")
MERGES = ("max", "sum", "mean", "widest")
LONG_SCORES = ("max", "sum")


class PageOptions(NamedTuple):
    """The options, named as the flags are."""
    n_best_size: int = 20  # best spans of a window, and entries of the n-best lists
    max_answer_length: int = 30  # wordpieces of a short answer, both ends counted
    span_score: str = "gated"  # the null that a span's score is against, one of SPAN_SCORES
    length_penalty: float = 0.2  # subtracted from a short span's score for each token after one
    merge_spans: str = "mean"  # one score from the windows that show a span, one of MERGES
    long_score: str = "sum"  # a candidate's score from the spans in it, one of LONG_SCORES
    nested_candidates: bool = False  # the long answer may be a candidate in another one
    multi_span: bool = False  # several short answers in a list or a table

    def check(self) -> "PageOptions":
        """Returns itself; raises UserError where a rule is unknown."""
        for name, rules in (("span_score", SPAN_SCORES), ("merge_spans", MERGES),
                            ("long_score", LONG_SCORES)):
            if getattr(self, name) not in rules:
                raise UserError("--%s=%s: there is no such rule, choose one of %s"
                                % (name, getattr(self, name), ", ".join(rules)))
        return self
