r"""Episodes of a masking policy in one graph, beside a loop that builds its graphs anew.

    python benchmarks/masking_policy_episodes.py --contexts=8,32,128

Both play the same episodes in turns, in one process: three players mask the same texts, and each
pretrains a copy of the language model, fine-tunes it and is scored. Ours is the world of
run_nmg.py, which has one graph and one session. The other one builds the graph of each training and
a session when the training begins, six times an episode. It is spared all else: a graph has only
what its training needs, weights come from memory and not from a checkpoint, and the policy, and the
states that it sees, are computed in the graphs of ours. Texts are random words. Both must end with
the same scores and losses.
"""
from bert_nq.cli.start import run

import resource
import statistics
import time
from typing import NamedTuple

import encoder_flags
import numpy as np
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

encoder_flags.define_sizes(64)
flags.DEFINE_list("contexts", ["8", "32", "128"], "Texts of an episode; each number is measured.")
flags.DEFINE_integer("batch_size", 8, "Texts of a step, of both trainings.", lower_bound=1)
flags.DEFINE_integer("mlm_epochs", 3, "Passes of further pretraining.", lower_bound=1)
flags.DEFINE_integer("task_epochs", 5, "Passes of fine-tuning.", lower_bound=1)
flags.DEFINE_integer("validation_rows", 32, "Texts that players are scored on.", lower_bound=1)
flags.DEFINE_integer("num_turns", 3, "Episodes that are measured of each.", lower_bound=1)

_OURS, _ANEW = "one graph", "graphs built anew"
_CLASSES, _SPECIAL = 4, 5  # labels; ids below 5 are special tokens


class Turn(NamedTuple):
    """An episode that was played."""
    seconds: float
    cpu_seconds: float
    record: dict  # see masking_policy.episodes


def main():
    if not all(number.isdigit() and int(number) for number in FLAGS.contexts):
        raise UserError("--contexts=%s: numbers are wanted, such as 8,32" % ",".join(
            FLAGS.contexts))
    program.quiet_tensorflow(False)
    sizes = encoder_flags.sizes()
    print("%d layers of %d; %d wordpieces a text, %d texts a step; %d and %d passes; medians of %d "
          "turns" % (sizes["num_hidden_layers"], sizes["hidden_size"], FLAGS.max_seq_length,
                     FLAGS.batch_size, FLAGS.mlm_epochs, FLAGS.task_epochs, FLAGS.num_turns))
    print("\n%-9s%-20s%14s%12s%12s" % ("texts", "", "episodes/h", "s", "CPU s"))
    for number in map(int, FLAGS.contexts):
        turns = measure(number)
        medians = {name: [statistics.median(column) for column in (
            [turn.seconds for turn in of_one], [turn.cpu_seconds for turn in of_one])]
            for name, of_one in turns.items()}
        for name, (seconds, cpu_seconds) in medians.items():
            print("%-9d%-20s%14.0f%12.2f%12.2f" % (number, name, 3600 / seconds, seconds,
                                                   cpu_seconds))
        print("%-9s%-20s%13.1fx%12s%11.1fx" % (
            "", "times as many", medians[_ANEW][0] / medians[_OURS][0], "",
            medians[_ANEW][1] / medians[_OURS][1]), flush=True)


def measure(number):
    """{name: [Turn]} of both loops, with so many texts in an episode."""
    from masking_policy_anew import world_of_new_graphs

    from bert_nq.masking_policy.graphs import meta_training
    from bert_nq.masking_policy.settings import PolicySettings
    from bert_nq.masking_policy.world import LanguageModelWorld
    model, episodes, texts = data(number)
    policy = PolicySettings(masking_prob=0.15, replay_start=1, replay_batch_size=1)
    with meta_training.open_graphs(model, ("label_ids",), policy, episodes, 0) as graphs:
        start = graphs.language_model.language_model.read(graphs.session)
        games = {name: game(graphs, policy, make(
            graphs.language_model, texts, episodes, 0, dict(start))) for name, make in (
                (_OURS, LanguageModelWorld), (_ANEW, world_of_new_graphs(model)))}
        turns = {name: [] for name in games}
        for turn in range(FLAGS.num_turns + 1):
            for name, each in games.items():
                played = play(each)
                # In the first episode the opponent is the random masker, whose result is taken
                # again: two players.
                if turn:
                    turns[name].append(played)
    check_same(turns)
    return turns


def data(number):
    """(model, EpisodeSettings, Texts) of random words."""
    import encoder_settings

    from bert_nq.features import packing
    from bert_nq.features.maskings.masker import MaskPieces
    from bert_nq.masking_policy import blocks, tasks, world
    from bert_nq.masking_policy.settings import EpisodeSettings
    from bert_nq.modeling.models import Model
    length = FLAGS.max_seq_length
    config = encoder_settings.our_config(encoder_settings.make(
        "bert", encoder_flags.sizes(), length, {}))
    special = np.arange(config.vocab_size) < _SPECIAL
    random = np.random.RandomState(0)
    contexts, found = [], []
    for key in range(2 * (number + FLAGS.validation_rows)):  # about half are held out
        ids = random.randint(_SPECIAL, config.vocab_size, length - 2)
        block, = blocks.blocks_of(key, ids.tolist(), length, packing.Frame([2], [3]), special)
        rows = {"input_ids": block.ids[None], "input_mask": np.ones([1, length], np.int32),
                "segment_ids": np.zeros([1, length], np.int32),
                "label_ids": random.randint(0, _CLASSES, 1).astype(np.int32)}
        contexts.append(tasks.Context(key, "", rows))
        found.append([block])
    episodes = EpisodeSettings(
        episode_contexts=number, episode_blocks=number, episode_rows=number, validation_share=0.5,
        validation_rows=FLAGS.validation_rows, block_size=length, mlm_epochs=FLAGS.mlm_epochs,
        mlm_batch_size=FLAGS.batch_size, task_epochs=FLAGS.task_epochs,
        task_batch_size=FLAGS.batch_size, mlm_learning_rate=1e-4, task_learning_rate=1e-4)
    return Model(config, "classes:%d" % _CLASSES), episodes, world.Texts(
        contexts, found, MaskPieces(4, 0, special, np.flatnonzero(~special)))


def game(graphs, policy, world):
    """A Tournament in a world; both loops have policies that begin alike."""
    from bert_nq.masking_policy.episodes import Tournament
    from bert_nq.masking_policy.players import OPPONENT, PLAYER, Learner
    from bert_nq.masking_policy.replay import ReplayMemory
    weights = graphs.policy.read()
    player, opponent = (Learner(graphs.policy, dict(weights), ReplayMemory(
        policy.replay_capacity, policy.replay_states), number) for number in (PLAYER, OPPONENT))
    return Tournament(world, player, opponent, policy, 0)


def play(each):
    """The Turn of an episode."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    record = each.play_episode()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Turn(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                record)


def check_same(turns):
    """Raises UserError where the two loops did not do the same."""
    for ours, theirs in zip(turns[_OURS], turns[_ANEW]):
        if ours.record["opponent_plays"] != 1:
            raise UserError("an episode had two players: nothing was credited before it")
        for name in ("mlm_loss", "task_loss", "score", "score_opponent", "score_random"):
            if not np.isclose(ours.record[name], theirs.record[name], rtol=1e-3):
                raise UserError("%s DIFFERS: %s in one graph, %s in graphs built anew" % (
                    name, ours.record[name], theirs.record[name]))


if __name__ == "__main__":
    run(main)
