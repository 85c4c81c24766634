"""The settings of features: how text is cut into pieces, and a page into windows."""
from typing import Any, NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.features.tokenizers import TOKENIZERS

# More wordpieces than any model has places for, and as many as memory has room for in a batch.
_MOST_PIECES = 1 << 16

PACKING_NAMES = ("bert", "xlnet")  # of features.packing


def check_values(options: Any) -> None:
    """Checks the types of options and the length of windows, as both may come from files.

    Raises:
      UserError: a value has not the type of its default, or of None not that of a number, or
        `max_seq_length` is more than any model takes.
    """
    for name, default in type(options)()._asdict().items():
        value = getattr(options, name)
        if isinstance(default, float):
            parse_finite(value, name)
        elif type(value) is not type(default) and not (default is None and type(value) is int):
            raise UserError("%s is %.40r, not of the type of %r" % (name, value, default))
    if options.max_seq_length > _MOST_PIECES:
        raise UserError("max_seq_length is %d, and no model has windows of more than %d "
                        "wordpieces" % (options.max_seq_length, _MOST_PIECES))


class TextOptions(NamedTuple):
    """How text becomes wordpieces."""
    vocab_file: str
    do_lower_case: bool = True
    tokenizer: str = "wordpiece"  # a key of TOKENIZERS
    packing: str = "bert"  # the order of question and document in windows, see features.packing

    def check(self) -> "TextOptions":
        """Returns itself; raises UserError where a value that may come from a file is impossible.
        """
        if not isinstance(self.do_lower_case, bool):
            raise UserError("do_lower_case is %.40r, not true or false" % (self.do_lower_case,))
        if self.tokenizer not in TOKENIZERS:
            raise UserError("there is no tokenizer %.40r: choose one of %s"
                            % (self.tokenizer, ", ".join(TOKENIZERS)))
        if self.packing not in PACKING_NAMES:
            raise UserError("there is no packing %.40r: choose one of %s"
                            % (self.packing, ", ".join(PACKING_NAMES)))
        return self


class FeatureOptions(NamedTuple):
    """How a page becomes windows. Named as the flags are; the defaults are the reference's."""
    max_seq_length: int = 384  # wordpieces of a window, [CLS], question and [SEP]s included
    doc_stride: int = 128  # wordpieces between the starts of two windows
    max_query_length: int = 64  # wordpieces of the question, [Q] included
    skip_nested_contexts: bool = True  # leave out candidates that are not top level
    max_contexts: int = 48  # candidates of a page, the "no long answer" one included
    max_position: int = 50  # the n of [Paragraph=n], [Table=n], [List=n] stops here
    include_unknowns: float = -1.0  # share kept of the windows without answer; negative: none
    # A gold candidate may be nested or beyond max_contexts. The reference then labels the words
    # at the answer's offset from the start of the text. False: such a page has no answer.
    keep_unreachable_answers: bool = True
    # An empty token is no word, one with U+202F is two. The reference then takes the words behind
    # it for the tokens beside theirs, and loses answers with other odd blanks in them. False: each
    # word stands for the token that it comes from.
    keep_drift: bool = False
    seed: int = 0  # of the draw for include_unknowns

    def check(self) -> "FeatureOptions":
        """Raises UserError where no window could be made; returns itself."""
        check_values(self)
        if self.max_seq_length <= self.max_query_length + 3:
            raise UserError("max_seq_length (%d) must be greater than max_query_length (%d) + 3"
                            % (self.max_seq_length, self.max_query_length))
        for name in ("doc_stride", "max_query_length", "max_contexts", "max_position"):
            if getattr(self, name) < 1:
                raise UserError("%s must be at least 1, it is %d" % (name, getattr(self, name)))
        return self
