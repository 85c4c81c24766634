"""Thresholds and calibration fitted on scored predictions: their file, and how they are applied."""
import json
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite
from bert_nq.scoring import calibration as calibrations
from bert_nq.scoring.calibration import Calibration, Temperature
from bert_nq.scoring.nq.labels import Record
from bert_nq.scoring.nq.options import (
    KINDS,
    TWO_KINDS,
    Option,
    Table,
    column,
    no_column,
    options_of,
)
from bert_nq.scoring.nq.thresholds import NO_ANSWER, SHORT_KINDS, Rule, candidates, decide

FORMAT = 1

_NULL_SPAN = {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1}
_REMEDY = "run eval/tune_thresholds.py on predictions of this model and decoder"


class Tuned(NamedTuple):
    """Thresholds and calibration of eval/tune_thresholds.py, for one model and decoder."""

    predictor: Optional[Record]  # of the predictions that were fitted on; None: they do not say
    kinds: Tuple[str, ...]  # options.KINDS, or options.TWO_KINDS for files without four scores
    rule: Rule
    method: str = "none"  # one of calibration.METHODS
    calibration: Mapping[str, Calibration] = {}  # by kind; empty if the method is "none"
    fitted_on: Mapping[str, Any] = {}  # for people to read
    path: str = "the file of thresholds"  # for messages

    @classmethod
    def load(cls, path: str) -> "Tuned":
        """Reads a file that `save` wrote.

        Raises:
          UserError: there is no such file, it is no (or half a) file of thresholds, or one of its
            numbers is NaN or infinite.
        """
        content = files.read_json(path, must_exist=True,
                                  remedy="run eval/tune_thresholds.py again")
        if not isinstance(content, dict) or "thresholds" not in content:
            raise UserError("%s has no thresholds: a file of eval/tune_thresholds.py is wanted"
                            % path)
        if content.get("format") != FORMAT:
            raise UserError("%s is of format %r, this program reads format %d: run "
                            "eval/tune_thresholds.py again" % (path, content.get("format"), FORMAT))
        predictor = content.get("predictor")
        if not (predictor is None or isinstance(predictor, dict)):
            raise UserError("%s: predictor is not a JSON object" % path)
        _check_options(predictor, path)
        kinds, thresholds = _thresholds(content["thresholds"], path)
        rule = Rule(thresholds, _log_odds(content.get("log_odds"), kinds, path))
        method, calibration = _calibration(content.get("calibration"), kinds, path)
        fitted_on = content.get("fitted_on")
        return cls(predictor, kinds, rule, method, calibration,
                   fitted_on if isinstance(fitted_on, dict) else {}, path)

    def save(self, path: str) -> None:
        """Writes or replaces the file."""
        files.write_json(path, {
            "format": FORMAT, "predictor": self.predictor, "thresholds": self.describe(),
            "log_odds": {kind: t.to_json() for kind, t in self.rule.log_odds.items()},
            "calibration": {"method": self.method, **{
                kind: c.to_json() for kind, c in self.calibration.items()}},
            "fitted_on": dict(self.fitted_on)})

    def describe(self) -> Dict[str, Optional[float]]:
        """The threshold of each kind, as the file of thresholded predictions has it."""
        return {kind: self.rule.thresholds[kind] for kind in self.kinds}

    def check_predictor(self, predictor: Optional[Record]) -> None:
        """Checks that the thresholds were fitted on predictions of `predictor`.

        Args:
          predictor: {"model", "decoder", "options"} of a prediction file or of the model that
            predicts now; None: it is not known.

        Raises:
          UserError: they are for another model, decoder or options, or it is not known for which;
            or `predictor` has thresholds already.
        """
        # Through JSON, which makes tuples lists.
        ours, theirs = self.predictor or {}, json.loads(json.dumps(predictor or {}))
        _check_options(theirs, "the prediction file")
        if theirs.get("thresholds") is not None:
            raise UserError("%s cannot be applied: the predictions were thresholded before"
                            % self.path)
        for field in ("model", "decoder"):
            if ours.get(field) != theirs.get(field):
                raise UserError("%s is for %s, the predictions are of %s: %s" % (
                    self.path, _named(field, ours), _named(field, theirs), _REMEDY))
        difference = _difference(ours.get("options") or {}, theirs.get("options") or {})
        if difference:
            raise UserError("%s is for the decoder %s with %s, the predictions are made with %s: "
                            "give the same options, or %s"
                            % ((self.path, ours.get("decoder")) + difference + (_REMEDY,)))

    def apply(self, entry: Record) -> Record:
        """The entry of a prediction file without the answers that score under their thresholds.

        `thresholds.decide` chooses the short answer. Scores become margins over their thresholds:
        an answer is given where its margin is 0 or more. With a calibration there are
        "probabilities" of being right, 0 for a null answer.

        Raises:
          UserError: the entry is impossible, or has four scores where the thresholds are of two or
            the other way round.
        """
        options = options_of(entry)
        if tuple(options) != self.kinds:
            raise UserError("example %s: the prediction has %d scores, %s is for predictions with "
                            "%d: %s" % (entry["example_id"], len(options), self.path,
                                        len(self.kinds), _REMEDY))
        row = _one_row(options)
        decisions = decide(row, self.rule)
        margins = {kind: margin(option.score, self.rule.thresholds[kind])
                   for kind, option in options.items()}
        new = dict(entry, long_answer_score=margins["long"])
        if not decisions.long[0]:
            new["long_answer"] = dict(_NULL_SPAN)
        # Where no short answer is given, the score is that of the likeliest one.
        likeliest = int(candidates(row, self.rule.log_odds)[0])
        kind = "short" if likeliest == NO_ANSWER else SHORT_KINDS[likeliest]
        new["short_answers_score"] = margins[kind]
        new.update(_short_answer(entry, kind if decisions.short[0] != NO_ANSWER else None))
        if len(self.kinds) == len(KINDS):
            new["scores"] = margins
        if self.method != "none":
            new["probabilities"] = self._probabilities(options)
        return new

    def is_calibrated(self) -> bool:
        """Whether probabilities were fitted as well."""
        return bool(self.calibration)

    def probability(self, kind: str, score: float) -> Optional[float]:
        """The calibrated probability that an answer of a kind and with a score is right; None
        where no calibration was fitted for it.

        Args:
          kind: one of options.KINDS.
          score: of the decoder, not a margin.
        """
        found = self.calibration.get(kind)
        return None if found is None else float(found.probabilities(score))

    def _probabilities(self, options: Mapping[str, Option]) -> Dict[str, float]:
        return {kind: float(self.calibration[kind].probabilities(option.score))
                if option.has_answer() else 0.0 for kind, option in options.items()}


