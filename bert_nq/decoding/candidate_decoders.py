"""The decoders of candidates by name. A new one is a new file and a line here."""
import functools
from typing import Any, Mapping, Tuple

from bert_nq.decoding import decoders
from bert_nq.decoding.candidates import CandidateDecoder, CandidateDecoderOptions

# Name: (decoder, its options).
DECODERS: Mapping[str, Tuple[Any, Any]] = {
    "candidates": (CandidateDecoder, CandidateDecoderOptions)}
# A head's name to the names of the decoders of its outputs, the default first.
OF_HEADS: Mapping[str, Tuple[str, ...]] = {"candidate": ("candidates",)}

make_decoder = functools.partial(decoders.make, DECODERS)
