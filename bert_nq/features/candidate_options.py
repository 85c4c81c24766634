"""The settings of candidate rows: how a candidate becomes a row, and which ones are trained on."""
from typing import NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.features.options import check_values

MARKUP = ("keep", "drop")


class CandidateOptions(NamedTuple):
    """Named as the flags are; the defaults are those of QuesBELM's main models."""
    max_seq_length: int = 360  # wordpieces of a row, [CLS], question and [SEP]s included
    max_query_length: int = 64  # wordpieces of the question
    markup: str = "keep"  # tags as marker tokens, or "drop"
    # Of training, each pass over the data: every page with an answer gives its gold candidate and
    # another one, and this share of the pages without gives one.
    num_draws: int = 1  # passes, each with draws of its own
    answerless_share: float = 0.0
    seed: int = 0  # of the draws, and of the order of the records

    def check(self) -> "CandidateOptions":
        """Raises UserError where no row could be made; returns itself."""
        check_values(self)
        if self.max_seq_length <= self.max_query_length + 3:
            raise UserError("max_seq_length (%d) must be greater than max_query_length (%d) + 3"
                            % (self.max_seq_length, self.max_query_length))
        for name in ("max_query_length", "num_draws"):
            if getattr(self, name) < 1:
                raise UserError("%s must be at least 1, it is %d" % (name, getattr(self, name)))
        if not 0 <= self.answerless_share <= 1:
            raise UserError("answerless_share must be from 0 to 1, it is %g"
                            % self.answerless_share)
        if self.markup not in MARKUP:
            raise UserError("markup is %.40r: choose one of %s" % (self.markup, ", ".join(MARKUP)))
        return self
