"""Files of questions of every format, and files that cannot be used."""
import gzip
import json

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.squad import reading
from bert_nq.datasets.squad.example import Answer, Example
from bert_nq.datasets.squad.forms import Form, form_of
from bert_nq.datasets.squad.reading import READING
from tests.support import squad_samples
from tests.support.squad_samples import ARON, ARTICLES, FORMATS, MAREL, QAS, ROWS, write


def read(path):
    return list(READING.examples([str(path)], BadInput()))


def failure(path):
    with pytest.raises(BadExampleError) as caught:
        read(path)
    return str(caught.value).replace(" (--on_bad_input=skip goes on without it)", "").replace(
        str(path), "PATH")


def skipped(path):
    """(ids of the questions that can be used, messages about the others)."""
    messages = []
    found = READING.examples([str(path)], BadInput(True, messages.append))
    return [e.question_id for e in found], [
        m.replace(str(path), "PATH").replace("skipped: ", "", 1) for m in messages]


def example(question_id, title, question, context, *answers, is_impossible=None, source=""):
    return Example(hashed_id(question_id), question_id, title, question, context,
                   tuple(Answer(*a) for a in answers), is_impossible, source)


EXAMPLES = [
    example("q1", "Tovin", "what flows by Aron ?", ARON, ("river Tovin", 4), ("Tovin", 10)),
    example("q2", "Tovin", "what is Aron ?", ARON, ("an old town", 32)),
    example("q3", "Marel", "where is Marel ?", MAREL, ("Besk", 22)),
]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_questions_in_all_formats(name, suffix, tmp_path):
    path = write(tmp_path / ("file" + suffix), FORMATS[name]())
    found = read(path)
    assert [e.source for e in found] == ["%s, question %d" % (path, i) for i in (1, 2, 3)]
    # A row's answers say that it is possible; MRQA has no titles.
    possible = False if "row" in name or name.startswith(("csv", "tsv", "run_qa")) else None
    expected = [e._replace(is_impossible=possible, title="" if name == "mrqa" else e.title)
                for e in EXAMPLES]
    assert [e._replace(source="") for e in found] == expected


def test_formats_are_told_by_their_content(tmp_path):
    def form(text):
        return form_of(write(tmp_path / "x.json", text))

    assert form('{"data": [') is Form.DOCUMENT
    assert form('{"version": "1.1", "data": [') is Form.DOCUMENT
    assert form('[{"id"') is Form.DOCUMENT
    assert form('{"title": "a", "paragraphs": []}') is Form.DOCUMENT
    assert form('{"title": "a", "paragraphs": [1]}\n{"title"') is Form.LINES
    assert form('{"header": {}}\n{"context": "') is Form.LINES
    assert form('{"id": 1\n{"id": 2}\n') is Form.LINES  # the first line is broken
    assert form('{\n"id": 1,\n"x"\n') is Form.DOCUMENT
    assert form("id,context,question\n") is Form.TABLE
    assert form("") is Form.TABLE
    # Beyond what is looked at first.
    assert form(json.dumps(ROWS[0], indent=1).replace("river", "r" * 100000)) is Form.DOCUMENT
    assert form('{"context": "%s"}\n{"context' % ("r" * 100000)) is Form.LINES


def test_answers_in_columns(tmp_path):
    expected = [a for e in EXAMPLES for a in e.answers[:1]]
    for text, start in (("answer_text", "answer_start"), ("text", "answer_start"),
                        ("answers.text", "answers.answer_start")):
        rows = [{"id": r["id"], "context": r["context"], "question": r["question"],
                 text: r["answers"]["text"][0], start: r["answers"]["answer_start"][0]}
                for r in ROWS]
        found = read(write(tmp_path / "x.csv", squad_samples.as_csv(rows)))
        assert [a for e in found for a in e.answers] == expected
        assert [e.title for e in found] == [""] * 3
    lists = [dict(r, text=r["answers"]["text"], answer_start=r["answers"]["answer_start"])
             for r in ROWS]
    for row in lists:
        del row["answers"]
    found = read(write(tmp_path / "x.csv", squad_samples.as_csv(lists)))
    assert [e.answers for e in found] == [e.answers for e in EXAMPLES]


