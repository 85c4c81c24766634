"""The estimate of a training step's memory: by hand, and beside what a step takes."""
import dataclasses
import json
import os
import subprocess
import sys

import pytest

from bert_nq.modeling import encoders
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from bert_nq.training import memory, optimizers
from tests.support.encoding import encode
from tests.support.programs import ROOT

SMALL = BertConfig(vocab_size=10, hidden_size=4, num_hidden_layers=3, num_attention_heads=2,
                   intermediate_size=8, max_position_embeddings=5, type_vocab_size=2)
# 17 rows of embeddings and a LayerNorm; in a layer 4 (16 + 4) weights of attention, two LayerNorms,
# 2 * 4 * 8 + 8 + 4 of the inner products; the pooler.
WEIGHTS = 17 * 4 + 8 + 3 * (80 + 16 + 76) + 20


def test_weights_are_those_of_the_graph():
    with tf.Graph().as_default():
        ids = tf.zeros([1, 1], tf.int32)
        encode(SMALL, [ids] * 3)
        sizes = [v.shape.num_elements() for v in tf.trainable_variables()]
    assert sum(sizes) == encoders.num_weights(SMALL) == WEIGHTS


def test_estimate_by_hand():
    # 2 windows of 5 pieces: 10 rows. In a layer, 7 matrices [10, 4] and 2 of LayerNorm's, two masks
    # of a byte each; 2 [10, 8]; 2 [2, 2, 5, 5].
    layer = 4 * (9 * 40 + 2 * 80 + 2 * 100) + 2 * 40
    outside, working = 4 * 3 * 40, 4 * 5 * 100
    expected = memory.Memory(4 * WEIGHTS, 4 * WEIGHTS, 8 * WEIGHTS, 3 * layer + outside + working)
    assert memory.estimate(SMALL, 2, 5) == expected
    assert expected.total == 16 * WEIGHTS + 3 * layer + outside + working
    # Recomputed: three inputs [10, 4] and one layer.
    assert memory.estimate(SMALL, 2, 5, recompute=True) == expected._replace(
        activations=3 * 4 * 40 + layer + outside + working)
    # Passes: a sum of gradients beside those of a pass.
    assert memory.estimate(SMALL, 2, 5, num_passes=4) == expected._replace(gradients=8 * WEIGHTS)
    # Halves: all but LayerNorm's vectors and what is outside of the layers; masks are numbers.
    layer = 2 * (7 * 40 + 2 * 80 + 2 * 100 + 2 * 40) + 4 * 2 * 40
    assert memory.estimate(SMALL, 2, 5, "bf16").activations == 3 * layer + outside + working // 2
    without = dataclasses.replace(SMALL, attention_probs_dropout_prob=0.0)
    assert (memory.estimate(SMALL, 2, 5).activations - memory.estimate(without, 2, 5).activations
            == 3 * 4 * 100)


def test_it_knows_all_optimizers():
    for name in optimizers.OPTIMIZERS:
        assert memory.estimate(SMALL, 2, 5).slots == len(optimizers.find(name).SLOTS) * 4 * WEIGHTS


MEASURED = BertConfig(vocab_size=100, hidden_size=128, num_hidden_layers=3, num_attention_heads=8,
                      intermediate_size=512, type_vocab_size=2)
ROWS = 6


@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="not on Linux")
@pytest.mark.parametrize("precision, recompute", [
    ("fp32", False), ("fp32", True),
    pytest.param("bf16", False, marks=pytest.mark.skipif(not MULTIPLIES_BFLOAT16,
                                                         reason="no kernels for bfloat16"))])
def test_a_step_takes_what_was_estimated(precision, recompute):
    settings = dict(encoder="bert", config=MEASURED.to_dict(), vocab_size=MEASURED.vocab_size,
                    batch_size=ROWS, seq_length=512)
    done = subprocess.run(
        [sys.executable, "-c", "import train_step_contender; train_step_contender.main()",
         precision + ("-recompute" if recompute else ""), json.dumps(settings)],
        input="\n", stdout=subprocess.PIPE, text=True, check=True, env=dict(
            os.environ, PYTHONPATH=os.pathsep.join([ROOT, os.path.join(ROOT, "benchmarks")])))
    measured = json.loads(done.stdout.splitlines()[-1])["peak_mb"]
    estimate = memory.estimate(MEASURED, ROWS, 512, precision, recompute)
    # Weights and slots were there before.
    assert abs((estimate.gradients + estimate.activations) / 1e6 / measured - 1) < 0.25
