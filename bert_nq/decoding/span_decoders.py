"""The decoders of spans in one context by name. A new one is a new file and a line here."""
import functools
from typing import Any, Mapping, Tuple

from bert_nq.decoding import decoders
from bert_nq.decoding.run_qa import RunQaDecoder
from bert_nq.decoding.run_squad import RunSquadDecoder
from bert_nq.decoding.squad_spans import SpanOptions

# Name: (decoder, its options).
DECODERS: Mapping[str, Tuple[Any, Any]] = {
    "run_squad": (RunSquadDecoder, SpanOptions),
    "run_qa": (RunQaDecoder, SpanOptions),
}
DEFAULT = "run_squad"

make_decoder = functools.partial(decoders.make, DECODERS)