@pytest.mark.parametrize("fields, is_impossible", [
    ({}, None),
    ({"is_impossible": True, "plausible_answers": [{"text": "Aron", "answer_start": 25}]}, True),
    ({"is_impossible": False}, False),
])
def test_what_squad_says_of_answerability(fields, is_impossible, tmp_path):
    path = squad_samples.write_squad(tmp_path / "x", [squad_samples.qa("q1", "what ?", **fields)])
    found, = read(path)
    assert (found.answers, found.is_impossible) == ((), is_impossible)


@pytest.mark.parametrize("fields, is_impossible", [
    ({"answers": {"text": [], "answer_start": []}}, True),
    ({"answers": []}, True),
    ({"answers": {"text": ["Aron"], "answer_start": [25]}}, False),
    ({"answers": {"text": ["Aron"], "answer_start": [25]}, "is_impossible": True}, True),
    ({}, None),
    ({"answers": None}, None),
])
def test_what_rows_say_of_answerability(fields, is_impossible, tmp_path):
    row = dict({"id": 7, "context": ARON, "question": "what ?"}, **fields)
    found, = read(write(tmp_path / "x", json.dumps([row])))
    assert (found.question_id, found.is_impossible) == ("7", is_impossible)


@pytest.mark.parametrize("cell, is_impossible", [
    ("True", True), ("1", True), ("false", False), ("", True), ("0", False)])
def test_what_tables_say_of_answerability(cell, is_impossible, tmp_path):
    row = {"id": "7", "context": ARON, "question": "what ?", "answers": "", "is_impossible": cell}
    found, = read(write(tmp_path / "x", squad_samples.as_csv([row])))
    assert (found.answers, found.is_impossible) == ((), is_impossible)


def test_texts_without_offsets_are_answers(tmp_path):
    row = {"id": "7", "context": ARON, "question": "what ?", "answers": ["Aron"]}
    found, = read(write(tmp_path / "x", json.dumps([row])))
    assert found.answers == (Answer("Aron", -1),)


def test_blanks_within_the_cells_of_a_table_are_kept(tmp_path):
    context = "a\n\n \nb,\"c\"\n\r\nd"
    row = {"id": "7", "context": context, "question": "what ?", "answers": ""}
    found, = read(write(tmp_path / "x.csv", squad_samples.as_csv([row])))
    assert found.context == context


def test_odd_characters_stay_as_they_are(tmp_path):
    text = r'[{"id": "\ud800", "context": "a\ud800b\u0000 é", "question": "é ?", "answers": []}]'
    found, = read(write(tmp_path / "x", text))
    assert (found.question_id, found.context, found.question) == ("\ud800", "a\ud800b\0 é", "é ?")


def test_a_context_of_half_a_million_characters(tmp_path):
    context = "tovin \u00e9 " * 62500
    row = {"id": "7", "context": context, "question": "what ?", "answers": []}
    for text in (json.dumps([row]), json.dumps(row) + "\n" + json.dumps(dict(row, id="8")),
                 squad_samples.as_csv([row])):
        assert read(write(tmp_path / "x", text))[0].context == context


def test_titles_of_long_articles_are_found_as_well(tmp_path, monkeypatch):
    article = {"paragraphs": [{"context": ARON, "qas": [squad_samples.qa("q%d" % i, "what ?")]}
                              for i in range(3)], "title": "Tovin"}
    path = write(tmp_path / "x", json.dumps({"data": [article]}))
    assert [e.title for e in read(path)] == ["Tovin"] * 3
    # Beyond what is held they are not waited for.
    from bert_nq.datasets.squad import documents
    monkeypatch.setattr(documents, "_HELD_PARAGRAPHS", 1)
    assert [e.title for e in read(path)] == ["", "", "Tovin"]


def bad(**changes):
    """A file with q1, and q2 with changes; a field whose value is ... is left out."""
    changed = {name: value for name, value in dict(QAS[0][1], **changes).items()
               if value is not ...}
    return json.dumps({"data": [{"title": "T", "paragraphs": [
        {"context": ARON, "qas": [QAS[0][0], changed]}]}]})


NO_QUESTION = ("no question: neither paragraphs (an article of SQuAD) nor qas (a paragraph of "
               "SQuAD or MRQA), nor context and question (a row)")


