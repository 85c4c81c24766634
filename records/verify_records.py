r"""Checks that files of windows, of NQ or SQuAD, are whole: all that was written, and nothing else.

    python records/verify_records.py --input_tfrecord='nq-train.tfrecord*' --vocab_file=vocab-nq.txt

The checksums and the features of every record are verified: names, types and sizes, mask and
segments, ids, labels. All records must be of one kind and length. Where a manifest lies beside the
files, they are compared with it: missing files, sizes, checksums and counts. Every fault is told
with its file and record, and the exit code is then 1. Files may be gzipped.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("input_tfrecord", None, "The records: a file, a glob, or several of these with "
                    "commas between them.")
flags.DEFINE_string("vocab_file", None, "The vocabulary that they were made with. With it, ids are "
                    "checked against its size, and the tokens that begin a window and end its "
                    "texts are looked for.")
flags.DEFINE_integer("max_faults", 20, "How many faults of a file are told; all are counted.",
                     lower_bound=1)
flags.DEFINE_integer("num_workers", None, "How many files are read at once; by default as many as "
                     "there are cores.", lower_bound=1)


def main() -> None:
    program.require(FLAGS, "input_tfrecord")
    from bert_nq.cli import record_task
    from bert_nq.records import verification

    paths = files.expand(FLAGS.input_tfrecord, "record")
    task = record_task.task_of(paths)
    expected = verification.Expected(task.featurizer, known_pieces())
    total_bytes = sum(map(files.size, paths))
    done = {"records": 0, "bytes": 0}
    with program.Meter() as meter:
        def show(counts):
            for name in done:
                done[name] += counts[name]
            meter.show("verifying", done["bytes"] / max(total_bytes, 1), "records %s (%.0f/s)" % (
                format(done["records"], ","), done["records"] / max(meter.elapsed(), 1e-9)))

        found = verification.verify(paths, expected, FLAGS.max_faults,
                                    FLAGS.num_workers or program.num_cores(), show)
        seconds = meter.elapsed()
    print_faults(found)
    program.print_table("Records in %s" % FLAGS.input_tfrecord,
                        summary_rows(found, expected.class_names(), seconds))
    if found.num_faults:
        faulty = sum(1 for report in found.files if report.num_faults)
        print("\nNext: remove what is faulty and prepare it again.")
        raise UserError("%s found, in %d of %d files" % (
            counted(found.num_faults, "fault"), faulty, len(found.files))
            if faulty else "%s found, in no single file but among them"
            % counted(found.num_faults, "fault"))
    print_next(found, task.program)


def known_pieces():
    """The wordpieces of --vocab_file."""
    from bert_nq.features.featurizer import Pieces
    from bert_nq.text.vocabulary import Vocabulary, check_specials
    if not FLAGS.vocab_file:
        return Pieces()
    vocabulary = Vocabulary.load(FLAGS.vocab_file)
    check_specials(vocabulary, FLAGS.vocab_file)
    return Pieces.of(vocabulary)


def counted(number, what):
    """1 fault, 2 faults."""
    return "%s %s%s" % (format(number, ","), what, "" if number == 1 else "s")


def print_faults(found):
    """Prints the faults: of each file, then those between files."""
    for report in found.files:
        for fault in report.faults:
            print(fault)
        if report.num_faults > len(report.faults):
            print("%s: %s more (--max_faults)"
                  % (report.path, counted(report.num_faults - len(report.faults), "fault")))
    for fault in found.common_faults:
        print(fault)


def summary_rows(found, class_names, seconds):
    """The lines of the summary, as (name, value)."""
    records = sum(report.records for report in found.files)
    num_bytes = sum(report.num_bytes for report in found.files)
    rows = [("files", len(found.files)), ("records", records), ("bytes", num_bytes)]
    rows += [("kind", "%s: %s" % (kind, format(count, ",")))
             for kind, count in sorted((str(kind), n) for kind, n in found.kinds.items())]
    rows += [("  " + name.lower(), found.classes[name]) for name in class_names
             if name in found.classes]
    return rows + [
        ("manifest", ", ".join(found.manifests) or "none beside them"),
        ("faults", found.num_faults),
        ("time", "%s (%.0f records/s, %.0f MB/s)" % (
            program.duration(seconds), records / max(seconds, 1e-9),
            num_bytes / 1e6 / max(seconds, 1e-9)))]


def print_next(found, trainer):
    """Prints the command to run next; `trainer` is the program that trains on the records."""
    kind, = found.kinds
    vocabulary = "--vocab_file=" + (FLAGS.vocab_file or "vocab-nq.txt")
    if kind.purpose == "training":
        print("\nNext: train on them\n  " + program.command(
            trainer, "--do_train", "--train_precomputed_file=" + FLAGS.input_tfrecord,
            program.NEW_LINE, vocabulary, "--max_seq_length=%d" % kind.seq_length,
            "--bert_config_file=bert_config.json", program.NEW_LINE,
            "--init_checkpoint=bert_model.ckpt", "--output_dir=model"))
    else:
        print("\nNext: look at them\n  " + program.command(
            "records/inspect_records.py", "--input_tfrecord=" + FLAGS.input_tfrecord, vocabulary))


if __name__ == "__main__":
    run(main)
