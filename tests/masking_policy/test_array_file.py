"""Files of arrays: what is written is read, and what is damaged is not."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.masking_policy import array_file
from tests.support.examples import with_examples

ARRAYS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([True, False]),
          "none": np.zeros([0, 4], np.int64), "scalar": np.array(2.5),
          "keys": np.array([2 ** 64 - 1], np.uint64), "t": np.arange(6, dtype=np.int32)[::-2]}
FACTS = {"episode": 3, "records": [{"score": 0.1}]}


@pytest.fixture()
def path(tmp_path):
    path = tmp_path / "state.bin"
    array_file.write(str(path), FACTS, ARRAYS)
    return path


def test_what_is_written_is_read(path):
    facts, arrays = array_file.read(str(path), "")
    assert facts == FACTS and sorted(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert (arrays[name].dtype, arrays[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(arrays[name], array)


def test_the_same_content_is_the_same_bytes(path, tmp_path):
    array_file.write(str(tmp_path / "again"), dict(reversed(list(FACTS.items()))),
                     dict(reversed(list(ARRAYS.items()))))
    assert path.read_bytes() == (tmp_path / "again").read_bytes()


def test_nothing_is_left_of_a_write_that_fails(path, tmp_path):
    before = path.read_bytes()
    with pytest.raises(TypeError):
        array_file.write(str(path), {"no": object()}, ARRAYS)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["state.bin"]


@given(st.data())
@with_examples(80)
def test_damage_is_told(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "state.bin"
    array_file.write(str(path), FACTS, ARRAYS)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        content = content[:data.draw(st.integers(0, len(content) - 1))]
    path.write_bytes(bytes(content))
    with pytest.raises(UserError, match="state.bin.*: start anew"):
        array_file.read(str(path), "start anew")


def test_other_files_are_told(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        array_file.read(str(tmp_path / "none"), "")
    (tmp_path / "more").write_bytes(b"bert_nq arrays 1\n" + b'{"facts": {}, "arrays": '
                                    b'[["x", "<f4", [1000000000000000]]]}\n')
    with pytest.raises(UserError, match="cut off"):
        array_file.read(str(tmp_path / "more"), "")