@pytest.mark.parametrize("text, message", [
    (bad(id=...), "PATH, question 2: the field id is missing"),
    (bad(id=2.5), "PATH, question 2: id is 2.5, not a string"),
    (bad(id=""), 'PATH, question 2: id is "", not a string'),
    (bad(id="q1"), "PATH, question 2 (id q1): a question before it has the same id"),
    (bad(question=...), "PATH, question 2 (id q2): the field question is missing"),
    (bad(question=["a"]), 'PATH, question 2 (id q2): question is ["a"], not a string'),
    (bad(question=" \n"), "PATH, question 2 (id q2): the question is empty"),
    (bad(answers=7), "PATH, question 2 (id q2): answers is 7, not a list"),
    (bad(answers=[7]), "PATH, question 2 (id q2): answer 1 is 7, not a JSON object"),
    (bad(answers=[{"answer_start": 3}]),
     "PATH, question 2 (id q2): answer 1: the field text is missing"),
    (bad(answers=[{"text": 5, "answer_start": 3}]),
     "PATH, question 2 (id q2): answer 1: text is 5, not a string"),
    (bad(answers=[{"text": "a", "answer_start": "3"}]),
     'PATH, question 2 (id q2): answer 1: answer_start is "3", not a whole number'),
    (bad(answers=[{"text": "a", "answer_start": 3.0}]),
     "PATH, question 2 (id q2): answer 1: answer_start is \"3.0\", not a whole number"),
    (bad(answers=[{"text": "a", "answer_start": True}]),
     "PATH, question 2 (id q2): answer 1: answer_start is true, not a whole number"),
    (bad(answers=[{"text": "a", "answer_start": float("nan")}]),
     "PATH, question 2 (id q2): answer 1: answer_start is \"nan\", not a whole number"),
    (bad(answers={"text": ["a"], "answer_start": []}),
     "PATH, question 2 (id q2): answers has 1 of text and 0 of answer_start"),
    (bad(is_impossible="no"), 'PATH, question 2 (id q2): is_impossible is "no", not true or false'),
    (bad(detected_answers=[{"text": "a"}]), "PATH, question 2 (id q2): a detected answer has no "
     'list char_spans: it is {"text": "a"}'),
    (bad(detected_answers=[{"text": "a", "char_spans": [[1, "2"]]}]),
     'PATH, question 2 (id q2): a span of char_spans is [1, "2"], not [first, last]'),
    (json.dumps([dict(ROWS[0], context="")]), "PATH, question 1 (id q1): the context is empty"),
    (json.dumps([dict(ROWS[0], context=None)]),
     "PATH, question 1 (id q1): the field context is missing"),
    (json.dumps([dict(ROWS[0], title=3)]), "PATH, question 1 (id q1): title is 3, not a string"),
    (json.dumps([dict(ROWS[0], answers={"text": "a"})]), "PATH, question 1 (id q1): answers is "
     '{"text": "a"}, without lists text and answer_start'),
    ('{"data": [{"title": "T", "paragraphs": [{"context": "a"}]}]}',
     'PATH, question 1: a paragraph has no list qas: it is {"context": "a"}'),
    ('{"data": [{"title": "T", "paragraphs": 3}]}',
     "PATH, question 1: paragraphs is 3, not a list"),
    ('{"data": [{"title": "T", "paragraphs": [{"qas": [3], "context": "a"}]}]}',
     "PATH, question 1: a question is 3, not a JSON object"),
    ('{"data": [3]}', "PATH, question 1: a JSON object is wanted, this is 3"),
    ('{"data": {"id": "q1"}}', "PATH, question 1: " + NO_QUESTION),
    ('{"q1": "Aron"}', "PATH, question 1: " + NO_QUESTION),
    ("[" * 200000, "PATH: not JSON: nested too deeply"),
    ('{"a": ' * 200000, "PATH: not JSON: nested too deeply"),
    ('{"data": [{"paragraphs": [',
     "PATH: not JSON: Expecting value at character 26"),
    (bad()[:-2], "PATH, after question 2: not JSON: Expecting ',' delimiter at character 382"),
    (bad() + "x", "PATH, after question 2: not JSON: Extra data at character 384"),
    ('{"data": []}', "PATH: there is no question in it"),
    ("", "PATH: neither JSON nor a table with the columns id, context, question and answers: its "
     "first line is ''"),
    ("id,question\n", "PATH: neither JSON nor a table with the columns id, context, question and "
     "answers: its first line is 'id,question'"),
    ("id,context,question\n", "PATH: there is no question in it"),
    ("id,context,question\n1,a b,c\n2,a\n",
     "PATH, question 2: the row that ends at line 3 has 2 columns and not 3"),
    ('id,context,question\n1,a b,c\n2,"a b,c\n',
     "PATH, after question 1: not CSV at line 3: unexpected end of data"),
    ("id,context,question,answers\n1,a b,c,x\n",
     'PATH, question 1 (id 1): answers is "x", not a list'),
    ("id,context,question,answers\n1,a b,c,{1}\n",
     'PATH, question 1 (id 1): answers is "{1}", not a list'),
    ("id,context,question,text,answer_start\n1,a b,c,a,nan\n",
     "PATH, question 1 (id 1): answer 1: answer_start is \"nan\", not a whole number"),
    ("id,context,question,is_impossible\n1,a b,c,perhaps\n",
     'PATH, question 1 (id 1): is_impossible is "perhaps", not true or false'),
    ('{"id": "q1", "context"\n' + json.dumps(ROWS[1]),
     "PATH, question 1: line 1 is not JSON: Expecting ':' delimiter at character 22"),
])
def test_files_that_cannot_be_used(text, message, tmp_path):
    assert failure(write(tmp_path / "x.json", text)) == message


