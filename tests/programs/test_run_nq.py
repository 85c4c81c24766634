"""The pipeline end to end through the real programs: prepare, train, predict, score."""
import glob
import json
import os
import re
import shutil

import pytest

from bert_nq.datasets.nq.simplify import simplify
from tests.support import programs, tiny_nq
from tests.support.nq_pages import write_shard

# The encoder and the windows are so small that starting TensorFlow is most of the time: one model,
# trained once, serves all tests of this file.
WINDOWS = ["--max_seq_length=64", "--doc_stride=16", "--max_query_length=16"]
DEV = range(40, 52)


def run_nq(*args):
    return programs.run("bert_nq/run_nq.py", *args)


PROGRESS = re.compile(r"step \d+/\d+  loss \d+\.\d+  |step \d+: dev long F1 \d|(dev )?pages: \d+ |"
                      r"gold shards: \d+ |scored \d+ |long and short answers together: |"
                      r"(predicting|preparing): pages \d+ |writing: records \d+")


def finished(done):
    """Standard output of a program that succeeded and showed only progress on standard error."""
    assert done.returncode == 0, done.stderr
    assert all(map(PROGRESS.match, done.stderr.splitlines())), done.stderr
    return done.stdout


def without_progress(done):
    """The same, without the lines that a slow machine shows of how far it is."""
    done.stderr = "".join(line for line in done.stderr.splitlines(True)
                          if not PROGRESS.match(line))
    return done


def value(stdout, name):
    """The value of a line of the summary."""
    found = re.search(r"^ +%s +(.*)$" % re.escape(name), stdout, re.MULTILINE)
    assert found, stdout
    return found.group(1)


def losses(stdout):
    return [float(loss) for loss in value(stdout, "loss, first and last tenth").split(", ")]


def predictions(path):
    with open(str(path)) as f:
        return json.load(f)["predictions"]


def spans(entry):
    return entry["long_answer"], entry["short_answers"], entry["yes_no_answer"]


class Work:
    """The files that the tests share, and the flags that name them."""

    def __init__(self, folder):
        self.folder = folder
        self.vocab = tiny_nq.write_vocabulary(folder / "vocab-nq.txt")
        self.config = tiny_nq.write_config(folder / "bert_config.json")
        self.train_shard = write_shard(folder / "nq-train-00.jsonl.gz",
                                       [tiny_nq.place_page(i, filler=1 + i % 2) for i in range(40)])
        # Every third page has several windows, and its answer where training had none.
        pages = [tiny_nq.place_page(i, example_id=i - 45, filler=(1, 2, 4)[i % 3]) for i in DEV]
        self.dev_shard = write_shard(folder / "nq-dev-00.jsonl.gz", pages)
        # The same pages under ids that differ in the 40th bit alone.
        self.simplified_shard = write_shard(folder / "simplified-dev.jsonl", [
            simplify(dict(page, example_id=page["example_id"] + 2 ** 40)) for page in pages])
        self.records = str(folder / "nq-train.tfrecord")
        self.model = str(folder / "model")
        self.config_flags = ["--bert_config_file=" + self.config, "--vocab_file=" + self.vocab]
        self.common = self.config_flags + WINDOWS
        self.train_flags = self.common + [
            "--do_train", "--train_precomputed_file=" + self.records, "--train_batch_size=8",
            "--learning_rate=2e-3", "--num_train_epochs=6", "--seed=5"]

    def predict_flags(self, output, *shards):
        return ["--do_predict", "--predict_file=" + ",".join(shards),
                "--output_prediction_file=%s" % output]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("run nq"))  # A blank in all paths.


@pytest.fixture(scope="module")
def prepared(work):
    """Standard output of the preparation of the training records."""
    return finished(programs.run(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + work.train_shard,
        "--output_tfrecord=" + work.records, "--vocab_file=" + work.vocab, *WINDOWS))


@pytest.fixture(scope="module")
def trained(work, prepared):
    """Standard output of the training of the model."""
    return finished(run_nq("--output_dir=" + work.model, *work.train_flags))


