"""The rule that turns scores into answers or null, and the exact search for its thresholds.

The rule (`decide`): a long answer is given if its score reaches the threshold of long answers. Of
yes and no the one with the higher score is given if it reaches its own threshold; else the short
span is given if its score reaches the threshold of spans; else there is no short answer. A
threshold of None is never reached.

The search: F1 = 2 TP / (P + G), with TP right answers, P given answers and G questions that have
one. Dinkelbach (1967, "On nonlinear fractional programming") finds its maximum by maximising
2 TP - F P for a fixed F, taking the F1 of what was found as the next F, until F stays. For a fixed
F each answer given is worth 2 - F if right and -F if wrong, and these worths just add up: over the
questions, and over long and short answers where F1 counts them together (as Kaggle's "TensorFlow
2.0 Question Answering" did). All sums here are of integers, so what is found is the optimum.

Notation: n questions, K states of a threshold: state 0 is never, state k the k-th highest of the
scores that are worth trying.
"""
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.scoring.measures import Row
from bert_nq.scoring.options import Column, Table

OBJECTIVES = ("separate", "combined")

NO_ANSWER, SPAN, YES, NO = range(4)  # the short answers that can be given

# So many cells of a table of sums are held at a time.
_MAX_CELLS = 1 << 21


class Thresholds(NamedTuple):
    """The least score of each kind that is answered; None: the kind is never answered."""

    long: Optional[float] = None
    short: Optional[float] = None
    yes: Optional[float] = None
    no: Optional[float] = None


class Decisions(NamedTuple):
    """What is answered to n questions."""

    long: np.ndarray  # bool [n], whether the long answer is given
    short: np.ndarray  # int [n]: NO_ANSWER, SPAN, YES or NO

    def rows(self, table: Table) -> Tuple[List[Row], List[Row]]:
        """The official scorer's rows of long and of short answers, all with score 0."""
        choice, questions = self.short, np.arange(len(self.short))
        right = np.stack([np.zeros(len(choice), bool), table.short.right, table.yes.right,
                          table.no.right])[choice, questions]
        return (_rows(table.has_long_gold, self.long, self.long & table.long.right),
                _rows(table.has_short_gold, choice != NO_ANSWER, right))


def _rows(*columns: np.ndarray) -> List[Row]:
    return [Row(*row, 0.0) for row in zip(*(c.tolist() for c in columns))]


def decide(table: Table, thresholds: Thresholds) -> Decisions:
    """Applies the rule; see the top of this file."""
    yes, no, _ = sides(table)
    choice = np.where(_reached(table.short, thresholds.short), SPAN, NO_ANSWER)
    choice[_reached(yes, thresholds.yes)] = YES
    choice[_reached(no, thresholds.no)] = NO
    return Decisions(_reached(table.long, thresholds.long), choice)


def sides(table: Table) -> Tuple[Column, Column, np.ndarray]:
    """Yes where it is the likelier of yes and no, no where that is; and bool [n], where it is yes.

    Equal scores are for yes.
    """
    is_yes = table.yes.scores >= table.no.scores
    return (table.yes._replace(there=table.yes.there & is_yes),
            table.no._replace(there=table.no.there & ~is_yes), is_yes)


def _reached(column: Column, threshold: Optional[float]) -> np.ndarray:
    if threshold is None:
        return np.zeros(len(column.there), bool)
    return column.there & (column.scores >= threshold)


def search(table: Table, objective: str = "separate") -> Thresholds:
    """The thresholds of the highest F1 on these questions.

    Of equally good ones the highest: it answers least. None stands for a kind whose answers do not
    raise F1 at any threshold.

    Args:
      table: the options of the questions.
      objective: "separate" for the F1 of long answers and the F1 of short ones, each for itself;
        "combined" for one F1 over both.
    """
    long, short = _Long(table), _Short(table)
    num_long, num_short = int(table.has_long_gold.sum()), int(table.has_short_gold.sum())
    if objective == "combined":
        found = _maximise([long, short], num_long + num_short)
    else:
        found = dict(_maximise([long], num_long), **_maximise([short], num_short))
    return Thresholds(**found)


def _maximise(parts: Sequence, num_gold: int) -> Dict[str, Optional[float]]:
    """Dinkelbach's iteration, with F1 as the fraction above / below of two integers."""
    above, below = 0, 1
    while True:
        thresholds, num_right, num_given = {}, 0, 0
        for part in parts:
            best, right, given = part.best(2 * below - above, -above)
            thresholds.update(best)
            num_right, num_given = num_right + right, num_given + given
        if not num_right:
            return {}
        if 2 * num_right * below <= above * (num_given + num_gold):
            return thresholds
        above, below = 2 * num_right, num_given + num_gold


