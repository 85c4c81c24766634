"""run_nq.py with other encoders than BERT: trained from nothing, predicted in the same run."""
import pytest

from bert_nq.modeling import checkpoints, encoders
from tests.programs.test_run_nq import WINDOWS, Work, finished, losses, predictions, run_nq, value
from tests.support import programs, tiny_encoders


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Files of the tests of BERT, with the training records."""
    work = Work(tmp_path_factory.mktemp("nq"))

    def records_of(order):
        if order not in made:
            made[order] = work.records + "." + order
            finished(programs.run(
                "prepare/prepare_nq_data.py", "--input_jsonl=" + work.train_shard,
                "--output_tfrecord=" + made[order], "--vocab_file=" + work.vocab,
                "--packing=" + order, *WINDOWS))
        return made[order]

    made = {}
    work.records_of = records_of
    return work


@pytest.mark.parametrize("name, of_head", [
    # DistilBERT has no vector of the sequence, for the type of an answer: the head makes one.
    ("albert", "bert/pooler/dense/kernel"), ("distilbert", "cls/pooler/dense/kernel"),
    ("xlnet", "cls/pooler/dense/kernel")])
def test_it_trains_and_predicts(work, tmp_path, name, of_head):
    output = tmp_path / "predictions.json"
    config = "--bert_config_file=" + tiny_encoders.write_config(tmp_path / "config.json", name)
    order = encoders.find(name).packing.name
    stdout = finished(run_nq(*(
        work.train_flags + ["--train_precomputed_file=" + work.records_of(order)]
        + work.predict_flags(output, work.dev_shard)
        + ["--output_dir=%s" % (tmp_path / "model"), config])))
    assert value(stdout, "starts at random") == "all weights"
    first, last = losses(stdout)
    assert last < 0.8 * first
    assert len(predictions(output)) == 12
    assert of_head in checkpoints.read_shapes(checkpoints.newest(str(tmp_path / "model")))


def test_records_in_the_order_of_another_encoder_are_refused(work, tmp_path):
    config = tiny_encoders.write_config(tmp_path / "config.json", "xlnet")
    done = run_nq(*(work.train_flags + [
        "--train_precomputed_file=" + work.records_of("bert"), "--bert_config_file=" + config,
        "--output_dir=%s" % (tmp_path / "model")]))
    assert programs.error_line(done) == (
        "error: --packing=bert, but the encoder in %s, xlnet, takes question and document in the "
        "order of --packing=xlnet: leave the flag out, and prepare records with that" % config)
