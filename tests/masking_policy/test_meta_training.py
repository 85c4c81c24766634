"""A run of episodes with a tiny encoder in this process: stopped, gone on, and what it leaves."""
import os
import signal

import numpy as np
import pytest

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.features.maskings.masker import mask_pieces
from bert_nq.features.options import TextOptions
from bert_nq.features.packing import Frame
from bert_nq.masking_policy import blocks, draws, run_state, tasks
from bert_nq.masking_policy.graphs import meta_training
from bert_nq.masking_policy.graphs.meta_training import Plan
from bert_nq.masking_policy.settings import EpisodeSettings, PolicySettings
from bert_nq.masking_policy.world import LanguageModelWorld, Texts
from bert_nq.modeling import checkpoints
from bert_nq.modeling.models import Model
from bert_nq.text.vocabulary import Vocabulary
from tests.support import masking_tasks, tiny_nq
from tests.support.tiny_nq import CONFIG

LABELS = '["river", "town", "village"]'


def settings_of(kind):
    return kind(**{name: value for name, value in masking_tasks.SETTINGS.items()
                   if name in kind._fields})


class Work:
    """The texts that the tests share."""

    def __init__(self, folder):
        self.folder = folder
        masking_tasks.write(folder)
        text = TextOptions(str(folder / "vocab.txt"))
        self.contexts = tasks.read_contexts(
            tasks.get("classification"), [str(folder / "train.jsonl")], text,
            tasks.Options(16, LABELS), BadInput())
        ids = {token: i for i, token in enumerate(tiny_nq.TOKENS)}
        pieces = mask_pieces(Vocabulary(list(tiny_nq.TOKENS)))
        some = [blocks.blocks_of(c.key % 2 ** 64, [ids[w] for w in c.text.split()], 16,
                                 Frame([ids["[CLS]"]], [ids["[SEP]"]]), pieces.is_special)
                for c in self.contexts]
        self.texts = Texts(self.contexts, some, pieces)

    def plan(self, name, **changes):
        plan = Plan(
            Model(CONFIG, "classes:3"), ("label_ids",), self.texts, settings_of(PolicySettings),
            settings_of(EpisodeSettings), None, 3, 6, 1, 4, str(self.folder / name), {"seed": 3})
        plan = plan._replace(**changes)
        files.make_folder(plan.output_dir)
        return plan


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("meta_training"))


@pytest.fixture(scope="module")
def undisturbed(work):
    plan = work.plan("undisturbed")
    return plan.output_dir, meta_training.run(plan, lambda number, record: None, print)


def test_what_a_run_leaves(undisturbed):
    folder, result = undisturbed
    assert len(result.records) == 6 and result.first_episode == 0 and not result.stopped_by
    assert sorted(os.listdir(os.path.join(folder, "policies"))) == [
        "policy-000004.bin", "policy-000006.bin"]
    facts, weights = run_state.load_policy(result.policy)
    assert facts["episodes"] == 6 and facts["hidden_size"] == CONFIG.hidden_size
    assert not any("adam" in name for name in weights)
    language_model = checkpoints.read_shapes(result.language_model)
    assert language_model["cls/predictions/output_bias"] == (CONFIG.vocab_size,)
    assert "output_weights" not in language_model  # The task's head goes with the episode.
    last = result.records[-1]
    assert last["opponent_plays"] and 0 < last["entropy"] <= 1
    assert files.read_json(os.path.join(folder, "history.json")) == result.records


def test_events_are_those_of_the_episodes(undisturbed):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    folder, result = undisturbed
    events = EventAccumulator(folder)
    events.Reload()
    scores = events.Scalars("score/player")
    assert [event.step for event in scores] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose([event.value for event in scores],
                               [record["score"] for record in result.records], rtol=1e-6)
    tags = set(events.Tags()["scalars"])
    assert {"wins/against_random", "policy/entropy", "loss/value", "policy/reward"} <= tags


def test_stopped_in_an_episode_it_goes_on_as_if_it_had_not_been(work, undisturbed, monkeypatch):
    plan = work.plan("stopped")
    steps = []
    pretrain = meta_training.LanguageModelGraph.pretrain

    def stopping_in_the_fourth(self, *arguments):
        steps.append(arguments)
        if len(steps) == 3 * 3 * 2 - 1:  # two steps for each player of an episode
            os.kill(os.getpid(), signal.SIGTERM)
        return pretrain(self, *arguments)

    monkeypatch.setattr(meta_training.LanguageModelGraph, "pretrain", stopping_in_the_fourth)
    result = meta_training.run(plan, lambda number, record: None, print)
    assert result.stopped_by == signal.SIGTERM and 0 < len(result.records) < 6
    assert result.policy is None and result.language_model is None

    result = meta_training.run(plan, lambda number, record: None, print)
    assert 0 < result.first_episode < 6
    for name in ("state.bin", "history.json", "policies/policy-000004.bin",
                 "policies/policy-000006.bin"):
        ours, theirs = (read(os.path.join(folder, name))
                        for folder in (plan.output_dir, undisturbed[0]))
        assert ours == theirs, name


