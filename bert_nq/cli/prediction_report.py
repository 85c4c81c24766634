"""Progress and summary of a prediction, and the summary of an export."""
import os
from typing import TYPE_CHECKING

from bert_nq.cli import program

if TYPE_CHECKING:
    from bert_nq.jobs.job import Status
    from bert_nq.prediction.export import Exported
    from bert_nq.prediction.job import Job, Predicted


def show(meter: program.Meter, examples: str, status: "Status") -> None:
    """Shows how far the job is; `examples` is what its examples are called."""
    seconds = max(meter.elapsed(), 1e-9)
    pages, windows = status.counts["pages"], status.counts["windows"]
    meter.show(status.stage, status.share, "%s %s (%.1f/s), windows %s (%.1f/s)" % (
        examples, format(pages, ","), pages / seconds, format(windows, ","), windows / seconds))


def print_result(result: "Predicted", job: "Job", seconds: float) -> None:
    """Prints the counts and the files that were written."""
    counts = result.counts
    pages = counts["pages"]
    done = max(0, pages - result.num_resumed)  # Pages of that run may be left out since.
    models = job.model.members
    rows = [
        ("model", models[0].checkpoint if len(models) == 1 else "%d models" % len(models)),
        ("decoder", job.decoder.describe()["decoder"]),
        (job.answers.examples, pages),
        ("  skipped as unusable", counts["skipped"]),
    ] + job.answers.rows(counts) + [("windows", counts["windows"])]
    if result.num_resumed:
        rows.append(("carried on from", "%d %s of a run before" % (
            result.num_resumed, job.answers.examples)))
    if job.nbest_output:
        rows.append(("the best answers", job.nbest_output))
    rows.append(("time", "%s (%.1f %s/s)" % (
        program.duration(seconds), done / max(seconds, 1e-9), job.answers.examples)))
    program.print_table("%s in %s" % (job.answers.title, job.output), rows)


def print_export(exported: "Exported") -> None:
    """Prints the files that were written and how they were checked."""
    size = sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(exported.path) for name in names)
    program.print_table("%s in %s" % (exported.title, exported.path), [
        ("size", "%.1f MB" % (size / 1e6)),
        ("loaded again and compared on", "%d windows" % exported.num_windows),
        ("largest difference", "%.2g" % exported.difference)])
    print("\nNext: serve it, or use it in a program: docs/serving.md")
