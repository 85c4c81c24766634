"""A dev set that models are scored on again and again. Free of TensorFlow."""
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

import numpy as np

from bert_nq.base import randomness
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.example import Example
from bert_nq.scoring.nq import gold, measures
from bert_nq.scoring.nq.labels import parse_prediction


class DevSet:
    """Annotated pages, or a sample of them.

    Args:
      paths: NQ shards.
      num_pages: how many pages are scored; 0: all. Which they are follows from their ids, so that
        every model is scored on the same ones.

    Raises:
      UserError: a shard cannot be read or is not annotated.
    """

    def __init__(self, paths: List[str], num_pages: int = 0):
        self._paths = paths
        self._gold = gold.read_gold(paths)
        if not any(self._gold.values()):
            raise UserError("%s: there are no annotations to score with" % paths[0])
        if 0 < num_pages < len(self._gold):
            ids = np.array(sorted(self._gold), np.int64)
            chosen = ids[np.argsort(randomness.hash64(0, ids), kind="stable")[:num_pages]]
            self._gold = {example_id: self._gold[example_id] for example_id in chosen.tolist()}

    def __len__(self) -> int:
        """How many pages are scored."""
        return len(self._gold)

    def score(self, predict: Callable[[Iterator[Example]], Iterable[Dict[str, Any]]]
              ) -> Optional[Dict[str, float]]:
        """The official 20 numbers of a model; None where predictions were broken off.

        Args:
          predict: given the pages, gives an entry of the official prediction file for each.
        """
        predictions = {p.example_id: p for p in map(parse_prediction, predict(self._examples()))}
        if len(predictions) < len(self):
            return None
        long_rows, short_rows = measures.score_answers(self._gold, predictions)
        return measures.metrics(long_rows, short_rows)

    def _examples(self) -> Iterator[Example]:
        left = len(self._gold)
        for example in shards.read_examples(self._paths, shards.BadInput(skip=False)):
            if example.example_id in self._gold:
                yield example
                left -= 1
                if not left:
                    return
