r"""A masking policy learned by self-play, and tested against masks by rules.

    python demo_nmg.py --output_dir=build/demo

makes the sample corpus and a vocabulary, or takes those of `make demo` in the same folder;
pretrains a small language model on some of its pages; makes a task, to tell what kind of thing an
article is about from three of its sentences; has run_nmg.py learn which words to mask in further
pretraining for that task; and fine-tunes and scores without further pretraining, with masks by
four rules, and with those of the policy, all of the same budget and with the same seeds. The table
at the end has the scores; below it stands whether a difference is more than the seeds make. Every
stage is a program of this repository, called as it is printed.
"""
from bert_nq.cli.start import run

import os
import sys
import time
from typing import Dict, List

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.vocabulary_files import file_name_of
from bert_nq.cli import program
from bert_nq.masking_policy.meta_test import spread

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()
flags.DEFINE_integer("num_episodes", 24, "Of self-play.", lower_bound=1)

_TASK_PAGES = 2000  # of either split at most, half of which give a text
_COLUMNS = (("accuracy", "accuracy"), ("macro F1", "macro_f1"))
_RULES = ("random", "whole_word", "span", "punctuation")
_NONE, _POLICY = "no further pretraining", "policy"

Scores = Dict[str, List[Dict[str, float]]]  # of each masking, the official ones of each seed


def main():
    start = time.time()
    if FLAGS.data_dir:
        raise UserError("--data_dir: this demo is of the sample corpus alone; "
                        "docs/masking_policy.md has the commands for other data")
    demo = nq_demo.Demo()
    train, _ = demo.shards()
    work = Work(demo, demo.vocabulary(train))
    language_model = work.pretrain(train)
    work.make_texts()
    work.learn(language_model)
    show(work, work.test(language_model))
    print("Time: %s" % program.duration(time.time() - start))


class Work:
    """The stages behind the vocabulary, in a folder of their own."""

    def __init__(self, demo, vocab):
        self._stages, self._vocab = demo.stages, vocab
        self._config = FLAGS.bert_config_file or sample("bert_config.json")
        self._folder = demo.path("nmg")
        files.make_folder(self._folder)
        self.texts = {split: self.path(split + ".jsonl") for split in ("train", "dev")}

    def path(self, *names):
        """The path of a file in that folder."""
        return os.path.join(self._folder, *names)

    def pretrain(self, train):
        """Pretrains a language model on a tenth of the questions' pages; returns its folder."""
        pages, records = self.path("pages.jsonl.gz"), self.path("pages.tfrecord")
        self._stages.run("Take some pages", pages, "prepare/extract_train_set.py",
                         "--input_jsonl=" + train, "--sample=0.1", "--output_jsonl=" + pages)
        self._stages.run(
            "Mask their texts", records, "prepare/prepare_text_corpus.py", "--input_file=" + pages,
            "--vocab_file=" + self._vocab, "--output_tfrecord=" + records,
            "--flagfile=" + sample("corpus.flags"))
        self._stages.run(
            "Pretrain a language model", None, "bert_nq/run_mlm.py", "--do_train",
            "--train_precomputed_file=" + records, "--vocab_file=" + self._vocab,
            "--bert_config_file=" + self._config, "--output_dir=" + self.path("language_model"),
            "--flagfile=" + sample("mlm.flags"))
        return self.path("language_model")

    def make_texts(self):
        """Makes the task: paragraphs of both splits with the kinds of their articles."""
        for split, path in self.texts.items():
            pages = min(_TASK_PAGES, FLAGS["num_%s_pages" % split].value)
            self._stages.run("Make texts with labels: " + split, path,
                             "demos/demo_nmg/make_texts.py", "--split=" + split,
                             "--num_pages=%d" % pages, "--output_jsonl=" + path)

    def learn(self, language_model):
        """Learns a policy."""
        self._stages.run(
            "Learn a masking policy", self.path("policy", "words.html"), "bert_nq/run_nmg.py",
            "--do_meta_train", "--num_episodes=%d" % FLAGS.num_episodes,
            *self._run(language_model))

    def _run(self, language_model):
        return ["--train_file=" + self.texts["train"], "--vocab_file=" + self._vocab,
                "--bert_config_file=" + self._config, "--init_checkpoint=" + language_model,
                "--output_dir=" + self.path("policy"), "--flagfile=" + sample("nmg.flags")]

    def test(self, language_model) -> Scores:
        """Tests it against the rules."""
        self._stages.run(
            "Test it", None, "bert_nq/run_nmg.py", "--do_meta_test",
            "--test_file=" + self.texts["dev"], "--test_maskings=" + ",".join(_RULES),
            *self._run(language_model),
            "--flagfile=" + sample("test.flags"))
        return by_masking(files.read_json(self.path("policy", "meta_test.json"))["scores"])

    def classifier(self):
        """The command that fine-tunes the policy's language model and keeps the classifier."""
        model = self.path("policy", "meta_test", "language_model")
        return program.command(
            "bert_nq/run_classifier.py", "--do_train", "--do_eval",
            "--train_file=" + self.texts["train"], program.NEW_LINE,
            "--predict_file=" + self.texts["dev"], "--init_checkpoint=" + model, program.NEW_LINE,
            "--bert_config_file=" + os.path.join(model, "bert_config.json"), program.NEW_LINE,
            "--vocab_file=" + os.path.join(model, file_name_of(self._vocab)),
            "--head=mean_classes", "--max_seq_length=64", program.NEW_LINE,
            "--learning_rate=1e-3", "--train_batch_size=16", "--num_train_epochs=6",
            program.NEW_LINE, "--output_dir=" + self.path("classifier"))


