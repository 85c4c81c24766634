"""Messages of run_nq.py and prepare_nq_data.py on bad input: one line, before TensorFlow starts."""
import json
import os

import pytest

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.records import tfrecord
from tests.support import programs, tiny_nq
from tests.support.nq_pages import make_line, write_shard

WINDOWS = {"max_seq_length": 64, "doc_stride": 16, "max_query_length": 16}


class Files:
    """Good files, and bad ones beside them."""

    def __init__(self, folder):
        self.folder = folder
        self.vocab = tiny_nq.write_vocabulary(folder / "vocab.txt")
        self.config = tiny_nq.write_config(folder / "bert_config.json")
        self.shard = write_shard(folder / "dev.jsonl.gz", [tiny_nq.place_page(i) for i in range(3)])
        self.records = self.write_records("train.tfrecord", True)
        # What a trained model's folder has, as far as it is looked at without TensorFlow.
        (folder / "trained").mkdir()
        (folder / "trained" / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-1"\n')
        tiny_nq.write_vocabulary(folder / "trained" / "vocab.txt")

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, content):
        (self.folder / name).write_bytes(content)
        return self.path(name)

    def write_records(self, name, is_training, change=lambda data: data, **options):
        maker = tiny_nq.window_maker(**options)
        example = decode_example(make_line(tiny_nq.place_page(0)), "a page")
        make = maker.training if is_training else maker.prediction
        records = tiny_nq.serialized(make(example).rows) * 3
        return self.write(name, change(b"".join(map(tfrecord.frame, records))))

    def run(self, program, defaults, changes):
        flags = dict(WINDOWS, **defaults)
        flags.update(changes)
        return programs.run_before_tensorflow(
            program, *("--%s=%s" % item for item in flags.items()), cwd=str(self.folder))

    def train(self, **changes):
        return self.run("bert_nq/run_nq.py", {
            "do_train": "true", "train_precomputed_file": self.records, "vocab_file": self.vocab,
            "bert_config_file": self.config, "output_dir": self.path("model")}, changes)

    def predict(self, **changes):
        return self.run("bert_nq/run_nq.py", {
            "do_predict": "true", "predict_file": self.shard, "vocab_file": self.vocab,
            "bert_config_file": self.config, "output_dir": self.path("trained"),
            "output_prediction_file": self.path("out.json")}, changes)

    def prepare(self, **changes):
        return self.run("prepare/prepare_nq_data.py", {
            "input_jsonl": self.shard, "output_tfrecord": self.path("out.tfrecord"),
            "vocab_file": self.vocab}, changes)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("input"))