@pytest.fixture(scope="module")
def predicted(work, trained):
    """The predictions of original and simplified pages, and standard output."""
    output = str(work.folder / "predictions.json")
    done = run_nq("--output_dir=" + work.model, *(work.common + work.predict_flags(
        output, work.dev_shard, work.simplified_shard)))
    return output, finished(done)


def test_preparation_sums_up_what_it_did(prepared):
    # A page of this size is one window, and it has the answer.
    assert value(prepared, "pages") == "40"
    assert value(prepared, "written as records") == "40"
    assert value(prepared, "short") == "40"


def test_training_counts_its_records_and_learns(trained, work):
    # 40 records / 8 * 6 epochs.
    assert value(trained, "starts at random") == "all weights"
    assert value(trained, "records") == "40"
    assert value(trained, "steps") == "30"
    first, last = losses(trained)
    assert last < 0.7 * first
    assert "Trained: %s/model.ckpt-30" % work.model in trained


def test_the_models_folder_is_complete(trained, work):
    names = os.listdir(work.model)
    assert {"flags.txt", "bert_config.json", "vocab.txt", "checkpoint",
            "model.ckpt-30.index"} <= set(names)
    for copy, original in (("vocab.txt", work.vocab), ("bert_config.json", work.config)):
        with open(os.path.join(work.model, copy)) as a, open(original) as b:
            assert a.read() == b.read()


def test_both_formats_have_the_same_answers(predicted, work):
    path, stdout = predicted
    entries = predictions(path)
    original, simplified = entries[:len(DEV)], entries[len(DEV):]
    assert [e["example_id"] for e in original] == [i - 45 for i in DEV]
    assert [e["example_id"] for e in simplified] == [i - 45 + 2 ** 40 for i in DEV]
    assert list(map(spans, original)) == list(map(spans, simplified))
    assert [e["long_answer_score"] for e in simplified] == pytest.approx(
        [e["long_answer_score"] for e in original], abs=1e-5)
    assert value(stdout, "pages") == "24"
    assert value(stdout, "model") == work.model + "/model.ckpt-30"
    without = [not e["short_answers"] and e["yes_no_answer"] == "NONE" for e in entries]
    assert value(stdout, "without short answer") == str(sum(without))
    assert value(stdout, "answered yes or no") == str(
        sum(e["yes_no_answer"] != "NONE" for e in entries))
    assert value(stdout, "decoder") == "page"


def test_the_model_knows_how_it_was_made(predicted, work, tmp_path):
    output = tmp_path / "predictions.json"
    finished(run_nq("--do_predict", "--output_dir=" + work.model, "--predict_file=%s,%s" % (
        work.dev_shard, work.simplified_shard), "--output_prediction_file=%s" % output))
    with open(predicted[0], "rb") as f:
        assert output.read_bytes() == f.read()


def test_a_copy_of_the_model_writes_its_predictions_beside_it(predicted, work, tmp_path):
    moved = str(tmp_path / "moved")
    shutil.copytree(work.model, moved)
    stdout = finished(run_nq("--do_predict", "--output_dir=" + moved,
                             "--predict_file=" + work.dev_shard))
    assert "Predictions in %s/predictions.json" % moved in stdout
    assert predictions(os.path.join(moved, "predictions.json")) == (
        predictions(predicted[0])[:len(DEV)])


@pytest.mark.parametrize("flag, trained_with", [
    ("--do_lower_case=false", "--do_lower_case=true"),
    ("--nodo_lower_case", "--do_lower_case=true"),
    ("--max_query_length=20", "--max_query_length=16"), ("--max_position=5", "--max_position=50")])
@pytest.mark.parametrize("mode", ["--do_predict", "--do_export"])
def test_flags_that_contradict_the_model_are_refused(trained, work, mode, flag, trained_with):
    given = {"--nodo_lower_case": "--do_lower_case=false"}.get(flag, flag)
    done = run_nq(mode, "--output_dir=" + work.model, "--predict_file=" + work.dev_shard, flag)
    assert programs.error_line(done) == (
        "error: the model in %s was trained with %s, not with %s: leave the flag out"
        % (work.model, trained_with, given))


