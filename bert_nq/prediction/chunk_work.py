"""A prediction job, and what a worker does of it, in another process or on another machine."""
import json
import unicodedata
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import bert_nq
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.chunks import Lines, line_number
from bert_nq.features.making import make_window_maker
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.jobs import work_folder, workers
from bert_nq.prediction import predictor
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.predictor import Chunk, PagePredictor
from bert_nq.text.vocabulary import Vocabulary


class Job(NamedTuple):
    """What to predict with what."""
    inputs: List[str]
    output: str
    model: ModelSettings
    fingerprint: str  # of the model's weights
    text: TextOptions
    windows: FeatureOptions
    decoder: Any  # see prediction.decoders
    batch_size: int = 8
    nbest_output: Optional[str] = None
    thresholds: Optional[str] = None  # a file of eval/tune_thresholds.py
    skip_bad_input: bool = False

    def predictor(self) -> Dict[str, Any]:
        """What the prediction file says of itself."""
        return dict(self.decoder.describe(), model=self.fingerprint)

    def settings(self) -> Dict[str, Any]:
        """All that decides the entries besides the inputs, by name."""
        predictor = self.predictor()
        return dict(
            self.windows._asdict(), model=self.fingerprint, decoder=predictor["decoder"],
            decoder_options=predictor["options"], nbest=self.nbest_output is not None,
            precision=self.model.precision, num_threads=self.model.num_threads,
            predict_batch_size=self.batch_size, do_lower_case=self.text.do_lower_case,
            tokenizer=self.text.tokenizer,
            vocabulary=Vocabulary.load(self.text.vocab_file).fingerprint()[:16],
            unicode=unicodedata.unidata_version, bert_nq=bert_nq.__version__)


def make_page_predictor(job: Job) -> PagePredictor:
    """Makes windows and answers as the job wants them."""
    return PagePredictor(make_window_maker(job.text, job.windows), job.decoder, job.batch_size,
                         job.nbest_output is not None)


def make_worker(job: Job, folder_path: str,
                in_worker: Callable[[], None] = lambda: None) -> workers.Work:
    """A worker's function that does a `Lines`: its answers go to the work folder."""
    in_worker()
    answer = make_answerer(job)
    folder = work_folder.WorkFolder(folder_path)

    def work(lines: Lines, report: workers.Report) -> Dict[str, Any]:
        result = answer(lines, report)
        folder.finish(lines.name, result)
        return result["summary"]

    return work


def make_answerer(job: Job) -> workers.Work:
    """A function from a `Lines` to what `result_of` makes of it; it has a model of its own."""
    from bert_nq.prediction.window_model import WindowModel
    page_predictor = make_page_predictor(job)
    model = WindowModel(job.model, job.decoder)

    def work(lines: Lines, report: workers.Report) -> Dict[str, Any]:
        chunk, skipped, notes = _prepare(job, page_predictor, lines)
        counting = _Counting(model, report)
        (_, outputs), = predictor.stream(counting, page_predictor, [chunk])
        return result_of(page_predictor, chunk, outputs, skipped, notes)

    return work


class _Counting:
    """A model that reports the windows that it has done."""

    def __init__(self, model, report: workers.Report):
        self.full_length = model.full_length
        self._model = model
        self._report = report

    def outputs(self, batches):
        for outputs in self._model.outputs(batches):
            self._report({"windows": len(outputs.null_scores)})
            yield outputs


def make_preparer(job: Job) -> workers.Work:
    """A worker's function from a `Lines` to its `Chunk`, the lines skipped, and notes on these."""
    page_predictor = make_page_predictor(job)
    return lambda lines, report: _prepare(job, page_predictor, lines)


def _prepare(job: Job, page_predictor: PagePredictor,
             lines: Lines) -> Tuple[Chunk, int, List[str]]:
    notes: List[str] = []
    bad_input = shards.BadInput(job.skip_bad_input, notes.append)
    chunk = page_predictor.prepare(lines.examples(bad_input), bad_input)
    return chunk, bad_input.skipped, notes


def result_of(page_predictor: PagePredictor, chunk: Chunk, outputs, skipped: int,
              notes: List[str]) -> Dict[str, Any]:
    """What the work folder holds of a chunk: the answers to its pages, and a summary."""
    # As text, which keeps the order of their fields.
    answers = [[json.dumps(part) for part in a] for a in page_predictor.answers(chunk, outputs)]
    summary = {
        "counts": {"pages": len(chunk.examples), "windows": chunk.num_windows(),
                   "skipped": skipped},
        "notes": notes,
        "ids": [[e.example_id, line_number(e.source)] for e in chunk.examples]}
    return {"summary": summary, "answers": answers}
