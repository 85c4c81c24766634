"""Every setting that a model remembers: it is taken in prediction, or refused or told.

Each task is trained once, for a step, with no setting at its default.
"""
import json
import os
import shlex

import pytest

from bert_nq import tasks
from bert_nq.features.options import TextOptions
from tests.programs.test_run_squad import map_of, write
from tests.support import programs, tiny_nq
from tests.support.nq_pages import write_shard

NQ, SQUAD = "nq_joint", "squad"
# A value beside the default for every setting that a card has.
TRAINED_WITH = {
    NQ: {"do_lower_case": False, "tokenizer": "reference", "max_seq_length": 48, "doc_stride": 9,
         "max_query_length": 12, "skip_nested_contexts": False, "max_contexts": 5,
         "max_position": 7, "keep_drift": True},
    # A step and an overlap exclude each other.
    SQUAD: {"do_lower_case": False, "tokenizer": "reference", "max_seq_length": 48,
            "doc_overlap": 6, "max_query_length": 12, "version_2_with_negative": True},
}
# Options that decide which labels and records there are, but not how a page becomes windows.
OF_TRAINING = {"include_unknowns", "keep_unreachable_answers", "fix_offsets", "seed"}
EACH = [(task, name) for task in sorted(TRAINED_WITH) for name in sorted(TRAINED_WITH[task])]


def flag(name, value):
    return "--%s=%s" % (name, str(value).lower() if isinstance(value, bool) else value)


def flags_of(task):
    return [flag(*item) for item in sorted(TRAINED_WITH[task].items())]


def defaults(task):
    """The settings of a task that are given nowhere."""
    return dict(TextOptions("")._asdict(), **tasks.get(task).featurizer.options()._asdict())


class Work:
    """The data and the models of both tasks, in a folder with a blank in its name."""

    def __init__(self, folder):
        self.folder = folder
        self.vocab = tiny_nq.write_vocabulary(folder / "vocab.txt")
        self.config = tiny_nq.write_config(folder / "bert_config.json")
        impossible = map_of(range(4))
        for article in impossible:
            article["paragraphs"][0]["qas"][0]["is_impossible"] = False
        self.data = {NQ: write_shard(folder / "nq.jsonl.gz", map(tiny_nq.place_page, range(4))),
                     SQUAD: write(folder / "squad.json", impossible, "v2.0")}

    def run(self, program, *flags):
        return programs.run(program, *flags, cwd=str(self.folder))

    def start(self, task, *flags):
        """Starts a program of the task, to the import of TensorFlow at most."""
        return programs.run_before_tensorflow(tasks.get(task).program, *flags,
                                              cwd=str(self.folder))

    def paste(self, stdout, *flags):
        """Runs the command that a program has printed as the next one, with other files."""
        lines = stdout[stdout.index("Next: "):].split("\n", 1)[1].replace("\\\n", " ")
        words = shlex.split(lines.splitlines()[0])
        program = [i for i, word in enumerate(words) if word.endswith(".py")][0]
        given = [word for word in words[program + 1:]
                 if not word.startswith(("--init_checkpoint=", "--bert_config_file="))]
        path = os.path.normpath(str(self.folder / words[program]))
        return self.run(path, *(given + list(flags)))


