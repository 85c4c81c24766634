"""A prediction job, and the work on a chunk of it, in any process and on any machine."""
import collections
import json
import unicodedata
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import bert_nq
from bert_nq.base import lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.reading import Reading
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.options import TextOptions
from bert_nq.jobs import workers
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Result
from bert_nq.jobs.work_folder import WorkFolder
from bert_nq.prediction import predictor, runtimes
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.output import AnswerFormat
from bert_nq.prediction.predictor import Group, Outputs, Predictor
from bert_nq.text.vocabulary import Vocabulary


class Job(NamedTuple):
    """The files to predict, and all that decides the answers."""
    inputs: List[str]
    output: str
    model: ModelSettings
    fingerprint: str  # of the model's weights
    text: TextOptions
    windows: Any  # the featurizer's options
    reading: Reading
    featurizer: Featurizer
    decoder: Any  # see decoding.decoders
    answers: AnswerFormat
    batch_size: int = 8
    nbest_output: Optional[str] = None
    thresholds: Optional[str] = None  # a file of them
    skip_bad_input: bool = False

    def predictor(self) -> Dict[str, Any]:
        """The name of what made the answers: the prediction file begins with it."""
        return dict(self.decoder.describe(), model=self.fingerprint)

    def settings(self) -> Dict[str, Any]:
        """All that decides the entries besides the inputs, by name."""
        predictor = self.predictor()
        return dict(
            self.windows._asdict(), **self.featurizer.settings,
            model=self.fingerprint, decoder=predictor["decoder"],
            decoder_options=predictor["options"], nbest=self.nbest_output is not None,
            precision=self.model.precision, num_threads=self.model.num_threads,
            runtime=self.model.runtime, calibration=self.model.calibration,
            predict_batch_size=self.batch_size, do_lower_case=self.text.do_lower_case,
            tokenizer=self.text.tokenizer, packing=self.text.packing,
            vocabulary=Vocabulary.load(self.text.vocab_file).fingerprint()[:16],
            unicode=unicodedata.unidata_version, bert_nq=bert_nq.__version__)


class Prepared(NamedTuple):
    """A chunk whose rows are made."""
    group: Group
    skipped: int  # items
    notes: List[str]  # on these


def make_predictor(job: Job) -> Predictor:
    """Makes rows and answers as the job wants them."""
    return Predictor(job.featurizer.make(job.text, job.windows), job.featurizer.spec, job.decoder,
                     job.batch_size, job.nbest_output is not None)


def make_work(in_worker: Callable[[], None], job: Job, folder: WorkFolder
              ) -> Callable[[Chunk, workers.Report], Result]:
    """A worker's function that does a chunk, after `in_worker()` was called."""
    in_worker()
    return make_answerer(job)


def make_answerer(job: Job) -> Callable[[Chunk, workers.Report], Result]:
    """A function from a chunk to its result; it has a model of its own."""
    pages = make_predictor(job)
    model = runtimes.open_model(job.model, job.decoder)

    def work(chunk: Chunk, report: workers.Report) -> Result:
        prepared = _prepare(job, pages, chunk)
        counting = _Counting(model, report)
        (_, outputs), = predictor.stream(counting, pages, [prepared.group])
        return result_of(pages, prepared, outputs)

    return work


class _Counting:
    """A model that reports the windows that it has done."""

    def __init__(self, model: Any, report: workers.Report):
        self.full_length = model.full_length
        self._model = model
        self._report = report

    def outputs(self, batches: Iterator[Any]) -> Iterator[Outputs]:
        for outputs in self._model.outputs(batches):
            self._report({"windows": len(outputs[0])})
            yield outputs


def make_preparer(job: Job) -> Callable[[Chunk, workers.Report], Prepared]:
    """A worker's function that prepares a chunk."""
    pages = make_predictor(job)
    return lambda chunk, report: _prepare(job, pages, chunk)


def _prepare(job: Job, pages: Predictor, chunk: Chunk) -> Prepared:
    notes: List[str] = []
    bad_input = BadInput(job.skip_bad_input, notes.append)
    group = pages.prepare(chunk.examples(job.reading, bad_input), bad_input)
    return Prepared(group, bad_input.skipped, notes)


def compute(job: Job, model: Any, prepared: Iterator[Prepared], report: workers.Report
            ) -> Iterator[Result]:
    """Yields the results of chunks that other processes have prepared, in their order."""
    pages, under_way = make_predictor(job), collections.deque()

    def groups() -> Iterator[Group]:
        for item in prepared:
            under_way.append(item)
            yield item.group

    for group, outputs in predictor.stream(model, pages, groups()):
        report({"windows": group.num_rows()})
        yield result_of(pages, under_way.popleft(), outputs)


def result_of(pages: Predictor, prepared: Prepared, outputs: Outputs) -> Result:
    """The result of a chunk.

    Its facts are (id, number of the item) of each example, its content the answers to them.
    """
    group = prepared.group
    # As text, which keeps the order of their fields.
    answers: List[Tuple[str, str]] = [tuple(map(json.dumps, a)) for a in pages.answers(
        group, outputs)]
    return Result({"pages": len(group.examples), "windows": group.num_rows(),
                   "skipped": prepared.skipped}, prepared.notes,
                  [(e.example_id, lines.number_of(e.source)) for e in group.examples], answers)
