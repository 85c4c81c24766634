"""The decoders of spans in one context by name. A new one is a new file and a line here."""
import functools
from typing import Any, Mapping, Optional, Tuple

from bert_nq.decoding import decoders
from bert_nq.decoding.beam import BeamDecoder, BeamDecoderOptions, BeamLineDecoder
from bert_nq.decoding.line_spans import LineDecoder
from bert_nq.decoding.run_qa import RunQaDecoder
from bert_nq.decoding.run_squad import RunSquadDecoder
from bert_nq.decoding.squad_spans import SpanOptions

# Name: (decoder, its options).
DECODERS: Mapping[str, Tuple[Any, Any]] = {
    "run_squad": (RunSquadDecoder, SpanOptions),
    "run_qa": (RunQaDecoder, SpanOptions),
    "lines": (LineDecoder, SpanOptions),
    "beam": (BeamDecoder, BeamDecoderOptions),
    "beam_lines": (BeamLineDecoder, BeamDecoderOptions),
}
# A head's name to the names of the decoders of its outputs, the default first.
OF_HEADS: Mapping[str, Tuple[str, ...]] = {"span": ("run_squad", "run_qa", "lines"),
                                           "beam": ("beam", "beam_lines"),
                                           "beam_by_gold_start": ("beam", "beam_lines")}
# A head's name to the decoder for contexts of several lines, such as pages.
OF_LINES: Mapping[str, str] = {"span": "lines", "beam": "beam_lines",
                               "beam_by_gold_start": "beam_lines"}

make_decoder = functools.partial(decoders.make, DECODERS)


def for_windows(windows: Any, name: str, options: Optional[Mapping[str, Any]] = None):
    """The decoder of a name for windows: questions may have no answer where the windows' may.

    Args:
      windows: the options of the windows, features.squad_options.SquadOptions.
      name, options: see `decoders.make`.

    Raises:
      UserError: see `decoders.make`.
    """
    return make_decoder(name, dict(
        options or {}, version_2_with_negative=windows.version_2_with_negative))
