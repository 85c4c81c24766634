r"""Trains BERT-joint on records of NQ windows, and predicts the answers of NQ shards.

    python run_nq.py --do_train --train_precomputed_file='nq-train.tfrecord*' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --init_checkpoint=bert_model.ckpt --output_dir=model

    python run_nq.py --do_predict --predict_file='dev/nq-dev-*.jsonl.gz' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --output_dir=model --output_prediction_file=predictions.json

Both flags together train, then predict. Prediction takes the newest checkpoint in --output_dir;
where there is none, --init_checkpoint, which must then have the heads, as bert_joint.ckpt has. The
flags of Google's bert_joint keep their names, meanings and defaults, except as docs/parity.md says.

The pipeline, file by file:

    features/contexts.py     a page's candidates as one text       no TensorFlow
    features/windows.py      the text as windows of wordpieces     no TensorFlow
    records/                 windows as TFRecords                  no TensorFlow
    estimator/model.py       the model
    training/run.py          the training run
    prediction/predictor.py  pages through the model
    prediction/decoding.py   logits to answers                     no TensorFlow
"""
import contextlib
import os
import sys

from absl import flags

# As a script, this file's folder leads the import path: take it away, so that the library's rooms
# are no top-level modules.
if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]

from bert_nq import feature_flags, files, program  # noqa: E402
from bert_nq.errors import UserError  # noqa: E402

FLAGS = flags.FLAGS

flags.DEFINE_string("bert_config_file", None, "The encoder's bert_config.json.")
flags.DEFINE_string("output_dir", None,
                    "The folder of the model: checkpoints are written to it and read from it.")
flags.DEFINE_string("init_checkpoint", None,
                    "Where training starts from: a BERT checkpoint, or a model of ours.")
flags.DEFINE_bool("do_train", False, "Whether to train.")
flags.DEFINE_bool("do_predict", False, "Whether to predict.")

flags.DEFINE_string("train_precomputed_file", None,
                    "Training records (prepare_nq_data.py): comma-separated paths and globs.")
flags.DEFINE_integer("train_num_precomputed", None,
                     "How many records these are; counted when not given.", lower_bound=1)
flags.DEFINE_integer("train_batch_size", 32, "Windows of a training step.", lower_bound=1)
flags.DEFINE_float("learning_rate", 5e-5, "The highest learning rate of Adam.", lower_bound=0)
flags.DEFINE_float("num_train_epochs", 3.0, "Passes over the records.", lower_bound=0)
flags.DEFINE_float("warmup_proportion", 0.1, "Share of the steps in which the rate goes up.",
                   lower_bound=0, upper_bound=1)
flags.DEFINE_integer("save_checkpoints_steps", 1000, "Steps between two checkpoints.",
                     lower_bound=1)
flags.DEFINE_integer("keep_checkpoint_max", 5, "Newest checkpoints that are kept; 0: all.",
                     lower_bound=0)
flags.DEFINE_integer("seed", None, "Of initial weights, dropout and data order; random if not set.",
                     lower_bound=0, upper_bound=2 ** 31 - 1)

flags.DEFINE_string("predict_file", None,
                    "NQ shards, original or simplified: comma-separated paths and globs.")
flags.DEFINE_string("output_prediction_file", None,
                    "Where the predictions go, as JSON for nq_eval.py.")
flags.DEFINE_integer("predict_batch_size", 8, "Windows that are predicted at once.", lower_bound=1)
flags.DEFINE_integer("n_best_size", 10,
                     "Start and end positions of a window that are looked at. The reference's flag "
                     "says 20 and is not obeyed: it looks at 10.", lower_bound=1)
flags.DEFINE_integer("max_answer_length", 30, "Wordpieces of the longest short answer.",
                     lower_bound=1)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a page that cannot be used: stop, or count it and go on.")

