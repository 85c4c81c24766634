"""Figures as files, and the colours of all of them."""
import io
from typing import Callable, List, Mapping

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bert_nq.base import files

DPI = 100
# Colours that people who cannot tell red from green can tell apart (Okabe and Ito 2008).
BLUE, RED, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.6"


def write(figures: Mapping[str, Figure], path_of: Callable[[str], str]) -> List[str]:
    """Writes each figure as a PNG and an SVG, atomically; returns the paths.

    Args:
      figures: by name.
      path_of: the path for a file name.
    """
    paths = []
    for name, figure in figures.items():
        for suffix, content in ((".png", _png(figure)), (".svg", _svg(figure))):
            paths.append(path_of(name + suffix))
            with files.replacing(paths[-1]) as out:
                out.write(content)
    return paths


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)
    return out.getvalue()


def _svg(figure: Figure) -> bytes:
    out = io.BytesIO()
    # Without a date and random names, so that the same figure gives the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "bert_nq"}):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    return out.getvalue()
