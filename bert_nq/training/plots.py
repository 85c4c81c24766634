"""A picture of a training run: its losses, and the scores on dev, over the steps."""
from typing import Iterator, List, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bert_nq.base import files
from bert_nq.scoring.measure import Measure
from bert_nq.training.history import History

_WIDTH, _HEIGHT, _DPI = 12, 9, 100  # inches: 1200 x 900 pixels

# Colours that are told apart by people who see no red or green as well (Okabe and Ito 2008).
_BLACK = "#000000"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")

Labels = Sequence[Tuple[str, str]]  # (name, label)

_SMOOTH_SHARE = 50  # the smooth line is the mean over a 50th of the run


def write_plot(history: History, path: str, measure: Measure, labels: Labels = ()) -> None:
    """Writes a PNG of 1200 x 900 pixels, atomically; arguments as in `draw`."""
    figure = draw(history, measure, labels)
    with files.replacing(path) as out:
        FigureCanvasAgg(figure).print_png(out)


def draw(history: History, measure: Measure, labels: Labels = ()) -> Figure:
    """The losses, the learning rate behind them, and below it the scores on dev, if there are any.

    Args:
      history: of the run.
      measure: which scores are drawn.
      labels: of losses, in the order in which they are drawn, see Head.labels.
    """
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    figure.suptitle("Training, step %s of %s" % (format(history.last_step, ","),
                                                 format(history.num_steps, ",")))
    if history.evaluations:
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 2]})
        _draw_scores(below, history, measure)
    else:
        above = below = figure.subplots()
    _draw_losses(above, history, labels)
    below.set_xlabel("step")
    below.set_xlim(0, 1.015 * max(history.num_steps, 1))  # A mark at the end is not cut.
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _losses(history: History, labels: Labels) -> Iterator[Tuple[str, str, str]]:
    """Yields name, label and colour of each loss: the total, those with labels, then the others."""
    there = list(dict.fromkeys(name for block in history.blocks for name in block.values))
    if "loss" in there:
        yield "loss", "total", _BLACK
    known = [(name, label) for name, label in labels if name in there]
    others = [(name, name[:-len("_loss")].replace("_", " ")) for name in there
              if name.endswith("_loss") and name not in dict(labels)]
    for i, (name, label) in enumerate(known + others):
        yield name, label, _COLOURS[i % len(_COLOURS)]


def _draw_losses(axes: Axes, history: History, labels: Labels) -> None:
    for name, label, colour in _losses(history, labels):
        steps, values = history.series(name)
        smooth = smoothed(values, len(values) // _SMOOTH_SHARE)
        if smooth != values:
            axes.plot(steps, values, color=colour, alpha=0.2, linewidth=0.8)
        axes.plot(steps, smooth, color=colour, label=label,
                  linewidth=2.2 if name == "loss" else 1.4)
    axes.set_title("Loss of training")
    axes.set_ylabel("cross entropy (nats)")
    axes.set_ylim(bottom=0)
    axes.grid(color="0.9")
    _draw_learning_rate(axes, history)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right")


def _draw_learning_rate(axes: Axes, history: History) -> None:
    steps, rates = history.series("learning_rate")
    if not steps:
        return
    behind = axes.twinx()
    behind.plot(steps, rates, color="0.75", linestyle="--", linewidth=1.2)
    behind.set_ylabel("learning rate (dashed)", color="0.55")
    behind.tick_params(axis="y", colors="0.55")
    behind.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))  # 5 under 1e-5
    behind.set_ylim(bottom=0)
    # The losses are in front of it.
    axes.set_zorder(behind.get_zorder() + 1)
    axes.set_frame_on(False)


def _draw_scores(axes: Axes, history: History, measure: Measure) -> None:
    steps = [e.step for e in history.evaluations]
    for i, (key, label) in enumerate(measure.drawn()):
        colour = _COLOURS[i % len(_COLOURS)]
        best = history.best([key])
        axes.plot(steps, [e.scores[key] for e in history.evaluations], color=colour, marker="o",
                  markersize=4, label="%s, best %.3f at step %s"
                  % (label, best.scores[key], format(best.step, ",")))
        axes.plot([best.step], [best.scores[key]], color=colour, marker="*", markersize=16,
                  linestyle="none")
    axes.set_title(measure.title)
    axes.set_ylabel(measure.axis)
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)
    axes.grid(color="0.9")
    axes.legend(loc="lower right")


def smoothed(values: List[float], width: int) -> List[float]:
    """The mean of the `width` values before each value, itself and the `width` after it.

    At the ends, of as many as there are on both sides, so that a slope is not bent.
    """
    total = [0.0]
    for value in values:
        total.append(total[-1] + value)
    result = []
    for i in range(len(values)):
        reach = min(width, i, len(values) - 1 - i)
        if reach == 0:
            result.append(values[i])  # Not a difference of sums, which rounds.
        else:
            result.append((total[i + reach + 1] - total[i - reach]) / (2 * reach + 1))
    return result
