"""Students made of layers of a teacher."""
import dataclasses

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, encoders, students
from tests.support import tiny_encoders, tiny_model, tiny_nq


@pytest.mark.parametrize("text, num_layers, expected", [
    ("every_second", 12, [0, 2, 4, 6, 8, 10]),
    ("every_second", 3, [0, 2]),
    ("first:3", 6, [0, 1, 2]),
    ("last:2", 6, [4, 5]),
    ("0,2,5", 6, [0, 2, 5]),
    ("1", 2, [1])])
def test_layers_are_counted_from_0(text, num_layers, expected):
    assert students.parse_layers(text, num_layers) == expected


@pytest.mark.parametrize("text, message", [
    ("half", "give every_second, first:K"),
    ("first:0", "the teacher has 4 layers"),
    ("last:5", "the teacher has 4 layers"),
    ("2,1", "in ascending order, from 0 to 3"),
    ("1,1", "in ascending order"),
    ("1,4", "in ascending order"),
    ("first:4", "these are all layers")])
def test_layers_that_are_none(text, message):
    with pytest.raises(UserError, match=message):
        students.parse_layers(text, 4)


def numbered(config):
    """Weights of an encoder, each variable filled with a number of its own, and one of a head."""
    shapes = encoders.of(config).variables(config)
    weights = {name: np.full(shape, i, np.float32)
               for i, (name, shape) in enumerate(sorted(shapes.items()))}
    return dict(weights, **{"cls/squad/output_bias": np.float32([7, 8])})


def student(config, layers):
    smaller = students.student_config(config, layers)
    return smaller, students.student_weights(numbered(config), config, smaller, layers)


@pytest.mark.parametrize("config, layer", [
    (dataclasses.replace(tiny_nq.CONFIG, num_hidden_layers=4), "bert/encoder/layer_%d/"),
    (dataclasses.replace(tiny_encoders.config("distilbert"), num_hidden_layers=4),
     "distilbert/encoder/layer_%d/"),
    (dataclasses.replace(tiny_encoders.config("xlnet"), n_layer=4),
     "model/transformer/layer_%d/")])
def test_a_student_has_the_layers_that_are_chosen(config, layer):
    teacher = numbered(config)
    assert [name for name in teacher if name.startswith(layer % 3)]
    smaller, weights = student(config, [1, 3])
    assert students.num_layers(smaller) == 2
    shapes = encoders.of(smaller).variables(smaller)
    assert {name: value.shape for name, value in weights.items()} == dict(
        shapes, **{"cls/squad/output_bias": (2,)})
    for name, value in weights.items():
        source = name.replace(layer % 1, layer % 3).replace(layer % 0, layer % 1)
        assert (value == teacher[source].ravel()[0]).all() or "cls" in name


def test_variables_of_all_layers_are_cut():
    config = dataclasses.replace(tiny_encoders.config("xlnet"), n_layer=3)
    teacher = numbered(config)
    name = "model/transformer/r_w_bias"
    teacher[name] = np.arange(teacher[name].size, dtype=np.float32).reshape(teacher[name].shape)
    smaller = students.student_config(config, [0, 2])
    taken = students.student_weights(teacher, config, smaller, [0, 2])
    np.testing.assert_array_equal(taken[name], teacher[name][[0, 2]])


def test_layers_that_share_their_weights_are_computed_fewer_times():
    config = dataclasses.replace(tiny_encoders.config("albert"), num_hidden_layers=4)
    smaller, weights = student(config, [0, 2])
    assert (smaller.num_hidden_layers, smaller.num_hidden_groups) == (2, 1)
    assert set(weights) == set(numbered(config))
    with pytest.raises(UserError, match="in 2 groups"):
        students.student_config(dataclasses.replace(config, num_hidden_groups=2), [0, 2])


def test_a_student_is_written_with_config_and_vocabulary(tmp_path):
    prefix = tiny_model.write(tmp_path / "teacher")
    with pytest.raises(UserError, match="all layers of the teacher"):
        students.make(prefix, "first:1", str(tmp_path / "student"))
    two = dataclasses.replace(tiny_nq.CONFIG, num_hidden_layers=2)
    checkpoints.write_weights(prefix, tiny_model.weights(1, two))
    tiny_nq.write_config(tmp_path / "teacher" / "bert_config.json", num_hidden_layers=2)
    made = students.make(prefix, "last:1", str(tmp_path / "student"))
    assert made.layers == [1]
    found = checkpoints.read_weights(made.written.model)
    np.testing.assert_array_equal(
        found["bert/encoder/layer_0/output/dense/kernel"],
        tiny_model.weights(1, two)["bert/encoder/layer_1/output/dense/kernel"])
    assert "answer_type_output_bias" in found
    assert encoders.read_config(made.written.config) == tiny_nq.CONFIG
    assert (tmp_path / "student" / "vocab.txt").read_text() == (
        tmp_path / "teacher" / "vocab.txt").read_text()
    with pytest.raises(UserError, match="is the teacher's folder"):
        students.make(prefix, "last:1", str(tmp_path / "teacher"))
