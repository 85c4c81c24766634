"""Shows what is in TFRecords of windows, of NQ or SQuAD, and some of the windows as text.

    python records/inspect_records.py --input_tfrecord='train.tfrecord*' --vocab_file=vocab-nq.txt

The labelled answer stands between marks: ... the town of >>> marel tovin <<< lies ... With
--answer_type=SHORT or --unique_id=..., the windows shown are those. Every record's checksums are
verified on the way. Files may be gzipped.
"""
from bert_nq.cli.start import run

import textwrap

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.features import spec

FLAGS = flags.FLAGS

flags.DEFINE_string("input_tfrecord", None, "The records: a file, a glob, or several of these with "
                    "commas between them.")
flags.DEFINE_string("vocab_file", None, "The vocabulary that they were made with. Without it, no "
                    "text is shown.")
flags.DEFINE_integer("num_windows", 3, "How many windows to show.", lower_bound=0)
flags.DEFINE_integer("unique_id", None, "Show the windows with this id.")
flags.DEFINE_string("answer_type", None, "Show windows with this type of answer only: of NQ "
                    "unknown, yes, no, short or long; of SQuAD answerable or impossible; of "
                    "candidates no_answer, long, short, no or yes.")


def main() -> None:
    program.require(FLAGS, "input_tfrecord")
    from bert_nq.cli import record_task
    from bert_nq.records import inspection
    from bert_nq.text.vocabulary import Vocabulary

    paths = files.expand(FLAGS.input_tfrecord, "record")
    featurizer = record_task.task_of(paths).featurizer
    label = spec.class_label(featurizer.spec)
    classes = label.classes if label else ()
    if FLAGS.answer_type is not None and FLAGS.answer_type.upper() not in classes:
        raise UserError("--answer_type=%s: these records have %s" % (
            FLAGS.answer_type, ", ".join(classes).lower() or "no named classes"))
    vocabulary = Vocabulary.load(FLAGS.vocab_file) if FLAGS.vocab_file else None
    windows = program.progress(inspection.read_windows(paths, featurizer), "records")
    report = inspection.inspect(windows, FLAGS.num_windows, is_wanted)
    print_report(report, len(paths), classes, featurizer.without_span)
    if vocabulary is None:
        print("\nTo read windows as text, give --vocab_file.")
        return
    for window in report.shown:
        print_window(window, vocabulary)
    if FLAGS.num_windows and not report.shown:
        print("\nNo window is as asked for.")
        if FLAGS.unique_id is not None:
            raise UserError("no record has the unique_id %d" % FLAGS.unique_id)


def is_wanted(window) -> bool:
    """Whether the flags ask to show a window."""
    if FLAGS.unique_id is not None and window.unique_id != FLAGS.unique_id:
        return False
    return FLAGS.answer_type is None or window.class_name == FLAGS.answer_type.upper()


def print_report(report, num_files: int, classes, without_span) -> None:
    """Prints tables of counts, features, answers and lengths."""
    total = len(report.lengths)
    program.print_table("Records", [
        ("files", num_files),
        ("records", total),
        ("bytes", report.num_bytes),
        ("made for", counted(report.purposes))])
    program.print_table("Features, all int64", [
        (name, sizes_as_text(sizes)
         + ("" if sum(sizes.values()) == total else "  in %d records" % sum(sizes.values())))
        for name, sizes in sorted(report.sizes.items())])
    import numpy as np
    if report.span_lengths:
        labelled = sum(map(len, report.span_lengths.values()))
        by_class = [(name, report.span_lengths[name])
                    for name in classes
                    if name in report.span_lengths]
        program.print_table("Answers", [("", "  windows    share  pieces: median   most")] + [
            (name, "%9s  %5.1f %%  %14d  %5d" % (
                format(len(lengths), ","), 100.0 * len(lengths) / labelled, np.median(lengths),
                max(lengths)))
            for name, lengths in by_class])
        outside = sum(lengths.count(0) for name, lengths in by_class
                      if name not in without_span)
        if outside:
            print("  %d answers do not lie in their windows" % outside)
    if total:
        points = (0, 10, 25, 50, 75, 90, 100)
        program.print_table("Wordpieces without padding", [
            ({0: "least", 50: "median", 100: "most"}.get(p, "%d %% have at most" % p), int(value))
            for p, value in zip(points, np.percentile(report.lengths, points))])


def counted(counts) -> str:
    """Counts by name in one line: training (3), prediction (1)."""
    return ", ".join("%s (%s)" % (name, format(n, ","))
                     for name, n in sorted(counts.items())) or "-"


def sizes_as_text(sizes) -> str:
    """[64] or [80]; [16 to 40] for features with more than three sizes."""
    if len(sizes) > 3:
        return "[%d to %d]" % (min(sizes), max(sizes))
    return " or ".join("[%d]" % size for size in sorted(sizes))


def print_window(window, vocabulary) -> None:
    """Prints one window, its labels and its text."""
    notes = ["unique_id %d" % window.unique_id, "%d wordpieces" % window.length]
    if window.class_name is not None:
        notes.append(window.class_name)
    notes += ["%s %d" % (name, number) for name, number in window.numbers.items()]
    span = window.labelled_span
    if span is not None:
        notes.append("pieces %d to %d" % (span.start, span.stop - 1))
    mapped = [t for t in window.features.get("token_map", ()) if t >= 0]
    if mapped:
        notes.append("document tokens %d to %d" % (min(mapped), max(mapped)))
    print("\n%s: %s" % (window.source, ", ".join(notes)))
    print(textwrap.fill(window.text(vocabulary), width=100, initial_indent="  ",
                        subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    run(main)
