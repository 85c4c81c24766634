r"""Tells whether an augmentation helps: same encoder, same number of steps, several seeds.

    python benchmarks/compare_augmentations.py --train_jsonl='train/*.jsonl.gz' \
        --dev_jsonl='dev/*.jsonl.gz' --work_dir=build/compare --vocab_file=vocab-nq.txt \
        --bert_config_file=bert_config.json --init_checkpoint=bert_model.ckpt \
        --settings=none,seed,default --seeds=1,2,3 --num_train_steps=1000 \
        --prepare_flags='--include_unknowns=0.05' --train_flags='--train_batch_size=16'

For each seed and setting: makes records of the training pages with the flags of the setting, trains
on them, predicts the dev pages and scores them, each with the program that does this, in the folder
WORK_DIR/SETTING-SEED. All settings are trained for the same number of steps, so that one with more
windows does not win by being trained for longer. What is finished is not done again: killed, the
same command carries on; more settings and seeds may be given later.

--num_train_epochs in place of --num_train_steps counts passes over the windows of the pages as they
are (the setting none), seed by seed.

A table is printed after each run: F1 of each setting and its difference to none, with spreads over
the seeds. WORK_DIR has it as comparison.md and comparison.json. Copies are made of pages with an
answer, which by itself changes what is trained on: --compared_with=unchanged takes that out of the
differences.
"""
from bert_nq.cli.start import run

import os
import re
import shlex
import sys

import augmentation_summary
from absl import flags
from augmentation_cells import PREPARE, RUN, Cell, Plan, check_flags
from cells import parse_seeds

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

_BASE = "none"

# {setting: its flags}.
_SETTINGS = {
    _BASE: "",
    # With an uncased vocabulary these are copies without any change.
    "unchanged": "--augment=case_noise",
    "seed": "--augment=synonyms --mode=seed",
    "default": "--augment=synonyms",
    "rate50": "--augment=synonyms --rate=0.5",
    "uniform": "--augment=synonyms --sense=uniform",
    "answer": "--augment=synonyms --words=answer",
    "both": "--augment=synonyms --words=both",
    "question": "--augment=synonyms --words=question",
    "all": "--augment=synonyms --words=all",
    "deletion": "--augment=deletion",
    "swap": "--augment=swap",
    "question_words": "--augment=question_words",
    "shuffle": "--augment=shuffle",
    "distractors": "--augment=distractors",
    "typos": "--augment=typos",
}

flags.DEFINE_string("train_jsonl", None,
                    "Training shards: comma-separated paths and globs.")
flags.DEFINE_string("dev_jsonl", None, "Shards to score on: comma-separated paths and globs.")
flags.DEFINE_string("work_dir", os.path.join("build", "compare"), "Folder of the runs.")
flags.DEFINE_string("vocab_file", None, "A vocab.txt with the NQ markers.")
flags.DEFINE_string("bert_config_file", None, "The encoder.")
flags.DEFINE_string("init_checkpoint", None, "Where training starts from; if not given, from "
                    "random weights, others for each seed.")
flags.DEFINE_list("settings", ["none", "seed", "default"], "What to compare: %s (the pages as they "
                  "are)%s." % (_BASE, "".join(", %s (%s)" % item for item in _SETTINGS.items()
                                              if item[1])))
flags.DEFINE_multi_string("setting", [], "A further one: 'NAME:FLAGS of prepare_nq_data.py'. May "
                          "be given several times.")
flags.DEFINE_string("compared_with", _BASE, "The one of them that differences are taken to.")
flags.DEFINE_list("seeds", ["1", "2", "3"], "Of preparation and training, one run each.")
flags.DEFINE_integer("num_train_steps", None, "Steps of every run.", lower_bound=1)
flags.DEFINE_float("num_train_epochs", None, "In place of steps: see above.", lower_bound=0)
flags.DEFINE_string("prepare_flags", "", "More flags of prepare_nq_data.py for all runs.")
flags.DEFINE_string("train_flags", "", "More flags of run_nq.py --do_train for all runs.")
flags.DEFINE_string("predict_flags", "", "More flags of run_nq.py --do_predict for all runs.")
flags.DEFINE_bool("keep", True, "Whether a finished run keeps its records and its model.")


