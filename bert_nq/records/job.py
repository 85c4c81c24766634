"""Preparation of many files by many processes, to be killed and carried on at any moment.

    inputs ──(a part for each file)──► runs ──(gathering)──► record files, manifest

Each finished part and output is noted in a work folder beside the output, see jobs.job. The bytes
of the outputs depend on settings and inputs alone: records are ordered by keys that are hashes, or
by their place in the inputs.
"""
import collections
import functools
import os
import unicodedata
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import bert_nq
from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.reading import Reading
from bert_nq.jobs import executors, job, parts, work_folder, workers
from bert_nq.jobs.job import Result, Run
from bert_nq.jobs.parts import Part
from bert_nq.jobs.work_folder import Input, WorkFolder
from bert_nq.records import gathering, manifest, repeats, runs
from bert_nq.records.gathering import Gathering
from bert_nq.records.manifest import Manifest
from bert_nq.records.preparation import PagePreparer, PreparationOptions, PreparedPage
from bert_nq.text.vocabulary import Vocabulary

# The key of a record in order is the place of its example's item, then its row in so many bits.
_ROW_BITS = 20


class Job(NamedTuple):
    """The files to prepare, and all that decides the records."""
    options: PreparationOptions
    reading: Reading
    inputs: List[str]
    output: str
    num_outputs: int = 1
    compression: str = ""  # or "gzip"
    max_examples: int = 0  # if positive, stop after this many examples
    skip_bad_input: bool = False

    def settings(self) -> Dict[str, Any]:
        """All that decides the outputs besides the inputs, by name."""
        text, augmentation = self.options.text, self.options.augmentation
        settings = dict(
            self.options.windows._asdict(), **self.options.featurizer.settings,
            is_training=self.options.is_training,
            do_lower_case=text.do_lower_case, tokenizer=text.tokenizer,
            packing=text.packing,
            vocabulary=Vocabulary.load(text.vocab_file).fingerprint()[:16],
            max_examples=self.max_examples, num_output_shards=self.num_outputs,
            compression=self.compression, unicode=unicodedata.unidata_version,
            bert_nq=bert_nq.__version__)
        if augmentation is not None:
            settings["augmentation"] = augmentation.settings()
        return settings

    def paths(self) -> List[str]:
        """The record files."""
        return manifest.output_paths(self.output, self.num_outputs)


class Prepared(NamedTuple):
    """The result of a job."""
    manifest: Manifest
    num_parts: int  # of the work; 0 if all was there
    num_resumed: int  # parts that an earlier run had done


class Engine(NamedTuple):
    """The machines that do the work of a job."""
    executor: job.Executor  # does parts: makes their records
    # Writes the records that were made to where the Gathering stages them, and notes each output.
    gather: Callable[[Gathering, Run], None]
    num_parts: int  # how many parts there should be at least
    can_resume: bool  # whether what a run before has finished can be of use


def run_job(work: Job, num_workers: int, on_status: job.OnStatus = lambda status: None,
            note: job.Note = lambda text: None) -> Prepared:
    """Makes the record files and their manifest by processes, or finds them made.

    Args:
      work: the files to prepare.
      num_workers: processes.
      on_status, note: see `jobs.job.run_job`, which says what is raised as well.
    """
    engine = Engine(executors.in_processes(functools.partial(make_work, work), num_workers),
                    functools.partial(_gather, num_workers), num_workers, True)
    return run_with(engine, work, on_status, note)


def run_with(engine: Engine, work: Job, on_status: job.OnStatus, note: job.Note) -> Prepared:
    """`run_job` on the machines of an engine."""
    settings = work.settings()
    ids = repeats.Ids(work.reading)

    def publish(run: Run) -> Prepared:
        ids.tell(run)
        written = gathering.publish(_gathering(work, run))
        made = Manifest(settings, run.inputs, run.counts, written)
        manifest.write_manifest(manifest.manifest_path(work.output), made)
        return Prepared(made, run.num_done, run.num_resumed)

    return job.run_job(
        job.Job("preparing", "prepared anew", work.inputs, work.output, settings,
                work.skip_bad_input, functools.partial(_plan, engine, work), publish,
                gather=lambda run: engine.gather(_gathering(work, run), run),
                found=functools.partial(_found, engine, work, settings), take=ids.take,
                needed="pages"),
        engine.executor, on_status, note)


