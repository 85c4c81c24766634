"""A run of episodes in one process: one graph, one session, one file to go on from."""
import contextlib
import os
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.estimator import failures
from bert_nq.masking_policy import players, run_state
from bert_nq.masking_policy.episodes import Tournament
from bert_nq.masking_policy.graphs.lm_graph import LanguageModelGraph
from bert_nq.masking_policy.graphs.policy_graph import PolicyGraph
from bert_nq.masking_policy.players import OPPONENT, PLAYER, Turn
from bert_nq.masking_policy.replay import ReplayMemory
from bert_nq.masking_policy.run_state import RunState
from bert_nq.masking_policy.settings import EpisodeSettings, PolicySettings
from bert_nq.masking_policy.trainings import Stopped
from bert_nq.masking_policy.world import LanguageModelWorld, Texts
from bert_nq.modeling import checkpoints
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.training import stopping
from bert_nq.training.summaries import SummaryWriter

HISTORY = "history.json"
_LOOKED_AT = 20  # blocks whose masks are shown


class Plan(NamedTuple):
    """A run, checked."""
    model: Model  # encoder and the head of the task
    labels: Sequence[str]  # the features that the head's loss reads
    texts: Texts
    policy: PolicySettings
    episodes: EpisodeSettings
    init_checkpoint: Optional[str]  # its prefix; None: random weights
    seed: int
    num_episodes: int
    save_every: int  # episodes between two states
    save_policy_every: int  # episodes between two policies that are kept
    output_dir: str
    settings: Dict[str, Any]  # that must be the same when the run goes on, by the flags' names


class Result(NamedTuple):
    """The end of a run."""
    records: List[Dict[str, float]]  # of all episodes
    first_episode: int  # that this process has played, from 0
    policy: Optional[str]  # the file of the last one; None where the run was stopped
    language_model: Optional[str]  # the prefix of its checkpoint
    stopped_by: Any  # a signal, or None
    # Of the first blocks that are held out: their turn, and the policy's log-probabilities.
    looked_at: Optional[Tuple[Turn, List[np.ndarray]]] = None


class Graphs(NamedTuple):
    """The graphs of a run, in one session."""
    language_model: LanguageModelGraph
    policy: PolicyGraph
    session: tf.Session


@contextlib.contextmanager
def open_graphs(model: Model, labels: Sequence[str], policy: PolicySettings,
                episodes: EpisodeSettings, seed: int, decoder: Any = None) -> Iterator[Graphs]:
    """Builds the graphs once; variables have their first values, which follow from the seed.

    For `decoder` see LanguageModelGraph.
    """
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        language_model = LanguageModelGraph(model, labels, episodes.adam_epsilon,
                                            episodes.precision, decoder)
        network = PolicyGraph(model.config.hidden_size, model.config.num_attention_heads, policy)
        initialise = tf.global_variables_initializer()
        tf.get_default_graph().finalize()
        # On a GPU, what has no kernel there is computed on the CPU.
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
            session.run(initialise)
            language_model.session = network.session = session
            yield Graphs(language_model, network, session)


def run(plan: Plan, on_episode: Callable[[int, Mapping[str, float]], None],
        note: Callable[[str], None]) -> Result:
    """Plays episodes until there are as many as planned, going on from the folder's state.

    Args:
      plan: of the run.
      on_episode: is told the number, from 1, and the record of each episode that was played.
      note: is given lines.

    Raises:
      UserError: the state cannot be used, or a loss is no number.
    """
    with failures.as_user_error("meta-training"), stopping.stop_on_signals() as stop, open_graphs(
            plan.model, plan.labels, plan.policy, plan.episodes, plan.seed) as graphs:
        state = run_state.load(plan.output_dir, plan.settings) or _first_state(plan, graphs, note)
        first = len(state.records)

        def check():
            if stop:
                raise Stopped

        learners = {name: run_state.learner_of(graphs.policy, state.learners[name], plan.policy,
                                               number)
                    for name, number in (("player", PLAYER), ("opponent", OPPONENT))
                    if name in state.learners}
        world = LanguageModelWorld(graphs.language_model, plan.texts, plan.episodes, plan.seed,
                                   state.language_model, check)
        game = Tournament(world, learners["player"], learners.get("opponent"), plan.policy,
                          plan.seed, state.records)
        del state
        writer = SummaryWriter(plan.output_dir, first)
        with contextlib.suppress(Stopped), contextlib.closing(writer):
            while len(game.records) < plan.num_episodes and not stop:
                _play(plan, game, world, writer, on_episode)
        if stop:
            return Result(game.records, first, None, None, stop.signal)
        policy = _save_policy(plan, game)
        return Result(game.records, first, policy, save_language_model(
            plan.output_dir, world.language_model), None, _look(plan, game, world))


