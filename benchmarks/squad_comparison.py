"""Whether two systems gave SQuAD's questions the same answers and got the same scores."""
import os
from typing import Any

from bert_nq.base import files
from bert_nq.base.errors import UserError


def check(folder: str, ours: str, theirs: str) -> None:
    """Prints how many answers and lists of the n best have the same texts, and the scores.

    Args:
      folder: has a folder for each of the two, with predictions.json, nbest_predictions.json and
        done.json, which has "numbers".
      ours, theirs: names of the two.

    Raises:
      UserError: an answer or a number is another.
    """
    def read(system: str, name: str) -> Any:
        return files.read_json(os.path.join(folder, system, name), must_exist=True)

    shares = []
    for name in ("predictions.json", "nbest_predictions.json"):
        found, wanted = read(ours, name), read(theirs, name)
        same = [key for key in wanted if _texts(found.get(key)) == _texts(wanted[key])]
        shares.append(len(same) / max(len(found), len(wanted)))
    print("\n%s: %.3f %% of the answers are equal, %.3f %% of the lists of the n best" % (
        theirs, 100 * shares[0], 100 * shares[1]))
    numbers = {system: read(system, "done.json")["numbers"] for system in (ours, theirs)}
    if shares[0] < 1 or numbers[ours] != numbers[theirs]:
        raise UserError("answers or scores DIFFER: %s; the answers are in %s" % (
            "; ".join("%s %s" % item for item in numbers.items()), folder))
    print("The scores are the same to the last digit: " + ", ".join(
        "%s %.4f" % item for item in numbers[ours].items()))


def _texts(entry: Any) -> Any:
    """The text, or the texts, of a question's entry."""
    return [answer["text"] for answer in entry] if isinstance(entry, list) else entry