def _short_answer(entry: Record, kind: Optional[str]) -> Record:
    """The fields of the short answer; `kind` is "short", "yes", "no", or None for no answer."""
    if kind == "short":
        # In an entry of two scores, "short" stands for yes and no, too.
        return {} if entry.get("scores") is None else {
            "short_answers": entry["best_short_answers"], "yes_no_answer": "NONE"}
    return {"short_answers": [], "yes_no_answer": "NONE" if kind is None else kind.upper()}


def margin(score: float, threshold: Optional[float]) -> float:
    """The distance of a score over its threshold; below 0 where the answer is not given.

    For a kind that is never answered it is log(sigmoid(score)), which keeps the order of scores and
    is below 0.
    """
    return score - threshold if threshold is not None else float(-np.logaddexp(0.0, -score))


def _one_row(options: Mapping[str, Option]) -> Table:
    columns: Dict[str, Any] = {
        kind: column([options[kind]], [False]) if kind in options else no_column(1)
        for kind in KINDS}
    return Table(np.zeros(1, np.int64), *np.zeros((2, 1), bool), **columns)


def _thresholds(value: Any, path: str) -> Tuple[Tuple[str, ...], Dict[str, Optional[float]]]:
    if not isinstance(value, dict) or set(value) not in (set(KINDS), set(TWO_KINDS)):
        raise UserError("%s: the thresholds are not those of long, short, yes and no" % path)
    for kind, threshold in value.items():
        if threshold is not None and not is_finite(threshold):
            raise UserError("%s: the threshold of %s is %s, not a finite number (null: never)"
                            % (path, kind, str(threshold)[:40]))
    return (KINDS if len(value) == len(KINDS) else TWO_KINDS), {
        kind: None if t is None else float(t) for kind, t in value.items()}


def _log_odds(value: Any, kinds: Sequence[str], path: str) -> Dict[str, Temperature]:
    if not isinstance(value, dict):
        raise UserError("%s: log_odds is not a JSON object" % path)
    return {kind: calibrations.from_json("temperature", value.get(kind),
                                         "%s: log_odds of %s" % (path, kind))
            for kind in SHORT_KINDS if kind in kinds}


def _calibration(value: Any, kinds: Sequence[str], path: str
                 ) -> Tuple[str, Dict[str, Calibration]]:
    method = value.get("method") if isinstance(value, dict) else None
    if method not in calibrations.METHODS:
        raise UserError("%s: the method of calibration is %r, not one of %s"
                        % (path, method, ", ".join(calibrations.METHODS)))
    if method == "none":
        return method, {}
    return method, {kind: calibrations.from_json(
        method, value.get(kind), "%s: calibration of %s" % (path, kind)) for kind in kinds}


def _check_options(predictor: Optional[Record], path: str) -> None:
    """Raises UserError where the decoder's options, if a file names them, are no JSON object."""
    options = predictor.get("options") if predictor else None
    if options and not isinstance(options, dict):
        raise UserError('%s: "options" of the predictor is not a JSON object' % path)


def _named(field: str, predictor: Record) -> str:
    value = predictor.get(field)
    return "the %s %s" % (field, value) if value is not None else "a %s not named" % field


def _difference(ours: Record, theirs: Record) -> Optional[Tuple[str, ...]]:
    """The first option that differs, "name=value" of both sides; None if all are equal."""
    names = [n for n in sorted(set(ours) | set(theirs)) if ours.get(n) != theirs.get(n)]
    if not names:
        return None
    return tuple("%s=%s" % (names[0], o.get(names[0], "(none)")) for o in (ours, theirs))
