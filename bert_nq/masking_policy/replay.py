"""A memory of choices and what came of them, from which a policy learns again and again.

An entry is one masked position. Entries of a block share its state, which goes when the last of
them does. The oldest entries go first.

Notation: N entries, n positions of a block, H width of the language model.
"""
import collections
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.masking_policy import masks

# Name of a strategy to the exponent of an entry's priority, given reward and value: "A" prefers
# entries whose value is wrong, "R" good rewards, "V" high values, "Z" none.
STRATEGIES = {"A": lambda reward, value: np.abs(reward - value),
              "R": lambda reward, value: reward,
              "V": lambda reward, value: value,
              "Z": lambda reward, value: np.zeros_like(reward)}


class State(NamedTuple):
    """A block as the policy saw it."""
    hidden: np.ndarray  # float32 [n, H], the language model's last layer on the unmasked block
    ids: np.ndarray  # int32 [n]
    maskable: np.ndarray  # bool [n]


class Experience(NamedTuple):
    """The credited choices of a player in one block. P positions."""
    key: Tuple[int, int]  # episode and block: what is credited twice would count double
    state: State
    positions: np.ndarray  # int [P], all different
    log_probs: np.ndarray  # float32 [P], log-softmax when they were chosen
    value: float  # the value network's, when they were chosen
    rewards: np.ndarray  # float32 [P]


class Batch(NamedTuple):
    """Entries that were drawn. B of them."""
    states: List[State]  # [B], the same object where entries share it
    positions: np.ndarray  # int64 [B]
    log_probs: np.ndarray  # float32 [B]
    rewards: np.ndarray  # float32 [B]


# The fields of entries and their types.
_FIELDS = {"state": np.int64, "position": np.int64, "log_prob": np.float32, "value": np.float32,
           "reward": np.float32, "weight": np.float32}


def priorities(rewards: np.ndarray, values: np.ndarray, weights: np.ndarray,
               strategies: str) -> np.ndarray:
    """The probabilities of entries in a draw, float64 [N]: weights times the mean of softmaxes.

    Args:
      rewards, values: [N].
      weights: [N], `masks.frequency_weights`.
      strategies: letters of STRATEGIES.
    """
    rewards, values = np.asarray(rewards, np.float64), np.asarray(values, np.float64)
    terms = [_softmax(STRATEGIES[letter](rewards, values)) for letter in strategies]
    found = np.asarray(weights, np.float64) * np.mean(terms, axis=0)
    return found / found.sum()


