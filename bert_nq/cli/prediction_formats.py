"""The format of a file of predictions, by its content and not by its name."""
from bert_nq.base import files, inflating
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError

_KEYS = ("predictions", "predictor")  # of a file of Natural Questions


def format_of(path: str) -> str:
    """The format of predictions: "squad" for {id: text}; else "nq", whose reader tells faults.

    Raises:
      UserError: the file cannot be opened, or is a pipe, which cannot be read again.
    """
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        stream = JSONStream(inflating.decompressed(raw, path)[0])
        try:
            is_texts = (stream.skip("{") and not stream.skip("}") and stream.key() not in _KEYS
                        and isinstance(stream.value(), str))
        except NotJSONError:
            is_texts = False
    return "squad" if is_texts else "nq"
