"""run_squad.py with other encoders than BERT, from a converted checkpoint to predictions."""
import json

import pytest

from bert_nq.modeling import checkpoints, encoders
from tests.programs.test_run_squad import Files
from tests.support import hf_models, programs, tiny_encoders

# A weight of what --freeze_layers=1 freezes, which of ALBERT is all layers, and one that it does
# not.
WEIGHTS = {
    "albert": ("bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense/kernel",
               "bert/encoder/embedding_hidden_mapping_in/kernel"),
    "distilbert": ("distilbert/encoder/layer_0/output/dense/kernel",
                   "distilbert/embeddings/word_embeddings"),
    "xlnet": ("model/transformer/r_w_bias", "model/transformer/word_embedding/lookup_table"),
}


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    """A function that trains and scores an encoder, by its name, once; gives files and output."""
    done = {}

    def trained(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            files, config = Files(folder), tiny_encoders.config(name)
            own = ["--vocab_file=" + tiny_encoders.write_vocabulary(folder, name),
                   "--bert_config_file=" + tiny_encoders.write_config(folder / "config.json", name)]
            weights = hf_models.random_tensors(encoders.of(config).variables(config), seed=0)
            start = str(folder / "start" / "bert_model.ckpt")
            checkpoints.write_weights(start, {name: w / 20 for name, w in weights.items()})
            done[name] = files, files.train_and_score(
                files.train, files.dev, "model",
                "--init_checkpoint=" + start, "--num_train_epochs=1", "--freeze_layers=1",
                "--layerwise_lr_decay=0.9", *own)
        return done[name]

    return trained


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_it_trains_and_predicts(train, name):
    files, stdout = train(name)
    assert [line.split()[3:] for line in stdout.splitlines() if "starts at random" in line] == [
        ["cls/squad/output_weights,", "cls/squad/output_bias"]]
    before = checkpoints.read_weights(str(files.folder / "start" / "bert_model.ckpt"))
    trained = checkpoints.read_weights(checkpoints.newest(str(files.folder / "model")))
    frozen, moved = WEIGHTS[name]
    assert (trained[frozen] == before[frozen]).all()
    assert (trained[moved] != before[moved]).any()


def test_the_folder_knows_its_encoder(train):
    files, _ = train("distilbert")
    again = files.run("--do_predict", "--output_dir=model", "--predict_file=" + files.dev,
                      "--output_prediction_file=again.json")
    assert again.returncode == 0, again.stderr
    with open(str(files.folder / "again.json")) as one, open(
            str(files.folder / "model" / "predictions.json")) as two:
        assert json.load(one) == json.load(two)
    # Another encoder in the same folder is told.
    other = files.run("--do_train", "--train_file=" + files.train, "--output_dir=model",
                      *files.flags)
    assert "was trained with encoder distilbert, --bert_config_file has bert" in (
        programs.error_line(other))
