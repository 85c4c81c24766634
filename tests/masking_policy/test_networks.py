"""The networks and losses: by numpy, by the signs of their gradients, and by their limits."""
import math

import numpy as np
import pytest

from bert_nq.masking_policy.graphs import losses, networks
from bert_nq.masking_policy.graphs.policy_graph import PolicyGraph
from bert_nq.masking_policy.replay import Batch, State
from bert_nq.masking_policy.settings import PolicySettings
from bert_nq.modeling.runtime import tf

WIDTH, HEADS = 8, 2


class Network:
    """A small network and its session."""

    def __init__(self, settings):
        with tf.Graph().as_default():
            tf.set_random_seed(1)
            self.graph = PolicyGraph(WIDTH, HEADS, settings)
            initialise = tf.global_variables_initializer()
            self.graph.session = tf.Session()
        self.graph.session.run(initialise)
        random = np.random.RandomState(0)
        # Larger than they start, so that all parts count.
        self.weights = {name: (0.5 * random.standard_normal(value.shape)).astype(np.float32)
                        if "/adam_" not in name else value
                        for name, value in self.graph.read().items()}
        self.graph.load(self.weights)


@pytest.fixture(scope="module")
def network():
    return Network(PolicySettings(entropy_weight=0.0, policy_learning_rate=1e-3))


def state(n, seed=0):
    hidden = np.random.RandomState(seed).standard_normal([n, WIDTH]).astype(np.float32)
    maskable = np.ones(n, bool)
    maskable[[0, -1]] = False
    return State(hidden, np.arange(n, dtype=np.int32), maskable)


def by_numpy(weights, one):
    """Log-probabilities and value of one block, float64."""
    w = {name[len("masking_policy/"):]: value.astype(np.float64) for name, value in weights.items()}
    erf = np.vectorize(math.erf)

    def dense(x, name):
        return x @ w[name + "/kernel"] + w[name + "/bias"]

    def two_layers(x, scope):
        x = dense(x, scope + "/hidden")
        return dense(0.5 * x * (1 + erf(x / math.sqrt(2))), scope + "/output")[..., 0]

    x = one.hidden.astype(np.float64)
    q, k, v = (dense(x, "policy/attention/self/" + name).reshape(len(x), HEADS, -1).swapaxes(0, 1)
               for name in ("query", "key", "value"))
    scores = q @ k.swapaxes(1, 2) / math.sqrt(WIDTH / HEADS)
    p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    context = (p @ v).swapaxes(0, 1).reshape(len(x), WIDTH)
    y = x + dense(context, "policy/attention/output/dense")
    y = (y - y.mean(axis=1, keepdims=True)) / y.std(axis=1, keepdims=True)
    norm = "policy/attention/output/LayerNorm/"
    logits = two_layers(y * w[norm + "gamma"] + w[norm + "beta"], "policy")
    logits = np.where(one.maskable, logits, -np.inf)
    return (logits - np.log(np.exp(logits).sum()),
            two_layers(x.mean(axis=0), "value"))


def test_the_networks_are_those_of_numpy_whatever_the_padding(network):
    some = [state(6, 1), state(11, 2), state(3, 3)]
    acted = network.graph.act(some)
    for one, log_probs, value in zip(some, acted.log_probs, acted.values):
        expected, expected_value = by_numpy(network.weights, one)
        assert log_probs.shape == one.ids.shape
        np.testing.assert_allclose(log_probs, expected, atol=2e-5)
        assert value == pytest.approx(expected_value, abs=2e-5)
        assert np.isneginf(log_probs[[0, -1]]).all()
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)


def test_a_logit_of_zero_is_none_of_padding(network):
    """Where all logits are 0, all pieces are equally likely; the source took them for padding."""
    network.graph.load({name: np.zeros_like(value) if name.startswith(
        "masking_policy/policy/output/") else value for name, value in network.weights.items()})
    acted = network.graph.act([state(6, 1), state(11, 2)])
    for log_probs, pieces in zip(acted.log_probs, (4, 9)):
        np.testing.assert_allclose(log_probs[1:-1], [-math.log(pieces)] * pieces, atol=1e-6)
        assert np.isneginf(log_probs[[0, -1]]).all()
    network.graph.load(network.weights)


def entries_of(network, one, position, reward, old_log_prob=None):
    log_prob = network.graph.act([one]).log_probs[0][position]
    old = log_prob if old_log_prob is None else old_log_prob
    return Batch([one, one], np.array([position, position]), np.full(2, old, np.float32),
                 np.full(2, reward, np.float32))


@pytest.mark.parametrize("reward", [1.0, -1.0])
def test_an_update_makes_what_was_good_likelier(network, reward):
    network.graph.load(network.weights)
    one = state(7, 5)
    before = network.graph.act([one])
    reward += float(before.values[0])  # A = 1 or -1
    done = network.graph.update(entries_of(network, one, 2, reward), 0)
    assert done.values.tolist() == [before.values[0]] * 2
    after = network.graph.act([one])
    change = after.log_probs[0][2] - before.log_probs[0][2]
    assert np.sign(change) == np.sign(reward - before.values[0])
    # The value comes nearer to the reward.
    assert abs(after.values[0] - reward) < abs(before.values[0] - reward)