flags.DEFINE_bool("use_tpu", False, "Whether to run on a TPU; else on a GPU or the CPU.")
flags.DEFINE_string("tpu_name", None, "The Cloud TPU's name or its grpc://address:8470.")
flags.DEFINE_string("tpu_zone", None, "The Cloud TPU's zone, if not the default one.")
flags.DEFINE_string("gcp_project", None, "The Cloud TPU's project, if not the default one.")
flags.DEFINE_string("master", None, "TensorFlow master URL.")
flags.DEFINE_integer("num_tpu_cores", 8, "Cores of the TPU.", lower_bound=1)
flags.DEFINE_integer("iterations_per_loop", 1000, "Steps a TPU makes before it reports back.",
                     lower_bound=1)
flags.DEFINE_integer("task_id", 0, "Accepted for the reference's command lines; it has no effect.")
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")
text_flags = feature_flags.define_text_flags()
window_flags = feature_flags.define_window_flags()


def main():
    program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir")
    if not FLAGS.do_train and not FLAGS.do_predict:
        raise UserError("nothing to do: give --do_train, --do_predict or both")
    config, maker = check_model_flags()
    records = check_training_flags(config) if FLAGS.do_train else None
    predict_paths = check_prediction_flags() if FLAGS.do_predict else None
    program.quiet_tensorflow(FLAGS.verbose_logging)
    checkpoint = starting_checkpoint(config)
    files.make_folder(FLAGS.output_dir)
    # Prediction leaves the flags that the model was trained with.
    program.write_flags(FLAGS, os.path.join(
        FLAGS.output_dir, "flags.txt" if FLAGS.do_train else "flags-predict.txt"))
    if FLAGS.do_train:
        train(config, checkpoint, *records)
    if FLAGS.do_predict:
        predict(config, checkpoint, maker, predict_paths)


def check_model_flags():
    """Returns the BertConfig and the WindowMaker. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    from bert_nq.features.making import make_window_maker
    from bert_nq.modeling import checkpoints
    from bert_nq.modeling.config import BertConfig
    config = BertConfig.from_json_file(FLAGS.bert_config_file)
    if FLAGS.max_seq_length > config.max_position_embeddings:
        raise UserError("--max_seq_length=%d, but the model has positions for %d wordpieces "
                        "(max_position_embeddings in %s)" % (
                            FLAGS.max_seq_length, config.max_position_embeddings,
                            FLAGS.bert_config_file))
    maker = make_window_maker(text_flags(), window_flags())
    if maker.vocab_size > config.vocab_size:
        raise UserError("%s has %d entries, the model's vocab_size is %d (%s)" % (
            FLAGS.vocab_file, maker.vocab_size, config.vocab_size, FLAGS.bert_config_file))
    model_folder.check_same_model(FLAGS.output_dir, config, FLAGS.vocab_file)
    if FLAGS.init_checkpoint and not files.is_remote(FLAGS.init_checkpoint):
        checkpoints.find_checkpoint(FLAGS.init_checkpoint)
    return config, maker


def check_training_flags(config):
    """Returns the record files and how many records they have. TensorFlow is not imported yet."""
    from bert_nq.estimator import record_checks
    program.require(FLAGS, "train_precomputed_file")
    paths = files.expand(FLAGS.train_precomputed_file, "record")
    record_checks.check_training_records(paths, FLAGS.max_seq_length, config.vocab_size)
    return paths, FLAGS.train_num_precomputed or record_checks.count_records(paths)


def check_prediction_flags():
    """Returns the NQ shards. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    from bert_nq.nq import shards
    program.require(FLAGS, "predict_file", "output_prediction_file")
    paths = shards.expand_shards(FLAGS.predict_file)
    files.check_output(FLAGS.output_prediction_file, paths)
    if not (FLAGS.do_train or FLAGS.init_checkpoint
            or model_folder.has_checkpoint(FLAGS.output_dir)):
        raise UserError("%s holds no trained model: train first (--do_train), or give "
                        "--init_checkpoint" % FLAGS.output_dir)
    return paths