def test_flags_that_may_differ_from_the_models_are_told(trained, work, tmp_path):
    done = run_nq("--do_predict", "--output_dir=" + work.model, "--predict_file=" + work.dev_shard,
                  "--output_prediction_file=%s" % (tmp_path / "out.json"), "--doc_stride=8",
                  "--max_seq_length=80")
    assert done.returncode == 0
    assert done.stderr.splitlines()[:2] == [
        "the model in %s was trained with --%s, not with --%s: taken as given"
        % (work.model, was, given) for was, given in (
            ("doc_stride=16", "doc_stride=8"), ("max_seq_length=64", "max_seq_length=80"))]


def test_training_takes_the_settings_of_its_records(prepared, work, tmp_path):
    flags = [flag for flag in work.train_flags if flag not in WINDOWS]
    model = tmp_path / "model"
    finished(run_nq("--output_dir=%s" % model, *(flags + ["--num_train_epochs=0.2"])))
    card = json.loads((model / "model.json").read_text())
    assert card == {"task": "nq_joint", "settings": {
        "do_lower_case": True, "tokenizer": "wordpiece", "max_seq_length": 64, "doc_stride": 16,
        "max_query_length": 16, "skip_nested_contexts": True, "max_contexts": 48,
        "max_position": 50, "keep_drift": False, "head": "joint", "packing": "bert"}}


@pytest.mark.parametrize("flag, made_with", [
    ("--do_lower_case=false", "--do_lower_case=true"),
    ("--max_query_length=20", "--max_query_length=16")])
def test_flags_that_contradict_the_records_are_refused(prepared, work, tmp_path, flag, made_with):
    done = run_nq("--output_dir=%s" % tmp_path, *(work.train_flags + [flag]))
    manifest = work.records.replace(".tfrecord", ".manifest.json")
    assert programs.error_line(done) == (
        "error: the records of %s were made with %s, not with %s: leave the flag out"
        % (manifest, made_with, flag))


