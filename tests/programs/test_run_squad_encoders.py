"""run_squad.py with another encoder than BERT, from a converted checkpoint to predictions."""
import json

from bert_nq.modeling import checkpoints, encoders
from bert_nq.modeling.encoders.distilbert_config import DistilBertConfig
from tests.programs.test_run_squad import Files
from tests.support import hf_models, programs, tiny_nq


def test_distilbert_trains_and_predicts(tmp_path):
    files = Files(tmp_path)
    sizes = tiny_nq.CONFIG
    config = DistilBertConfig(
        vocab_size=sizes.vocab_size, hidden_size=sizes.hidden_size, num_hidden_layers=1,
        num_attention_heads=sizes.num_attention_heads, intermediate_size=sizes.intermediate_size,
        max_position_embeddings=sizes.max_position_embeddings)
    path = tmp_path / "distilbert.json"
    path.write_text(config.to_json())
    start = str(tmp_path / "start" / "bert_model.ckpt")
    weights = hf_models.random_tensors(encoders.of(config).variables(config), seed=0)
    checkpoints.write_weights(start, {name: value / 20 for name, value in weights.items()})
    stdout = files.train_and_score(
        files.train, files.dev, "distil", "--bert_config_file=%s" % path,
        "--init_checkpoint=" + start, "--num_train_epochs=1", "--freeze_layers=1",
        "--layerwise_lr_decay=0.9")
    assert [line.split()[3:] for line in stdout.splitlines() if "starts at random" in line] == [
        ["cls/squad/output_weights,", "cls/squad/output_bias"]]
    trained = checkpoints.read_weights(checkpoints.newest(str(tmp_path / "distil")))
    frozen = "distilbert/encoder/layer_0/output/dense/kernel"
    moved = "distilbert/embeddings/word_embeddings"
    before = checkpoints.read_weights(start)
    assert (trained[frozen] == before[frozen]).all()
    assert (trained[moved] != before[moved]).any()
    # The folder knows its encoder.
    again = files.run("--do_predict", "--output_dir=distil", "--predict_file=" + files.dev,
                      "--output_prediction_file=again.json")
    assert again.returncode == 0, again.stderr
    with open(str(tmp_path / "again.json")) as one, open(
            str(tmp_path / "distil" / "predictions.json")) as two:
        assert json.load(one) == json.load(two)
    # Another encoder in the same folder is told.
    other = files.run("--do_train", "--train_file=" + files.train, "--output_dir=distil",
                      *files.flags)
    assert "was trained with encoder distilbert, --bert_config_file has bert" in (
        programs.error_line(other))
