"""The picture of labels that are confused."""
import numpy as np
from matplotlib.figure import Figure

from bert_nq.scoring.classification.measures import Scored
from bert_nq.scoring.figures import DPI

_MOST_CHARACTERS = 24  # of a label
_MOST_NUMBERS = 25  # labels with which there is room for numbers


def draw_confusion(scored: Scored) -> Figure:
    """A row for each annotated label: which labels are predicted for its texts, and how often."""
    matrix = scored.confusion()
    labels = [label if len(label) <= _MOST_CHARACTERS else label[:_MOST_CHARACTERS - 1] + "…"
              for label in scored.labels]
    size = min(24.0, 3.5 + 0.55 * len(labels))
    figure = Figure(figsize=(size + 1, size), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the texts of a label", shrink=0.8)
    places = range(len(labels))
    axes.set_xticks(places)
    axes.set_xticklabels(labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places)
    axes.set_yticklabels(labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("annotated")
    axes.set_title("Annotated and predicted labels, numbers of texts")
    for i, j in np.argwhere(matrix) if len(labels) <= _MOST_NUMBERS else ():
        axes.text(j, i, "%d" % matrix[i, j], ha="center", va="center", fontsize=8,
                  color="white" if shares[i, j] > 0.5 else "black")
    return figure
