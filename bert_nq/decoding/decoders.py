"""The decoders of pages by name. A new one is a new file, with its options, and a line here."""
import functools
from typing import Any, Dict, Mapping, Optional, Tuple

from bert_nq.base.errors import UserError
from bert_nq.decoding.bert_joint import BertJointDecoder, BertJointOptions
from bert_nq.decoding.page import PageDecoder
from bert_nq.decoding.page_options import PageOptions

# Name: (decoder, its options).
DECODERS: Mapping[str, Tuple[Any, Any]] = {
    "page": (PageDecoder, PageOptions),
    "bert_joint": (BertJointDecoder, BertJointOptions),
}
DEFAULT = "page"
# A head's name to the names of the decoders of its outputs, the default first.
OF_HEADS: Mapping[str, Tuple[str, ...]] = {"joint": ("page", "bert_joint")}


def name_for(of_heads: Mapping[str, Tuple[str, ...]], head: str, name: Optional[str]) -> str:
    """The name of a decoder of a head's outputs.

    Args:
      of_heads: a task's heads and their decoders, such as OF_HEADS.
      head: a key of it.
      name: what is wanted; None: the head's default.

    Raises:
      UserError: what is wanted reads the outputs of another head.
    """
    if name is None:
        return of_heads[head][0]
    fitting = of_heads[head]
    if name not in fitting and any(name in names for names in of_heads.values()):
        raise UserError("--decoder=%s is for another head than that of the model, %s: with that, "
                        "there is --decoder=%s" % (name, head, ", ".join(fitting)))
    return name  # Of an unknown one `make` tells.


def make(table: Mapping[str, Tuple[Any, Any]], name: str, options: Mapping[str, Any]):
    """The decoder of a name.

    It has
      outputs_type: the class of the outputs that it decodes, see modeling.heads.outputs,
      output_options() -> options for the head: how much of them it needs,
      decode(example, windows, outputs) -> dict: an example's entry of the prediction file,
      nbest(example, windows, outputs) -> dict: its entry of the n-best file,
      both(example, windows, outputs) -> tuple: both entries, for which to search once is enough,
      describe() -> dict: {"decoder": name, "options": {...}}.

    Args:
      table: a task's decoders, such as DECODERS.
      name: a key of the table.
      options: values of the decoder's options, named as the flags are; for None, and for an
        option that is missing, the decoder's default is taken.

    Raises:
      UserError: there is no such decoder, it has no such option, or a value is impossible.
    """
    if name not in table:
        raise UserError("there is no decoder %r: choose one of %s" % (name, ", ".join(table)))
    decoder, options_type = table[name]
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if key not in options_type._fields:
            raise UserError("--%s is no option of --decoder=%s, which has --%s"
                            % (key, name, ", --".join(options_type._fields)))
    _check_types(given, options_type())
    _check_sizes(given)
    return decoder(options_type(**given))


def _check_types(options: Dict[str, Any], defaults: Any) -> None:
    """Options may come from a file, such as one of thresholds."""
    for name, value in options.items():
        default = getattr(defaults, name)
        is_whole = isinstance(default, float) and type(value) is int
        if default is not None and type(value) is not type(default) and not is_whole:
            raise UserError("--%s=%.40s: that is not of the type of %s" % (name, value, default))


def _check_sizes(options: Dict[str, Any]) -> None:
    for name in ("n_best_size", "max_answer_length", "start_n_top", "end_n_top"):
        if name in options and options[name] < 1:
            raise UserError("--%s must be at least 1, it is %d" % (name, options[name]))


make_decoder = functools.partial(make, DECODERS)
