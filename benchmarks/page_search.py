r"""Measures how fast a folder of pages is indexed and searched, and the memory that this takes.

    python benchmarks/page_search.py --vocab_file=vocab.txt --paragraphs=100000

Made-up pages of NQ's size (realistic_pages.py) with so many paragraphs, lists and tables are
written as HTML, and indexed as ask.py --pages does, in a process of its own. Then the index is
brought up to date once more, where nothing has changed, and asked: each question has two to six
words of a passage and some stop words. Then the questions of the sample corpus are asked of its
pages: how often the page that a question is about is found. What was found is in docs/ask.md.
"""
from bert_nq.cli.start import run

import contextlib
import gzip
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time

import corpora  # noqa: F401 - it makes sample_corpus known
import realistic_pages
from absl import flags

from bert_nq.answering.search import passages
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.datasets.html_pages.reading import pages_in, read_page
from bert_nq.text.vocabulary import read_tokens

FLAGS = flags.FLAGS

flags.DEFINE_string("vocab_file", None, "A vocab.txt; pages use its words.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the pages.")
flags.DEFINE_integer("paragraphs", 100000, "Passages of all pages together.", lower_bound=1)
flags.DEFINE_integer("sample_pages", 500, "Pages of the sample corpus, with four questions each.",
                     lower_bound=1)
flags.DEFINE_integer("questions", 1000, "Questions to search for.", lower_bound=1)
flags.DEFINE_integer("read_pages", 5, "Pages that a search gives.", lower_bound=1)
flags.DEFINE_string("measure", None, "Used by the program itself: what a process measures.")

_STOP_WORDS = "who what when where is was did the of in a".split()


def main():
    program.require(FLAGS, "vocab_file")
    if FLAGS.measure:
        print(json.dumps(_MEASURES[FLAGS.measure]()))
        return
    folder = _folder()
    if not os.path.exists(os.path.join(folder, "done.json")):
        _make(folder)
    made = files.read_json(os.path.join(folder, "done.json"))
    if os.path.exists(_index_path()):
        os.unlink(_index_path())
    found = {name: _in_process(name) for name in _MEASURES}
    size = os.path.getsize(_index_path())
    program.print_table("made-up pages", [
        ("pages", made["pages"]),
        ("paragraphs, lists and tables", found["index"]["passages"]),
        ("HTML, MB", "%.0f" % (made["bytes"] / 1e6))])
    new = found["index"]
    program.print_table("indexing them", [
        ("seconds", "%.1f" % new["seconds"]),
        ("pages a second", "%.1f" % (made["pages"] / new["seconds"])),
        ("passages a second", "%.0f" % (new["passages"] / new["seconds"])),
        ("index, MB", "%.0f" % (size / 1e6)), ("peak memory, MB", "%.0f" % new["peak_mb"])])
    again = found["again"]
    program.print_table("again, where nothing has changed", [
        ("seconds", "%.2f" % again["seconds"]), ("peak memory, MB", "%.0f" % again["peak_mb"])])
    search = found["search"]
    program.print_table("%d searches for %d pages" % (FLAGS.questions, FLAGS.read_pages), [
        ("ms, half of them (p50)", "%.1f" % search["p50_ms"]),
        ("ms, 95 of 100 (p95)", "%.1f" % search["p95_ms"]),
        ("page of the words among those found, %", "%.1f" % (100 * search["found"])),
        ("peak memory, MB", "%.0f" % search["peak_mb"])])
    for kind, (questions, first, among) in _sample().items():
        program.print_table("%d pages of the sample corpus, questions %s" % (
            FLAGS.sample_pages, kind), [
                ("questions", questions),
                ("their page is found first, %", "%.1f" % (100 * first / max(1, questions))),
                ("among %d, %%" % FLAGS.read_pages, "%.1f" % (100 * among / max(1, questions)))])


