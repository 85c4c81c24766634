"""Pages through the model, as a stream: only the pages under way are in memory.

Pages are taken together in chunks, whose windows are put in the order of their lengths. A chunk's
logits depend on the chunk alone, not on what the same process or another computes besides.
"""
import collections
import itertools
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.chunks import CHUNK_PAGES
from bert_nq.datasets.nq.example import Example
from bert_nq.datasets.nq.shards import BadInput
from bert_nq.decoding.page_windows import PageWindows
from bert_nq.features.windows import WindowMaker, Windows
from bert_nq.modeling.heads.window_outputs import WindowOutputs
from bert_nq.prediction.batches import Batch, make_batches


class Chunk(NamedTuple):
    """Pages that go through the model together, and the windows of each."""
    examples: List[Example]
    windows: List[Windows]

    def num_windows(self) -> int:
        """Of all its pages."""
        return sum(len(w.lengths) for w in self.windows)


class Answers(NamedTuple):
    """What is said of a page."""
    entry: Dict[str, Any]  # of the prediction file
    nbest: Optional[Dict[str, Any]]  # of the n-best file, if it is wanted


class PagePredictor:
    """Makes windows of pages, and answers of what the model says of them."""

    def __init__(self, maker: WindowMaker, decoder, batch_size: int, nbest: bool = False):
        """
        Args:
          maker: of windows.
          decoder: see prediction.decoders.
          batch_size: windows that go through the model at once.
          nbest: whether the runners-up are wanted too.
        """
        self._maker = maker
        self._decoder = decoder
        self._batch_size = batch_size
        self._nbest = nbest

    def prepare(self, examples: Iterable[Example], bad_input: BadInput) -> Chunk:
        """The windows of pages; `bad_input` is told of those that cannot be used."""
        chunk = Chunk([], [])
        for example in examples:
            try:
                windows = self._maker.prediction(example).rows
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            chunk.examples.append(example)
            chunk.windows.append(windows)
        return chunk

    def batches(self, chunk: Chunk, full_length: bool) -> Iterator[Batch]:
        """The windows of a chunk, batch by batch; with all of their padding if `full_length`."""
        return make_batches(chunk.windows, self._batch_size,
                            full_length or self._decoder.output_options().sees_padding)

    def answers(self, chunk: Chunk, outputs: WindowOutputs) -> Iterator[Answers]:
        """Yields those to each page of a chunk.

        Args:
          chunk: the pages.
          outputs: of all their windows, in the order of the pages.

        Raises:
          UserError: the logits are no numbers; the message names the page.
        """
        start = 0
        for example, made in zip(*chunk):
            of_page = outputs.rows(start, start + len(made.lengths))
            start += len(made.lengths)
            windows = PageWindows(made.token_map, made.query_length)
            try:
                of_page.check_finite()
            except UserError as e:
                raise UserError("%s: %s" % (example.source, e)) from e
            entry = self._decoder.decode(example, windows, of_page)
            yield Answers(entry, self._decoder.nbest(example, windows, of_page)
                          if self._nbest else None)


def stream(model, predictor: PagePredictor,
           chunks: Iterable[Chunk]) -> Iterator[Tuple[Chunk, WindowOutputs]]:
    """Yields each chunk with the outputs of its windows, in the order of the chunks.

    Args:
      model: a WindowModel or the like: it has `outputs(batches)`, which may draw batches in another
        thread, and `full_length`, whether these must be of max_seq_length.
      predictor: makes the batches.
      chunks: drawn when the model is ready for them.
    """
    under_way: Deque[_UnderWay] = collections.deque()

    def batches():
        for chunk in chunks:
            under_way.append(_UnderWay(chunk))
            for batch in predictor.batches(chunk, model.full_length):
                under_way[-1].rows.append(batch.rows)
                yield batch

    for outputs in model.outputs(batches()):
        # Batches do not cross from one chunk to the next.
        while not under_way[0].windows_left:
            yield under_way.popleft().finished()
        under_way[0].add(outputs)
    for waiting in under_way:
        yield waiting.finished()


class _UnderWay:
    """A chunk, and what has come out of the model of it."""

    def __init__(self, chunk: Chunk):
        self._chunk = chunk
        self.windows_left = chunk.num_windows()
        self.rows: List[np.ndarray] = []  # of each batch that went in
        self._outputs: List[WindowOutputs] = []

    def add(self, outputs: WindowOutputs) -> None:
        self._outputs.append(outputs)
        self.windows_left -= len(outputs.null_scores)

    def finished(self) -> Tuple[Chunk, WindowOutputs]:
        if not self.rows:
            return self._chunk, WindowOutputs(*([np.zeros([0])] * len(WindowOutputs._fields)))
        places = np.argsort(np.concatenate(self.rows))
        return self._chunk, WindowOutputs(*(_joined(arrays)[places]
                                            for arrays in zip(*self._outputs)))


def _joined(arrays: Tuple[np.ndarray, ...]) -> np.ndarray:
    """Of all batches; of short windows there are fewer positions, the last of which is repeated."""
    width = max(a.shape[1] if a.ndim == 2 else 0 for a in arrays)
    return np.concatenate([np.pad(a, [(0, 0), (0, width - a.shape[1])], "edge") if a.ndim == 2
                           else a for a in arrays])


def predict(model, predictor: PagePredictor, examples: Iterable[Example],
            bad_input: BadInput) -> Iterator[Dict[str, Any]]:
    """Yields an entry of the prediction file for each page, in their order.

    Raises:
      UserError: an example is unusable, or its logits are no numbers.
    """
    chunks = (predictor.prepare(some, bad_input) for some in in_chunks(examples))
    for chunk, outputs in stream(model, predictor, chunks):
        for answers in predictor.answers(chunk, outputs):
            yield answers.entry


def in_chunks(items: Iterable) -> Iterator[List]:
    """Yields lists of CHUNK_PAGES items, the last one shorter."""
    items = iter(items)
    return iter(lambda: list(itertools.islice(items, CHUNK_PAGES)), [])
