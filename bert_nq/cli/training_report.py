"""The tables on a training run that programs print before it and after it."""
import os

from bert_nq.base import files
from bert_nq.cli import program


def print_plan(config, data, settings, run, start=()) -> None:
    """Prints what is going to be done, and what memory it needs.

    Args:
      config: the encoder's.
      data: training.settings.TrainingData.
      settings: training.settings.TrainingSettings.
      run: estimator.devices.RunSettings.
      start: (name, value) lines on where the weights come from.
    """
    from bert_nq.estimator import devices
    from bert_nq.training import memory
    passes, num_devices = settings.gradient_accumulation_steps, devices.num_replicas(run)
    batch_size = settings.windows_of_step(run.train_batch_size)
    windows = run.train_batch_size // num_devices  # of one pass on one device
    needed = memory.estimate(
        config, windows, settings.max_seq_length, settings.precision,
        settings.gradient_checkpointing, passes)
    program.print_table("Training %s" % run.output_dir, list(start) + [
        ("records", data.num_records),
        ("steps", settings.num_steps(data.num_records, run.train_batch_size)),
        ("windows of a step", batch_size if batch_size == windows else "%d: %s" % (
            batch_size, " x ".join(_counted(windows, num_devices, passes)))),
        ("precision", settings.precision),
        ("memory of a device", "about %s: weights %s, gradients %s, optimizer %s, activations %s"
         % tuple(map(_bytes, (needed.total,) + tuple(needed))))])


def _counted(windows, num_devices, passes):
    """The factors of a step's windows: 4 windows, 2 devices, 2 passes."""
    for number, what in ((windows, "windows"), (num_devices, "devices"), (passes, "passes")):
        if what == "windows" or number > 1:
            yield "%d %s" % (number, what)


def _bytes(number):
    return "%.1f GB" % (number / 1e9) if number >= 1e9 else "%.0f MB" % (number / 1e6)


def print_result(result, output_dir, keeping, measure, labels=()) -> str:
    """Prints the result of a run; returns the folder of its best model.

    Args:
      result: training.run.TrainingResult.
      output_dir: the model's folder; the plot of the history is written into it.
      keeping: training.settings.KeepingSettings.
      measure: scoring.measure.Measure.
      labels: of the losses, see Head.labels.
    """
    from bert_nq.estimator import model_folder
    rows = [("steps", result.num_steps)]
    tally = result.tally
    if tally:
        rows += [("loss, first and last tenth", "%.3f, %.3f" % (tally.first_loss, tally.last_loss)),
                 ("time", program.duration(result.seconds))]
    if tally and tally.examples_per_second:
        rows.append(("speed", "%.1f examples/s, %.1f %% of the time waiting for data" % (
            tally.examples_per_second, 100 * tally.data_wait)))
    best = result.history.best(measure.keys(keeping.metric))
    model_dir = os.path.join(output_dir, model_folder.BEST) if best else output_dir
    if best:
        rows.append(("best on dev", "step %d, %s: %s" % (
            best.step, measure.line(best.scores), model_dir)))
    if result.average:
        rows.append(("average of the last", result.average))
    if result.history.blocks and not files.is_remote(output_dir):
        rows.append(("plot", _plot(result.history, output_dir, measure, labels)))
    program.print_table("Trained: %s" % result.checkpoint, rows)
    if result.stopped_early:
        print("Stopped early: the last %d scorings were not better." % keeping.early_stopping)
    elif not result.steps_done:
        print("Nothing was left to do: %s has all %d steps. Another --output_dir starts anew."
              % (output_dir, result.num_steps))
    return model_dir


def _plot(history, output_dir, measure, labels):
    """Draws the history; returns the path of the picture."""
    from bert_nq.estimator import model_folder
    from bert_nq.training import plots
    path = os.path.join(output_dir, model_folder.PLOT)
    plots.write_plot(history, path, measure, labels)
    return path