def _sample():
    """{kind: (questions, of these: page found first, page found)} of the sample corpus."""
    from sample_corpus import corpus
    folder = os.path.join(FLAGS.work_dir, "sample-pages-%d" % FLAGS.sample_pages)
    files.make_folder(folder)
    for _ in corpus.write_shards(folder, "dev", FLAGS.sample_pages, 1, seed=17, questions=4):
        pass
    names, asked = {}, []
    shard, = files.expand(os.path.join(folder, "*.jsonl.gz"))
    with gzip.open(shard) as lines:
        for record in map(json.loads, lines):
            html = record["document_html"]
            if html not in names:
                names[html] = "page-%05d.html" % len(names)
                with files.replacing(os.path.join(folder, names[html])) as out:
                    out.write(("<title>%s</title>%s" % (record["document_title"], html)
                               ).encode("utf8"))
            answer = record["annotations"][0]["long_answer"]
            asked.append((record["question_text"], names[html],
                          "without an answer" if answer["start_token"] < 0 else "with one"))
    counts = {kind: [0, 0, 0] for _, _, kind in asked}
    with SqliteIndex(folder, read_page, pages_in) as index:
        index.update()
        for question, name, kind in asked:
            found = [hit.path for hit in index.search(question, FLAGS.read_pages)]
            counts[kind][0] += 1
            counts[kind][1] += found[:1] == [name]
            counts[kind][2] += name in found
    return counts


def _folder():
    return os.path.join(FLAGS.work_dir, "pages-%d" % FLAGS.paragraphs)


def _index_path():
    return _folder() + ".sqlite"


def _make(folder):
    """Writes pages until there are enough passages; the last page may have some more."""
    vocabulary = read_tokens(FLAGS.vocab_file)
    files.make_folder(folder)
    made = {"pages": 0, "passages": 0, "bytes": 0}
    start = time.time()
    while made["passages"] < FLAGS.paragraphs:
        record = realistic_pages.make_page(vocabulary, made["pages"], seed=0)
        html = ("<title>%s</title>\n%s" % (record["document_title"], record["document_html"])
                ).encode("utf8")
        path = os.path.join(folder, "page-%05d.html" % made["pages"])
        with files.replacing(path) as out:
            out.write(html)
        made["pages"] += 1
        made["passages"] += len(list(passages.of_page(read_page(path))))
        made["bytes"] += len(html)
        if made["pages"] % 500 == 0:
            program.note("%d pages made in %.0f s" % (made["pages"], time.time() - start))
    files.write_json(os.path.join(folder, "done.json"), made)


def _in_process(measure):
    """What a process of its own measures, whose peak memory is that of its work alone."""
    done = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "--measure=" + measure]
        + ["--%s=%s" % (name, FLAGS[name].value)
           for name in ("vocab_file", "work_dir", "paragraphs", "questions", "read_pages")],
        stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise UserError("measuring %s has failed" % measure)
    return json.loads(done.stdout)


def _update():
    start = time.time()
    with SqliteIndex(_folder(), read_page, pages_in, _index_path()) as index:
        index.update()
    measured = {"seconds": time.time() - start, "peak_mb": _peak_mb()}
    # Those of the index: pages may have been made by an earlier version of the parser.
    with contextlib.closing(sqlite3.connect(_index_path())) as connection:
        measured["passages"], = connection.execute("SELECT COUNT(*) FROM passage").fetchone()
    return measured


def _search():
    with SqliteIndex(_folder(), read_page, pages_in, _index_path()) as index:
        names = index.pages()
        rng = random.Random(0)
        milliseconds, num_found = [], 0
        for name, question in [_question(names, rng) for _ in range(FLAGS.questions)]:
            start = time.time()
            hits = index.search(question, FLAGS.read_pages)
            milliseconds.append(1000 * (time.time() - start))
            num_found += name in [hit.path for hit in hits]
    milliseconds.sort()
    return {"p50_ms": milliseconds[len(milliseconds) // 2],
            "p95_ms": milliseconds[len(milliseconds) * 95 // 100],
            "found": num_found / FLAGS.questions, "peak_mb": _peak_mb()}


def _question(names, rng):
    """(page, two to six words of one of its passages among stop words)."""
    name = rng.choice(names)
    passage = rng.choice(list(passages.of_page(read_page(os.path.join(_folder(), name)))))
    words = [word for word in passage.text.split() if word.isalnum()] or ["x"]
    chosen = rng.sample(words, min(len(words), rng.randint(2, 6)))
    return name, " ".join(rng.sample(_STOP_WORDS, 3) + chosen)


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


_MEASURES = {"index": _update, "again": _update, "search": _search}


if __name__ == "__main__":
    run(main)