def _play(plan, game, world, writer, on_episode) -> None:
    """Plays an episode; what is seen of it comes before the state, which makes it count."""
    try:
        record = game.play_episode()
    except FloatingPointError as e:
        raise UserError("episode %d: %s: lower --policy_learning_rate"
                        % (len(game.records) + 1, e)) from e
    done = len(game.records)
    writer.add_step(done, _tagged(record))
    writer.flush()
    if done % plan.save_policy_every == 0:
        _save_policy(plan, game)
    if done % plan.save_every == 0 or done == plan.num_episodes:
        run_state.save(plan.output_dir, _state_of(plan, game, world))
        files.write_json(os.path.join(plan.output_dir, HISTORY), game.records)
    on_episode(done, record)


def _look(plan: Plan, game: Tournament, world: LanguageModelWorld):
    """See Result.looked_at."""
    blocks = world.held_out_blocks(_LOOKED_AT)
    if not blocks:
        return None
    turn = players.turn(plan.seed, len(game.records), blocks, world.states(blocks),
                        plan.policy.masking_prob)
    return turn, game.player.log_probs(turn)


def _tagged(record: Mapping[str, float]) -> Dict[str, float]:
    """A record as TensorBoard groups it."""
    groups = {"score": "score/player", "score_opponent": "score/opponent",
              "score_random": "score/random", "wins_opponent": "wins/against_opponent",
              "wins_random": "wins/against_random", "reward": "policy/reward",
              "entropy": "policy/entropy", "ratio_max": "policy/ratio_max",
              "clipped": "policy/clipped"}
    return {groups.get(name, name): value for name, value in record.items()}


def original(graphs: Graphs, init_checkpoint: Optional[str],
             note: Callable[[str], None]) -> Dict[str, np.ndarray]:
    """The language model of a checkpoint; what it lacks has the graph's first values."""
    weights = graphs.language_model.language_model.read(graphs.session)
    if init_checkpoint is None:
        return weights
    there = checkpoints.read_weights(init_checkpoint)
    missing = [name for name in weights if name not in there]
    if missing:
        note("%s has no %s%s: random at first" % (
            init_checkpoint, missing[0],
            " and %d weights more" % (len(missing) - 1) if missing[1:] else ""))
    return {name: there.get(name, value) for name, value in weights.items()}


def _first_state(plan: Plan, graphs: Graphs, note: Callable[[str], None]) -> RunState:
    """The state before the first episode."""
    weights = original(graphs, plan.init_checkpoint, note)
    # Both policies begin alike, and see other choices of their own from the first draw.
    memory = ReplayMemory(plan.policy.replay_capacity, plan.policy.replay_states).to_arrays()
    learner = (graphs.policy.read(), memory, 0)
    learners = {"player": learner}
    if plan.policy.opponent != "random":
        learners["opponent"] = learner
    return RunState(plan.settings, [], weights, learners)


def _state_of(plan: Plan, game: Tournament, world: LanguageModelWorld) -> RunState:
    learners = {"player": run_state.state_of(game.player)}
    if game.opponent is not None:
        learners["opponent"] = run_state.state_of(game.opponent)
    return RunState(plan.settings, game.records, world.language_model, learners)


def _save_policy(plan: Plan, game: Tournament) -> str:
    config = plan.model.config
    return run_state.save_policy(plan.output_dir, len(game.records), {
        "hidden_size": config.hidden_size, "num_attention_heads": config.num_attention_heads,
        "masking_prob": plan.policy.masking_prob}, game.player.weights)


def save_language_model(folder: str, weights: Mapping[str, np.ndarray]) -> str:
    """Writes a language model as a checkpoint of its own folder; returns its prefix."""
    prefix = os.path.join(folder, "language_model", "bert_model.ckpt")
    checkpoints.write_weights(prefix, weights)
    return prefix