def main():
    program.require(FLAGS, "train_jsonl", "dev_jsonl", "work_dir", "vocab_file", "bert_config_file")
    settings, seeds = chosen_settings(), parse_seeds(FLAGS.seeds)
    plan = make_plan()
    check(plan, settings)
    cells = {(name, seed): Cell(plan, name, settings[name], seed, report)
             for seed in seeds for name in settings}
    for number, ((name, seed), cell) in enumerate(cells.items(), 1):
        report("[%d/%d] %s" % (number, len(cells), cell.name))
        as_they_are = None
        if FLAGS.num_train_epochs and name != _BASE:
            as_they_are = cells[_BASE, seed].num_windows()
        if cell.run(as_they_are, FLAGS.keep) and number < len(cells):
            print("\n" + summarise(settings, cells), flush=True)
    print("\n%s\nWritten: %s and comparison.json" % (
        summarise(settings, cells), os.path.join(FLAGS.work_dir, "comparison.md")))


def chosen_settings():
    """{name: flags} of --settings, then of --setting."""
    known = {name: shlex.split(text) for name, text in _SETTINGS.items()}
    own = []
    for text in FLAGS.setting:
        name, colon, setting_flags = text.partition(":")
        if not colon or not re.fullmatch(r"[\w.+-]+", name):
            raise UserError("--setting=%r: it is written NAME:FLAGS" % text)
        if name in known:
            raise UserError("--setting=%r: there is a setting %s already" % (text, name))
        known[name] = shlex.split(setting_flags)
        own.append(name)
    for name in FLAGS.settings:
        if name not in known:
            raise UserError("--settings: %s is none of %s" % (name, ", ".join(known)))
    chosen = list(dict.fromkeys(FLAGS.settings + own))
    if FLAGS["compared_with"].present and FLAGS.compared_with not in chosen:
        raise UserError("--compared_with: %s is none of the settings, %s"
                        % (FLAGS.compared_with, ", ".join(chosen)))
    if FLAGS.num_train_epochs and chosen[:1] != [_BASE]:
        raise UserError("--num_train_epochs counts windows of the pages as they are: put %s first "
                        "among --settings, or give --num_train_steps" % _BASE)
    return {name: known[name] for name in chosen}


def make_plan():
    """The settings that all runs share."""
    if bool(FLAGS.num_train_steps) == bool(FLAGS.num_train_epochs):
        raise UserError("give either --num_train_steps or --num_train_epochs")
    values = {name: FLAGS[name].value for name in Plan._fields}
    for name in ("prepare_flags", "train_flags", "predict_flags"):
        values[name] = shlex.split(values[name])
    return Plan(**values)


def check(plan, settings):
    """Finds missing files and wrong flags before the first run."""
    for paths, kind in ((plan.train_jsonl, "training"), (plan.dev_jsonl, "dev")):
        files.expand(paths, kind)
    for setting_flags in settings.values():
        check_flags(PREPARE, plan.prepare_flags + setting_flags)
    for run_flags in (plan.train_flags, plan.predict_flags):
        check_flags(RUN, run_flags)


def report(line):
    """Prints a line of progress."""
    print(line, file=sys.stderr, flush=True)


def summarise(settings, cells):
    """Writes a table of the runs finished so far; returns it."""
    results = {name: [] for name in settings}
    for (name, _), cell in cells.items():
        result = cell.result()
        if result:
            results[name].append(result)
    rows = augmentation_summary.summarise(results, settings, FLAGS.compared_with)
    table = augmentation_summary.markdown(rows, FLAGS.compared_with)
    files.write_json(os.path.join(FLAGS.work_dir, "comparison.json"), rows)
    with files.replacing(os.path.join(FLAGS.work_dir, "comparison.md")) as out:
        out.write(table.encode("utf8"))
    return table


if __name__ == "__main__":
    run(main)
