"""The commands that programs print as the next ones, pasted into a shell one after the other.

Names that they leave to the reader, such as bert_config.json and DEV.jsonl.gz, are those of the
files here. The folder's own name has what a shell would make something else of.
"""
import json
import shutil

import pytest

from tests.support import tiny_nq
from tests.support.nq_pages import write_shard
from tests.support.programs import next_command, paste, run

TITLE_CASE = [token.title() for token in tiny_nq.NAMES]  # a cased vocabulary has them


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Shards, a cased vocabulary, an encoder and its weights."""
    here = tmp_path_factory.mktemp("it's $(touch new) -a")
    for split, first, count in (("train", 0, 12), ("dev", 40, 12)):
        shards = here / "nq" / split
        shards.mkdir(parents=True)
        write_shard(shards / ("nq-%s-00.jsonl.gz" % split),
                    [tiny_nq.place_page(i) for i in range(first, first + count)])
    vocabulary = tiny_nq.TOKENS + TITLE_CASE
    (here / "vocab.txt").write_text("".join(token + "\n" for token in vocabulary))
    tiny_nq.write_config(here / "bert_config.json", vocab_size=len(vocabulary), hidden_size=16,
                         max_position_embeddings=512)
    return here


def called(here, path, *args):
    """What a program has printed, called by its path from the folder `here`."""
    done = run(path, *args, cwd=str(here))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def printed(folder):
    """What each program has printed, from the shards to the scores of a trained model."""
    made = {}
    made["extract"] = called(folder, "prepare/extract_train_set.py", "--data_dir=nq",
                             "--output_jsonl=%s/nq-train-0.jsonl.gz" % folder)
    made["extract dev"] = called(folder, "prepare/extract_dev_set.py", "--data_dir=nq",
                                 "--output_jsonl=DEV.jsonl.gz")
    made["vocab"] = called(folder, "prepare/make_vocab.py", "--vocab_file=vocab.txt",
                           "--do_lower_case=false", "--output_vocab=%s/vocab-nq.txt" % folder)
    made["prepare"] = paste(next_command(made["vocab"]), folder)
    made["init"] = called(folder, "prepare/make_init_checkpoint.py",
                          "--bert_config_file=%s/bert_config.json" % folder,
                          "--output_checkpoint=%s/bert_model.ckpt" % folder)
    made["train"] = paste(next_command(made["prepare"]), folder, "--train_batch_size=8")
    made["predict"] = paste(next_command(made["train"]), folder, "--output_nbest_file=nbest.json")
    made["score"] = paste(next_command(made["predict"]), folder)
    return made


def test_a_model_is_trained_predicted_and_scored(folder, printed):
    with open(str(folder / "model" / "model.json")) as f:
        assert json.load(f)["settings"]["do_lower_case"] is False  # from the first command on
    assert "Long answer" in printed["score"]
    # As well with a name that is not UTF-8.
    odd = paste(next_command(printed["train"]), folder, "--output_prediction_file=odd \udcff.json")
    assert "Long answer" in paste(next_command(odd), folder)
    assert not (folder / "new").exists()


def test_training_from_initial_weights(folder, printed):
    # The same model, which is trained already.
    assert "Nothing was left to do" in paste(next_command(printed["init"]), folder,
                                             "--train_batch_size=8")


def test_records_are_trained_on_or_looked_at(folder, printed):
    verified = called(folder, "records/verify_records.py", "--vocab_file=vocab-nq.txt",
                      "--input_tfrecord=nq-train.tfrecord")
    assert "Nothing was left to do" in paste(next_command(verified), folder,
                                             "--train_batch_size=8")
    looked_at = called(folder, "prepare/prepare_nq_data.py", "--nois_training",
                       "--input_jsonl=DEV.jsonl.gz", "--output_tfrecord=%s/dev records" % folder,
                       "--vocab_file=vocab-nq.txt")
    assert "made for" in paste(next_command(looked_at), folder)
    verified = called(folder, "records/verify_records.py", "--input_tfrecord=dev records")
    assert "made for" in paste(next_command(verified), folder)


def test_thresholds_of_one_model_and_of_several(folder, printed):
    tuned = called(folder, "eval/tune_thresholds.py", "--gold_path=DEV.jsonl.gz", "--folds=2",
                   "--predictions_path=model/predictions.json",
                   "--output_thresholds=%s/thresholds.json" % folder)
    assert "Next: score them" in paste(next_command(tuned), folder)
    shutil.copy(str(folder / "nbest.json"), str(folder / "nbest 2.json"))
    combined = called(folder, "eval/ensemble_predictions.py",
                      "--nbest_paths=nbest.json,nbest 2.json",
                      "--output_prediction_file=%s/combined.json" % folder)
    assert "written: thresholds.json" in paste(next_command(combined), folder, "--folds=2")


def test_extracted_pages_are_prepared_or_predicted(folder, printed):
    assert "Training records in" in paste(next_command(printed["extract"]), folder)
    assert "Next: score them" in paste(next_command(printed["extract dev"]), folder)


def test_answers_to_pages_without_annotations_are_looked_at(folder, printed):
    write_shard(folder / "mine.jsonl", [dict(tiny_nq.place_page(50), annotations=[])])
    predicted = called(folder, "bert_nq/run_nq.py", "--do_predict", "--predict_file=mine.jsonl",
                       "--output_dir=model", "--output_prediction_file=mine.json")
    assert "Next: look at them" in predicted
    paste(next_command(predicted), folder)
    assert (folder / "answers" / "index.html").exists()


def test_augmented_pages_are_prepared(folder, printed):
    augmented = called(folder, "augment/augment_nq_data.py", "--augment=deletion",
                       "--input_jsonl=nq-train-0.jsonl.gz",
                       "--output_jsonl=%s/more [1].jsonl.gz" % folder)
    assert "Training records in" in paste(next_command(augmented), folder)


def test_a_sample_corpus_is_extracted(tmp_path):
    made = called(tmp_path, "demos/make_sample_corpus.py", "--output_dir=%s/a corpus" % tmp_path,
                  "--num_train_pages=4", "--num_dev_pages=2")
    assert "extracted" in paste(next_command(made), tmp_path)


def test_a_converted_model_gets_markers(folder, printed):
    called(folder, "prepare/convert_checkpoint.py", "--input=bert_model.ckpt",
           "--vocab_file=vocab.txt", "--output_dir=hf")
    (folder / "hf" / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    converted = called(folder, "prepare/convert_checkpoint.py", "--input=hf",
                       "--output_dir=%s/tf model" % folder)
    vocabulary = paste(next_command(converted), folder)
    assert "--do_lower_case=false" in next_command(vocabulary)
