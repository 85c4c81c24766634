"""Texts of files of every format."""
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.corpus import reading

SQUAD = {"version": "1.1", "data": [{"title": "A", "paragraphs": [
    {"context": "First.", "qas": [{"id": str(i), "question": "?", "answers": []}
                                  for i in range(3)]},
    {"context": "Second.", "qas": [{"id": "b", "question": "?", "answers": []}]}]}]}
MRQA = [{"header": {"dataset": "NewsQA"}},
        {"context": "News.", "qas": [{"qid": "1", "question": "?", "detected_answers": []}]},
        {"id": "x", "context": "More.", "qas": []}]
PAGES = [{"document_text": "<P> Trade winds </P> blow", "example_id": 1, "question_text": "?"},
         {"document_tokens": [{"token": "<P>", "html_token": True},
                              {"token": "Warm", "html_token": False},
                              {"token": "air", "html_token": False}]}]
ROWS = [{"id": "1", "context": "A.", "question": "?", "answers": []},
        {"id": "2", "context": "A.", "question": "!", "answers": []},
        {"id": "3", "context": "B.", "question": "?", "answers": []}]


def json_lines(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def read(path, skip=False):
    faults = []
    found = list(reading.READING.examples([str(path)], BadInput(skip, faults.append)))
    return found, faults


@pytest.mark.parametrize("name, content, expected", [
    ("a.txt", "One line.\n\n  Another \n", [(1, ["One line."]), (3, ["Another"])]),
    # No JSON and no table, whatever it looks like further on.
    ("a.md", "text,label\n{\n", [(1, ["text,label"]), (2, ["{"])]),
    ("a", "\ufeffMarked\n", [(1, ["Marked"])]),
    ("a.txt", "[1] See there.\n{x}\n", [(1, ["[1] See there."]), (2, ["{x}"])]),
    ("a.txt", json_lines([{"text": "T"}]), [(1, ["T"])]),
    ("a.jsonl", json_lines([{"text": "T", "label": 1}, {"text": " U "}]), [(1, ["T"]),
                                                                        (2, [" U "])]),
    ("a.tsv", "label\ttext\nx\tA town\n", [(1, ["A town"])]),
    ("a.csv", 'text,label\n"A, b",x\nC,y\n', [(1, ["A, b"]), (2, ["C"])]),
    ("squad.json", json.dumps(SQUAD, indent=1), [(1, ["First."]), (4, ["Second."])]),
    ("squad.json", json.dumps(SQUAD), [(1, ["First."]), (4, ["Second."])]),
    ("articles.jsonl", json_lines(SQUAD["data"] * 2), [(1, ["First.", "Second."]),
                                                      (2, ["First.", "Second."])]),
    ("mrqa.jsonl", json_lines(MRQA), [(2, ["News."]), (3, ["More."])]),
    ("nq.jsonl", json_lines(PAGES), [(1, ["Trade winds blow"]), (2, ["Warm air"])]),
    ("one.jsonl", json_lines(PAGES[:1]), [(1, ["Trade winds blow"])]),
    ("rows.jsonl", json_lines(ROWS), [(1, ["A."]), (3, ["B."])]),
    ("rows.json", json.dumps(ROWS), [(1, ["A."]), (3, ["B."])]),
    ("rows.csv", "id,context,question,answers\n1,A.,?,[]\n2,A.,!,[]\n3,B.,?,[]\n",
     [(1, ["A."]), (3, ["B."])]),
])
def test_formats(tmp_path, name, content, expected):
    plain, packed = tmp_path / name, tmp_path / (name + ".gz")
    plain.write_text(content, encoding="utf8")
    packed.write_bytes(gzip.compress(content.encode("utf8")))
    for path in (plain, packed):
        found, _ = read(path)
        assert [(int(e.source.rpartition(" ")[2]), list(e.contexts)) for e in found] == expected
        number, contexts = expected[0]
        assert found[0].text_id == "%s:%d" % (path, number)
        assert found[0].source == "%s, text %d" % (path, number)
        assert found[0].example_id == hashed_id("\n".join(contexts))


def test_equal_texts_have_equal_ids_wherever_they_are(tmp_path):
    (tmp_path / "a.txt").write_text("One\nTwo\n")
    (tmp_path / "b.jsonl").write_text(json_lines([{"text": "Two"}]))
    (_, two), _ = read(tmp_path / "a.txt")
    (again,), _ = read(tmp_path / "b.jsonl")
    assert two.example_id == again.example_id


@pytest.mark.parametrize("name, content, fault", [
    ("a.jsonl", '{"text": "a"}\n{"text": 3}\n', "a.jsonl, text 2: text is 3, not a string"),
    ("a.jsonl", '{"text": "a"}\n{"text"\n', "a.jsonl, text 2: not JSON: "),
    ("a.jsonl", '{"text": "a"}\n[1]\n', "a.jsonl, text 2: it is not a JSON object"),
    ("a.jsonl", '{"words": "a", "id": 1}\n', "a.jsonl, text 1: no text in it: neither text nor "
     "context, paragraphs, document_tokens or document_text; it has id, words"),
    ("a.jsonl", '{"text": " "}\n', "a.jsonl, text 1: the text is empty"),
    ("a.jsonl", '{"paragraphs": [3]}\n', r"text 1: paragraphs is \[3\], not a list of objects"),
    ("a.jsonl", '{"paragraphs": [{}]}\n', "text 1: context is None, not a string"),
    ("a.jsonl", '{"document_tokens": 3}\n', "a.jsonl, text 1: "),
    ("a.csv", "words,label\na,b\n", "a.csv: neither JSON lines nor a table with the columns text"),
    ("a.json", '{"data": [{"paragraphs": [{"qas": [3]}]}]}', "text 1: a question is 3"),
    ("a.json", "[", "a.json: not JSON"),
    ("a.json", "x", "a.json: "),
    ("a.jsonl", "{text: 1}\n", "a.jsonl: "),
])
def test_what_cannot_be_used(tmp_path, name, content, fault):
    (tmp_path / name).write_text(content)
    with pytest.raises(BadExampleError, match=fault):
        read(tmp_path / name)


def test_what_is_no_text_is_passed_over_where_that_is_wanted(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"good\nb\xff\nalso good\n")
    found, faults = read(tmp_path / "a.txt", skip=True)
    assert [e.contexts for e in found] == [("good",), ("also good",)]
    assert faults == ["skipped: %s, text 2: it is not UTF-8" % (tmp_path / "a.txt")]


def test_a_file_that_is_cut_off_gives_what_it_has(tmp_path):
    content = gzip.compress(b"".join(b"line %d\n" % i for i in range(2000)))
    (tmp_path / "a.txt.gz").write_bytes(content[:len(content) // 2])
    found, faults = read(tmp_path / "a.txt.gz", skip=True)
    assert found[0].contexts == ("line 0",) and 0 < len(found) < 2000
    assert "cut off or damaged" in faults[0]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["text", "context", "paragraphs", "document_text",
                                         "document_tokens", "fault", "x"]), inner, max_size=4),
                    max_leaves=8))
def test_any_json_is_a_text_or_a_fault(value):
    try:
        found = reading.decode(json.dumps(value).encode(), "a.jsonl, text 7")
    except BadExampleError as e:
        assert str(e).startswith("a.jsonl, text 7: ")
    else:
        assert found.contexts and all(context.strip() for context in found.contexts)
        assert found.text_id == "a.jsonl:7"
