"""Files of questions about pages."""
import gzip
import json

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.html_pages.questions import AnswerText, read_questions
from tests.support.squad_samples import ARTICLES


def read(path, content, told=None):
    """What the questions are: (page, text, answers)."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    bad_input = BadInput() if told is None else BadInput(True, told.append)
    return [(q.page, q.text, q.answers and [a.text for a in q.answers])
            for q in read_questions(str(path), bad_input)]


@pytest.mark.parametrize("content", [
    "page,question,answer\nTovin,who  is it,Ansk\n\"a, b\",why,\n",
    "\ufeffPage,Question,Answer\r\nTovin,who is it,Ansk\r\n\"a, b\",why, \r\n",
    "page\tquestion\tanswer\nTovin\twho is it\tAnsk\na, b\twhy\t\n",
    "answer,page,question,other\nAnsk,Tovin,who is it,1\n,\"a, b\",why,2\n",
    '{"page": "Tovin", "question": "who is it", "answer": "Ansk"}\n'
    '{"page": "a, b", "question": "why", "answer": null}\n',
    '{"question": "who is it", "page": "Tovin", "answers": ["Ansk"]}\n\n'
    '{"page": "a, b", "question": "why", "answers": []}\n',
])
def test_tables_and_lines(tmp_path, content):
    expected = [("Tovin", "who is it", ["Ansk"]), ("a, b", "why", ())]
    assert read(tmp_path / "q", content) == expected
    assert read(tmp_path / "q", gzip.compress(content.encode("utf8"))) == expected


@pytest.mark.parametrize("content", [
    "page,question\nTovin,who\n", '{"page": "Tovin", "question": "who"}'])
def test_without_answers_nothing_is_known(tmp_path, content):
    assert read(tmp_path / "q", content) == [("Tovin", "who", None)]


def test_squad(tmp_path):
    path = tmp_path / "q.json"
    articles = json.loads(json.dumps(ARTICLES))
    articles[1]["paragraphs"][0]["qas"][0].update(is_impossible=True)
    path.write_text(json.dumps({"data": articles}))
    questions = list(read_questions(str(path), BadInput()))
    context = ARTICLES[0]["paragraphs"][0]["context"]
    assert [(q.page, q.text, q.answers, q.context == context) for q in questions] == [
        ("Tovin", "what flows by Aron ?",
         (AnswerText("river Tovin", 4), AnswerText("Tovin", 10)), True),
        ("Tovin", "what is Aron ?", (AnswerText("an old town", 32),), True),
        ("Marel", "where is Marel ?", (), False)]
    assert questions[1].source == "%s, question 2 (id q2)" % path


@pytest.mark.parametrize("content, message", [
    ("page,question\nTovin,who,Ansk\n", "q, line 2: the row has 3 columns and not 2 (page, "
     "question); text with a comma goes between quotes"),
    ("page,question\n,who\n", "q, line 2: page is missing or no text"),
    ('{"page": "a", "question": 1}', "q, line 1: question is missing or no text"),
    ('{"page": "a", "question": "b"}\n[1]', "q, line 2: not a JSON object"),
    ('{"page": "a", "question": "b"}\nx', "q, line 2: not JSON: "),
    ('{"page": "a", "question": "b", "answers": [1]}', "q, line 1: answers is no list of texts"),
])
def test_questions_that_cannot_be_used(tmp_path, content, message):
    with pytest.raises(BadExampleError) as e:
        read(tmp_path / "q", content)
    assert message in str(e.value)
    told = []
    read(tmp_path / "q", content, told)
    assert len(told) == 1 and message in told[0]


def test_files_that_are_none(tmp_path):
    with pytest.raises(UserError, match="its first line is 'seite,frage': columns named page and"):
        read(tmp_path / "q", "seite,frage\na,b\n")
    with pytest.raises(UserError, match="not CSV in UTF-8"):
        read(tmp_path / "q", b"page,question\na,\xe9\n")