def test_what_can_be_used_is(tmp_path):
    good = [dict(ROWS[0], id=str(i)) for i in range(3)]
    text = "{]\n".join(map(squad_samples.as_lines, [
        [good[0], dict(ROWS[0], id="0")],
        [good[1], dict(ROWS[0], id="x", question=""), good[2]]]))
    ids, messages = skipped(write(tmp_path / "x", text))
    assert ids == ["0", "1", "2"]
    assert messages == [
        "PATH, question 2 (id 0): a question before it has the same id",
        "PATH, question 3: line 3 is not JSON: Expecting property name enclosed in double quotes "
        "at character 1",
        "PATH, question 5 (id x): the question is empty"]


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b'[{"id": "q\xff"}]')
    assert failure(path) == "PATH: not JSON: byte 0xff at 10 is not UTF-8"
    path.write_bytes(b"id,context,question\n1,a,b\n2,\xe9,b\n")
    assert failure(path) == "PATH, after question 1: line 3 is not UTF-8"
    path.write_bytes(json.dumps(ARTICLES).encode("utf-16"))
    with pytest.raises(UserError, match="x is text in UTF-16, UTF-8 is wanted: convert it with"):
        list(READING.read(str(path), None))


@pytest.mark.parametrize("name", ["squad", "row-lines", "csv-json"])
def test_gzip_data_that_are_cut_off(name, tmp_path):
    path = write(tmp_path / "x.gz", FORMATS[name]())
    data = gzip.compress(gzip.decompress((tmp_path / "x.gz").read_bytes()), 0)
    (tmp_path / "x.gz").write_bytes(data[:-200])
    assert "the gzip data are cut off or damaged" in failure(path)
    assert skipped(path)[0] in (["q1"], ["q1", "q2"])


def test_progress_is_told_in_bytes_of_the_file(tmp_path):
    for name in ("squad", "row-lines", "csv-json"):
        path = write(tmp_path / "x.gz", FORMATS[name]())
        told = []
        assert len(list(reading.read_questions(path, told.append))) == 3
        assert sum(told) == (tmp_path / "x.gz").stat().st_size


def test_files_are_found_once(tmp_path):
    a = write(tmp_path / "a.json", FORMATS["squad"]())
    assert reading.find_files("%s/*.json" % tmp_path) == [a]
    with pytest.raises(UserError, match="a.json is named twice"):
        reading.find_files("%s,%s/*" % (a, tmp_path))
    with pytest.raises(UserError, match="no SQuAD file matches"):
        reading.find_files("%s/*.csv" % tmp_path)


def test_real_files(shared_data):
    found = read(shared_data + "/squad/dev-v2.0.json.gz")
    assert len(found) == 5740
    assert sum(e.is_impossible for e in found) == sum(not e.answers for e in found) > 2000
    found = read(shared_data + "/mrqa/NewsQA_sample.jsonl")
    assert len(found) == 17
    for e in found:
        for answer in e.answers:
            assert e.context.startswith(answer.text, answer.start_char)
