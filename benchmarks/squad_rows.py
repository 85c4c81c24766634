"""Questions drawn from files of SQuAD, written as the rows that run_qa takes."""
import json
import random
from typing import Any, Dict, List

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.squad.example import Example
from bert_nq.datasets.squad.reading import READING, find_files


def read(pattern: str) -> List[Example]:
    """All questions of files; one that cannot be used is left out.

    Raises:
      UserError: a file cannot be read.
    """
    return list(READING.examples(find_files(pattern), BadInput(True)))


def drawn(examples: List[Example], number: int) -> List[Example]:
    """Some of the questions, the same ones each time."""
    found = list(examples)
    random.Random(0).shuffle(found)
    return found[:number]


def row(example: Example) -> Dict[str, Any]:
    """A question as run_qa has it; without an answer, the lists are empty."""
    return {"id": example.question_id, "context": example.context,
            "question": example.question.strip(),
            "answers": {"text": [a.text for a in example.answers],
                        "answer_start": [a.start_char for a in example.answers]}}


def with_unanswerable(examples: List[Example], share: float) -> List[Dict[str, Any]]:
    """Rows of questions with an answer, some of them asked of a paragraph that does not have it.

    That paragraph is another one of the same article, drawn from those of `examples` that have none
    of the answers' texts in them. A question stays with its own where there is no other.

    Args:
      examples: with answers.
      share: of the questions that lose their answer, from 0 to 1.
    """
    paragraphs: Dict[str, List[str]] = {}
    for example in examples:
        known = paragraphs.setdefault(example.title, [])
        if example.context not in known:
            known.append(example.context)
    rng = random.Random(0)
    rows = []
    for place, example in enumerate(examples):
        made = row(example)
        if place < share * len(examples):
            others = [context for context in paragraphs[example.title]
                      if not any(a.text.lower() in context.lower() for a in example.answers)]
            if others:
                made.update(context=rng.choice(others), answers={"text": [], "answer_start": []})
        rows.append(made)
    rng.shuffle(rows)
    return rows


def write(path: str, rows: List[Dict[str, Any]]) -> str:
    """Writes rows, a line each; returns the path."""
    with files.replacing(path) as out:
        for each in rows:
            out.write(json.dumps(each).encode() + b"\n")
    return path