def _plan(engine: Engine, work: Job, inputs: List[Input],
          before: Optional[Dict[str, Any]]) -> job.Plan:
    plan = parts.plan(engine.num_parts, work.max_examples, gathering.is_output, inputs,
                      before if engine.can_resume else None)
    return plan if engine.can_resume else plan._replace(is_wanted=lambda name: False)


def _gathering(work: Job, run: Run) -> Gathering:
    return Gathering(run.folder.path, work.paths(), work.compression, work.options.is_training,
                     run.plan.kept["names"], run.counts["records"])


def _found(engine: Engine, work: Job, settings: Dict[str, Any], inputs: List[Input],
           note: job.Note) -> Optional[Prepared]:
    made = _already_made(work, settings, inputs, note) if engine.can_resume else None
    return None if made is None else Prepared(made, 0, 0)


def _already_made(work: Job, settings: Dict[str, Any], inputs: List[Input],
                  note: job.Note) -> Optional[Manifest]:
    """The manifest if it is of this job and the outputs are as it says, or None."""
    made = manifest.read_manifest(manifest.manifest_path(work.output))
    if made is None:
        return None
    changed = work_folder.changes(made.settings, made.inputs, settings, inputs)
    if changed:
        note("made anew, since it was made otherwise: %s" % changed)
        return None
    if made.counts.get("skipped") and not work.skip_bad_input:
        note("made anew, since lines were skipped when it was made")
        return None
    for output, path in zip(made.outputs, work.paths()):
        if not (files.is_remote(path) or os.path.exists(path)):
            note("made anew, since %s is missing" % path)
            return None
        if files.crc32c(path) != output.crc32c:
            note("made anew, since %s is not what it was when it was written" % path)
            return None
    return made


def make_work(work: Job, folder: WorkFolder) -> Callable[[Part, workers.Report], Result]:
    """A worker's function that does a part: its records go to a run in the work folder."""
    return functools.partial(_prepare, work, folder, make_preparer(work))


def make_preparer(work: Job) -> PagePreparer:
    """Makes records of examples as the job wants them."""
    return PagePreparer(work.options)


def _prepare(work: Job, folder: WorkFolder, preparer: PagePreparer, part: Part,
             report: workers.Report) -> Result:
    notes: List[str] = []
    bad_input = BadInput(work.skip_bad_input, notes.append)
    counts = collections.Counter()
    ids: List[repeats.Id] = []
    with files.replacing(folder.run_path(part.name)) as out:
        writer = runs.RunWriter(out)
        for page in prepared_pages(work, preparer, part, bad_input, report):
            for key, record in zip(page.keys, page.records):
                writer.add(key, record)
            counts.update(page.counts)
            ids.append(repeats.id_of(page, part))
            report(page.counts)
        writer.finish()
    counts["skipped"] = bad_input.skipped
    return Result(dict(counts), notes, ids)


def prepared_pages(work: Job, preparer: PagePreparer, part: Part, bad_input: BadInput,
                   report: workers.Report = lambda counts: None) -> Iterator[PreparedPage]:
    """Yields the usable examples of a part; `report` is told of the "bytes_read".

    Where records are not shuffled, their keys are in the order of the examples in `part.paths`.
    """
    num_examples = 0
    for place, where, item in parts.read_items(part, work.reading, bad_input, report):
        try:
            page = preparer.prepare(work.reading.decode(item, work.reading.source_of(*where)))
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        page = page._replace(where=where)
        if not work.options.is_training:
            first = place << _ROW_BITS
            page = page._replace(keys=list(range(first, first + len(page.records))))
        yield page
        num_examples += 1
        if num_examples == part.max_examples:
            break


def _gather(num_workers: int, what: Gathering, run: Run) -> None:
    done = gathering.finished(what)
    left = [output for output in what.outputs() if not all(done[name] for name in output.names)]
    shown = collections.Counter()

    def on_progress(counts: job.Counts) -> None:
        shown.update(counts)
        run.show(job.Status("writing", shown, shown["records_written"], what.num_records))

    for _ in workers.run_tasks(functools.partial(gathering.make_gatherer, what), left, num_workers,
                               on_progress):
        pass
