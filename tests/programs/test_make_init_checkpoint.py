"""Initial weights: sizes and disks that there is no room for are one line, and leave nothing."""
import os
import resource

import pytest

from tests.support import programs, tiny_nq

PROGRAM = "prepare/make_init_checkpoint.py"


def run(tmp_path, options=(), **config):
    path = tiny_nq.write_config(tmp_path / "bert_config.json", **config)
    return programs.run(PROGRAM, "--bert_config_file=" + path,
                        "--output_checkpoint=%s" % (tmp_path / "init" / "bert_model.ckpt"),
                        timeout=60, **dict(options))


@pytest.mark.parametrize("config, message", [
    ({"vocab_size": 10 ** 12}, "vocab_size is 1000000000000, but must be below 2^31"),
    ({"vocab_size": 10 ** 40}, "vocab_size is 1000000000000"),
    ({"vocab_size": 2 * 10 ** 9, "hidden_size": 32768, "num_hidden_layers": 2},
     "an encoder of these sizes has weights of 262182.7 GB, and this machine has "),
    ({"hidden_size": 2 ** 32}, "hidden_size is 4294967296, but must be below 2^31"),
    ({"num_hidden_layers": 10 ** 9}, "num_hidden_layers is 1000000000, and no model has more"),
    ({"initializer_range": float("inf")}, "initializer_range is inf, but must be above 0")])
def test_sizes_that_no_machine_has(tmp_path, config, message):
    line = programs.error_line(run(tmp_path, **config))
    assert line.startswith("error: %s: %s" % (tmp_path / "bert_config.json", message))
    assert not (tmp_path / "init").exists()


def test_a_disk_without_room(tmp_path):
    done = run(tmp_path, {"preexec_fn": lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (20000, 20000))})
    assert programs.error_line(done) == (
        "error: cannot write the checkpoint %s: File too large"
        % (tmp_path / "init" / "bert_model.ckpt"))
    assert os.listdir(str(tmp_path / "init")) == []
    assert run(tmp_path).returncode == 0
    assert sorted(os.listdir(str(tmp_path / "init"))) == ["bert_model.ckpt.data-00000-of-00001",
                                                          "bert_model.ckpt.index"]
