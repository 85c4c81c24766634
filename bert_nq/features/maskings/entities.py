"""Named entities in text, found by spaCy, as marks of the pieces that belong to one.

spaCy is imported when the first text is read.
"""
import importlib.util
import os
from typing import Any, Callable, List, Tuple

from bert_nq.base.errors import UserError

Spans = List[Tuple[int, int]]  # characters [start, end)

# Steps of a pipeline that entities do not need.
_OTHERS = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
_MOST_CHARS = 1 << 30  # of a text; without a parser, spaCy needs little memory for more


def check(model: str) -> None:
    """Raises UserError where spaCy or a model of it is not installed; imports neither."""
    if importlib.util.find_spec("spacy") is None:
        raise UserError("the masking entity finds entities with spaCy, which is not installed: "
                        "pip install 'bert_nq[spacy]', then python -m spacy download %s" % model)
    if not (os.path.exists(model) or model.isidentifier() and importlib.util.find_spec(model)):
        raise UserError("--entity_model=%s is neither a model of spaCy that is installed nor a "
                        "folder of one: python -m spacy download %s" % (model, model))


def open_model(model: str) -> Callable[[str], Spans]:
    """The function from a text to the spans of its entities, ascending.

    Args:
      model: the name of a package with a model of spaCy, or a folder of one.

    Raises:
      UserError: it is not installed, cannot be read, or finds no entities.
    """
    check(model)
    import spacy
    try:
        pipeline = spacy.load(model, exclude=_OTHERS)
    except (OSError, ValueError) as e:
        raise UserError("--entity_model=%s cannot be read: %s"
                        % (model, str(e).split("\n")[0])) from e
    if not {"ner", "entity_ruler"} & set(pipeline.pipe_names):
        raise UserError("--entity_model=%s finds no entities: it has %s"
                        % (model, ", ".join(pipeline.pipe_names) or "no steps"))
    pipeline.max_length = _MOST_CHARS
    return lambda text: [(e.start_char, e.end_char) for e in pipeline(text).ents]


def marks(text: str, spans: Spans, tokenizer: Any) -> List[bool]:
    """Whether each piece of `tokenizer.text_ids(text)` has a character of an entity.

    Args:
      text: as it is cut into pieces.
      spans: of the entities, ascending and apart.
      tokenizer: has `word_ids(word)` and `offsets(word)`, see text.wordpiece.
    """
    found: List[bool] = []
    start, left = 0, list(reversed(spans))
    for word in text.split(" "):
        end = start + len(word)
        while left and left[-1][1] <= start:
            left.pop()
        if left and left[-1][0] < end:
            inside = [(a - start, b - start) for a, b in left if a < end]
            found += [any(a < last and first < b for a, b in inside)
                      for first, last in tokenizer.offsets(word)]
        else:
            found += [False] * len(tokenizer.word_ids(word))
        start = end + 1
    return found
