"""A world in which masks are scored at once: by how many of the masked words are of a hidden set.

Texts are random words; the language model, which gives the states, has two layers of 32 units with
random weights and is never trained.
"""
import numpy as np

from bert_nq.masking_policy.blocks import Block, padded
from bert_nq.masking_policy.episodes import Played, Sample
from bert_nq.masking_policy.graphs.policy_graph import PolicyGraph
from bert_nq.masking_policy.settings import PolicySettings
from bert_nq.modeling import encoders
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf

CLS, SEP, FIRST_WORD, NUM_WORDS = 2, 3, 5, 40
LENGTH = 18
CONFIG = BertConfig(vocab_size=FIRST_WORD + NUM_WORDS, hidden_size=32, num_hidden_layers=2,
                    num_attention_heads=2, intermediate_size=64, max_position_embeddings=LENGTH,
                    type_vocab_size=2, initializer_range=0.1)
SETTINGS = PolicySettings(masking_prob=0.17, opponent="frozen", policy_learning_rate=2e-3,
                          replay_capacity=2000, replay_start=128, replay_updates=3)


def blocks(random, n):
    """Blocks of random words."""
    made = []
    for _ in range(n):
        words = random.randint(FIRST_WORD, FIRST_WORD + NUM_WORDS, LENGTH - 2)
        ids = np.array([CLS, *words, SEP], np.int32)
        made.append(Block(int(random.randint(2 ** 62)), ids, ids >= FIRST_WORD))
    return made


class Graphs:
    """The language model and the policy, built once; their first values depend on the seed."""

    def __init__(self, settings=SETTINGS):
        with tf.Graph().as_default():
            self._ids = tf.placeholder(tf.int32, [None, LENGTH])
            ones = tf.ones_like(self._ids)
            self._states = encoders.of(CONFIG).encode(CONFIG, {
                "input_ids": self._ids, "input_mask": ones, "segment_ids": 0 * ones},
                Pass()).sequence
            self.policy = PolicyGraph(CONFIG.hidden_size, CONFIG.num_attention_heads, settings)
            initialise = tf.global_variables_initializer()
            self.session = self.policy.session = tf.Session(config=tf.ConfigProto(
                intra_op_parallelism_threads=1, inter_op_parallelism_threads=1))
        self.session.run(initialise)
        self._first = self.policy.read()

    def weights(self, seed):
        """First values of the policy's variables, permuted by a seed; slots are zero."""
        random = np.random.RandomState(seed)
        return {name: random.permutation(value.reshape(-1)).reshape(value.shape)
                for name, value in sorted(self._first.items())}

    def states(self, some):
        return list(self.session.run(self._states, {
            self._ids: padded([block.ids for block in some], LENGTH)}))


class World:
    """See masking_policy.episodes."""

    def __init__(self, graphs, seed, sign=1):
        self._graphs, self._random, self._sign = graphs, np.random.RandomState(seed), sign
        self.hidden = FIRST_WORD + np.random.RandomState(seed + 1).permutation(NUM_WORDS)[:10]

    def sample(self, episode):
        return Sample(blocks(self._random, 4))

    def states(self, some):
        return self._graphs.states(some)

    def play(self, episode, sample, positions):
        return Played(self._sign * self.share(sample.blocks, positions))

    def keep(self, played):
        pass

    def share(self, some, positions):
        """The share of the chosen words that are of the hidden set."""
        return float(np.mean([np.isin(block.ids[chosen], self.hidden)
                              for block, chosen in zip(some, positions)]))
