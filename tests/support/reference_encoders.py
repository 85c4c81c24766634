"""What transformers computes with small models of an encoder, and what ours does."""
import dataclasses
import os

import numpy as np

from bert_nq.modeling import checkpoints, conversion, encoders, huggingface, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf

# Our features by the names that transformers has for them.
_THEIRS = {"input_ids": "input_ids", "input_mask": "attention_mask",
           "segment_ids": "token_type_ids"}


def check(folder, work):
    """Converts a question answering model there and back, and compares what it computes.

    Args:
      folder: with config.json, model.safetensors, and transformers' results in golden.npz.
      work: an empty folder, a pathlib.Path.
    """
    config, checkpoint = there_and_back(folder, work)
    golden = np.load(os.path.join(folder, "golden.npz"))
    for options in ({}, {"is_training": True}):
        sequence, logits = computed(config, checkpoint, golden, **options)
        np.testing.assert_allclose(sequence, golden["sequence"], atol=1e-5, rtol=0)
        for part, values in zip(("start_logits", "end_logits"), logits):
            np.testing.assert_allclose(values, golden[part], atol=1e-5, rtol=0)


def there_and_back(folder, work):
    """Converts a model there, back, and there again; its config and its last checkpoint."""
    there = conversion.to_tensorflow(folder, str(work / "tf"), allow_missing_pooler=True)
    config = encoders.read_config(there.config)
    checkpoints.check_fits(config, there.model)
    back = conversion.to_huggingface(there.model, str(work / "hf"), allow_missing_pooler=True)
    theirs = huggingface.read_safetensors(os.path.join(folder, "model.safetensors"))
    ours = huggingface.read_safetensors(back.model)
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        np.testing.assert_array_equal(ours[name], value, err_msg=name)
    again = conversion.to_tensorflow(str(work / "hf"), str(work / "again"),
                                     allow_missing_pooler=True)
    assert encoders.read_config(again.config) == config
    return config, again.model


def computed(config, checkpoint, golden, head="span", features=None, **options):
    """The last layer, and a head's logits, of a converted model; without dropout in training.

    Args:
      config: the encoder's.
      checkpoint: of the converted model.
      golden: has the inputs by transformers' names.
      head: a name of heads.HEADS; None: there is none.
      features: {name: int array} that the head reads beside these.
      **options: of the Pass.
    """
    rates = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), 0.0)
    config = dataclasses.replace(config, **rates)
    with tf.Graph().as_default(), tf.variable_scope("", reuse=tf.AUTO_REUSE):
        encoder = encoders.of(config)
        # Golden values of encoders without token types have none.
        inputs = {name: tf.constant(golden[_THEIRS[name]] if _THEIRS[name] in golden.files
                                    else np.zeros_like(golden["input_ids"]), tf.int32)
                  for name in encoder.inputs}
        inputs.update((name, tf.constant(values, tf.int32))
                      for name, values in (features or {}).items())
        sequence = encoder.encode(config, inputs, Pass(**options)).sequence
        logits = head and models.build_logits(Model(config, head), inputs, Pass(**options))
        shapes = {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}
        assignment = checkpoints.assignment_map(shapes, checkpoint, encoder.names.scope)
        assert all(name.startswith(encoder.names.optional) for name in assignment.new)
        tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return session.run([sequence, logits if head else ()])
