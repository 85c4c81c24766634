"""The settings of features of single texts."""
from typing import NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.datasets.classification import labels
from bert_nq.features.options import check_values


class TextRowOptions(NamedTuple):
    """How a text becomes a row, and its label a number. Named as the flags are."""
    max_seq_length: int = 128  # wordpieces of a row, special ones included
    labels: str = ""  # see datasets.classification.labels
    seed: int = 0  # of the order of training records

    def check(self) -> "TextRowOptions":
        """Raises UserError where no row could be made; returns itself."""
        check_values(self)
        if self.max_seq_length < 3:
            raise UserError("max_seq_length must be at least 3, it is %d" % self.max_seq_length)
        labels.parse(self.labels)
        return self
