"""run_nq.py with other encoders than BERT: trained from nothing, predicted in the same run.

ALBERT and XLNet have SentencePiece models, and what reads their windows and their folders too.
"""
import json

import pytest

import bert_nq
from bert_nq.base import vocabulary_files
from bert_nq.modeling import checkpoints
from tests.programs.test_run_nq import (
    WINDOWS,
    Work,
    finished,
    losses,
    predictions,
    run_nq,
    spans,
    value,
)
from tests.support import programs, tiny_encoders


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Files of the tests of BERT, with training records for each encoder."""
    work = Work(tmp_path_factory.mktemp("nq"))

    def flags_of(name):
        folder = work.folder / name
        if name not in made:
            folder.mkdir()
            config = tiny_encoders.write_config(folder / "bert_config.json", name)
            made[name] = ["--bert_config_file=" + config, "--train_precomputed_file=%s" % (
                folder / "records"), "--vocab_file=" + tiny_encoders.write_vocabulary(folder, name)]
            finished(programs.run(  # The config beside the vocabulary says in which order.
                "prepare/prepare_nq_data.py", "--input_jsonl=" + work.train_shard,
                "--output_tfrecord=%s" % (folder / "records"), made[name][-1], *WINDOWS))
        return made[name]

    made = {}
    work.flags_of = flags_of
    return work


@pytest.fixture(scope="module")
def train(work):
    """A function that trains an encoder, by its name, once and predicts; gives the folder."""
    done = {}

    def trained(name):
        folder = work.folder / name
        if name not in done:
            done[name] = finished(run_nq(*(
                work.train_flags + work.flags_of(name) + ["--output_dir=%s" % (folder / "model")]
                + work.predict_flags(folder / "predictions.json", work.dev_shard)
                + ["--do_export"] * (name == "xlnet"))))
        return folder, done[name]

    return trained


@pytest.mark.parametrize("name, of_head", [
    # DistilBERT has no vector of the sequence, for the type of an answer: the head makes one.
    ("albert", "bert/pooler/dense/kernel"), ("distilbert", "cls/pooler/dense/kernel"),
    ("xlnet", "cls/pooler/dense/kernel")])
def test_it_trains_and_predicts(train, name, of_head):
    folder, stdout = train(name)
    assert value(stdout, "starts at random") == "all weights"
    if of_head.startswith("cls/"):
        assert value(stdout, "pooler") == "a new dense layer on %s, for the encoder has none" % (
            "<cls>" if name == "xlnet" else "[CLS]")
    first, last = losses(stdout)
    assert last < 0.8 * first
    assert len(predictions(folder / "predictions.json")) == 12
    model = str(folder / "model")
    assert of_head in checkpoints.read_shapes(checkpoints.newest(model))
    assert vocabulary_files.vocabulary_of(model).endswith(
        "/vocab.txt" if name == "distilbert" else "/spiece.model")


def test_windows_of_pieces_are_shown_as_words(train):
    folder, _ = train("xlnet")
    stdout = finished(programs.run(
        "records/inspect_records.py", "--input_tfrecord=%s" % (folder / "records"),
        "--vocab_file=%s" % (folder / "spiece-xlnet.model"), "--unique_id=1000"))
    shown = stdout[stdout.index("unique_id 1000"):].split("\n", 1)[1]
    assert " ".join(shown.split()) == (
        "[ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] the village has many houses and "
        "a river . [ContextId=1] [Paragraph=2] tovin is a town in >>> aron <<< . [ContextId=2] "
        "[Paragraph=3] the village has many houses and a river . <sep> [Q] where is tovin <sep> "
        "<cls>")


def test_a_model_with_pieces_is_asked_and_served(train, work):
    folder, _ = train("xlnet")
    page = "<p>the village has many houses .</p><p>tovin is a town in aron .</p>"
    with bert_nq.load(str(folder / "model")) as reader:
        answer = reader.ask("where is tovin", page)
    assert answer.long.text == "tovin is a town in aron ." and answer.short.text == "aron"
    with open(str(folder / "model" / "serving" / "1" / "serving.json")) as f:
        assert json.load(f)["text"]["tokenizer"] == "sentencepiece"
    again = folder / "again.json"
    finished(run_nq("--output_dir=%s" % (folder / "model"), "--ensemble=%s,%s" % (
        folder / "model", folder / "model"), *work.predict_flags(again, work.dev_shard)))
    assert ([spans(entry) for entry in predictions(again)]
            == [spans(entry) for entry in predictions(folder / "predictions.json")])


def test_records_in_the_order_of_another_encoder_are_refused(work, tmp_path):
    config = tiny_encoders.write_config(tmp_path / "config.json", "xlnet")
    done = run_nq(*(work.train_flags + [
        *work.flags_of("albert"), "--bert_config_file=" + config,
        "--output_dir=%s" % (tmp_path / "model")]))
    assert programs.error_line(done) == (
        "error: --packing=bert, but the encoder in %s, xlnet, takes question and document in the "
        "order of --packing=xlnet: leave the flag out, and prepare records with that" % config)
