r"""Measures how fast questions about a page are answered, beside a pipeline of transformers.

    python benchmarks/ask.py --model_dir=model --peer_python=torch-env/bin/python

A model of SQuAD is asked about one page of the size of Natural Questions, one question at a time,
in several threads at once, and several together; a question after the other is taken by each
contender in turns. Beside it transformers.pipeline("question-answering") in PyTorch answers the
same questions about the page's text with the same weights, windows and threads. Ours parses the
page's HTML with every question, the kinds "-parsed" once.

    python benchmarks/ask.py --model_dir=model --theirs= --ours= --memory_requests=10000

asks so many different questions about a short page, and tells the memory of the process at 10, 50
and 100 of a hundred. Beside it: ask_contender.py is what is measured; serve.py measures the
service. What was found is in README.md.
"""
from bert_nq.cli.start import run

import glob
import os
import shutil
import subprocess
import sys

import ask_contender
import corpora  # noqa: F401 - it makes sample_corpus known
import realistic_pages
from absl import flags
from contenders import Contender, check_known

from bert_nq.answering.page_text import PageText
from bert_nq.base import files, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.datasets.html_pages.reading import parse_page
from bert_nq.estimator import model_card, model_folder
from bert_nq.modeling import checkpoints
from bert_nq.text.vocabulary import read_tokens

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

flags.DEFINE_string("model_dir", None, "The folder of a trained model of SQuAD.")
flags.DEFINE_string("page", None, "The file of the page: HTML or text, UTF-8; else one is made up "
                    "of the model's vocabulary.")
flags.DEFINE_list("ours", "fp32,bf16,bf16-parsed", "Our contenders.")
flags.DEFINE_list("theirs", "pipeline-fp32-batch1,pipeline-bf16-batch1", "Theirs.")
flags.DEFINE_string("peer_python", sys.executable, "An interpreter that has torch and a release of "
                    "transformers before 5, which has no such pipeline any more.")
flags.DEFINE_integer("turns", 20, "Turns of one question at a time.", lower_bound=1)
flags.DEFINE_integer("at_once", 8, "Questions at once; 1: these are not measured.", lower_bound=1)
flags.DEFINE_integer("turns_at_once", 3, "Turns of so many.", lower_bound=1)
flags.DEFINE_integer("threads", 2, "Threads of each model.", lower_bound=1)
flags.DEFINE_integer("doc_overlap", 128, "Wordpieces that two windows share, as in run_qa.")
flags.DEFINE_integer("memory_requests", 0, "Questions that memory is watched for; 0: it is not.",
                     lower_bound=0)
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the files.")

_QUESTIONS = ["who founded it", "when was it built", "how large is the largest of them",
              "where does the name come from", "what is it used for in summer"]


def main():
    program.require(FLAGS, "model_dir")
    check_known("ours", FLAGS.ours, ask_contender.KINDS)
    check_known("theirs", FLAGS.theirs, ask_contender.KINDS)
    folder = os.path.join(FLAGS.work_dir, "ask")
    settings = _make(folder)
    names = FLAGS.ours + FLAGS.theirs
    if names:
        _measure(names, settings, "one at a time", 1, False, FLAGS.turns)
    if names and FLAGS.at_once > 1:
        for title, together in (("in threads", False), ("together", True)):
            _measure(names, settings, "%d at once, %s" % (FLAGS.at_once, title), FLAGS.at_once,
                     together, FLAGS.turns_at_once)
    if FLAGS.memory_requests:
        _watch_memory(settings)


