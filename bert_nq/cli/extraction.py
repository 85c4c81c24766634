"""Flags and main function of extract_train_set and extract_dev_set."""
import os
import re

from absl import flags

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.cli import program

# The flags count as those of the program that calls `define_flags`, also in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_flags(split: str) -> None:
    """Defines the flags of the program that extracts `split`, "train" or "dev"."""
    flags.DEFINE_string("input_jsonl", None, "NQ shards, .jsonl.gz or .jsonl, original or "
                        "simplified format: a glob, or several with commas between them.")
    flags.DEFINE_string("data_dir", None, "In place of --input_jsonl: the folder with the shards "
                        "nq-%s-00.jsonl.gz and so on, or the one above its folder %r."
                        % (split, split))
    flags.DEFINE_integer("num_" + split, None, "How many of the shards in --data_dir to take, from "
                         "the first on; all of them if not given.", lower_bound=1)
    flags.DEFINE_string("output_jsonl", None, "The file to write or replace; its name ends in "
                        ".jsonl.gz or .jsonl.")
    flags.DEFINE_integer("num_shards", 1, "Write so many shards of equal size instead: of "
                         "--output_jsonl=out/%s.jsonl.gz, out/%s-00.jsonl.gz, out/%s-01.jsonl.gz "
                         "and so on." % (split, split, split), lower_bound=1, upper_bound=1000)
    flags.DEFINE_string("sample", None, "Take a random part of the pages (of those that are "
                        "answerable, with --only_answerable). With a decimal point it is a share: "
                        "0.1 takes about a tenth. A whole number is a number of pages: 5000 takes "
                        "5,000, and reads the shards twice.")
    flags.DEFINE_integer("seed", 0, "Of --sample. The same pages are drawn in whatever order and "
                         "shards they come.")
    flags.DEFINE_bool("only_answerable", False, "Take only pages on which at least one annotation "
                      "has a long answer.")
    flags.DEFINE_bool("simplify", False, "Write the simplified format, by the official rules: a "
                      "tenth of the size, without the pages' HTML.")
    flags.DEFINE_bool("full_set", None, "Whether the shards are the full %s set, so that it is an "
                      "error if pages are missing or too many. If not given, they are where their "
                      "names are those of the full set; --nofull_set does without the check."
                      % split)
    flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"], "Whether an unusable line ends the "
                      "run or is counted and passed over.")


def extract(split: str) -> None:
    """Merges the shards that the flags name, and prints a summary."""
    program.require(FLAGS, "output_jsonl")
    from bert_nq.datasets.nq import full_set, merging, shards, writing

    inputs = shards.expand_shards(_patterns(split))
    if FLAGS.data_dir:
        inputs = _first_shards(inputs, split)
    outputs = writing.shard_paths(FLAGS.output_jsonl, FLAGS.num_shards)
    writing.check_outputs(FLAGS.output_jsonl, FLAGS.num_shards, inputs)
    sample = merging.parse_sample(FLAGS.sample) if FLAGS.sample is not None else {}
    selection = merging.Selection(FLAGS.only_answerable, seed=FLAGS.seed, **sample)
    bad_input = BadInput(skip=FLAGS.on_bad_input == "skip")
    is_full = FLAGS.full_set
    if is_full is None:
        is_full = full_set.is_named_full_set(inputs, split)
    expected = full_set.NUM_PAGES[split] if is_full else None

    with program.timed() as seconds:
        counts = merging.merge(inputs, outputs, selection, FLAGS.simplify, bad_input,
                               program.progress, expected)
    flag_file = writing.beside(FLAGS.output_jsonl, ".flags")
    program.write_flags(FLAGS, flag_file)
    _print_summary(counts, len(inputs), bad_input.skipped, seconds())
    if is_full:
        print("\nAll %s pages of the full %s set are there." % (format(expected, ","), split))
    print("\nWritten: %s\nFlags:   %s" % (" to ".join(outputs[:1] + outputs[1:][-1:]), flag_file))
    pattern = writing.shard_pattern(FLAGS.output_jsonl, FLAGS.num_shards)
    print("\nNext:\n  " + _next_command(split, pattern))


def _patterns(split: str) -> str:
    number = FLAGS["num_" + split].value
    if bool(FLAGS.input_jsonl) == bool(FLAGS.data_dir):
        raise UserError("give either --input_jsonl or --data_dir")
    if FLAGS.input_jsonl:
        if number is not None:
            raise UserError("--num_%s counts the shards of --data_dir: leave it out, or give "
                            "--data_dir instead of --input_jsonl" % split)
        return FLAGS.input_jsonl
    folder = os.path.join(FLAGS.data_dir, split)
    return os.path.join(folder if os.path.isdir(folder) else FLAGS.data_dir,
                        "nq-%s-*.jsonl.gz" % split)


def _first_shards(paths, split: str):
    """The wanted shards of --data_dir, sorted by number: nq-train-2 comes before nq-train-10."""
    name = re.compile(r"nq-%s-(\d+)\.jsonl\.gz" % split)
    numbered = []
    for path in paths:
        match = name.fullmatch(os.path.basename(path))
        if match:
            numbered.append((int(match.group(1)), path))
    wanted = FLAGS["num_" + split].value or len(numbered)
    if wanted > len(numbered) or not numbered:
        raise UserError("--data_dir=%s has %d shards nq-%s-NN.jsonl.gz, %d are asked for"
                        % (FLAGS.data_dir, len(numbered), split, max(wanted, 1)))
    return [path for _, path in sorted(numbered)[:wanted]]


def _print_summary(counts, num_inputs: int, skipped: int, seconds: float) -> None:
    def row(name, key):
        return name, "%9s %12s" % (format(counts.pages[key], ","),
                                   format(counts.annotations[key], ","))

    program.print_table("extracted", [
        ("", "%9s %12s" % ("pages", "annotations")),
        row("all", "all"),
        row("with a long answer", "long"),
        row("with a short answer", "short"),
        row("yes", "yes"),
        row("no", "no"),
        row("null", "null"),
    ])
    program.print_table("read", [
        ("shards", num_inputs),
        ("usable pages", counts.read),
        ("skipped", skipped),
        ("pages with an id seen before", counts.duplicates),
        ("time", program.duration(seconds)),
    ])


def _next_command(split: str, pattern: str) -> str:
    if split == "dev":
        return program.command(
            "bert_nq/run_nq.py", "--do_predict", "--predict_file=" + pattern, program.NEW_LINE,
            "--vocab_file=vocab-nq.txt", "--bert_config_file=bert_config.json",
            "--output_dir=model")
    records = os.path.join(os.path.dirname(pattern), "train.tfrecord")
    prepare = program.command(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + pattern, program.NEW_LINE,
        "--output_tfrecord=" + records, "--vocab_file=vocab-nq.txt")
    return "%s\nand for the dev set\n  %s" % (
        prepare, program.command("prepare/extract_dev_set.py", "--help"))