def starting_checkpoint(config):
    """Returns the prefix of --init_checkpoint or None; checks it and what is in --output_dir."""
    from bert_nq.estimator import model
    from bert_nq.modeling import checkpoints
    from bert_nq.text.reference import check_case
    checkpoint = None
    if FLAGS.init_checkpoint:
        checkpoint = checkpoints.find_checkpoint(FLAGS.init_checkpoint)
        checkpoints.check_fits(config, checkpoint)
        check_case(FLAGS.do_lower_case, checkpoint)
    trained = model.latest_checkpoint(FLAGS.output_dir)
    if trained:
        checkpoints.check_fits(config, trained)
    if FLAGS.do_train:
        if trained:
            model.check_can_continue(trained)
    else:
        if not (trained or checkpoint):
            raise UserError("%s holds no trained model: the file `checkpoint` there names one that "
                            "is gone" % FLAGS.output_dir)
        model.check_has_heads(trained or checkpoint)
    return checkpoint


def run_settings():
    """The Estimator's settings, from the flags of the same names."""
    from bert_nq.estimator.devices import RunSettings
    return RunSettings(**{name: FLAGS[name].value for name in RunSettings._fields})


def train(config, checkpoint, record_paths, num_records):
    """Trains and prints what came of it."""
    from bert_nq.estimator import model_folder
    from bert_nq.training import run
    model_folder.keep_beside_checkpoints(FLAGS.output_dir, FLAGS.bert_config_file, FLAGS.vocab_file)
    settings = run.TrainingSettings(**{name: FLAGS[name].value
                                       for name in run.TrainingSettings._fields})
    result = run.train(config, checkpoint, record_paths, num_records, settings, run_settings(),
                       run.report_to_stderr)
    rows = [("records", result.num_records), ("steps", result.num_steps)]
    if result.first_loss is not None:
        rows.append(("loss, first and last tenth", "%.3f, %.3f" % (result.first_loss,
                                                                   result.last_loss)))
    if result.steps_done:
        rows.append(("time", "%s (%.1f examples/s)" % (
            program.duration(result.seconds),
            result.steps_done * FLAGS.train_batch_size / result.seconds)))
    program.print_table("Trained: %s" % result.checkpoint, rows)
    if not result.steps_done:
        print("Nothing was left to do: %s has all %d steps. Another --output_dir starts anew."
              % (FLAGS.output_dir, result.num_steps))
    if not FLAGS.do_predict:
        print("\nNext: predict\n"
              "  python bert_nq/run_nq.py --do_predict --predict_file=DEV.jsonl.gz \\\n"
              "      --bert_config_file=%s --vocab_file=%s \\\n"
              "      --output_dir=%s --output_prediction_file=predictions.json"
              % (FLAGS.bert_config_file, FLAGS.vocab_file, FLAGS.output_dir))


def predict(config, checkpoint, maker, paths):
    """Predicts the pages of the shards and prints what came of it."""
    from bert_nq.estimator import devices, model
    from bert_nq.nq import shards
    from bert_nq.prediction import decoding, output, predictor
    estimator = devices.make_estimator(
        model.model_fn_builder(config, checkpoint, FLAGS.use_tpu), run_settings())
    bad_input = shards.BadInput(skip=FLAGS.on_bad_input == "skip")
    options = decoding.DecodingOptions(FLAGS.n_best_size, FLAGS.max_answer_length)
    pages = without_long = without_short = 0
    entries = predictor.predict(estimator, shards.read_examples(paths, bad_input), maker,
                                FLAGS.max_seq_length, options, bad_input)
    with program.timed() as seconds, contextlib.closing(entries), output.prediction_file(
            FLAGS.output_prediction_file) as write:
        for entry in program.progress(entries, "pages"):
            write(entry)
            pages += 1
            without_long += entry["long_answer"]["start_token"] < 0
            without_short += not entry["short_answers"]
    program.print_table("Predictions in %s" % FLAGS.output_prediction_file, [
        ("model", estimator.latest_checkpoint() or checkpoint),
        ("pages", pages),
        ("  skipped as unusable", bad_input.skipped),
        ("  without long answer", without_long),
        ("  without short answer", without_short),
        ("time", "%s (%.1f pages/s)" % (program.duration(seconds()),
                                        pages / max(seconds(), 1e-9)))])
    print("\nNext: score them\n  python eval/nq_eval.py --gold_path='%s' --predictions_path=%s "
          "--pretty_print" % (FLAGS.predict_file, FLAGS.output_prediction_file))


if __name__ == "__main__":
    program.run(main)
