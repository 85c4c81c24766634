"""A run in one file, from which it goes on with the same episodes, to the bit.

    state.bin          all that the next episode depends on; replaced when an episode has ended
    policies/          the policy after some episodes, NAME-000050.bin, and of the last one
"""
import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.masking_policy import array_file
from bert_nq.masking_policy.players import Learner
from bert_nq.masking_policy.replay import ReplayMemory
from bert_nq.masking_policy.settings import PolicySettings, differences

STATE, POLICIES = "state.bin", "policies"
_REMEDY = "remove it, or give another --output_dir, to start anew"
_SLOTS = ("/adam_m", "/adam_v")


class RunState(NamedTuple):
    """All that the next episode depends on."""
    settings: Dict[str, Any]  # that decide the result, and fingerprints of the data
    records: List[Dict[str, float]]  # of the episodes that were played
    language_model: Dict[str, np.ndarray]
    learners: Dict[str, Tuple[Dict[str, np.ndarray], Dict[str, np.ndarray], int]]


def state_of(learner: Learner) -> Tuple[Dict[str, np.ndarray], Dict[str, np.ndarray], int]:
    """A learner as RunState has it: weights, memory, updates."""
    return learner.weights, learner.memory.to_arrays(), learner.num_updates


def learner_of(network: Any, state, settings: PolicySettings, number: int) -> Learner:
    """The Learner of a state; raises ValueError where its arrays do not fit each other."""
    weights, memory, num_updates = state
    return Learner(network, weights, ReplayMemory.from_arrays(
        settings.replay_capacity, settings.replay_states, memory), number, num_updates)


def save(folder: str, state: RunState) -> None:
    """Writes or replaces the state of a folder.

    Raises:
      UserError: it cannot be written.
    """
    arrays = _prefixed("language_model", state.language_model)
    for name, (weights, memory, _) in state.learners.items():
        arrays.update(_prefixed(name + "/weights", weights))
        arrays.update(_prefixed(name + "/memory", memory))
    array_file.write(os.path.join(folder, STATE), {
        "kind": "state", "settings": state.settings, "records": state.records,
        "updates": {name: learner[2] for name, learner in state.learners.items()}}, arrays)


def check(folder: str, settings: Mapping[str, Any]) -> None:
    """Raises UserError where a folder has the state of a run with other settings or data."""
    path = os.path.join(folder, STATE)
    if not os.path.exists(path):
        return
    facts = array_file.read_facts(path, _REMEDY)
    if facts.get("kind") != "state":
        raise UserError("%s is no state of a run: %s" % (path, _REMEDY))
    found = differences(facts["settings"], dict(settings))
    if found:
        raise UserError("%s: the run there was begun otherwise: %s. Give the same flags to go on "
                        "with it, or another --output_dir" % (folder, "; ".join(found)))


def load(folder: str, settings: Mapping[str, Any]) -> Optional[RunState]:
    """The state of a folder; None where there is none.

    Args:
      folder: of the run.
      settings: with which it is to go on.

    Raises:
      UserError: the file is damaged, or the run was begun with other settings or data.
    """
    path = os.path.join(folder, STATE)
    if not os.path.exists(path):
        return None
    check(folder, settings)
    facts, arrays = array_file.read(path, _REMEDY)
    return RunState(facts["settings"], facts["records"], _under(arrays, "language_model"), {
        name: (_under(arrays, name + "/weights"), _under(arrays, name + "/memory"), updates)
        for name, updates in facts["updates"].items()})


def policy_path(folder: str, num_episodes: int) -> str:
    """The file of the policy after so many episodes."""
    return os.path.join(folder, POLICIES, "policy-%06d.bin" % num_episodes)


def save_policy(folder: str, num_episodes: int, facts: Mapping[str, Any],
                weights: Mapping[str, np.ndarray]) -> str:
    """Writes the policy after so many episodes, without its optimizer's slots; returns the path."""
    path = policy_path(folder, num_episodes)
    array_file.write(path, dict(facts, kind="policy", episodes=num_episodes), {
        name: value for name, value in weights.items() if not name.endswith(_SLOTS)})
    return path


def load_policy(path: str) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
    """The facts and the weights of a policy.

    Raises:
      UserError: the file cannot be read, or is none of a policy.
    """
    facts, arrays = array_file.read(path, "give a file of OUTPUT_DIR/policies")
    if facts.get("kind") != "policy":
        raise UserError("%s is no policy: give a file of OUTPUT_DIR/policies" % path)
    return facts, arrays


def _prefixed(prefix: str, arrays: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
    return {"%s:%s" % (prefix, name): array for name, array in arrays.items()}


def _under(arrays: Mapping[str, np.ndarray], prefix: str) -> Dict[str, np.ndarray]:
    return {name[len(prefix) + 1:]: array for name, array in arrays.items()
            if name.startswith(prefix + ":")}
