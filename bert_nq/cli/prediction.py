"""Prediction and export as the flags of a model's program say."""
import functools
import itertools
import os
from typing import Any, Callable, List, Optional

from absl import flags

from bert_nq.base.bad_input import BadInput
from bert_nq.cli import prediction_report, program
from bert_nq.prediction import runtimes

FLAGS = flags.FLAGS

# Settings of features that a printed command has even where they are those of the task.
_ALWAYS = ("max_seq_length", "doc_stride", "max_query_length")
_NUM_LOOKED_AT = 10  # examples, for whether a file is annotated


def open_model(settings, decoder, run: Callable[[], Any], length: Optional[int] = None):
    """The model in this process, on the device that there is; a context manager.

    Args:
      settings: a ModelSettings.
      decoder: decides what leaves the graph.
      run: gives the Estimator's settings, for a TPU.
      length: of windows on a TPU, if not --max_seq_length.
    """
    from bert_nq.prediction import window_model
    if FLAGS.use_tpu:
        return window_model.TpuWindowModel(settings, decoder, run(), length or FLAGS.max_seq_length)
    return window_model.WindowModel(settings, decoder)


def run(work, settings: Callable[[], Any]) -> None:
    """Predicts the examples of the files and prints what came of it.

    Args:
      work: a prediction.job.Job.
      settings: gives the Estimator's, for a TPU.
    """
    from bert_nq.prediction import job
    on_one_device = _on_one_device(work.model)
    num_workers = FLAGS.num_workers or _default_workers(work.model, on_one_device)
    in_this_process = functools.partial(
        open_model, work.model, work.decoder, settings,
        work.windows.max_seq_length) if on_one_device else None
    with program.Meter() as meter:
        result = job.run_job(work, num_workers, in_this_process,
                             functools.partial(prediction_report.show, meter,
                                               work.answers.examples), meter.note,
                             functools.partial(program.quiet_tensorflow, FLAGS.verbose_logging))
        prediction_report.print_result(result, work, meter.elapsed())


def predict(task, work, dev_format, settings: Callable[[], Any]) -> None:
    """Predicts, see `run`, scores the answers with --do_eval, and prints the next command.

    Args:
      task: a tasks.Task.
      work, settings: see `run`.
      dev_format: scores the answers, a prediction.dev_set.DevFormat.
    """
    run(work, settings)
    if FLAGS.do_eval:
        print("\n" + dev_format.evaluate(work.inputs, work.output))
        print_next(task, work, "look closer, with --report=FOLDER")
    else:
        print_next(task, work)


def print_next(task, work, purpose: str = "score them") -> None:
    """Prints the command for what a prediction.job.Job of a task has written.

    Args:
      task: a tasks.Task.
      work: the job. If it wrote something else than answers, the command is one that takes it.
      purpose: what the command that scores answers is for.
    """
    for other in task.other_outputs.values():
        if work.answers is other.answers:
            purpose, arguments = other.next(FLAGS.predict_file, work.output)
            features = [program.NEW_LINE, *_features(task)] if arguments[0].startswith(
                "prepare/") else []
            print("\nNext: %s\n  %s" % (purpose, program.command(*arguments, *features)))
            return
    if task.next:
        print_use(task, os.path.dirname(work.model.members[0].checkpoint))
        return
    file, *its_flags = task.scorer
    if not _is_annotated(task, work.inputs[0]):
        if not task.viewer:
            return
        purpose, (file, *its_flags) = "look at them", task.viewer
    print("\nNext: %s\n  %s" % (purpose, program.command(
        file, "--gold_path=" + FLAGS.predict_file, "--predictions_path=" + work.output,
        *its_flags)))


def _is_annotated(task, path: str) -> bool:
    """Whether any of the first examples of a file that was predicted is annotated."""
    unusable = BadInput(skip=True, show=lambda fault: None)  # Prediction has told what is unusable.
    return any(map(task.is_annotated, itertools.islice(
        task.training_reading.examples([path], unusable), _NUM_LOOKED_AT)))


def print_use(task, model_dir: str) -> None:
    """Prints the command for what a model is for, where that is not prediction: Task.next."""
    purpose, arguments = task.next(model_dir)
    print("\nNext: %s\n  %s" % (purpose, program.command(
        *arguments[:3], program.NEW_LINE, *arguments[3:])))


def _features(task) -> List[str]:
    """The flags that a program needs for the features that the model is used with."""
    known = task.featurizer.options()
    names = ["vocab_file"] + [name for name in task.card_settings if hasattr(known, name) and (
        name in _ALWAYS or FLAGS[name].value != getattr(known, name))]
    return ["--%s=%s" % (name, FLAGS[name].value) for name in names] + (
        [] if FLAGS.do_lower_case else ["--do_lower_case=false"])


def export_dir() -> str:
    """The folder of the exported versions."""
    return FLAGS.export_dir or os.path.join(FLAGS.output_dir, "serving")


def check_export_dir() -> None:
    """Raises UserError where no model of these flags can be exported to `export_dir`."""
    from bert_nq.prediction import export_formats, serving
    export_formats.check(FLAGS.export_format, FLAGS.precision)
    serving.check_folder(export_dir())


def export(model_flags, models) -> None:
    """Writes the model for serving, and prints where and how it compares."""
    from bert_nq.prediction import export, serving
    description = serving.Serving(
        dict(model_flags.decoder().describe(), model=models.fingerprint()), model_flags.text(),
        model_flags.windows(), model_flags.task.featurizer, model_flags.task.make_decoder)
    prediction_report.print_export(export.export(models, description, export_dir(),
                                                 FLAGS.export_format))


def _on_one_device(settings) -> bool:
    """Whether models run on a device that processes cannot share as they share a CPU."""
    from bert_nq.estimator import devices
    if runtimes.find(settings.runtime).on_cpu:
        return False
    return FLAGS.use_tpu or devices.num_gpus() > 0


def _default_workers(settings, on_one_device: bool) -> int:
    """How many processes predict, or make windows, where the flags do not say."""
    from bert_nq.prediction import members
    if on_one_device:
        return program.num_cores()
    return members.num_processes(settings.members, program.num_cores(), members.available_memory())