def _make(folder):
    """Writes the page, and the model for both; returns the settings of the contenders."""
    program.quiet_tensorflow(False)
    card = model_card.read(FLAGS.model_dir)
    if card is None or card.task != "squad":
        raise UserError("%s is not the folder of a model of SQuAD" % FLAGS.model_dir)
    model, torch = os.path.join(folder, "model"), os.path.join(folder, "torch")
    shutil.rmtree(folder, ignore_errors=True)
    files.make_folder(model)
    files.write_json(os.path.join(model, model_card.NAME), {
        "task": card.task, "settings": dict(card.settings, doc_overlap=FLAGS.doc_overlap)})
    for path in (os.path.join(FLAGS.model_dir, model_folder.CONFIG),
                 vocabulary_files.vocabulary_of(FLAGS.model_dir)):
        shutil.copy(path, model)
    checkpoint = os.path.abspath(checkpoints.find_checkpoint(FLAGS.model_dir))
    for path in glob.glob(glob.escape(checkpoint) + ".*"):
        os.symlink(path, os.path.join(model, os.path.basename(path)))
    with files.replacing(os.path.join(model, "checkpoint")) as out:
        out.write(('model_checkpoint_path: "%s"\n' % os.path.basename(checkpoint)).encode("utf8"))
    if FLAGS.theirs:
        subprocess.run([sys.executable, os.path.join(ROOT, "prepare", "convert_checkpoint.py"),
                        "--input=" + checkpoint, "--output_dir=" + torch, "--to=huggingface",
                        "--bert_config_file=" + os.path.join(model, model_folder.CONFIG),
                        "--vocab_file=" + vocabulary_files.vocabulary_of(model)],
                       check=True, stdout=subprocess.DEVNULL)
    html = _page(vocabulary_files.vocabulary_of(model))
    page = parse_page(html, "page")
    paths = [os.path.join(folder, name) for name in ("page.html", "page.txt")]
    for path, text in zip(paths, (html, PageText(page).lines)):
        with files.replacing(path) as out:
            out.write(text.encode("utf8"))
    print("a page of %s bytes of HTML, %s tokens" % (format(len(html.encode("utf8")), ","),
                                                     format(len(page.tokens), ",")))
    return {"model_dir": model, "torch_dir": torch, "html_file": paths[0], "text_file": paths[1],
            "threads": FLAGS.threads, "doc_overlap": FLAGS.doc_overlap,
            "max_seq_length": card.settings["max_seq_length"], "questions": _QUESTIONS,
            "done_file": os.path.join(folder, "done-%s.json")}


def _page(vocab_file):
    if FLAGS.page:
        return files.read_whole(FLAGS.page).decode("utf8", "replace")
    return realistic_pages.make_page(read_tokens(vocab_file), 0, seed=1)["document_html"]


def _measure(names, settings, title, at_once, together, turns):
    """Asks all contenders in turns, and prints a table."""
    contenders, paths = {}, {name: settings["done_file"] % name for name in names}
    for name in names:
        python = FLAGS.peer_python if name in FLAGS.theirs else sys.executable
        contenders[name] = Contender(python, "ask_contender", name, dict(
            settings, at_once=at_once, together=together, done_file=paths[name]))
    taken = dict.fromkeys(names, 0.0)
    for _ in program.progress(range(turns), title, turns):
        for name, contender in contenders.items():
            taken[name] += contender.turn().seconds
    for contender in contenders.values():
        contender.close()
    done = {name: files.read_json(path, must_exist=True) for name, path in paths.items()}
    row = "%-22s %9s %9s %12s %15s  %s"
    print("\n" + row % (title, "p50, ms", "p95, ms", "answers/s", "same as first", "release"))
    rates = {}
    for name in names:
        seconds = sorted(done[name]["seconds"])
        rates[name] = at_once * turns / taken[name]
        same = sum(a == b for a, b in zip(done[name]["answers"], done[names[0]]["answers"]))
        print(row % (name, "%.0f" % (1000 * seconds[len(seconds) // 2]),
                     "%.0f" % (1000 * seconds[len(seconds) * 95 // 100]), "%.2f" % rates[name],
                     "%d of %d" % (same, len(seconds)), contenders[name].release))
    for ours in FLAGS.ours if FLAGS.theirs else []:
        print("%-22s times as fast as  %s" % (ours, ",  ".join(
            "%s: %.2f" % (theirs, rates[ours] / rates[theirs]) for theirs in FLAGS.theirs)))


def _watch_memory(settings):
    """Asks one contender about a short page, a question that it has not had each time."""
    path = settings["html_file"] + ".short.html"
    with files.replacing(path) as out:
        out.write(b"<p>The town of number 7 was founded by Marel Ansk in 1786.</p>")
    done_file = settings["done_file"] % "memory"
    turns = min(20, FLAGS.memory_requests)
    in_a_turn = FLAGS.memory_requests // turns
    contender = Contender(sys.executable, "ask_contender", "fp32", dict(
        settings, html_file=path, questions=["who founded town %d"], at_once=1, together=False,
        in_between=in_a_turn - 1, done_file=done_file))
    for _ in program.progress(range(turns), "memory", turns):
        contender.turn()
    memory = files.read_json(done_file, must_exist=True)["memory_mb"]
    program.print_table("memory of the process, MB", [
        # One more turn comes first, for which the graph is prepared.
        ("after %d questions" % ((number + 1) * in_a_turn), "%.1f" % memory[number - 1])
        for number in (max(1, turns * percent // 100) for percent in (10, 50, 100))])


if __name__ == "__main__":
    run(main)
