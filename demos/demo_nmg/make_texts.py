r"""Makes texts with labels of the sample corpus: three sentences, and the kind of their article.

    python make_texts.py --split=train --num_pages=600 --output_jsonl=texts.jsonl

writes a text of each of the first pages of a split as JSON lines for run_classifier.py and
run_nmg.py: a sentence that answers a question, such as how long a river is, and its neighbours,
most of which could stand anywhere. They are of any paragraph but the page's first, which says what
the article is about; pages without such a sentence are left out. The same flags give the same file.
"""
from bert_nq.cli.start import run

import collections
import os
import sys

import orjson
from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for plain_text, sample_corpus

FLAGS = flags.FLAGS

flags.DEFINE_enum("split", "train", ["train", "dev"], "Of the sample corpus: no name of dev occurs "
                  "in train.")
flags.DEFINE_integer("num_pages", 600, "How many pages are looked at.", lower_bound=1)
flags.DEFINE_integer("seed", 17, "Of the pages, as in make_sample_corpus.py.")
flags.DEFINE_string("output_jsonl", None, "The file.")

_QUESTIONS = 4  # that are asked about a page
_SENTENCES = 3  # of a text


def main():
    program.require(FLAGS, "output_jsonl")
    counts, lines = collections.Counter(), []
    for number in program.progress(range(FLAGS.num_pages), "pages", FLAGS.num_pages):
        found = text_of(number)
        if found is not None:
            counts[found["label"]] += 1
            lines.append(orjson.dumps(found) + b"\n")
    if len(counts) < 2:
        raise UserError("--num_pages=%d: no two of them have paragraphs of different labels: give "
                        "more" % FLAGS.num_pages)
    with files.replacing(FLAGS.output_jsonl) as out:
        out.write(b"".join(lines))
    program.print_table("Texts with labels, in %s" % FLAGS.output_jsonl, [
        ("texts", len(lines)),
        *(("  " + label, number) for label, number in sorted(counts.items()))])


def text_of(number):
    """The text of a page and its label; None where it has none."""
    import plain_text
    from sample_corpus import corpus
    samples = corpus.make_samples(FLAGS.split, number, FLAGS.seed, _QUESTIONS)
    page = samples[0].page
    starts = [candidate["start_token"] for candidate in page.candidates
              if page.tokens[candidate["start_token"]]["token"] == "<P>"]
    spans = sorted((answer.long, answer.short[0]) for sample in samples for answer in sample.answers
                   if answer.short and answer.long.start_token in starts[1:])
    if not spans:
        return None
    paragraph, short = spans[0]
    sentences = sentences_of(page.tokens, paragraph)
    place = next(i for i, sentence in enumerate(sentences) if short.start_token in sentence)
    first = max(0, min(place - 1, len(sentences) - _SENTENCES))
    return {"id": "%s-%d" % (FLAGS.split, number), "label": samples[0].plan.kind.name,
            "text": plain_text.of_words(
                word for sentence in sentences[first:first + _SENTENCES]
                for word in sentence.values())}


def sentences_of(tokens, span):
    """The sentences in a span of a page, {number of a token: its word} each."""
    sentences = [{}]
    for number in range(span.start_token, span.end_token):
        if not tokens[number]["html_token"]:
            sentences[-1][number] = tokens[number]["token"]
            if tokens[number]["token"] in (".", "!", "?"):
                sentences.append({})
    return list(filter(None, sentences))


if __name__ == "__main__":
    run(main)