class _Cuts:
    """The thresholds of one kind that are worth trying: the scores of its right answers.

    Between two of these, lowering the threshold only adds wrong answers, which are worth no more
    than whatever is answered in their place.
    """

    def __init__(self, column: Column):
        self.thresholds = np.unique(column.scores[column.there & column.right])[::-1]
        self.num_states = len(self.thresholds) + 1
        # [n]: the first state that gives the answer, num_states where none does.
        first = np.searchsorted(-self.thresholds, -column.scores, side="left") + 1
        self.first = np.where(column.there, first, self.num_states)

    def threshold(self, state: int) -> Optional[float]:
        return None if state == 0 else float(self.thresholds[state - 1])


class _Long:
    """The long answers: one threshold."""

    def __init__(self, table: Table):
        self._cuts = _Cuts(table.long)
        self._right = table.long.right

    def best(self, if_right: int, if_wrong: int):
        """({"long": threshold}, right answers, answers) of the highest worth."""
        first, num_states = self._cuts.first, self._cuts.num_states
        worth = np.where(self._right, if_right, if_wrong)
        state = int(np.argmax(np.cumsum(_sums(first, worth, num_states + 1))[:-1]))
        given = first <= state
        return ({"long": self._cuts.threshold(state)}, int((given & self._right).sum()),
                int(given.sum()))


class _Short:
    """The short answers: thresholds for spans, yes and no, which bear upon each other.

    A question is either one where yes is likelier than no or the other way round. So for a given
    threshold of spans the best of yes and the best of no do not depend on each other: all pairs of
    a threshold of spans and one of yes are tried, and all pairs of one of spans and one of no.
    """

    def __init__(self, table: Table):
        self._table = table
        yes, no, is_yes = sides(table)
        self._span = _Cuts(table.short)
        self._sides = [_Side(yes, is_yes), _Side(no, ~is_yes)]

    def best(self, if_right: int, if_wrong: int):
        """({kind: threshold}, right answers, answers) of the highest worth."""
        span_worth = np.where(self._table.short.right, if_right, if_wrong)
        total = sum(side.best_for_each(self._span, span_worth, if_right, if_wrong)
                    for side in self._sides)
        state = int(np.argmax(total))
        yes, no = (side.best_for(self._span, state, span_worth, if_right, if_wrong)
                   for side in self._sides)
        thresholds = {"short": self._span.threshold(state), "yes": yes, "no": no}
        _, rows = decide(self._table, Thresholds(**thresholds)).rows(self._table)
        return thresholds, sum(r.is_correct for r in rows), sum(r.has_prediction for r in rows)


class _Side:
    """The questions on which yes (or no) is the likelier of the two."""

    def __init__(self, column: Column, members: np.ndarray):
        self._members = members
        self._cuts = _Cuts(column)
        self._right = column.right

    def best_for_each(self, span: _Cuts, span_worth: np.ndarray, if_right: int, if_wrong: int
                      ) -> np.ndarray:
        """For each state of the threshold of spans the highest worth of this side's questions."""
        own, width = self._own_worth(if_right, if_wrong), self._cuts.num_states
        best = np.empty(span.num_states, np.int64)
        so_far = np.zeros(width, np.int64)
        num_rows = max(1, _MAX_CELLS // (width + 1))
        for start in range(0, span.num_states, num_rows):
            stop = min(start + num_rows, span.num_states)
            here = self._members & (span.first >= start) & (span.first < stop)
            cells = (span.first[here] - start) * (width + 1) + self._cuts.first[here]
            sums = _sums(cells, span_worth[here], (stop - start) * (width + 1))
            # A span is given in those states that do not yet give yes.
            gained = _sums_behind(sums.reshape(stop - start, width + 1))
            gained = so_far + np.cumsum(gained, axis=0)
            best[start:stop] = (own + gained).max(axis=1)
            so_far = gained[-1]
        return best

    def best_for(self, span: _Cuts, state: int, span_worth: np.ndarray, if_right: int,
                 if_wrong: int) -> Optional[float]:
        """This side's best threshold where that of spans is in the given state."""
        given = self._members & (span.first <= state)
        sums = _sums(self._cuts.first[given], span_worth[given], self._cuts.num_states + 1)
        worth = self._own_worth(if_right, if_wrong) + _sums_behind(sums[None])[0]
        return self._cuts.threshold(int(np.argmax(worth)))

    def _own_worth(self, if_right: int, if_wrong: int) -> np.ndarray:
        """[K]: what the answers yes are worth in each state."""
        worth = np.where(self._right, if_right, if_wrong)
        return np.cumsum(_sums(self._cuts.first, worth, self._cuts.num_states + 1))[:-1]


def _sums(places: np.ndarray, worth: np.ndarray, length: int) -> np.ndarray:
    """[length]: the sum of the worths at each place.

    bincount adds floats: exactly, since the integers stay far below 2**53.
    """
    return np.bincount(places, weights=worth, minlength=length).astype(np.int64)


def _sums_behind(sums: np.ndarray) -> np.ndarray:
    """[R, K + 1] -> [R, K]: of each row the sum of all that stands behind a place."""
    return np.cumsum(sums[:, :0:-1], axis=1)[:, ::-1]
