"""prepare_nq_data.py on pages that are not quite as in NQ: what is refused, told or taken."""
import copy

import pytest

from tests.support import programs
from tests.support.nq_pages import make_annotation, make_page, write_shard
from tests.support.tiny_nq import place_page, write_vocabulary

#        0   1     2  3  4    5 6    7   8  9     10
TEXT = "<P> tovin is in aron . </P> <P> a town </P>"


@pytest.fixture(name="prepare")
def fixture_prepare(tmp_path):
    vocab = write_vocabulary(tmp_path / "vocab.txt")

    def prepare(page, *args):
        shard = write_shard(tmp_path / "in.jsonl", [page, place_page(0)])
        return programs.run(
            "prepare/prepare_nq_data.py", "--input_jsonl=" + shard, "--vocab_file=" + vocab,
            "--output_tfrecord=%s" % (tmp_path / "x.tfrecord"), "--max_seq_length=64",
            "--max_query_length=16", "--include_unknowns=1", *args)

    return prepare


def bad_page(change):
    page = copy.deepcopy(make_page(TEXT, 5, annotations=[make_annotation(0, [(1, 2), (4, 5)])]))
    change(page)
    return page


@pytest.mark.parametrize("change, message", [
    (lambda page: [token.update(html_token=str(token["html_token"]))
                   for token in page["document_tokens"]],
     'document_tokens[0].html_token is "True", true or false is wanted'),
    (lambda page: page["long_answer_candidates"][1].update(top_level="True"),
     'long_answer_candidates[1].top_level is "True", true or false is wanted'),
    (lambda page: page.update(long_answer_candidates=None),
     "long_answer_candidates is null, a list is wanted"),
    (lambda page: page.update(document_title=7), "document_title is 7, a string is wanted"),
    (lambda page: page.update(example_id="12_34"), "example_id '12_34' is not a 64-bit integer"),
    (lambda page: page["annotations"][0]["short_answers"][1].update(start_token=4.0),
     "annotations[0].short_answers[1].start_token is 4.0, an integer of 64 bits is wanted")])
def test_fields_of_a_wrong_type_are_named(prepare, tmp_path, change, message):
    done = prepare(bad_page(change))
    assert done.returncode == 1
    assert "in.jsonl, line 1: %s" % message in programs.error_line(done)
    assert not (tmp_path / "x.tfrecord").exists()
    done = prepare(bad_page(change), "--on_bad_input=skip")
    assert (done.returncode, "skipped as unusable  " in done.stdout) == (0, True)


def test_prediction_windows_need_no_annotations(prepare):
    page = bad_page(lambda page: page["annotations"][0]["short_answers"][0].update(start_token=8))
    assert "annotations[0].short_answers[0] is tokens [8, 2)" in programs.error_line(prepare(page))
    done = prepare(page, "--nois_training")
    assert done.returncode == 0, done.stderr
    assert "answer in no context" not in done.stdout  # Nobody has looked for answers.


def test_short_answers_last_one_first_are_a_record_that_the_verifier_takes(prepare, tmp_path):
    done = prepare(bad_page(lambda page: page["annotations"][0]["short_answers"].reverse()))
    assert done.returncode == 0, done.stderr
    done = programs.run("records/verify_records.py",
                        "--input_tfrecord=%s" % (tmp_path / "x.tfrecord"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_candidates_of_unknown_kind_are_told(prepare):
    def lower(page):
        for token in page["document_tokens"]:
            token["token"] = token["token"].lower()

    done = prepare(bad_page(lower))
    assert done.returncode == 0, done.stderr
    assert "\n2 candidates of unknown kind (e.g. <p>): their marker is [Other=n]" in done.stdout
    assert "unknown kind" not in prepare(bad_page(lambda page: None)).stdout
