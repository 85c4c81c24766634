"""run_nmg.py through the program: killed, resumed, tested, and what it refuses."""
import json
import os
import random
import re
import shutil
import subprocess
import time

import pytest

from tests.support import masking_tasks, programs

PROGRAM = "bert_nq/run_nmg.py"


class Work:
    """A folder with data and a tiny encoder."""

    def __init__(self, folder):
        self.folder = folder
        self.inputs = masking_tasks.write(folder)

    def flags(self, output_dir, *more, **changes):
        return ["--do_meta_train", "--output_dir=" + output_dir, *self.inputs,
                *masking_tasks.flags(**changes), *more]

    def run(self, output_dir, *more, **changes):
        return programs.run(PROGRAM, *self.flags(output_dir, *more, **changes),
                            cwd=str(self.folder))

    def read(self, *parts):
        with open(os.path.join(str(self.folder), *parts), "rb") as f:
            return f.read()


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("nmg"))


@pytest.fixture(scope="module")
def undisturbed(work):
    done = work.run("undisturbed")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_ends_with_counts_and_files(work, undisturbed):
    assert re.search(r"texts +60\n", undisturbed)
    assert re.search(r"episodes +6\n", undisturbed) and "entropy, 1 is no choice" in undisturbed
    for name in ("policies/policy-000006.bin", "language_model/bert_model.ckpt.index",
                 "language_model/tokenizer_config.json", "history.json", "history.png",
                 "words.html", "flags.txt"):
        assert (work.folder / "undisturbed" / name).exists(), name
    assert "undisturbed/model" in programs.next_command(undisturbed)


def kill_in_the_middle(process, path, is_due):
    """Kills a run a moment after what is in a file of JSON says so."""
    def has_come():
        if not os.path.exists(path):
            return False
        with open(path) as f:
            return is_due(json.load(f))

    programs.wait_until(has_come, process)
    time.sleep(random.random() / 4)
    process.kill()
    process.communicate()


