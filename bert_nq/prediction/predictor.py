"""Pages through the model, as a stream: only the pages under way are in memory.

The Estimator draws windows from a generator in a thread of its own and gives logits back in the
same order, so results find their page by counting and never by id: ids that are close, or truncated
to 32 bits, cannot mix pages up.
"""
import collections
import contextlib
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional

import numpy as np

from bert_nq.errors import BadExampleError, UserError
from bert_nq.estimator import failures, inputs
from bert_nq.features.windows import WindowMaker, Windows
from bert_nq.nq.example import Candidate, Example
from bert_nq.nq.shards import BadInput
from bert_nq.prediction.decoding import DecodingOptions, decode, prediction_of


class _Page(NamedTuple):
    """What decoding needs of an example whose windows are in the model."""
    example_id: int
    source: str
    candidates: List[Candidate]
    token_map: np.ndarray  # [N, S]


class _Windows:
    """The host's side of the stream: examples to batches, noting the pages under way."""

    def __init__(self, examples: Iterable[Example], maker: WindowMaker, bad_input: BadInput):
        self._examples = examples
        self._maker = maker
        self._bad_input = bad_input
        self.pages: collections.deque[_Page] = collections.deque()
        self.error: Optional[BaseException] = None

    def batches(self, batch_size: int) -> Iterator[Dict[str, np.ndarray]]:
        """Yields batches of input_ids, input_mask and segment_ids, int32 [B, S].

        B is `batch_size` but for the last batch.

        TensorFlow would turn an exception into a traceback in a string, so it is kept in `error`
        and the stream ends.
        """
        rest = None
        try:
            for windows in self._windows():
                arrays = [windows.input_ids, windows.input_mask(), windows.segment_ids()]
                arrays = [a.astype(np.int32) for a in arrays]
                rest = arrays if rest is None else [np.concatenate(p) for p in zip(rest, arrays)]
                while len(rest[0]) >= batch_size:
                    yield self._features([a[:batch_size] for a in rest])
                    rest = [a[batch_size:] for a in rest]
            if rest is not None and len(rest[0]):
                yield self._features(rest)
        except Exception as e:  # noqa: B902 - raised again by the consumer
            self.error = e

    @staticmethod
    def _features(arrays: List[np.ndarray]) -> Dict[str, np.ndarray]:
        return dict(zip(("input_ids", "input_mask", "segment_ids"), arrays))

    def _windows(self) -> Iterator[Windows]:
        seen = set()
        for example in self._examples:
            try:
                if example.example_id in seen:
                    raise BadExampleError("%s: a second page with example_id %d"
                                          % (example.source, example.example_id))
                windows = self._maker.prediction_windows(example).windows
            except BadExampleError as e:
                self._bad_input.handle(e)
                continue
            seen.add(example.example_id)
            self.pages.append(_Page(example.example_id, example.source, example.candidates,
                                    windows.token_map))
            yield windows


def predict(estimator, examples: Iterable[Example], maker: WindowMaker, max_seq_length: int,
            options: DecodingOptions, bad_input: BadInput,
            checkpoint: Optional[str] = None) -> Iterator[Dict[str, Any]]:
    """Yields an entry of the official prediction file for each example, in their order.

    Args:
      estimator: see estimator.devices; it has the trained model and the size of batches.
      examples: the pages.
      maker: makes their windows.
      max_seq_length: wordpieces of a window.
      options: of decoding.
      bad_input: told of pages that cannot be used.
      checkpoint: its prefix; None: the newest of the estimator's.

    Raises:
      UserError: an example is unusable, the logits are no numbers, or one of what
        failures.mendable names.
    """
    host = _Windows(examples, maker, bad_input)
    input_fn = inputs.prediction_input_fn(host.batches, max_seq_length)
    start_logits, end_logits = [], []  # of the page that comes next
    rows = 0
    # Closed at once when something fails: TensorFlow 1.15 cannot do it while Python exits.
    with contextlib.closing(estimator.predict(input_fn, checkpoint_path=checkpoint,
                                              yield_single_examples=False)) as batches:
        for batch in _mendable(batches):
            start_logits.append(batch["start_logits"])
            end_logits.append(batch["end_logits"])
            rows += len(batch["start_logits"])
            while host.pages and rows >= len(host.pages[0].token_map):
                page = host.pages.popleft()
                n = len(page.token_map)
                starts, ends = np.concatenate(start_logits), np.concatenate(end_logits)
                yield _prediction(page, starts[:n], ends[:n], options)
                start_logits, end_logits = [starts[n:]], [ends[n:]]
                rows -= n
    if host.error is not None:
        raise host.error
    if host.pages:
        # TPUEstimator ends the stream without an error where it loses a machine.
        raise UserError("the model stopped before it came to %s: run the prediction again"
                        % host.pages[0].source)


def _mendable(batches: Iterator[Dict[str, np.ndarray]]) -> Iterator[Dict[str, np.ndarray]]:
    with failures.mendable("prediction"):
        for batch in batches:
            yield batch


def _prediction(page: _Page, start_logits: np.ndarray, end_logits: np.ndarray,
                options: DecodingOptions) -> Dict[str, Any]:
    try:
        answer = decode(start_logits, end_logits, page.token_map, page.candidates, options)
    except ValueError as e:
        raise UserError("%s: the model's %s: was its training stable?" % (page.source, e)) from e
    return prediction_of(page.example_id, answer)
