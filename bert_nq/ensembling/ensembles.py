"""An ensemble of models: its entries of the prediction and n-best files."""
import hashlib
import json
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.datasets.nq.example import Span
from bert_nq.decoding import nbest
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL, page_entry
from bert_nq.ensembling.combining import Choice, Combination
from bert_nq.ensembling.nbest_files import ModelPage
from bert_nq.ensembling.rules import Options
from bert_nq.scoring.nq.nbest import YES_NO, NBestAnswer

DECODER = "ensemble"


class Ensemble(NamedTuple):
    """Models and their weights."""
    method: str  # a key of METHODS
    weights: Sequence[float]  # of sum 1, none below 0
    predictors: Sequence[Optional[Dict[str, Any]]]  # of the models' n-best files

    def predictor(self) -> Dict[str, Any]:
        """The predictor of the ensemble, for its prediction file."""
        models = json.dumps(list(self.predictors), sort_keys=True).encode("utf8")
        return {"model": hashlib.sha256(models).hexdigest()[:16], "decoder": DECODER,
                "options": {"method": self.method, "weights": list(self.weights)},
                "members": list(self.predictors)}

    def answer(self, pages: Sequence[Sequence[ModelPage]]) -> Iterator[Sequence[Dict[str, Any]]]:
        """Yields the entries of the prediction file and of the n-best file for some pages."""
        weights = np.array(self.weights, np.float64)
        combination = Combination(pages, self.method)
        choice = combination.choose(weights)
        long_scores, short_scores = combination.scores(weights)
        for number, models in enumerate(pages):
            entry = _entry(models[0].example_id, combination, choice, number)
            yield entry, self._nbest(models, entry["scores"], (
                _ranked(combination.longs, long_scores, number),
                _ranked(combination.shorts, short_scores, number)))

    def _nbest(self, models: Sequence[ModelPage], scores: Dict[str, float],
               ranked: Sequence[Dict[Span, float]]) -> Dict[str, Any]:
        """A page's entry of the n-best file, with lists as long as the longest of the models'.

        Each answer names the `member`, the model (from 0) that scores it highest, and that one's
        window.
        """
        used = [i for i, weight in enumerate(self.weights) if weight > 0]
        yes_no = {kind: {"score": scores[kind]} for kind in YES_NO
                  if scores[kind] > NO_ANSWER_SCORE}
        lists = []
        for field, best, others in zip(("longs", "shorts"), ranked, ([], list(yes_no.values()))):
            answers = {i: getattr(models[i], field) for i in used}
            records = [_record(span, score, answers) for span, score in
                       sorted(best.items(), key=lambda item: (-item[1], item[0]))]
            _add_probabilities(records + others)
            lists.append(records[:max(map(len, answers.values()))])
        longs, shorts = lists
        return {"example_id": models[0].example_id, "question": models[0].question,
                "long_answers": longs, "short_answers": shorts, "yes_no": yes_no}


def _entry(example_id: int, combination: Combination, choice: Choice, number: int
           ) -> Dict[str, Any]:
    long = Span(*combination.longs.spans[choice.long[number]].tolist())
    short = Span(*combination.shorts.spans[choice.short[number]].tolist())
    return page_entry(example_id, long, [] if short == NULL else [short],
                      {kind: float(scores[number]) for kind, scores in choice.scores.items()})


def _ranked(options: Options, scores: np.ndarray, number: int) -> Dict[Span, float]:
    """The scores of the spans that some model proposes for a page."""
    rows = slice(options.begins[number], options.ends()[number])
    return {Span(*span): score for span, score in zip(
        options.spans[rows].tolist(), scores[rows].tolist()) if span[0] >= 0 and score > -np.inf}


def _record(span: Span, score: float, answers: Dict[int, Dict[Span, NBestAnswer]]
            ) -> Dict[str, Any]:
    member = max((i for i in answers if span in answers[i]), key=lambda i: answers[i][span].score)
    answer = answers[member][span]
    record = {"start_token": span.start_token, "end_token": span.end_token, "text": answer.text,
              "score": score, "window": -1 if answer.window is None else answer.window,
              "member": member}
    if answer.candidate_index is not None:
        record["candidate_index"] = answer.candidate_index
    return record


def _add_probabilities(records: Sequence[Dict[str, Any]]) -> None:
    for record, probability in zip(records, nbest.probabilities([r["score"] for r in records])):
        record["probability"] = probability
