"""Files of texts with labels: their formats, ids and faults."""
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.classification import labels, reading


def write(path, text):
    data = text.encode("utf8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


def examples(path, of=reading.READING):
    return [(e.text_id, e.text, e.label) for e in of.examples([path], BadInput())]


@pytest.mark.parametrize("name, text", [
    ("a.jsonl", '{"text": "one, two", "label": "x", "more": 1}\n\n{"id": 7, "text": "b", '
                '"label": 3}\n'),
    ("a.jsonl.gz", '\ufeff{"text": "one, two", "label": "x"}\n\n{"id": "7", "text": "b", '
                   '"label": "3"}'),
    ("a.csv", 'id,text,label\n,"one, two",x\n7,b,3\n'),
    ("a.tsv", "index\ttext\tlabel\tid\n0\tone, two\tx\t\n1\tb\t3\t7\n"),
])
def test_all_formats_say_the_same(tmp_path, name, text):
    first = "a.%s:1" % name.split(".")[1]
    assert examples(write(tmp_path / name, text)) == [(first, "one, two", "x"), ("7", "b", "3")]


def test_an_example_has_an_id_of_64_bits_and_a_source(tmp_path):
    path = write(tmp_path / "a.csv", 'text,label\n"two\nlines",x\nb,\n')
    first, second = reading.READING.examples([path], BadInput())
    assert first == reading.Example(hashed_id("a.csv:1"), "a.csv:1", "two\nlines", "x",
                                    path + ", text 1")
    assert second.label is None


@pytest.mark.parametrize("line, fault", [
    ("[1]", "it is not a JSON object"),
    ('{"text": "a"', "not JSON"),
    ('{"label": "x"}', "text is None, not a string"),
    ('{"text": "  ", "label": "x"}', "the text is empty"),
    ('{"text": "a", "label": ["x"]}', "label is ['x'], not a string"),
    ('{"text": "a", "label": true}', "label is True, not a string"),
    ('{"text": "a", "id": 1.5}', "id is 1.5, not a string"),
    ('{"text": "a"}', "it has no label"),
])
def test_what_is_wrong_with_a_line(tmp_path, line, fault):
    path = write(tmp_path / "a.jsonl", '{"text": "a", "label": "x"}\n' + line + "\n")
    with pytest.raises(BadExampleError) as e:
        examples(path, reading.TRAINING_READING)
    assert str(e.value).startswith(path + ", text 2: ")
    assert fault in str(e.value)


@pytest.mark.parametrize("text, fault", [
    ("a,b\n1,2\n", "a.csv: neither JSON lines nor a table with the columns text and label: its "
                   "first line is 'a,b'"),
    ("text,label\na,x\nb\n", "a.csv, text 2: the row that ends at line 3 has 1 columns and not 2"),
    ('text,label\na,x\n"b,x\n', "a.csv, after text 1: not CSV at line "),
])
def test_what_is_wrong_with_a_table(tmp_path, text, fault):
    with pytest.raises(BadExampleError) as e:
        examples(write(tmp_path / "a.csv", text))
    assert fault in str(e.value)


def test_a_table_that_is_cut_off(tmp_path):
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(b"text,label\n" + b"".join(b"%d,x\n" % i for i in range(5000)))
    path.write_bytes(whole[:len(whole) // 2])
    found = []
    with pytest.raises(BadExampleError, match="after text .*cut off or damaged"):
        for number, _ in reading.read_texts(str(path)):
            found.append(number)
    assert found == list(range(1, len(found) + 1))


@given(st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_any_labels_are_a_setting(names):
    assert labels.parse(labels.as_setting(names)) == tuple(names)


def test_labels_with_commas():
    assert labels.parse("b, a,c") == ("b", "a", "c")


@pytest.mark.parametrize("text, fault", [
    ("a", "fewer than two"), ("a,a", "named twice"), ("a,,b", "no label"), ("[1, 2]", "no label"),
    ('["a"', "not a JSON list"),
])
def test_what_are_no_labels(text, fault):
    with pytest.raises(UserError, match=fault):
        labels.parse(text)


def test_the_labels_of_files(tmp_path):
    path = write(tmp_path / "a.csv", "text,label\na,x\nb,k\nc,x\n")
    assert reading.find_labels([path], BadInput()) == ["k", "x"]