def sample(name):
    """The path of a settings file of the demo."""
    return os.path.join(HERE, "sample", name)


def by_masking(scores) -> Scores:
    """The official scores in a file of run_nmg.py, the rules in the order of _RULES."""
    found: Scores = {_NONE: [], **{"%s masks" % name: [] for name in _RULES}, _POLICY: []}
    for key, numbers in sorted(scores.items()):
        kind, _, rest = key.partition(": ")
        if kind == "test":
            name = rest.rpartition(", seed ")[0]
            found[_POLICY if name.startswith("policy-") else name].append(numbers)
    return found


def show(work, scores: Scores):
    """Prints the table, what it says, where the pictures are, and the next command."""
    print("\n%-26s" % "" + "".join("%26s" % title for title, _ in _COLUMNS))
    for name, seeds in scores.items():
        print("%-26s" % name + "".join("%26s" % spread([one[key] for one in seeds])
                                       for _, key in _COLUMNS))
    print("\n" + verdict(scores))
    print("\nThe episodes as a picture:  %s\nWhat the policy masks:      %s" % (
        work.path("policy", "history.png"), work.path("policy", "words.html")))
    print("\nNext: keep a classifier that starts from its language model\n  " + work.classifier())


def verdict(scores: Scores, key="accuracy"):
    """What the scores say, in two sentences: a difference counts if no seed contradicts it."""
    seeds = {name: [one[key] for one in found] for name, found in scores.items()}
    means = {name: sum(found) / len(found) for name, found in seeds.items()}
    masked = [name for name in means if name != _NONE]
    best_rule = max((name for name in masked if name != _POLICY), key=lambda name: means[name])

    def compared(name, other):
        if min(seeds[name]) > max(seeds[other]):
            return "better than"
        if max(seeds[name]) < min(seeds[other]):
            return "worse than"
        return "not clearly better or worse than"

    best = max(masked, key=lambda name: means[name])
    return ("With its best masking, %s, further pretraining is %s none.\n"
            "The policy's masks are %s the best rule's, %s: the accuracies of %d seeds %s." % (
                best, compared(best, _NONE), compared(_POLICY, best_rule), best_rule,
                len(seeds[_POLICY]),
                "overlap" if "not" in compared(_POLICY, best_rule) else "do not overlap"))


if __name__ == "__main__":
    run(main)
