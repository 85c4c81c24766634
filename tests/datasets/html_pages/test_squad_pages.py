"""Pages of Natural Questions made of SQuAD."""
import collections
import json

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.html_pages import squad_pages
from bert_nq.datasets.html_pages.making import NULL
from bert_nq.datasets.html_pages.squad_pages import Options
from bert_nq.datasets.nq.decoding import decode_example
from tests.support.squad_samples import qa


@pytest.fixture
def path(tmp_path):
    """Two articles of 20 and 3 paragraphs; each has one question, and one is impossible."""
    articles = []
    for title, count in (("Old_mill", 20), ("Pond", 3)):
        paragraphs = []
        for i in range(count):
            context = "Part %d of it. It has  mill %d, a mill." % (i, i)
            question = qa("%s-%d" % (title, i), "what has part %d?" % i,
                          ("mill %d" % i, context.index("mill")),
                          ("a mill", context.index("a mill")))
            if i == 1:
                question.update(is_impossible=True, answers=[])
            paragraphs.append({"context": context, "qas": [question]})
        articles.append({"title": title, "paragraphs": paragraphs})
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": articles}))
    return str(path)


def made(path, **options):
    counts, told = collections.Counter(), []
    lines = list(squad_pages.lines([path], Options(**dict(
        dict(is_dev=False, null_fraction=0.5, seed=0), **options)), BadInput(), counts,
        told.append))
    return lines, [decode_example(line, "x") for line in lines], counts, told


def texts(example):
    """The paragraphs and lists of a page."""
    return [" ".join(example.tokens[c.start_token:c.end_token]) for c in example.candidates
            if c.top_level]


def test_pages_are_runs_of_paragraphs_around_the_asked_one(path):
    _, examples, counts, told = made(path, null_fraction=0.0)
    assert len(examples) == 23 and not told
    lengths = collections.Counter()
    for number, example in enumerate(examples):
        title, asked = ("Old mill", number) if number < 20 else ("Pond", number - 20)
        assert example.title == title
        assert example.question == "what has part %d?" % asked
        assert example.example_id == hashed_id("%s-%d" % (title.replace(" ", "_"), asked))
        parts = [int(text.split("Part ")[1].split()[0]) for text in texts(example)]
        assert parts == list(range(parts[0], parts[0] + len(parts)))
        assert asked in parts
        lengths[len(parts)] += 1
        annotation, = example.annotations
        if asked == 1:
            assert annotation == NULL
            continue
        start, end = annotation.short_answers[0]
        assert " ".join(example.tokens[start:end]) == "mill %d" % asked
        assert "Part %d of" % asked in texts(example)[parts.index(asked)]
        long = example.candidates[annotation.candidate_index]
        assert long.top_level and long.start_token < start < end < long.end_token
        assert example.tokens[long.start_token] == "<P>"
    assert set(lengths) <= set(range(6, 13)) | {3} and len(lengths) > 3
    assert 0 < counts["with a list"] < 13
    lists = [text for example in examples for text in texts(example) if text[:4] == "<Ul>"]
    assert lists[0] == "<Ul> <Li> %s </Li> <Li> %s </Li> </Ul>" % tuple(
        part.strip() for part in lists[0].replace("<Ul> <Li>", "").replace("</Li> </Ul>", "").split(
            "</Li> <Li>"))
    assert counts["without an answer"] == 2
    assert counts["short articles"] == 1


def test_from_pages_without_an_answer_its_paragraph_is_taken_out(path):
    _, examples, counts, _ = made(path, null_fraction=1.0)
    assert counts["without an answer"] == 23
    for number, example in enumerate(examples):
        asked = number % 20
        assert example.annotations == [NULL]
        # What SQuAD says to be impossible has its paragraph.
        assert any("Part %d of" % asked in text for text in texts(example)) == (asked == 1)
    _, _, counts, _ = made(path)
    assert 6 < counts["without an answer"] < 19


def test_dev_pages_have_five_annotations(path):
    _, examples, _, _ = made(path, is_dev=True, null_fraction=0.0)
    annotations = examples[0].annotations
    shown = [" ".join(examples[0].tokens[a.short_answers[0][0]:a.short_answers[0][1]])
             for a in annotations]
    assert shown == ["mill 0", "a mill"] * 2 + ["mill 0"]
    assert examples[1].annotations == [NULL] * 5


def test_the_same_seed_makes_the_same_pages(path):
    assert made(path)[0] == made(path)[0]
    assert made(path)[0] != made(path, seed=1)[0]


def test_some_questions_by_chance(path):
    _, examples, counts, _ = made(path, max_examples=5)
    every = [e.example_id for e in made(path)[1]]
    ids = [e.example_id for e in examples]
    assert len(ids) == 5 and ids == [i for i in every if i in ids]
    assert ids != [e.example_id for e in made(path, max_examples=5, seed=3)[1]]
    assert len(made(path, max_examples=100)[1]) == 23


def test_answers_that_are_elsewhere_or_everywhere_are_left_out(tmp_path):
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "A_%C3%A9", "paragraphs": [{
        "context": "mill or mill by pond", "qas": [
            qa("1", "what?", ("mill", 8)), qa("2", "where?", ("pond", 3)),
            qa("3", "where?", ("pond", 16)), qa("4", "who?")]}]}]}))
    _, examples, counts, told = made(str(path))
    assert [e.title for e in examples] == ["A \u00e9"] * 2
    assert [e.annotations[0].short_answers for e in examples] == [((7, 8),), ((9, 10),)]
    assert counts["skipped"] == 2
    assert told == [
        "skipped: %s, question 2 (id 2): the answer 'pond' is not at its place in the paragraph, "
        "or occurs there more than once" % path,
        "skipped: %s, question 4 (id 4): it has no answer, nor is it said to be impossible" % path]
    _, examples, counts, _ = made(str(path), only_unique=True)
    assert [e.example_id for e in examples] == [hashed_id("3")]
    assert counts["skipped"] == 3


def test_questions_without_a_title_have_no_article(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "1", "context": "mill", "question": "what?",
                                "answers": {"text": ["mill"], "answer_start": [0]}}))
    with pytest.raises(BadExampleError) as e:
        made(str(path))
    assert str(e.value).startswith("%s, question 1 (id 1): it has no title, so that" % path)


def test_files_that_are_none(tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(UserError, match="not JSON"):
        made(str(tmp_path / "x.json"))
