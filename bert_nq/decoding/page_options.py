"""How the page decoder scores and chooses; every rule is in docs/decoding.md."""
from typing import NamedTuple

from bert_nq.base.errors import UserError

SPAN_SCORES = ("cls", "cls_type", "gated")
MERGES = ("max", "sum", "mean", "widest")
LONG_SCORES = ("max", "sum")


class PageOptions(NamedTuple):
    """Named as the flags are."""
    n_best_size: int = 20  # spans of a window that are looked at, and entries of the n-best lists
    max_answer_length: int = 30  # wordpieces of a short answer, both ends counted
    span_score: str = "gated"  # what a span is compared with in its window, one of SPAN_SCORES
    length_penalty: float = 0.2  # taken from a short span's score for each token after its first
    merge_spans: str = "mean"  # what windows that show the same span make of it, one of MERGES
    long_score: str = "sum"  # what the spans in a candidate make of it, one of LONG_SCORES
    nested_candidates: bool = False  # the long answer may be a candidate in another one
    multi_span: bool = False  # several short answers in a list or a table

    def check(self) -> "PageOptions":
        """Raises UserError where there is no such rule; returns itself."""
        for name, rules in (("span_score", SPAN_SCORES), ("merge_spans", MERGES),
                            ("long_score", LONG_SCORES)):
            if getattr(self, name) not in rules:
                raise UserError("--%s=%s: there is no such rule, choose one of %s"
                                % (name, getattr(self, name), ", ".join(rules)))
        return self
