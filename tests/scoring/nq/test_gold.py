import gzip
import json
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.gold import read_gold
from bert_nq.scoring.nq.gold_cache import GoldCache
from bert_nq.scoring.nq.labels import Answers, AnswerSpan
from bert_nq.scoring.nq.predictions import read_predictions
from tests.support.scoring_samples import NULL, annotation, random_task, seeded, span, write_gold

EXAMPLE = {"example_id": 5, "document_html": "<p>Å", "annotations": [
    annotation(span((1, 9), (10, 90)), [span((2, 3), (20, 30))]), annotation(yes_no_answer="NO")]}
LABELS = (Answers(AnswerSpan(10, 90, 1, 9), (AnswerSpan(20, 30, 2, 3),), "none"),
          Answers(AnswerSpan(), (), "no"))


def error_of(function, *args):
    with pytest.raises(UserError) as caught:
        function(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.jsonl.gz"])
def test_one_shard(tmp_path, name):
    path = write_gold(tmp_path / name, [EXAMPLE, {"example_id": "6", "annotations": []}])
    assert read_gold([path]) == {5: LABELS, 6: ()}


def test_gzip_is_known_by_its_bytes(tmp_path):
    path = write_gold(tmp_path / "gold.jsonl.gz", [EXAMPLE])
    os.rename(path, str(tmp_path / "gold"))
    assert read_gold([str(tmp_path / "gold")]) == {5: LABELS}


def test_the_number_of_processes_changes_nothing(tmp_path):
    examples, _ = random_task(seeded(0), num_questions=12)
    paths = [write_gold(tmp_path / ("gold-%d.jsonl.gz" % i), examples[i::4]) for i in range(4)]
    alone = read_gold(paths, 1)
    assert list(alone) == [e["example_id"] for i in range(4) for e in examples[i::4]]
    for num_processes in (2, 3, 10):
        assert list(read_gold(paths, num_processes).items()) == list(alone.items())


def test_processes_report_the_first_bad_shard(tmp_path):
    paths = [str(tmp_path / name) for name in "abc"]
    write_gold(paths[0], [EXAMPLE])
    write_gold(paths[1], [EXAMPLE, {}])
    write_gold(paths[2], [{}])
    expected = "%s, line 2: the field example_id is missing: is this an NQ shard?" % paths[1]
    assert error_of(read_gold, paths, 1) == expected
    assert error_of(read_gold, paths, 3) == expected


def test_blank_lines_and_lone_surrogates_are_let_pass(tmp_path):
    # orjson alone would refuse the second line.
    text = json.dumps(EXAMPLE) + "\n" + json.dumps(
        {"example_id": 6, "document_html": "\ud800", "annotations": []}) + "\n\n"
    (tmp_path / "gold").write_text(text)
    assert read_gold([str(tmp_path / "gold")]) == {5: LABELS, 6: ()}


@pytest.mark.parametrize("line, message", [
    ('{"example_id": 5, "annot', "not JSON: Unterminated string starting at character 18"),
    ("[1]", "the example is not a JSON object"),
    ('{"version": "1.1", "data": []}', "the field example_id is missing: is this an NQ shard?"),
    ('{"example_id": 5}', "example 5: the field annotations is missing: the examples of a test "
                          "split cannot be scored"),
    ("[" * 100000, "not JSON: nested too deeply"),
    (json.dumps(EXAMPLE), "example 5 was already in %s, line 1"),
])
def test_bad_lines(tmp_path, line, message):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(EXAMPLE) + "\n" + line + "\n")
    expected = "%s, line 2: %s" % (path, message % path if "%s" in message else message)
    assert error_of(read_gold, [str(path)]).startswith(expected)


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b'{"example_id": 5, "title": "\xff"}\n')
    assert error_of(read_gold, [str(path)]).startswith(
        "%s, line 1: not JSON: byte 0xff at 28 is not UTF-8" % path)