def test_killed_it_goes_on_with_the_same_episodes_to_the_bit(work, undisturbed):
    process = programs.start(
        programs.command(PROGRAM, *work.flags("killed", num_episodes=1000)),
        cwd=str(work.folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kill_in_the_middle(process, str(work.folder / "killed" / "history.json"),
                       lambda records: len(records) >= 2)
    done = json.loads(work.read("killed", "history.json"))
    if len(done) > 6:
        pytest.skip("the machine was too fast to be stopped before the sixth episode")
    resumed = work.run("killed")
    assert resumed.returncode == 0, resumed.stderr
    assert re.search(r"in this run +%d\n" % (6 - len(done)), resumed.stdout)
    for name in ("state.bin", "history.json", "policies/policy-000006.bin",
                 "language_model/bert_model.ckpt.data-00000-of-00001"):
        assert work.read("killed", name) == work.read("undisturbed", name), name
    assert not [name for name in os.listdir(str(work.folder / "killed")) if "tmp" in name]


def test_flags(work, output_dir, *more):
    """The flags of a test of the policies of an undisturbed run."""
    (work.folder / "dev.jsonl").write_text("".join(
        json.dumps(masking_tasks.text(i)) + "\n" for i in range(100, 120)))
    return work.flags(output_dir, "--test_file=dev.jsonl", "--do_meta_test", *more, test_seeds=2,
                      test_mlm_epochs=1, test_task_epochs=1, test_maskings="random,span")[1:]


test_flags.__test__ = False


@pytest.fixture(scope="module")
def tested(work, undisturbed):
    done = programs.run(PROGRAM, *test_flags(work, "undisturbed"), cwd=str(work.folder))
    assert done.returncode == 0, done.stderr
    return done


def test_policies_are_tested_and_one_is_chosen_without_the_test(work, tested):
    done = tested
    found = json.loads(work.read("undisturbed", "meta_test.json"))["scores"]
    settings = json.loads(work.read("undisturbed", "meta_test.json"))["settings"]
    # The test's own flags count, not those that the policies were learned with.
    assert (settings["test_mlm_epochs"], settings["test_task_epochs"]) == (1, 1)
    held_out = {name: score for name, score in found.items() if name.startswith("held out")}
    assert set(held_out) == {"held out: policy-000004", "held out: policy-000006"}
    best = max(sorted(held_out), key=lambda name: held_out[name])[len("held out: "):]
    assert set(found) - set(held_out) == {
        "test: %s, seed %d" % (name, seed) for seed in (0, 1)
        for name in ("no further pretraining", "random masks", "span masks", best)}
    assert best + ", chosen" in done.stdout
    # Those of eval/classifier_eval.py.
    official = found["test: random masks, seed 0"]
    assert set(official) == {"accuracy", "micro_f1", "macro_f1", "total"}
    assert official["total"] == 20 and official["accuracy"] == official["micro_f1"]
    assert "\nOfficial scores of 20 texts of dev.jsonl, mean and range of 2 seeds\n" in done.stdout
    scores = [found["test: span masks, seed %d" % seed]["macro_f1"] for seed in (0, 1)]
    assert re.search(r"\nspan masks .* %.3f \(%.3f to %.3f\)\n" % (
        sum(scores) / 2, min(scores), max(scores)), done.stdout)
    printed = programs.paste(programs.next_command(done.stdout), work.folder,
                             "--num_train_epochs=1", "--train_batch_size=8")
    assert "accuracy" in printed


def test_a_killed_test_goes_on_with_the_same_scores(work, tested):
    folder = work.folder / "killed_test"
    shutil.copytree(str(work.folder / "undisturbed"), str(folder),
                    ignore=shutil.ignore_patterns("meta_test*", ".*"))
    process = programs.start(
        programs.command(PROGRAM, *test_flags(work, "killed_test")), cwd=str(work.folder),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kill_in_the_middle(process, str(folder / "meta_test.json"),
                       lambda content: len(content["scores"]) >= 3)
    done = json.loads(work.read("killed_test", "meta_test.json"))["scores"]
    if len(done) == 10:
        pytest.skip("the machine was too fast to be stopped before the last score")
    resumed = programs.run(PROGRAM, *test_flags(work, "killed_test"), cwd=str(work.folder))
    assert resumed.returncode == 0, resumed.stderr
    for name in ("meta_test.json",
                 "meta_test/language_model/bert_model.ckpt.data-00000-of-00001"):
        assert work.read("killed_test", name) == work.read("undisturbed", name), name


def test_questions_get_the_official_scores(work):
    """Of all questions, also one whose annotated answer is not found in its context."""
    folder = work.folder
    masking_tasks.write_questions(folder / "questions.json",
                                  [masking_tasks.question(i) for i in range(16)])
    lost = masking_tasks.question(20)
    lost["qas"][0]["answers"][0]["text"] = "elsewhere"
    masking_tasks.write_questions(folder / "other-questions.json",
                                  [masking_tasks.question(i) for i in range(17, 20)] + [lost])
    flags = [flag for flag in work.flags("of_questions", num_episodes=1, test_mlm_epochs=1,
                                         test_task_epochs=1, max_seq_length=32,
                                         validation_share=0.4)
             if not flag.startswith("--train_file")]
    done = programs.run(PROGRAM, *flags, "--task=squad", "--train_file=questions.json",
                        "--max_query_length=8", "--do_meta_test",
                        "--test_file=other-questions.json", cwd=str(folder))
    assert done.returncode == 0, done.stderr
    found = json.loads(work.read("of_questions", "meta_test.json"))["scores"]
    official = found["test: policy-000001, seed 0"]
    # Those of eval/squad_eval.py: a share of four questions, of which one cannot be had.
    assert set(official) == {"exact_match", "exact", "f1", "best_exact", "best_f1"}
    assert official["exact"] in (0, 25, 50, 75) and official["exact"] <= official["f1"] <= 75
    assert "\nOfficial scores of 4 questions of other-questions.json, one seed\n" in done.stdout
    assert re.search(r"\n +EM +F1\nno further pretraining +\d+\.000 +\d+\.\d{3}\n", done.stdout)
    assert "held out: policy-000001" in found


def test_texts_are_told_apart_by_the_mean_of_their_vectors(work):
    done = work.run("mean", "--head=mean_classes", num_episodes=1)
    assert done.returncode == 0, done.stderr
    assert "--head=mean_classes" in programs.next_command(done.stdout)


def test_another_run_in_its_folder_is_refused(work, undisturbed):
    done = work.run("undisturbed", mlm_epochs=2, seed=5)
    assert programs.error_line(done) == (
        "error: undisturbed: the run there was begun otherwise: --mlm_epochs was 1 and is 2; "
        "--seed was 0 and is 5. Give the same flags to go on with it, or another --output_dir")


def test_policies_of_another_budget_are_refused(work, undisturbed):
    """Flags are not replaced by what a policy was learned with: the two must agree."""
    flags = work.flags("undisturbed", "--do_meta_test", masking_prob=0.3)[1:]
    (work.folder / "one.jsonl").write_text(json.dumps(masking_tasks.text(100)) + "\n")
    done = programs.run(PROGRAM, *flags, "--test_file=one.jsonl", cwd=str(work.folder))
    assert ("policy-000004.bin was learned with masking_prob 0.2, not 0.3: give the flags of its "
            "run") in programs.error_line(done)


@pytest.mark.parametrize("flags, fault", [
    (["--nodo_meta_train"], "nothing to do: give --do_meta_train"),
    (["--labels=river,town"], "the label 'village' is none of the model's"),
    (["--do_meta_test", "--test_file=train.jsonl"], "scores on it would mean nothing"),
    (["--do_meta_test", "--test_file=train.json*", "--test_maskings=words"],
     "there is no masking 'words': choose one of random, whole_word"),
    (["--do_meta_test", "--test_file=train.json*", "--test_maskings=entity",
      "--entity_model=en_no_such_model"], "en_no_such_model"),
    (["--block_size=4000"], "--block_size=4000: give 3 to 96"),
    (["--validation_share=1"], "0 to train on and 60 to score on"),
    (["--init_checkpoint=none.ckpt"], "there is no checkpoint none.ckpt"),
    (["--output_dir=gs://bucket/nmg"], "give a folder of this machine"),
    (["--head=span"], "--head=span: --task=classification has classes, mean_classes"),
])
def test_what_cannot_be(work, flags, fault):
    done = work.run("refused", *flags)
    assert fault in programs.error_line(done)
    assert not (work.folder / "refused" / "state.bin").exists()
