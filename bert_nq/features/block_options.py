"""The settings of blocks of text and of what is hidden in them."""
from typing import NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite
from bert_nq.features import maskings
from bert_nq.features.options import check_values


class BlockOptions(NamedTuple):
    """How texts become blocks, and what is hidden in them. Named as the flags are."""
    max_seq_length: int = 512  # wordpieces of a block, special ones included
    # Whether the pieces behind the last full block of a context are a block of their own; else
    # only those of a context that has no full one.
    keep_remainders: bool = False
    masking: str = "random"  # a key of maskings.MASKINGS; of training
    masking_rate: float = 0.15  # the share of a block's pieces that is hidden, see maskings.budget
    entity_model: str = "en_core_web_sm"  # of spaCy, for the masking "entity"
    passes: int = 3  # that training records are for, each with masks of its own
    seed: int = 0  # of the masks, and of the order of training records

    def check(self) -> "BlockOptions":
        """Raises UserError where no block could be made; returns itself."""
        check_values(self)
        if self.max_seq_length < 3:
            raise UserError("max_seq_length must be at least 3, it is %d" % self.max_seq_length)
        if not (is_finite(self.masking_rate) and 0 < self.masking_rate <= 1):
            raise UserError("masking_rate is %s: a share above 0, at most 1, is wanted"
                            % self.masking_rate)
        if self.passes < 1:
            raise UserError("passes must be at least 1, it is %d" % self.passes)
        maskings.find(self.masking)
        return self
