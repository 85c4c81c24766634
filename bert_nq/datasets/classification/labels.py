"""The labels of a set of texts, in an order that gives each its number.

As a setting they are one text, a JSON list: '["background", "method"]'.
"""
import json
from typing import Iterable, Tuple

from bert_nq.base.errors import UserError

Labels = Tuple[str, ...]


def parse(text: str) -> Labels:
    """The labels of a JSON list, or of a text with commas between them.

    Raises:
      UserError: there are fewer than two, or one is empty, no text, or there twice.
    """
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except ValueError as e:
            raise UserError("the labels %.60s are not a JSON list: %s" % (text, e)) from e
    else:
        found = [label.strip() for label in text.split(",")]
    for label in found:
        if not isinstance(label, str) or not label:
            raise UserError("the labels %.60s have %.40r among them, which is no label"
                            % (text, label))
        if found.count(label) > 1:
            raise UserError("the label %.40r is named twice" % label)
    if len(found) < 2:
        raise UserError("the labels %.60s are fewer than two" % text)
    return tuple(found)


def as_setting(labels: Iterable[str]) -> str:
    """The text that `parse` makes these labels of."""
    return json.dumps(list(labels))