class ReplayMemory:
    """Entries in the order in which they came.

    Args:
      capacity: the most entries.
      max_states: the most states.
    """

    def __init__(self, capacity: int, max_states: int):
        self._capacity, self._max_states = capacity, max_states
        self._entries = {name: np.zeros([0], kind) for name, kind in _FIELDS.items()}
        self._states: collections.OrderedDict[int, State] = collections.OrderedDict()
        self._keys: Dict[int, Tuple[int, int]] = {}
        self._references: Dict[int, int] = {}
        self._next = 0  # number of the next state

    def __len__(self) -> int:
        return len(self._entries["state"])

    @property
    def num_states(self) -> int:
        """The blocks that entries share."""
        return len(self._states)

    def values(self) -> Mapping[str, np.ndarray]:
        """The fields of all entries, [N] each, not to be changed."""
        return self._entries

    def add(self, experiences: Sequence[Experience]) -> None:
        """Adds the choices of an episode; the oldest make room.

        Raises:
          ValueError: a choice is there already, or one is no choice of its state.
        """
        known = set(self._keys.values())
        for found in experiences:
            positions = np.asarray(found.positions, np.int64)
            if found.key in known or len(set(positions.tolist())) < len(positions):
                raise ValueError("the choices of block %d in episode %d are credited twice"
                                 % (found.key[1], found.key[0]))
            known.add(found.key)
            if not found.state.maskable[positions].all():
                raise ValueError("a special token was chosen")
        columns: Dict[str, List[np.ndarray]] = {
            name: [column] for name, column in self._entries.items()}
        for found in experiences:
            if len(found.positions):
                for name, column in self._columns_of(found).items():
                    columns[name].append(column)
        self._entries = {name: np.concatenate(parts).astype(_FIELDS[name])
                         for name, parts in columns.items()}
        self._forget()

    def _columns_of(self, found: Experience) -> Dict[str, Any]:
        number, size = self._next, len(found.positions)
        self._next += 1
        self._states[number], self._keys[number] = found.state, found.key
        self._references[number] = size
        return {"state": np.full([size], number), "position": found.positions,
                "log_prob": found.log_probs, "value": np.full([size], found.value),
                "reward": found.rewards,
                "weight": masks.frequency_weights(found.state.ids, found.positions)}

    def _forget(self) -> None:
        """Drops the oldest entries, and states without entries."""
        first = max(len(self) - self._capacity, 0)
        if self.num_states > self._max_states:
            oldest_kept = list(self._states)[-self._max_states]
            first = max(first, int(np.searchsorted(self._entries["state"], oldest_kept)))
        dropped, counts = np.unique(self._entries["state"][:first], return_counts=True)
        for number, count in zip(dropped.tolist(), counts.tolist()):
            self._references[number] -= count
            if not self._references[number]:
                del self._states[number], self._keys[number], self._references[number]
        self._entries = {name: column[first:] for name, column in self._entries.items()}

    def draw(self, n: int, strategies: str, uniform: np.ndarray) -> np.ndarray:
        """The places of n entries, drawn without replacement by their `priorities`: int64 [n].

        Args:
          n: at most N; of fewer entries all are given.
          strategies: letters of STRATEGIES.
          uniform: [N] in [0, 1), the randomness.
        """
        found = priorities(self._entries["reward"], self._entries["value"],
                           self._entries["weight"], strategies)
        # A priority may be too small for a number; its logarithm must stay one.
        return masks.sample(np.log(np.maximum(found, 1e-300)), min(n, len(self)), uniform)

    def batch(self, places: np.ndarray) -> Batch:
        """The entries at these places."""
        entries = self._entries
        return Batch([self._states[number] for number in entries["state"][places].tolist()],
                     entries["position"][places], entries["log_prob"][places],
                     entries["reward"][places])

    def refresh(self, places: np.ndarray, values: np.ndarray) -> None:
        """Replaces the stored values of entries by newer ones [B]."""
        self._entries["value"][places] = values

    def to_arrays(self) -> Dict[str, np.ndarray]:
        """All of the memory, as `from_arrays` takes it. M states with L positions in all."""
        states = list(self._states.values())
        width = states[0].hidden.shape[1] if states else 0
        return dict(
            self._entries,
            next=np.array([self._next], np.int64),
            numbers=np.array(list(self._states), np.int64),
            keys=np.array([self._keys[number] for number in self._states],
                          np.uint64).reshape([-1, 2]),
            lengths=np.array([len(state.ids) for state in states], np.int64),
            hidden=_joined([s.hidden for s in states], np.zeros([0, width], np.float32)),
            ids=_joined([s.ids for s in states], np.zeros([0], np.int32)),
            maskable=_joined([s.maskable for s in states], np.zeros([0], bool)))

    @classmethod
    def from_arrays(cls, capacity: int, max_states: int,
                    arrays: Mapping[str, np.ndarray]) -> "ReplayMemory":
        """The memory that `to_arrays` has described.

        Raises:
          ValueError: the arrays do not fit each other.
        """
        memory = cls(capacity, max_states)
        memory._entries = {name: np.array(arrays[name], kind) for name, kind in _FIELDS.items()}
        memory._next = int(arrays["next"][0])
        numbers, ends = arrays["numbers"].tolist(), np.cumsum(arrays["lengths"])
        if len({len(column) for column in memory._entries.values()}) > 1 or sorted(
                set(memory._entries["state"].tolist())) != numbers:
            raise ValueError("entries and states do not fit each other")
        parts = zip(numbers, arrays["keys"].tolist(), *(
            np.split(arrays[name], ends[:-1]) for name in State._fields))
        for number, key, hidden, ids, maskable in parts if numbers else ():
            memory._states[number] = State(hidden, ids, maskable)
            memory._keys[number] = tuple(key)
        found, counts = np.unique(memory._entries["state"], return_counts=True)
        memory._references = dict(zip(found.tolist(), counts.tolist()))
        return memory


def _joined(parts: List[np.ndarray], empty: np.ndarray) -> np.ndarray:
    return np.concatenate(parts) if parts else empty


def _softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max())
    return x / x.sum()
