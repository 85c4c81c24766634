"""The settings of SQuAD's features: how a question and its context become windows."""
from typing import NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.features.options import check_values


class SquadOptions(NamedTuple):
    """Named as the flags are; the defaults are those of Google's run_squad."""
    max_seq_length: int = 384  # wordpieces of a window, [CLS], question and [SEP]s included
    doc_stride: int = 128  # wordpieces between the starts of two windows
    # Wordpieces that two windows share, as run_qa counts its doc_stride; None: doc_stride counts.
    doc_overlap: Optional[int] = None
    max_query_length: int = 64  # wordpieces of the question
    version_2_with_negative: bool = False  # there may be questions without answer
    fix_offsets: bool = False  # look for answers that are not at their offset
    seed: int = 0  # of the order of training records

    def check(self) -> "SquadOptions":
        """Raises UserError where no window could be made; returns itself."""
        check_values(self)
        if self.max_seq_length <= self.max_query_length + 3:
            raise UserError("max_seq_length (%d) must be greater than max_query_length (%d) + 3"
                            % (self.max_seq_length, self.max_query_length))
        for name in ("doc_stride", "max_query_length"):
            if getattr(self, name) < 1:
                raise UserError("%s must be at least 1, it is %d" % (name, getattr(self, name)))
        if self.doc_overlap is not None:
            room = self.max_seq_length - self.max_query_length - 3
            if not 0 <= self.doc_overlap < room:
                raise UserError("doc_overlap must be from 0 to %d, less than the pieces of the "
                                "context in a window, it is %d" % (room - 1, self.doc_overlap))
        return self

    def step(self, room: int) -> int:
        """Wordpieces between the starts of two windows that hold `room` pieces of the context."""
        return self.doc_stride if self.doc_overlap is None else room - self.doc_overlap