def test_gzip_that_is_cut_off(tmp_path):
    # Noise does not compress, so that half the file holds about half the lines.
    rng = seeded(0)
    lines = [json.dumps(dict(EXAMPLE, example_id=i, x=rng.getrandbits(8000))) + "\n"
             for i in range(100)]
    data = gzip.compress("".join(lines).encode("utf8"))
    path = tmp_path / "gold.jsonl.gz"
    path.write_bytes(data[:len(data) // 2])
    message = error_of(read_gold, [str(path)])
    assert message.startswith("%s, after line " % path)
    assert "the gzip data are cut off or damaged" in message


def test_gzip_that_is_damaged(tmp_path):
    path = tmp_path / "gold.jsonl.gz"
    write_gold(path, [EXAMPLE])
    data = bytearray(path.read_bytes())
    data[-6] ^= 1  # in the checksum
    path.write_bytes(bytes(data))
    assert "damaged (Error -6 Incorrect checksum" in error_of(read_gold, [str(path)])


def test_an_example_that_is_in_two_shards(tmp_path):
    a = write_gold(tmp_path / "a.jsonl", [dict(EXAMPLE, example_id=4), EXAMPLE])
    b = write_gold(tmp_path / "b.jsonl", [EXAMPLE])
    assert error_of(read_gold, [a, b]) == (
        "%s, line 1: example 5 was already in %s, line 2" % (b, a))


def test_no_example_at_all(tmp_path):
    paths = [write_gold(tmp_path / name, []) for name in ("a.jsonl", "b.jsonl.gz")]
    assert error_of(read_gold, paths) == "%s (and 1 more): there is no example in it" % paths[0]


def test_the_cache_gives_back_what_was_stored(tmp_path):
    paths = [write_gold(tmp_path / "gold-0", [EXAMPLE]),
             write_gold(tmp_path / "gold-1", [{"example_id": -9, "annotations": []}])]
    assert GoldCache(paths).load() is None
    labels = read_gold(paths)
    GoldCache(paths).store(labels)
    loaded = GoldCache(paths).load()
    assert list(loaded.items()) == [(5, LABELS), (-9, ())]
    assert loaded[5][0].short_answers[0].matches(AnswerSpan(20, 30))
    # Other shards have a cache of their own, none of them taken for a shard by a pattern.
    assert GoldCache(paths[:1]).load() is None
    assert GoldCache(paths[:1]).path != GoldCache(paths).path
    assert sorted(map(str, tmp_path.glob("[!.]*"))) == paths


@pytest.mark.parametrize("change", [
    lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    lambda path: os.utime(str(path), ns=(0, 1)),
])
def test_the_cache_ends_when_a_shard_changes(tmp_path, change):
    path = tmp_path / "gold"
    write_gold(path, [EXAMPLE])
    GoldCache([str(path)]).store({5: LABELS})
    assert GoldCache([str(path)]).load() == {5: LABELS}
    change(path)
    assert GoldCache([str(path)]).load() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1}'])
def test_a_damaged_cache_is_no_cache(tmp_path, content):
    path = write_gold(tmp_path / "gold", [EXAMPLE])
    with open(GoldCache([path]).path, "w") as f:
        f.write(content)
    assert GoldCache([path]).load() is None


def test_a_cache_with_damaged_labels_is_no_cache(tmp_path):
    path = write_gold(tmp_path / "gold", [EXAMPLE])
    cache = GoldCache([path])
    cache.store({5: LABELS})
    with open(cache.path) as f:
        content = json.load(f)
    content["questions"][0][1][0][0].append(7)  # a fifth offset
    with open(cache.path, "w") as f:
        json.dump(content, f)
    assert cache.load() is None


def test_remote_gold_cannot_be_cached():
    assert error_of(GoldCache, ["gs://bucket/gold.jsonl.gz"]) == (
        "gs://bucket/gold.jsonl.gz: only local gold files can be cached")


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.jsonl.gz"])
def test_a_line_that_is_cut_off_is_told_of_though_most_of_it_is_not_read(tmp_path, name):
    line = json.dumps(dict(EXAMPLE, annotations=[], example_id=6), sort_keys=True)
    path = tmp_path / name
    text = (json.dumps(EXAMPLE) + "\n" + line[:-1] + "\n").encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert error_of(read_gold, [str(path)]).startswith(
        "%s, line 2: not JSON: Expecting ',' delimiter" % path)


def test_a_text_without_a_checksum_is_read_in_full(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text('{"annotations": [], "document_html": , "example_id": 5}\n')
    assert error_of(read_gold, [str(path)]).startswith(
        "%s, line 1: not JSON: Expecting value" % path)


RIGHT = {"example_id": 5, "long_answer": NULL, "long_answer_score": 1.0, "short_answers_score": 2.0}


@pytest.mark.parametrize("text, message", [
    ("", " is not JSON (Expecting value at character 0)"),
    ("{'predictions': []}", " is not JSON (Expecting property name enclosed in double quotes at "
                            "character 1)"),
    ("[]", ' has no list "predictions", or two: a file of bert_nq/run_nq.py or of the official '
           'format is wanted, {"predictions": [...]}'),
    ('{"predictions": {}}', ' has no list "predictions", or two: a file of bert_nq/run_nq.py or of '
                            'the official format is wanted, {"predictions": [...]}'),
    (json.dumps({"predictions": [RIGHT, 7]}),
     ", prediction 2: the prediction is not a JSON object"),
    (json.dumps({"predictions": [RIGHT, dict(RIGHT, example_id="5")]}),
     ", prediction 2: example 5 has a prediction already"),
    (json.dumps({"predictions": [dict(RIGHT, long_answer_score=float("nan"))]}),
     ", prediction 1: example 5: long_answer_score is nan, not a finite number"),
])
def test_bad_prediction_files(tmp_path, text, message):
    path = tmp_path / "predictions.json"
    path.write_text(text)
    assert error_of(read_predictions, str(path)) == str(path) + message


def test_a_prediction_file_that_is_not_text(tmp_path):
    path = tmp_path / "predictions.json"
    path.write_bytes(b"BZh9\xff")
    assert error_of(read_predictions, str(path)) == (
        "%s is not JSON (byte 0xff at 4 is not UTF-8)" % path)
