"""The graph of an episode's trainings, with each encoder."""
import dataclasses

import numpy as np
import pytest

from bert_nq.features.packing import PACKINGS
from bert_nq.masking_policy import tasks
from bert_nq.masking_policy.blocks import Masked, blocks_of
from bert_nq.masking_policy.graphs.lm_graph import LanguageModelGraph
from bert_nq.masking_policy.tasks import INPUTS
from bert_nq.modeling import encoders, models
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.prediction.batches import Batch
from tests.support import tiny_encoders, tiny_nq


@pytest.mark.parametrize("name", sorted(encoders.ENCODERS))
def test_it_learns_what_is_masked(name):
    config = (dataclasses.replace(tiny_nq.CONFIG, initializer_range=0.05) if name == "bert"
              else tiny_encoders.config(name))
    encoder = encoders.of(config)
    frame = PACKINGS[encoder.packing.name].text_frame(2, 3)
    blocks = [blocks_of(key, range(10, 10 + n), 12, frame, np.arange(config.vocab_size) < 5)[0]
              for key, n in enumerate((10, 6))]  # the second is padded
    masked = []
    for block in blocks:
        positions = np.flatnonzero(block.maskable)[[1, 3]]
        shown = block.ids.copy()
        shown[positions] = 4
        masked.append(Masked(shown, positions, block.ids))
    with tf.Graph().as_default():
        graph = LanguageModelGraph(Model(config, "classes:2"), ("label_ids",), 1e-8, "fp32")
        initialise = tf.global_variables_initializer()
        with tf.Session() as session:
            graph.session = session
            session.run(initialise)
            names = set(graph.language_model.read(session))
            states = graph.states(blocks, 2)
            # The states of a block are those that it has by itself.
            np.testing.assert_allclose(states[1], graph.states(blocks[1:], 1)[0], atol=1e-5)
            graph.begin_training()
            losses = [graph.pretrain(masked, 1e-2, step, step) for step in range(12)]
    assert set(models.head_variables(Model(config, "mlm"))) <= names
    assert not names & set(graph.head.shapes())
    assert [state.shape for state in states] == [(12, config.hidden_size), (8, config.hidden_size)]
    # Of small random weights all pieces are equally likely.
    assert losses[0] == pytest.approx(np.log(config.vocab_size), abs=0.5)
    assert losses[-1] < losses[0] - 0.5


def test_questions_are_fine_tuned_on_and_scored():
    rows = {"input_ids": np.arange(10, 26).reshape(2, 8), "input_mask": np.ones([2, 8], int),
            "segment_ids": np.repeat([[0] * 3 + [1] * 5], 2, axis=0),
            "start_positions": np.array([4, 6]), "end_positions": np.array([5, 6])}
    rows["input_mask"][:, 7:] = rows["input_ids"][:, 7:] = rows["segment_ids"][:, 7:] = 0
    with tf.Graph().as_default():
        graph = LanguageModelGraph(Model(tiny_encoders.config("distilbert"), "span"),
                                   ("start_positions", "end_positions"), 1e-8, "fp32",
                                   tasks.get("squad").decoder(tasks.Options(8)))
        initialise = tf.global_variables_initializer()
        with tf.Session() as session:
            graph.session = session
            session.run(initialise)
            graph.begin_training()
            losses = [graph.finetune(rows, 1e-2, step, step) for step in range(30)]
            assert graph.accuracy(rows, 1) == 1.0
            # What is decoded are the same logits.
            found, = graph.outputs([Batch(np.arange(2), {name: rows[name] for name in INPUTS})])
            assert found.start_positions[:, 0].tolist() == [4, 6]
            assert found.end_positions[:, 0].tolist() == [5, 6]
    # The padding behind the rows is left out: 7 positions, equally likely at first.
    assert losses[0] == pytest.approx(np.log(7), abs=0.3) and losses[-1] < 0.5