def test_the_value_network_learns_from_the_value_alone(network):
    """The advantage has no gradient: the policy's loss moves no value."""
    network.graph.load(network.weights)
    one = state(7, 5)
    value = float(network.graph.act([one]).values[0])
    network.graph.update(entries_of(network, one, 2, value), 0)  # A = 0: nothing is to be learned
    after = network.graph.read()
    for name, before in network.weights.items():
        if "/adam_" not in name:
            np.testing.assert_allclose(after[name], before, atol=1e-6, err_msg=name)


def gradients(settings, log_probs, old, rewards, values, num_positions=(5.0, 9.0)):
    """The loss and its gradients in log-probabilities and values, entropies left out of it."""
    with tf.Graph().as_default(), tf.Session() as session:
        log_probs, values = tf.constant(log_probs, tf.float32), tf.constant(values, tf.float32)
        entries = losses.Entries(log_probs, values, tf.constant([1.0, 2.0]),
                                 tf.constant(num_positions), tf.constant(old, tf.float32),
                                 tf.constant(rewards, tf.float32))
        loss, scalars = losses.total(entries, settings)
        return session.run([loss, tf.gradients(loss, log_probs), tf.gradients(loss, values),
                            scalars])


# Advantages are 1 and -1. Ratios are 2 and 1/2.
CASE = dict(log_probs=[-1.0, -3.0], old=np.array([-1.0, -3.0]) - np.log([2, 0.5]),
            rewards=[1.5, -0.5], values=[0.5, 0.5])


@pytest.mark.parametrize("changes, policy_loss, in_log_probs", [
    # -mean(2 * 1, 0.5 * -1); the gradient is -A q / 2.
    ({"ratio_clip": 0.0}, -0.75, [-1.0, 0.25]),
    # Clipped to 1.2 and 0.8: both have gone as far as they may, and stay.
    ({"ratio_clip": 0.2}, -0.2, [0.0, 0.0]),
    # -mean(A q log p), q without gradient: -mean(2 * -1, -0.5 * -3)
    ({"objective": "importance"}, 0.25, [-1.0, 0.25]),
    ({"objective": "importance", "importance_cap": 1.5}, 0.0, [-0.75, 0.25]),
    ({"objective": "plain"}, -1.0, [-0.5, 0.5]),
])
def test_losses_and_their_gradients(changes, policy_loss, in_log_probs):
    settings = PolicySettings(entropy_weight=0.0, **changes)
    loss, (in_log_prob,), (in_value,), scalars = gradients(settings, **CASE)
    assert scalars["policy_loss"] == pytest.approx(policy_loss, abs=1e-6)
    assert scalars["value_loss"] == pytest.approx(0.5)  # 0.5 * mean(1, 1)
    assert loss == pytest.approx(policy_loss + 0.5 * 0.5, abs=1e-6)
    np.testing.assert_allclose(in_log_prob, in_log_probs, atol=1e-6)
    # 0.5 * 0.5 * mean (r - V)^2: -(r - V) / 4.
    np.testing.assert_allclose(in_value, [-0.25, 0.25], atol=1e-6)
    assert scalars["ratio_max"] == pytest.approx(2)


def test_a_ratio_that_explodes_moves_nothing_when_clipped():
    far = dict(CASE, old=[-31.0, -3.0])  # the first ratio is e^30
    unclipped = gradients(PolicySettings(entropy_weight=0.0, ratio_clip=0.0), **far)
    assert unclipped[1][0][0] < -1e12
    clipped = gradients(PolicySettings(entropy_weight=0.0), **far)
    assert clipped[1][0][0] == 0.0
    capped = gradients(PolicySettings(entropy_weight=0.0, objective="importance",
                                      importance_cap=2.0), **far)
    assert capped[1][0][0] == pytest.approx(-1.0)


def test_entropy_is_summed_as_in_the_source_or_normalised():
    zero = dict(CASE, rewards=[0.5, 0.5])  # A = 0: the loss is the entropy's alone
    # 1/5 + 2/9 over the entries: the mean over positions, summed over the batch.
    summed = gradients(PolicySettings(entropy_weight=0.1), **zero)
    assert summed[0] == pytest.approx(-0.1 * (1 / 5 + 2 / 9))
    normalised = gradients(PolicySettings(entropy_weight=0.1, entropy="normalised"), **zero)
    assert normalised[0] == pytest.approx(-0.1 * (1 / math.log(5) + 2 / math.log(9)) / 2, rel=1e-5)
    assert summed[3]["entropy"] == pytest.approx(normalised[3]["entropy"])


def test_entropies_of_a_block():
    """-p log p at -inf is 0, and so is its gradient."""
    with tf.Graph().as_default(), tf.Session() as session:
        logits = tf.constant([[3.0, 1.0, 1.0, 7.0]])
        maskable = tf.constant([[False, True, True, False]])
        log_probs = networks._log_softmax(logits, maskable)
        entropy = networks.entropies(log_probs, maskable)
        entropy, (gradient,) = session.run([entropy, tf.gradients(entropy, logits)])
    assert entropy[0] == pytest.approx(math.log(2))
    np.testing.assert_allclose(gradient, [[0, 0, 0, 0]], atol=1e-6)


def test_a_loss_that_is_no_number_is_told(network):
    network.graph.load(network.weights)
    with pytest.raises(FloatingPointError):
        network.graph.update(entries_of(network, state(7), 2, np.nan), 0)


def test_weights_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match="no value for"):
        network.graph.load(dict(network.weights, **{
            "masking_policy/policy/hidden/bias": np.zeros(3)}))
