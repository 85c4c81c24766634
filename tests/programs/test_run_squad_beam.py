"""run_squad.py --head=beam from questions to official scores, with a tiny encoder."""
import json

import pytest

import bert_nq
from bert_nq.modeling import checkpoints
from bert_nq.modeling.heads import beam
from tests.programs.test_run_squad import Files, numbers_of, official, read, write
from tests.support import programs


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    files = Files(tmp_path_factory.mktemp("squad"))
    for path in (files.train_v2, files.dev_v2):
        write(path, [with_another_question(article) for article in read(files, path)["data"]],
              "v2.0")
    return files


def with_another_question(article):
    """An article whose question, if it has no answer, shows so by its words.

    Whether a context is about the place that is asked for is more than a tiny model learns.
    """
    for qa in article["paragraphs"][0]["qas"]:
        if qa["is_impossible"]:
            qa["question"] = "has the river many houses"
    return article


@pytest.fixture(scope="module")
def trained(files):
    """The output of training on version 2.0, into the folder v2, in two runs."""
    begun = files.run(
        "--do_train", "--head=beam", "--train_file=" + files.train_v2, "--output_dir=v2",
        "--version_2_with_negative", "--max_seq_length=24", "--doc_stride=8",
        "--max_query_length=8", "--train_batch_size=16", "--num_train_epochs=1",
        "--learning_rate=3e-3", "--seed=1", *files.flags)
    assert begun.returncode == 0, begun.stderr
    return files.train_and_score(files.train_v2, files.dev_v2, "v2", "--do_export",
                                 "--version_2_with_negative")


def test_the_class_decides_in_version_2(files, trained):
    weights = checkpoints.read_weights(checkpoints.newest(str(files.folder / "v2")))
    assert set(beam.VARIABLES) <= set(weights) and "cls/squad/output_weights" not in weights
    assert read(files, "v2", "model.json")["settings"]["head"] == "beam"
    printed = numbers_of(trained)
    scored = official(files, "--gold_path=" + files.dev_v2,
                      "--predictions_path=v2/predictions.json",
                      "--na_prob_path=v2/null_odds.json", "--na_prob_thresh=1e9")
    assert printed == pytest.approx(scored, abs=1e-3)
    assert scored["best_f1"] >= scored["f1"]
    # Half of the questions have no answer. Who answers nothing has 0 and 100, who guesses one of
    # eight towns each time 12 and 0.
    assert scored["HasAns_exact"] > 50 and scored["NoAns_exact"] > 50
    odds, predictions = read(files, "v2", "null_odds.json"), read(files, "v2", "predictions.json")
    nbest = read(files, "v2", "nbest_predictions.json")
    for key, text in predictions.items():
        assert (text == "") == (odds[key] > 0)
        assert text in ("", nbest[key][0]["text"])
        assert all(a["text"] and a["start_logit"] <= 0 for a in nbest[key])


def test_thresholds_are_those_of_any_numbers(files, trained):
    """Class logits may all be below 0 or above 1: the best threshold is searched among them."""
    odds = {key: value - 100 for key, value in read(files, "v2", "null_odds.json").items()}
    (files.folder / "low_odds.json").write_text(json.dumps(odds))
    for path, shift in (("v2/null_odds.json", 0), ("low_odds.json", -100)):
        tuned = programs.run(
            "eval/tune_thresholds.py", "--gold_path=" + files.dev_v2,
            "--predictions_path=v2/predictions.json", "--nbest_path=v2/nbest_predictions.json",
            "--na_prob_path=" + path, "--output_thresholds=%d.json" % shift,
            cwd=str(files.folder))
        assert tuned.returncode == 0, tuned.stderr
    one, other = (read(files, name)["thresholds"]["null"] for name in ("0.json", "-100.json"))
    assert other == pytest.approx(one - 100)


def test_the_folder_knows_its_head(files, trained):
    again = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                      "--output_prediction_file=again_predictions.json", "--num_workers=1")
    assert again.returncode == 0, again.stderr
    assert read(files, "again_predictions.json") == read(files, "v2", "predictions.json")
    for flags, message in (
            (["--head=span"], "the model in v2 was trained with --head=beam, not with --head=span: "
                              "leave the flag out"),
            (["--decoder=run_qa"], "--decoder=run_qa is for another head than that of the model, "
                                   "beam: with that, there is --decoder=beam, beam_lines"),
            (["--sees_padding"], "--sees_padding is no option of --decoder=beam")):
        other = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                          *flags)
        assert message in programs.error_line(other)
    # A checkpoint that nothing is known of.
    checkpoint = checkpoints.newest(str(files.folder / "v2"))
    bare = str(files.folder / "bare" / "model.ckpt-1")
    checkpoints.write_weights(bare, checkpoints.read_weights(checkpoint))
    flags = files.flags + ["--do_predict", "--output_dir=other", "--init_checkpoint=" + bare,
                           "--predict_file=" + files.dev_v2, "--version_2_with_negative",
                           "--max_seq_length=24", "--doc_stride=8", "--max_query_length=8"]
    assert "not trained on SQuAD with --head=span" in programs.error_line(files.run(*flags))


def test_pages_are_asked_and_the_model_is_served(files, trained):
    with bert_nq.load(str(files.folder / "v2")) as reader:
        answer = reader.ask("where is tovin", "<p>tovin is a town in Marn .</p><p>a river</p>")
        assert answer.others and reader.description["decoder"] == "beam_lines"
    served = read(files, "v2", "serving", "1", "serving.json")["predictor"]
    assert served["decoder"] == "beam" and served["options"]["start_n_top"] == 5


def test_version_1_always_answers(files):
    stdout = files.train_and_score(files.train, files.dev, "v1", "--head=beam_by_gold_start")
    assert numbers_of(stdout)["exact_match"] > 50
    assert all(read(files, "v1", "predictions.json").values())
