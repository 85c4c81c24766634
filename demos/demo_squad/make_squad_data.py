r"""Makes SQuAD-shaped data of NQ shards: questions about one paragraph of a page.

    python make_squad_data.py --input_jsonl=build/demo/nq-dev.jsonl.gz --output_prefix=squad/dev

writes squad/dev-v1.1.json and squad/dev-v2.0.json. A question is taken if an annotator marked one
short answer in a paragraph; its context is that paragraph as text, and what the annotators marked
there are its answers. Version 2.0 has besides, of every second page, the question again with
another paragraph of the page, in which the answer is not found. Meant for pages of the sample
corpus, whose paragraphs say a thing once.
"""
from bert_nq.cli.start import run

import copy
import os
import sys

from absl import flags

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.cli import program

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # for plain_text

import plain_text  # noqa: E402

FLAGS = flags.FLAGS

flags.DEFINE_string("input_jsonl", None, "NQ shards: comma-separated paths and globs.")
flags.DEFINE_string("output_prefix", None, "The files are PREFIX-v1.1.json and PREFIX-v2.0.json.")

_MIN_WORDS = 8  # of a paragraph in which an answer is looked for in vain


def main():
    program.require(FLAGS, "input_jsonl", "output_prefix")
    from bert_nq.datasets.nq import shards
    paths = shards.expand_shards(FLAGS.input_jsonl)
    outputs = ["%s-v%s.json" % (FLAGS.output_prefix, version) for version in ("1.1", "2.0")]
    for output in outputs:
        files.check_output(output, paths)
    answerable, others = [], []
    for number, page in enumerate(shards.read_examples(paths, BadInput())):
        found = paragraph_of(page)
        if found is not None:
            answerable.append(found)
            if number % 2:
                others += elsewhere(page, found)
    if not answerable:
        raise UserError("%s: no annotator marked a short answer in a paragraph" % paths[0])
    both = sorted(answerable + others, key=lambda article: article["title"])
    for output, version, articles in zip(outputs, ("1.1", "2.0"), (answerable, both)):
        files.write_json(output, {"version": version, "data": [
            of_version(article, version) for article in articles]})
    program.print_table("SQuAD-shaped data", [
        ("questions with an answer", len(answerable)), ("questions without", len(others)),
        ("version 1.1", outputs[0]), ("version 2.0, with both", outputs[1])])


def paragraph_of(page):
    """An article with one question about the paragraph that holds its short answer, or None."""
    spans = [(a.candidate_index, a.short_answers[0]) for a in page.annotations
             if a.candidate_index >= 0 and len(a.short_answers) == 1
             and page.tokens[page.candidates[a.candidate_index].start_token] == "<P>"]
    if not spans:
        return None
    index = spans[0][0]
    candidate = page.candidates[index]
    context = text_of(page, candidate.start_token, candidate.end_token)
    answers = []
    for other, span in spans:
        before = text_of(page, candidate.start_token, span.start_token)
        text = text_of(page, *span)
        start = context.find(text, max(0, len(before) - 1))
        if other == index and text and start >= 0:
            answers.append({"text": text, "answer_start": start})
    return article(page, index, context, answers, False) if answers else None


def elsewhere(page, found):
    """The question with the first other paragraph of the page that lacks the answers: one or none.
    """
    answers = [a["text"] for a in found["paragraphs"][0]["qas"][0]["answers"]]
    for index, candidate in enumerate(page.candidates):
        context = text_of(page, candidate.start_token, candidate.end_token)
        if (page.tokens[candidate.start_token] == "<P>" and len(context.split()) >= _MIN_WORDS
                and context != found["paragraphs"][0]["context"]
                and not any(answer in context for answer in answers)):
            return [article(page, index, context, [], True)]
    return []


def article(page, index, context, answers, is_impossible):
    """A question about a context, as an article of SQuAD 2.0."""
    return {"title": page.title, "paragraphs": [{"context": context, "qas": [{
        "id": "%d-%d" % (page.example_id, index), "question": page.question + "?",
        "answers": answers, "is_impossible": is_impossible}]}]}


def of_version(content, version):
    """An article as the version has it."""
    made = copy.deepcopy(content)
    if version == "1.1":
        del made["paragraphs"][0]["qas"][0]["is_impossible"]
    return made


def text_of(page, start_token, end_token):
    """The tokens of a span as text."""
    return plain_text.of_words(token for token, is_html in zip(
        page.tokens[start_token:end_token], page.is_html[start_token:end_token]) if not is_html)


if __name__ == "__main__":
    run(main)