def test_records_of_another_vocabulary_are_refused(prepared, work, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("".join(token + "\n" for token in tiny_nq.TOKENS[::-1]))
    done = run_nq("--output_dir=%s" % (tmp_path / "model"), *(
        work.train_flags + ["--vocab_file=%s" % vocab]))
    assert "were made with another vocabulary than %s: give" % vocab in programs.error_line(done)


def test_prediction_leaves_the_models_own_flags(predicted, work):
    with open(os.path.join(work.model, "flags.txt")) as f:
        assert "--do_train\n" in f.read()
    with open(os.path.join(work.model, "flags-predict.txt")) as f:
        text = f.read()
    assert "--do_predict\n" in text
    # With another model they would overwrite what this one has written.
    assert "--output_" not in text


def test_the_official_scorer_takes_the_predictions(predicted, work):
    done = programs.run("eval/nq_eval.py", "--gold_path=%s,%s" % (
        work.dev_shard, work.simplified_shard), "--predictions_path=" + predicted[0])
    scores = json.loads(finished(done))
    assert len(scores) == 20
    # Two pages in three are like those of training.
    assert scores["short-best-threshold-f1"] > 0.5


def test_the_same_command_once_more_finds_nothing_to_do(trained, work):
    before = sorted(os.listdir(work.model))
    stdout = finished(run_nq("--output_dir=" + work.model, *work.train_flags))
    assert ("Nothing was left to do: %s has all 30 steps. Another --output_dir starts anew."
            % work.model) in stdout
    assert sorted(set(os.listdir(work.model)) - {"flags-predict.txt"}) == [
        name for name in before if name != "flags-predict.txt"]


def test_the_flag_file_repeats_the_run_and_more_epochs_go_on_with_it(trained, predicted, work):
    again, output = str(work.folder / "again"), str(work.folder / "again.json")
    done = run_nq("--flagfile=" + os.path.join(work.model, "flags.txt"), "--output_dir=" + again,
                  *work.predict_flags(output, work.dev_shard))
    stdout = finished(done)
    # The same seed gives the same losses, as far as they are shown.
    assert losses(stdout) == pytest.approx(losses(trained), abs=0.002)
    # Training and prediction in one go do what they did one by one.
    entries, expected = predictions(output), predictions(predicted[0])[:len(DEV)]
    assert list(map(spans, entries)) == list(map(spans, expected))
    assert [e["long_answer_score"] for e in entries] == pytest.approx(
        [e["long_answer_score"] for e in expected], abs=1e-3)

    done = run_nq("--flagfile=" + os.path.join(again, "flags.txt"), "--nodo_predict",
                  "--num_train_epochs=9")
    stdout = finished(done)
    assert value(stdout, "steps") == "45"
    assert "Trained: %s/model.ckpt-45" % again in stdout
    assert losses(stdout)[0] < losses(trained)[0] / 2


def test_training_starts_from_a_checkpoint_that_may_be_a_folder(trained, work):
    stdout = finished(run_nq(
        "--output_dir=%s" % (work.folder / "tuned"), "--init_checkpoint=" + work.model,
        "--num_train_epochs=1", "--train_num_precomputed=24", *(
            flag for flag in work.train_flags if "epochs" not in flag)))
    assert value(stdout, "starts from") == work.model + "/model.ckpt-30"
    assert value(stdout, "starts at random") == "nothing"
    # Given, the number of records is not counted: 24 / 8 * 1.
    assert value(stdout, "records") == "24"
    assert value(stdout, "steps") == "3"
    assert losses(stdout)[0] < losses(trained)[0] / 2


def test_all_that_training_can_do_at_once(trained, work, tmp_path):
    model = str(tmp_path / "model")
    stdout = finished(run_nq(
        "--output_dir=" + model, "--init_checkpoint=" + work.model, "--optimizer=lamb",
        "--layerwise_lr_decay=0.9", "--freeze_embeddings", "--freeze_layers=1",
        "--gradient_accumulation_steps=2", "--gradient_checkpointing", "--precision=fp16",
        "--weight_decay_rate=0.1", "--average_last=2", "--dev_file=" + work.dev_shard,
        "--dev_pages=6", "--eval_every=8", "--metric=short", "--early_stopping=9",
        *(work.train_flags + work.predict_flags(tmp_path / "out.json", work.dev_shard))))
    # 40 records / (8 * 2) * 6 epochs.
    assert value(stdout, "steps") == "15"
    assert value(stdout, "windows of a step") == "16: 8 windows x 2 passes"
    assert value(stdout, "precision") == "fp16"
    assert value(stdout, "average of the last") == model + "/averaged/model.ckpt-15"
    best = re.match(r"step (\d+), long F1 \d\.\d{3}, short F1 \d\.\d{3}: %s/best$" % model,
                    value(stdout, "best on dev"))
    assert int(best.group(1)) in (8, 15)
    # The best one predicts.
    assert value(stdout, "model") == model + "/best/model.ckpt-" + best.group(1)
    from bert_nq.modeling import checkpoints
    before, after = (checkpoints.read_weights(folder) for folder in (work.model, model))
    for name in before:
        same = (before[name] == after[name]).all()
        assert same == ("embeddings" in name or "layer_0" in name), name
    assert "loss_scale" in checkpoints.read_shapes(model)


# The reference's own predictions, and real pages.


def test_predictions_equal_the_references(shared_data, tmp_path):
    parity = os.path.join(shared_data, "parity")
    output = tmp_path / "predictions.json"
    finished(run_nq(
        "--do_predict", "--decoder=bert_joint", "--keep_drift",
        "--predict_file=" + os.path.join(parity, "pages.jsonl.gz"),
        "--bert_config_file=" + os.path.join(parity, "bert_config.json"),
        "--vocab_file=" + os.path.join(shared_data, "vocab", "vocab-nq.txt"),
        "--init_checkpoint=" + os.path.join(parity, "ckpt", "tiny.ckpt"),
        "--output_dir=%s" % (tmp_path / "model"), "--output_prediction_file=%s" % output))
    ours = {entry["example_id"]: entry for entry in predictions(output)}
    theirs = {entry["example_id"]: entry for entry in predictions(
        os.path.join(parity, "reference-predictions-384.json"))}
    assert len(theirs) == 45 and set(ours) == set(theirs)
    for example_id, entry in theirs.items():
        assert spans(ours[example_id]) == spans(entry), example_id
        for score in ("long_answer_score", "short_answers_score"):
            assert ours[example_id][score] == pytest.approx(entry[score], abs=1e-3), example_id


def test_real_pages_go_through_everything(shared_data, tmp_path):
    parity = os.path.join(shared_data, "parity")
    vocab = "--vocab_file=" + os.path.join(shared_data, "vocab", "vocab-nq.txt")
    train_pages = os.path.join(shared_data, "nq", "nq-train-*.jsonl.gz")
    all_pages = os.path.join(shared_data, "nq", "nq-*.jsonl.gz")
    records, output = str(tmp_path / "nq-train.tfrecord"), str(tmp_path / "predictions.json")
    stdout = finished(programs.run(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + train_pages, vocab,
        "--output_tfrecord=" + records, "--include_unknowns=0.1"))
    assert value(stdout, "pages") == "3"
    stdout = finished(run_nq(
        "--do_train", "--train_precomputed_file=" + records, "--train_batch_size=4",
        "--num_train_epochs=0.5", "--do_predict", "--predict_file=" + all_pages,
        "--bert_config_file=" + os.path.join(parity, "bert_config.json"), vocab,
        "--init_checkpoint=" + os.path.join(parity, "ckpt", "tiny.ckpt"),
        "--output_dir=%s" % (tmp_path / "model"), "--output_prediction_file=" + output))
    assert value(stdout, "pages") == "5"
    assert len(predictions(output)) == 5
    scores = json.loads(finished(programs.run(
        "eval/nq_eval.py", "--gold_path=" + all_pages, "--predictions_path=" + output)))
    assert len(scores) == 20


# Bad input that only TensorFlow can notice; see test_run_nq_input.py for the rest.


def test_a_bad_line_in_the_middle_leaves_the_old_predictions(trained, work, tmp_path):
    lines = [tiny_nq.place_page(i) for i in range(30)]
    lines[20] = b'{"example_id": 7, "question_text":\n'
    shard = write_shard(tmp_path / "dev.jsonl", lines)
    output = tmp_path / "predictions.json"
    output.write_text("the old predictions")
    flags = ["--output_dir=" + work.model] + work.common + work.predict_flags(output, shard)
    message = programs.error_line(without_progress(run_nq(*flags)))
    assert message.startswith("error: %s, line 21: not JSON: " % shard)
    assert message.endswith("(--on_bad_input=skip goes on without it)")
    assert sorted(os.listdir(str(tmp_path))) == ["dev.jsonl", "predictions.json"]
    assert output.read_text() == "the old predictions"

    done = without_progress(run_nq("--on_bad_input=skip", *flags))
    assert done.returncode == 0
    assert done.stderr.startswith("skipped: %s, line 21: not JSON: " % shard)
    assert value(done.stdout, "pages") == "29"
    assert value(done.stdout, "skipped as unusable") == "1"
    assert len(predictions(output)) == 29


def test_a_loss_that_is_no_number_is_one_line(prepared, work, tmp_path):
    message = programs.error_line(run_nq(
        "--output_dir=%s" % tmp_path, *(work.train_flags + [
            "--learning_rate=1e30", "--warmup_proportion=0"])))
    assert re.match(r"error: step 2: the loss is nan, .*; the last checkpoint is kept\. Try a "
                    r"lower --learning_rate or a longer --warmup_proportion$", message)


def test_checkpoints_that_do_not_fit(trained, work, tmp_path):
    # A config with other sizes than the checkpoint to start from, or to go on with.
    config = tiny_nq.write_config(tmp_path / "bert_config.json", intermediate_size=48)
    flags = ["--bert_config_file=" + config] + [f for f in work.train_flags if "config" not in f]
    wanted = ("error: the bert config does not fit the checkpoint %s/model.ckpt-30: "
              "intermediate_size 48, but 64 in the checkpoint")
    new, copy = str(tmp_path / "new"), str(tmp_path / "copy")
    done = run_nq("--output_dir=" + new, "--init_checkpoint=" + work.model, *flags)
    assert programs.error_line(done) == wanted % work.model
    assert not os.path.exists(new)

    shutil.copytree(work.model, copy)
    os.unlink(os.path.join(copy, "bert_config.json"))  # It would tell without TensorFlow.
    done = run_nq("--output_dir=" + copy, *flags)
    assert programs.error_line(done) == wanted % copy


def test_a_pretrained_encoder_does_not_answer_questions(trained, work, tmp_path):
    from bert_nq.modeling import checkpoints
    encoder = str(tmp_path / "bert_model.ckpt")
    weights = checkpoints.read_weights(work.model)
    checkpoints.write_weights(encoder, {name: w for name, w in weights.items()
                                        if name.startswith("bert/")})
    message = programs.error_line(run_nq(
        "--output_dir=%s" % (tmp_path / "new"), "--init_checkpoint=" + encoder, *(
            work.common + work.predict_flags(tmp_path / "out.json", work.dev_shard))))
    assert message == ("error: %s has no cls/nq/output_weights: it is not trained on NQ; train "
                       "first (--do_train)" % encoder)
    # Training says what it starts at random.
    stdout = finished(run_nq(
        "--output_dir=%s" % (tmp_path / "trained"), "--init_checkpoint=" + encoder, *(
            work.train_flags + ["--num_train_epochs=0.2"])))
    assert value(stdout, "starts from") == encoder
    assert value(stdout, "starts at random") == (
        "cls/nq/output_weights, cls/nq/output_bias, answer_type_output_weights, "
        "answer_type_output_bias")


def test_an_encoder_that_is_not_complete_does_not_answer_questions(trained, work, tmp_path):
    from bert_nq.modeling import checkpoints
    weights = checkpoints.read_weights(work.model)
    damaged = str(tmp_path / "damaged.ckpt")
    checkpoints.write_weights(damaged, {
        name: w for name, w in weights.items()
        if "layer_0/output" not in name and "pooler/dense/bias" not in name})
    message = programs.error_line(run_nq(
        "--output_dir=%s" % (tmp_path / "new"), "--init_checkpoint=" + damaged, *(
            work.common + work.predict_flags(tmp_path / "out.json", work.dev_shard))))
    assert message == (
        "error: %s has no bert/encoder/layer_0/output/dense/kernel and 4 weights more: its encoder "
        "is not complete; convert or copy it again" % damaged)


@pytest.mark.parametrize("damage, problem", [
    ("half", "%s holds bert/embeddings/word_embeddings as float16, and weights are float32 here: "
     "make a copy that is, with convert_checkpoint.py --input=%s --to=tf --output_dir=FOLDER"),
    ("nan", "%s: there are NaN or infinite numbers in bert/pooler/dense/bias: the weights are "
     "damaged, or their training has failed"),
    ("cut", "cannot read the checkpoint %s: ")])
def test_weights_that_are_of_no_use_are_told_before_anything_is_done(trained, work, tmp_path,
                                                                     damage, problem):
    import numpy as np

    from bert_nq.modeling import checkpoints
    weights = checkpoints.read_weights(work.model)
    if damage == "half":
        weights = {name: w.astype(np.float16) for name, w in weights.items()}
    if damage == "nan":
        weights["bert/pooler/dense/bias"][3] = np.nan
    path = str(tmp_path / "bert_model.ckpt")
    checkpoints.write_weights(path, weights)
    if damage == "cut":
        os.truncate(path + ".data-00000-of-00001", 30000)
    for flags in (work.train_flags, work.common + work.predict_flags(tmp_path / "out.json",
                                                                     work.dev_shard)):
        message = programs.error_line(run_nq("--output_dir=%s" % (tmp_path / "new"),
                                             "--init_checkpoint=" + path, *flags))
        assert message.startswith("error: " + problem.replace("%s", path))
        assert not (tmp_path / "new").exists()


def test_a_checkpoint_of_the_other_case_is_refused(trained, work, tmp_path):
    from bert_nq.modeling import checkpoints
    cased = tmp_path / "cased"
    checkpoints.write_weights(str(cased / "bert_model.ckpt"), checkpoints.read_weights(work.model))
    (cased / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    of_card = tmp_path / "of_card"
    shutil.copytree(work.model, str(of_card))
    card = json.loads((of_card / "model.json").read_text())
    card["settings"]["do_lower_case"] = False
    (of_card / "model.json").write_text(json.dumps(card))
    for path, name in ((cased, "bert_model.ckpt"), (of_card, "model.ckpt-30")):
        message = programs.error_line(run_nq(
            "--output_dir=%s" % (tmp_path / "new"), "--init_checkpoint=%s" % path,
            *work.train_flags))
        assert message == (
            "error: %s/%s was trained with --do_lower_case=false, not with --do_lower_case=true: "
            "give that, also where the records are prepared" % (path, name))


def test_a_dev_set_with_pages_that_cannot_be_used(prepared, work, tmp_path):
    pages = [tiny_nq.place_page(i, example_id=i) for i in range(6)]
    pages[1]["annotations"][2]["yes_no_answer"] = "PERHAPS"
    pages[4]["document_tokens"][0]["html_token"] = "False"
    shard = write_shard(tmp_path / "dev.jsonl", pages)
    done = run_nq("--output_dir=%s" % (tmp_path / "model"), "--num_train_epochs=0.6",
                  "--dev_file=" + shard, "--eval_every=2", "--on_bad_input=skip",
                  *[flag for flag in work.train_flags if "num_train_epochs" not in flag])
    assert done.returncode == 0, done.stderr
    assert "--dev_file: 2 pages or files that cannot be used are left out, 4 pages are scored" in (
        done.stderr)
    assert done.stderr.count("skipped: ") == 2
    assert "step 2: dev " in done.stderr


def test_a_half_precise_checkpoint_answers_when_it_is_converted(predicted, work, tmp_path):
    import numpy as np

    from bert_nq.modeling import checkpoints
    path = str(tmp_path / "double.ckpt")
    checkpoints.write_weights(path, {name: w.astype(np.float64) for name, w
                                     in checkpoints.read_weights(work.model).items()})
    finished(programs.run("prepare/convert_checkpoint.py", "--input=" + path, "--to=tf",
                          "--output_dir=%s" % (tmp_path / "float32"), *work.config_flags))
    output = tmp_path / "predictions.json"
    finished(run_nq("--output_dir=%s" % (tmp_path / "new"),
                    "--init_checkpoint=%s/bert_model.ckpt" % (tmp_path / "float32"), *(
                        work.common + work.predict_flags(output, work.dev_shard,
                                                         work.simplified_shard))))
    assert predictions(str(output)) == predictions(predicted[0])


def test_training_does_not_go_on_from_weights_alone(trained, work, tmp_path):
    from bert_nq.base.errors import UserError
    from bert_nq.estimator.model import check_can_continue
    from bert_nq.modeling import checkpoints
    check_can_continue(tiny_nq.MODEL,
                       glob.glob(glob.escape(work.model) + "/*-30.index")[0][:-6])
    weights = str(tmp_path / "weights.ckpt")
    checkpoints.write_weights(weights, checkpoints.read_weights(work.model))
    with pytest.raises(UserError, match="training cannot go on from .*weights.ckpt, which has no "
                       "global_step: choose another --output_dir and give the checkpoint as "
                       "--init_checkpoint"):
        check_can_continue(tiny_nq.MODEL, weights)


def test_a_model_that_was_moved_is_found(trained, work, tmp_path):
    from bert_nq.modeling import checkpoints
    moved = str(tmp_path / "moved")
    shutil.copytree(work.model, moved)
    assert checkpoints.newest(moved) == os.path.join(moved, "model.ckpt-30")