def read(path):
    with open(path, "rb") as f:
        return f.read()


def test_another_run_in_the_same_folder_is_refused(work, undisturbed):
    with pytest.raises(UserError, match="begun otherwise: --seed was 3 and is 4"):
        run_state.load(undisturbed[0], {"seed": 4})


def test_a_damaged_state_is_told(work, undisturbed, tmp_path):
    content = bytearray(read(os.path.join(undisturbed[0], "state.bin")))
    content[len(content) // 2] ^= 1
    (tmp_path / "state.bin").write_bytes(bytes(content))
    with pytest.raises(UserError, match="is damaged: its checksum is another: remove it"):
        run_state.load(str(tmp_path), {"seed": 3})
    with pytest.raises(UserError, match="is no policy"):
        run_state.load_policy(os.path.join(undisturbed[0], "state.bin"))


class _Graph:
    """Counts the steps of an episode, and notes what they see."""

    def __init__(self):
        self.language_model = self.head = self
        self.session, self.blocks, self.rows = None, [], []

    def load(self, session, values):
        pass

    begin_training = read = lambda self, session=None: {}

    def shapes(self):
        return {"output_weights": (3, 4), "output_bias": (3,)}

    def pretrain(self, some, rate, step, seed):
        self.blocks.append((some, rate, step, seed))
        return 1.0

    def finetune(self, rows, rate, step, seed):
        self.rows.append((rows, rate))
        return 2.0

    def accuracy(self, rows, batch_size):
        return 0.25


def world(work, graph, **changes):
    return LanguageModelWorld(graph, work.texts,
                              settings_of(EpisodeSettings)._replace(**changes), 3, {})


def test_players_differ_in_what_they_choose_alone(work):
    graphs = _Graph(), _Graph()
    for graph, place in zip(graphs, (3, 4)):
        one = world(work, graph)
        sample = one.sample(5)
        played = one.play(5, sample, [np.array([3, 5 if place == 3 else 6])] * len(sample.blocks))
        assert played.score == 25 and played.scalars == {"mlm_loss": 1.0, "task_loss": 2.0}
    for (ours, *rest), (theirs, *others) in zip(*(graph.blocks for graph in graphs)):
        assert rest == others  # rate, step and dropout
        for a, b in zip(ours, theirs):
            # What both choose is the same to both.
            assert a.ids.tolist() == b.ids.tolist() and a.shown[3] == b.shown[3]
    for (ours, rate), (theirs, other) in zip(*(graph.rows for graph in graphs)):
        assert rate == other
        np.testing.assert_array_equal(ours["input_ids"], theirs["input_ids"])
    # 12 blocks in steps of 8, from the whole rate down.
    assert [step[1:3] for step in graphs[0].blocks] == [(1e-3, 0), (5e-4, 1)]


def test_texts_are_trained_on_or_scored_on(work):
    one = world(work, _Graph(), episode_contexts=1000, episode_rows=1000)
    trained = one.sample(0).task["input_ids"]
    assert len(trained) + len(one.validation["input_ids"]) == 60
    assert not {tuple(row) for row in trained.tolist()} & {
        tuple(row) for row in one.validation["input_ids"].tolist()}
    assert len(world(work, _Graph(), validation_rows=3).validation["input_ids"]) == 3


def test_rows_and_masks_go_together_by_the_text_and_not_by_an_order(work):
    """A sample's blocks and rows are of the same texts, whatever was left out of either."""
    one = world(work, _Graph(), episode_contexts=5)
    for episode in range(4):
        sample = one.sample(episode)
        assert len(sample.blocks) == len(sample.task["input_ids"]) == 5
        assert {tuple(b.ids.tolist()) for b in sample.blocks} == {
            tuple(row) for row in sample.task["input_ids"].tolist()}


def test_too_few_texts_are_told(work):
    few = Texts(work.contexts[:1], work.texts.blocks[:1], work.texts.pieces)
    with pytest.raises(UserError, match="1 texts with --validation_share=0.3: . to train on and"):
        LanguageModelWorld(_Graph(), few, settings_of(EpisodeSettings), 3, {})


def test_a_loss_that_is_no_number_is_told(work):
    graph = _Graph()
    graph.finetune = lambda *arguments: float("nan")
    one = world(work, graph)
    sample = one.sample(0)
    with pytest.raises(UserError, match="episode 1: the loss of fine-tuning is no number: lower "
                                        "--task_learning_rate"):
        one.play(0, sample, [np.array([1])] * len(sample.blocks))


def test_draws_of_episodes_differ():
    assert draws.some(1, 0, "contexts", 100, 5).tolist() != draws.some(
        1, 1, "contexts", 100, 5).tolist()
    assert draws.some(1, 0, "rows", 3, 5).tolist() == [0, 1, 2]
