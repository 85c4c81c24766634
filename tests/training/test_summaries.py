"""The events that TensorBoard shows, read back."""
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bert_nq.scoring.nq import measures
from bert_nq.training.summaries import SummaryWriter, evaluation_tag, step_tag


def write(folder, start_step, steps, losses, scores=None):
    """One process, which writes some steps and then scores the last."""
    writer = SummaryWriter(str(folder), start_step)
    for step, loss in zip(steps, losses):
        writer.add_step(step, {"loss": loss, "start_loss": 2 * loss, "end_accuracy": 0.5,
                               "learning_rate": 0.25, "data_wait": 0.125})
    if scores is not None:
        writer.add_evaluation(steps[-1], scores)
    writer.close()


def read(folder):
    """{tag: {step: value}} as TensorBoard has them."""
    events = EventAccumulator(str(folder)).Reload()
    return {tag: {event.step: event.value for event in events.Scalars(tag)}
            for tag in events.Tags()["scalars"]}


def test_steps_and_scores_have_tags_in_groups(tmp_path):
    write(tmp_path, 0, [1, 2], [4.0, 3.0],
          {"long-best-threshold-f1": 0.5, "short-best-threshold-f1": 0.25})
    assert read(tmp_path) == {
        "loss/total": {1: 4.0, 2: 3.0}, "loss/start": {1: 8.0, 2: 6.0},
        "accuracy/end": {1: 0.5, 2: 0.5}, "learning_rate": {1: 0.25, 2: 0.25},
        "data_wait": {1: 0.125, 2: 0.125}, "dev/long_f1": {2: 0.5}, "dev/short_f1": {2: 0.25}}


def test_a_resumed_run_supersedes_what_came_after_its_checkpoint(tmp_path):
    write(tmp_path, 0, [1, 2, 3], [4.0, 3.0, 2.5], {"long-best-threshold-f1": 0.5})
    # It was killed after step 5, and its last checkpoint is of step 3.
    write(tmp_path, 3, [4, 5], [2.25, 2.0], {"long-best-threshold-f1": 0.75})
    write(tmp_path, 3, [4], [1.5])
    found = read(tmp_path)
    assert found["loss/total"] == {1: 4.0, 2: 3.0, 3: 2.5, 4: 1.5}
    assert found["dev/long_f1"] == {3: 0.5}


def test_all_official_scores_have_a_tag_of_their_own(tmp_path):
    scores = {key: i / 32 for i, key in enumerate(measures.metrics([], []))}
    assert len(scores) == 20
    write(tmp_path, 0, [1], [1.0], scores)
    found = {tag: values[1] for tag, values in read(tmp_path).items() if tag.startswith("dev/")}
    assert found == {evaluation_tag(key): value for key, value in scores.items()}


@pytest.mark.parametrize("key, tag", [
    ("long-best-threshold-f1", "dev/long_f1"),
    ("short-best-threshold-precision", "dev/short_precision"),
    ("long-best-threshold", "dev/long_threshold"),
    ("short-recall-at-precision>=0.75", "dev/short_recall_at_precision_0.75"),
    ("long-precision-at-precision>=0.5", "dev/long_precision_at_precision_0.5"),
    ("long-answer-f1", "dev/long_answer_f1")])
def test_tags_of_scores(key, tag):
    assert evaluation_tag(key) == tag


@pytest.mark.parametrize("name, tag", [
    ("loss", "loss/total"), ("start_loss", "loss/start"), ("type_accuracy", "accuracy/type"),
    ("next_word_loss", "loss/next_word"), ("loss_scale", "loss_scale"),
    ("gradient_norm", "gradient_norm")])
def test_tags_of_steps(name, tag):
    assert step_tag(name) == tag
