"""The measure of masked language models: loss, accuracy and perplexity of hidden pieces.

All hidden pieces of a set count alike, whatever text they are of.
"""
import math
from typing import Any, Dict, Iterable, Mapping, NamedTuple

from bert_nq.scoring.measure import Measure

MEASURE = Measure(
    choices={name: (name,) for name in ("log_likelihood", "masked_accuracy")},
    default="log_likelihood",
    shown=(("loss", "loss"), ("masked_accuracy", "masked accuracy"), ("perplexity", "perplexity")),
    title="Hidden pieces of held-out text",
    axis="value")


class Text(NamedTuple):
    """The hidden pieces of a text."""
    masked: int  # how many there are
    right: int  # how many of them the model tells
    loss: float  # the mean of their cross entropies


def score(texts: Iterable[Text]) -> Dict[str, float]:
    """The scores of texts, of which there is one at least.

    Returns:
      `loss`, the mean of -log p of the hidden pieces; `perplexity`, exp(loss);
      `masked_accuracy`, the share of them that is the model's first choice; `log_likelihood`, the
      negative loss, of which more is better; `masked`, how many there are.
    """
    masked = right = 0
    losses = []
    for text in texts:
        masked += text.masked
        right += text.right
        losses.append(text.loss * text.masked)
    loss = math.fsum(losses) / masked
    return {"loss": loss, "perplexity": math.exp(min(loss, 700.0)),  # exp(710) is no float.
            "masked_accuracy": right / masked, "log_likelihood": -loss, "masked": masked}


def score_entries(gold: Mapping[Any, Any], entries: Mapping[Any, Mapping[str, Any]]
                  ) -> Dict[str, float]:
    """The scores of the entries of a prediction, by the examples' ids."""
    return score(text_of(entries[key]) for key in sorted(gold))


def text_of(entry: Mapping[str, Any]) -> Text:
    """The hidden pieces of a text of a prediction file."""
    return Text(entry["masked"], entry["right"], entry["loss"])