def succeeded(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """The model of each task, trained in a folder of its name."""
    work = Work(tmp_path_factory.mktemp("the settings"))
    model = ["--bert_config_file=" + work.config, "--num_train_epochs=1", "--train_batch_size=4"]
    prepared = succeeded(work.run(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + work.data[NQ],
        "--vocab_file=" + work.vocab, "--output_tfrecord=nq.tfrecord", *flags_of(NQ)))
    work.trained = {
        NQ: succeeded(work.paste(prepared, "--output_dir=nq_joint", *model)),
        SQUAD: succeeded(work.run(
            "bert_nq/run_squad.py", "--do_train", "--train_file=" + work.data[SQUAD],
            "--vocab_file=" + work.vocab, "--output_dir=squad", *(model + flags_of(SQUAD))))}
    return work


@pytest.mark.parametrize("task", sorted(TRAINED_WITH))
def test_every_setting_of_windows_is_on_the_card(task):
    of_windows = set(defaults(task)) - OF_TRAINING - {"vocab_file"}
    described = tasks.get(task)
    assert set(described.card_settings) == of_windows
    assert set(described.weights_depend_on) <= of_windows
    # The encoder decides the order of windows.
    assert of_windows - set(TRAINED_WITH[task]) <= {"doc_stride", "packing"}
    for name, value in TRAINED_WITH[task].items():
        assert value != defaults(task)[name], name


@pytest.mark.parametrize("task", sorted(TRAINED_WITH))
def test_prediction_takes_every_setting(work, task):
    done = work.paste(work.trained[task], "--predict_file=" + work.data[task], "--do_export",
                      "--output_prediction_file=%s_answers.json" % task, "--num_workers=1")
    succeeded(done)
    served = json.loads((work.folder / task / "serving" / "1" / "serving.json").read_text())
    used = dict(served["text"], **served["windows"])
    expected = dict(defaults(task), **TRAINED_WITH[task])
    for name in tasks.get(task).card_settings:
        assert used[name] == expected[name], name
    card = json.loads((work.folder / task / "model.json").read_text())
    assert card == {"task": task, "settings": dict(
        {name: expected[name] for name in tasks.get(task).card_settings},
        head=tasks.get(task).head)}


@pytest.mark.parametrize("mode", ["--do_predict", "--do_export", "--do_train"])
@pytest.mark.parametrize("task, name", EACH)
def test_a_flag_that_contradicts_the_model_is_refused_or_told(work, mode, task, name):
    other, trained_with = defaults(task)[name], TRAINED_WITH[task][name]
    given = flag(name, 7 if other is None else other)
    data = {"--do_train": ["--train_file=" + work.data[task]]}.get(
        mode, ["--predict_file=" + work.data[task]])
    done = work.start(task, mode, "--output_dir=" + task, given, *data)
    told = "the model in %s was trained with %s, not with %s: " % (
        task, flag(name, trained_with), given)
    if name in tasks.get(task).weights_depend_on:
        assert programs.error_line(done) == "error: %sleave the flag out" % told
    else:
        assert told + "taken as given" in done.stderr.splitlines()


def test_a_step_that_is_given_takes_the_place_of_the_models_overlap(work):
    done = work.run("bert_nq/run_squad.py", "--do_export", "--output_dir=squad", "--doc_stride=5",
                    "--export_dir=stepping")
    succeeded(done)
    windows = json.loads((work.folder / "stepping" / "1" / "serving.json").read_text())["windows"]
    assert (windows["doc_stride"], windows["doc_overlap"]) == (5, None)


@pytest.mark.parametrize("name", sorted(set(tasks.get(NQ).weights_depend_on) - {"packing"}))
def test_records_that_were_made_otherwise_are_refused(work, name):
    """Beside others, and for a model that was trained on others."""
    value = {"max_query_length": 13}.get(name, defaults(NQ)[name])
    records = "other_%s.tfrecord" % name
    succeeded(work.run(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + work.data[NQ],
        "--vocab_file=" + work.vocab, "--output_tfrecord=" + records,
        *(flags_of(NQ) + ["--tokenizer=wordpiece", flag(name, value)])))
    written = flag(name, value), flag(name, TRAINED_WITH[NQ][name])
    reason = (": they cannot be used together; prepare all records alike, and train another model "
              "in another folder")
    with_others = work.start(
        NQ, "--do_train", "--train_precomputed_file=nq.tfrecord,%s" % records,
        "--vocab_file=" + work.vocab, "--bert_config_file=" + work.config, "--output_dir=new")
    manifests = ("nq.manifest.json", "other_%s.manifest.json" % name)
    assert programs.error_line(with_others) == (
        "error: the records of %s were made with %s, but the records of %s were made with %s%s"
        % (manifests[0], written[1], manifests[1], written[0], reason))
    going_on = work.start(
        NQ, "--do_train", "--train_precomputed_file=" + records, "--output_dir=nq_joint")
    assert programs.error_line(going_on) == (
        "error: the records of %s were made with %s, but the model in nq_joint was trained with "
        "%s%s" % (manifests[1], written[0], written[1], reason))


def test_training_goes_on_with_the_settings_of_the_model_without_a_manifest(work):
    bare = work.folder / "bare.tfrecord"
    bare.write_bytes((work.folder / "nq.tfrecord").read_bytes())
    flags = ["--do_train", "--train_precomputed_file=bare.tfrecord", "--output_dir=bare"]
    for more in (["--bert_config_file=" + work.config, "--vocab_file=" + work.vocab]
                 + flags_of(NQ), ["--num_train_epochs=6"]):
        succeeded(work.run("bert_nq/run_nq.py", "--train_batch_size=4", *(flags + more)))
        card = json.loads((work.folder / "bare" / "model.json").read_text())
        assert card["settings"] == dict(TRAINED_WITH[NQ], head="joint", packing="bert")


def test_weights_of_a_vocabulary_in_another_order_are_refused(work):
    swapped = list(tiny_nq.TOKENS)
    where = swapped.index("[Paragraph=1]"), swapped.index("[Paragraph=2]")
    swapped[where[0]], swapped[where[1]] = "[Paragraph=2]", "[Paragraph=1]"
    (work.folder / "swapped.txt").write_text("".join(token + "\n" for token in swapped))
    succeeded(work.run(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + work.data[NQ], "--vocab_file=swapped.txt",
        "--output_tfrecord=swapped.tfrecord", *(flags_of(NQ) + ["--tokenizer=wordpiece"])))
    done = work.run("bert_nq/run_nq.py", "--do_train", "--train_precomputed_file=swapped.tfrecord",
                    "--vocab_file=swapped.txt", "--bert_config_file=" + work.config,
                    "--init_checkpoint=nq_joint", "--output_dir=from_swapped")
    assert programs.error_line(done).startswith(
        "error: the id %d is [Paragraph=1] in nq_joint/vocab.txt, and [Paragraph=2] in swapped.txt:"
        " the weights of nq_joint/model.ckpt-" % where[0])