def without_markers(files):
    return files.write("plain.txt", b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n")


def cut(data):
    return data[:-7]


# What both programs need.

@pytest.mark.parametrize("program", ["train", "predict", "prepare"])
@pytest.mark.parametrize("make, message", [
    (without_markers, "plain.txt: no entry [Q], [NoLongAnswer], [Paragraph=1] and 201 more; write "
     "the NQ markers with: "),
    (lambda files: "nothing.txt", "cannot read nothing.txt: No such file or directory"),
    (lambda files: files.write("empty.txt", b""), "empty.txt: the vocabulary is empty"),
    (lambda files: files.write("twice.txt", "".join(
        token + "\n" for token in tiny_nq.TOKENS[:9] + tiny_nq.TOKENS).encode("utf8")),
     "twice.txt, line 10 repeats an earlier line: "),
])
def test_vocabularies(files, program, make, message):
    done = getattr(files, program)(vocab_file=make(files))
    assert message in programs.error_line(done)


@pytest.mark.parametrize("program, flag", [
    ("train", "vocab_file"), ("train", "bert_config_file"), ("train", "output_dir"),
    ("predict", "predict_file"), ("prepare", "input_jsonl"),
    ("prepare", "output_tfrecord"), ("prepare", "vocab_file")])
def test_flags_that_are_needed(files, program, flag):
    done = getattr(files, program)(**{flag: ""})
    assert programs.error_line(done).startswith("error: --%s is needed: " % flag)


def test_training_needs_records_or_data(files):
    done = files.train(train_precomputed_file="")
    assert programs.error_line(done) == (
        "error: give either --train_precomputed_file, records of prepare_nq_data.py, or "
        "--train_file, the data themselves")


@pytest.mark.parametrize("program, flag", [
    ("train", "train_precomputed_file"), ("predict", "predict_file"), ("prepare", "input_jsonl")])
@pytest.mark.parametrize("pattern", ["no/such/*.gz", "missing.gz"])
def test_globs_and_paths_without_files(files, program, flag, pattern):
    done = getattr(files, program)(**{flag: pattern})
    kind = "record" if program == "train" else "NQ shard"
    assert programs.error_line(done) == "error: no %s file matches %r (looked from %s)" % (
        kind, pattern, files.folder)


@pytest.mark.parametrize("program", ["train", "predict", "prepare"])
def test_windows_without_room_for_the_page(files, program):
    done = getattr(files, program)(max_query_length=61)
    assert programs.error_line(done) == (
        "error: max_seq_length (64) must be greater than max_query_length (61) + 3")


# run_nq.py

def test_nothing_to_do(files):
    done = files.train(do_train="false")
    assert programs.error_line(done) == (
        "error: nothing to do: give --do_train (with --train_precomputed_file or "
        "--train_file, --init_checkpoint, --bert_config_file, --vocab_file, --output_dir), "
        "--do_predict (with --predict_file, --output_dir), --do_eval (with the same), "
        "--do_export (with --output_dir), or several")


@pytest.mark.parametrize("content, message", [
    (b"{'vocab_size': 3}", "bad.json is not JSON ("),
    (b"{}", 'bad.json: "vocab_size" is missing'),
    (b'{"vocab_size": 300, "hidden_size": 30, "num_attention_heads": 4}',
     "bad.json: hidden_size 30 is not a multiple of num_attention_heads 4"),
    (b'{"vocab_size": 100}', "vocab.txt has %d entries, the model's vocab_size is 100 ("
     % len(tiny_nq.TOKENS)),
    (b'{"vocab_size": 300, "max_position_embeddings": 48}', "--max_seq_length=64, but the model "
     "has positions for 48 wordpieces (max_position_embeddings in "),
])
def test_configs(files, content, message):
    done = files.train(bert_config_file=files.write("bad.json", content))
    assert message in programs.error_line(done)


def test_a_config_that_is_missing(files):
    assert programs.error_line(files.train(bert_config_file="no.json")) == (
        "error: cannot read no.json: No such file or directory")


@pytest.mark.parametrize("make, message", [
    (lambda files: files.write_records("long", True, max_seq_length=80),
     "record 0: the window has 80 wordpieces, --max_seq_length is 64: give --max_seq_length=80 or "
     "prepare the records again"),
    (lambda files: files.write_records("prediction", False),
     "record 0 has no feature start_positions: these are prediction records"),
    (lambda files: files.write_records("cut", True, cut),
     "cut, record 2: the file is cut off; write it again"),
    (lambda files: files.write_records("short", True, lambda data: data[:50]),
     "short, record 0: the file is cut off; write it again"),
    (lambda files: files.write_records("flipped", True, lambda data: b"!" + data[1:]),
     "flipped, record 0: not a TFRecord file, or damaged"),
    (lambda files: files.write("none", b""), "none holds no records"),
    (lambda files: files.shard, "dev.jsonl.gz, record 0: not a TFRecord file, or damaged"),
])
def test_records(files, make, message):
    assert message in programs.error_line(files.train(train_precomputed_file=make(files)))


@pytest.mark.parametrize("program", ["train", "predict"])
def test_checkpoints_that_are_missing(files, program):
    done = getattr(files, program)(init_checkpoint="bert_model.ckpt")
    assert programs.error_line(done) == (
        "error: there is no checkpoint bert_model.ckpt: no file bert_model.ckpt.index")


def test_predicting_without_a_model(files):
    done = files.predict(output_dir="model")
    assert programs.error_line(done) == (
        "error: model holds no trained model: train first (--do_train), or give --init_checkpoint")
    assert not os.path.exists(files.path("model"))


@pytest.mark.parametrize("program", ["train", "predict"])
def test_a_model_with_another_vocabulary(files, program):
    model = files.path("trained")
    vocab = files.write("more.txt", "".join(
        token + "\n" for token in tiny_nq.TOKENS + ["more"]).encode("utf8"))
    config = tiny_nq.write_config(files.folder / "larger.json", vocab_size=300)
    done = getattr(files, program)(output_dir=model, vocab_file=vocab, bert_config_file=config)
    assert programs.error_line(done) == (
        "error: the model in %s was trained with another vocabulary than %s: give %s/vocab.txt or "
        "another --output_dir" % (model, vocab, model))


def test_a_shard_that_is_named_twice(files):
    done = files.predict(predict_file="%s,%s" % (files.shard, files.shard))
    assert "dev.jsonl.gz is named twice in " in programs.error_line(done)


@pytest.mark.parametrize("program, flag", [("predict", "output_prediction_file"),
                                           ("prepare", "output_tfrecord")])
def test_outputs_that_are_folders(files, program, flag):
    done = getattr(files, program)(**{flag: str(files.folder)})
    assert programs.error_line(done) == (
        "error: the output %s is a folder: give the name of a file" % files.folder)


@pytest.mark.parametrize("program, flag", [("predict", "output_prediction_file"),
                                           ("prepare", "output_tfrecord")])
def test_outputs_that_are_inputs(files, program, flag):
    before = open(str(files.shard), "rb").read()
    done = getattr(files, program)(**{flag: str(files.shard)})
    assert programs.error_line(done) == (
        "error: %s is input and output at once: choose another output" % files.shard)
    assert open(str(files.shard), "rb").read() == before


@pytest.mark.parametrize("flag, bad", [
    ("train_batch_size", 0), ("predict_batch_size", 0), ("num_train_epochs", -1),
    ("num_train_steps", -1),
    ("warmup_proportion", 1.5), ("learning_rate", -1), ("save_checkpoints_steps", 0),
    ("n_best_size", 0), ("max_answer_length", 0), ("on_bad_input", "ignore"), ("seed", -1),
    ("decoder", "best"), ("span_score", "span"), ("long_score", "mean"), ("merge_spans", "min"),
    ("multi_span", "maybe"), ("predict_stride", 0), ("num_workers", -1), ("model_threads", 0),
    ("no_such_flag", 1)])
def test_flags_out_of_range(files, flag, bad):
    done = files.train(**{flag: bad})
    assert done.returncode == 1
    assert flag in done.stderr and "Traceback" not in done.stderr


def test_a_dev_set_that_cannot_be_used(files):
    page = tiny_nq.place_page(0)
    page["annotations"][0]["yes_no_answer"] = "PERHAPS"
    shard = write_shard(files.folder / "bad-dev.jsonl", [page])
    assert programs.error_line(files.train(dev_file=shard)) == (
        "error: %s, line 1: example %d, annotation 1: yes_no_answer 'PERHAPS' is none of YES, NO "
        "and NONE (--on_bad_input=skip goes on without it)" % (shard, page["example_id"]))
    assert not os.path.exists(files.path("model"))


def test_a_tpu_takes_batches_of_one_length(files):
    assert programs.error_line(files.train(group_by_length="true", use_tpu="true")) == (
        "error: --group_by_length makes batches of many lengths, a TPU wants one: leave it out "
        "with --use_tpu")


def test_epochs_and_steps(files):
    assert programs.error_line(files.train(num_train_epochs=2, num_train_steps=10)) == (
        "error: --num_train_steps=10 and --num_train_epochs=2: give one of them")


@pytest.mark.parametrize("flag, value", [
    ("span_score", "cls"), ("long_score", "max"), ("merge_spans", "max"),
    ("nested_candidates", "false"), ("multi_span", "true")])
def test_options_of_another_decoder(files, flag, value):
    done = files.predict(decoder="bert_joint", **{flag: value})
    assert programs.error_line(done) == (
        "error: --%s is no option of --decoder=bert_joint, which has --n_best_size, "
        "--max_answer_length" % flag)


@pytest.mark.parametrize("name", ["checkpoint", "vocab.txt", "bert_config.json", "model.json",
                                  "model.ckpt-1.index", "training.json", "history.png"])
@pytest.mark.parametrize("flag", ["output_prediction_file", "output_nbest_file"])
def test_outputs_that_belong_to_a_model(files, flag, name):
    path = files.path("trained/" + name)
    assert programs.error_line(files.predict(**{flag: path})) == (
        "error: %s belongs to the model in that folder: choose another output" % path)


@pytest.mark.parametrize("program, flag, other", [
    ("predict", "output_prediction_file", "vocab"), ("predict", "output_nbest_file", "config"),
    ("prepare", "output_tfrecord", "vocab")])
def test_outputs_that_are_other_inputs(files, program, flag, other):
    path = getattr(files, other)
    before = open(path, "rb").read()
    done = getattr(files, program)(**{flag: path})
    assert programs.error_line(done) == (
        "error: %s is input and output at once: choose another output" % path)
    assert open(path, "rb").read() == before


@pytest.mark.parametrize("nbest", ["out.json", "./out.json", "{folder}/out.json"])
def test_two_outputs_that_are_one(files, nbest):
    done = files.predict(output_nbest_file=nbest.format(folder=files.folder))
    assert programs.error_line(done).startswith("error: two of the outputs are the same file: ")


def test_an_nbest_file_that_is_an_input(files):
    done = files.predict(output_nbest_file=files.shard)
    assert programs.error_line(done) == (
        "error: %s is input and output at once: choose another output" % files.shard)


@pytest.mark.parametrize("make, message", [
    (lambda files: "no.json", "cannot read no.json: No such file or directory"),
    (lambda files: files.write("half.json", b'{"thresholds"'), "half.json is not JSON"),
    (lambda files: files.write("other.json", b"{}"),
     "other.json has no thresholds: a file of eval/tune_thresholds.py is wanted"),
    (lambda files: files.path("out.json"), "out.json is input and output at once"),
])
def test_thresholds(files, make, message):
    assert message in programs.error_line(files.predict(thresholds=make(files)))


def ensemble_member(files, name, without=(), vocabulary=tiny_nq.TOKENS):
    """A model's folder, as far as it is looked at without TensorFlow."""
    folder = files.folder / name
    folder.mkdir(exist_ok=True)
    for file, content in (("model.ckpt-1.index", ""), ("model.ckpt-1.data-00000-of-00001", ""),
                          ("vocab.txt", "".join(token + "\n" for token in vocabulary)),
                          ("bert_config.json", open(files.config).read())):
        if file not in without:
            (folder / file).write_text(content)
    return str(folder)


@pytest.mark.parametrize("change, message", [
    (dict(without=["model.ckpt-1.index"]), "there is no checkpoint in the folder {second}"),
    (dict(without=["model.ckpt-1.data-00000-of-00001"]),
     "the checkpoint {second}/model.ckpt-1 is incomplete: 0 of its 1 .data files are there"),
    (dict(without=["bert_config.json"]), "--ensemble: {second}/bert_config.json is missing beside "
     "the model {second}/model.ckpt-1: put it there"),
    (dict(without=["vocab.txt"]), "--ensemble: {second}/vocab.txt is missing beside the model "
     "{second}/model.ckpt-1: put it there"),
    (dict(vocabulary=tiny_nq.TOKENS[::-1]), "--ensemble: {second} has another vocabulary than "
     "{vocab}: predict with each model alone, and combine the answers with "
     "eval/ensemble_predictions.py"),
])
def test_ensembles_with_an_unusable_model(files, tmp_path, change, message):
    first = ensemble_member(files, "first")
    second = ensemble_member(files, tmp_path.name, **change)
    done = files.predict(ensemble="%s,%s" % (first, second))
    assert programs.error_line(done) == "error: " + message.format(second=second,
                                                                   vocab=files.vocab)


@pytest.mark.parametrize("weights, message", [
    ("1", "--ensemble_weights has 1 numbers for 2 models"),
    ("1,2,3", "--ensemble_weights has 3 numbers for 2 models"),
    ("1,0", "--ensemble_weights: '0' is not a number above 0"),
    ("-1,1", "--ensemble_weights: '-1' is not a number above 0"),
    ("1,nan", "--ensemble_weights: 'nan' is not a number above 0"),
    ("1,inf", "--ensemble_weights: 'inf' is not a number above 0"),
    ("half,1", "--ensemble_weights: 'half' is not a number above 0"),
])
def test_weights_of_ensembles(files, weights, message):
    model = ensemble_member(files, "first")
    done = files.predict(ensemble="%s,%s" % (model, model), ensemble_weights=weights)
    assert programs.error_line(done) == "error: " + message


@pytest.mark.parametrize("setting, first, second", [
    ("do_lower_case", True, False), ("max_query_length", 16, 20), ("max_position", 50, 9)])
def test_ensembles_of_models_that_were_trained_otherwise(files, tmp_path, setting, first, second):
    folders = []
    for name, value in (("a", first), ("b", second)):
        folders.append(ensemble_member(files, "%s_%s" % (setting, name)))
        with open(os.path.join(folders[-1], "model.json"), "w") as f:
            json.dump({"task": "nq_joint", "settings": {setting: value}}, f)
    done = files.predict(ensemble=",".join(folders))
    written = ["--%s=%s" % (setting, str(value).lower()) for value in (second, first)]
    assert programs.error_line(done) == (
        "error: the model in %s was trained with %s, not with %s: models that differ in it cannot "
        "be used together" % ((folders[1],) + tuple(written)))


def test_an_init_checkpoint_knows_how_it_was_trained(files, tmp_path):
    folder = ensemble_member(files, "known")
    with open(os.path.join(folder, "checkpoint"), "w") as f:
        f.write('model_checkpoint_path: "model.ckpt-1"\n')
    with open(os.path.join(folder, "model.json"), "w") as f:
        json.dump({"task": "nq_joint", "settings": {"do_lower_case": False}}, f)
    known = dict(init_checkpoint=folder + "/model.ckpt-1", output_dir=str(tmp_path / "new"))
    assert programs.error_line(files.predict(do_lower_case="true", **known)) == (
        "error: the model in %s was trained with --do_lower_case=false, not with "
        "--do_lower_case=true: leave the flag out" % folder)
    vocab = files.write("other.txt", "".join(
        token + "\n" for token in tiny_nq.TOKENS[::-1]).encode("utf8"))
    assert programs.error_line(files.predict(vocab_file=vocab, **known)).startswith(
        "error: the model in %s was trained with another vocabulary than %s: " % (folder, vocab))


def test_ensembles_are_of_trained_models(files):
    done = files.predict(ensemble=ensemble_member(files, "first"), do_train="true",
                         train_precomputed_file=files.records)
    assert programs.error_line(done) == (
        "error: --ensemble is of models that are trained: leave out --do_train")
    done = files.predict(ensemble_weights="1,2", init_checkpoint=ensemble_member(files, "first"))
    assert programs.error_line(done) == (
        "error: --ensemble_weights is for --ensemble, which is not given")


# prepare_nq_data.py

@pytest.mark.parametrize("is_training", ["true", "false"])
def test_a_bad_page_leaves_the_old_records_or_is_skipped(files, is_training):
    pages = [tiny_nq.place_page(0), b"no json\n", tiny_nq.place_page(1)]
    shard = write_shard(files.folder / "bad.jsonl", pages)
    output = files.folder / "old.tfrecord"
    output.write_bytes(b"old")
    before = sorted(os.listdir(str(files.folder)))
    flags = {"input_jsonl": shard, "output_tfrecord": str(output), "is_training": is_training}
    message = programs.error_line(files.prepare(**flags))
    assert message.startswith("error: %s, line 2: not JSON: " % shard)
    assert message.endswith(" (--on_bad_input=skip goes on without it)")
    assert output.read_bytes() == b"old"
    assert sorted(os.listdir(str(files.folder))) == before

    done = files.prepare(on_bad_input="skip", **flags)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("skipped: %s, line 2: not JSON: " % shard)
    assert tfrecord.count_records(str(output)) == 2
    output.unlink()
    (files.folder / "old.manifest.json").unlink()


def test_preparation_needs_no_tensorflow(files):
    done = files.prepare(max_examples=2)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert tfrecord.count_records(files.path("out.tfrecord")) == 2
