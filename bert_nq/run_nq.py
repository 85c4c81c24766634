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
    prediction/job.py        shards to the prediction file         no TensorFlow
    prediction/predictor.py  pages through the model               no TensorFlow
    prediction/decoders.py   logits to answers                     no TensorFlow
"""
import contextlib
import functools
import itertools
import os
import sys

from absl import flags

# As a script, this file's folder leads the import path: take it away, so that the library's rooms
# are no top-level modules.
if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]

from bert_nq import (  # noqa: E402
    feature_flags,
    files,
    locking,
    prediction_report,
    program,
    training_report,
)
from bert_nq.errors import UserError  # noqa: E402
from bert_nq.prediction_flags import define_prediction_flags  # noqa: E402
from bert_nq.training_flags import define_training_flags  # noqa: E402

FLAGS = flags.FLAGS

flags.DEFINE_string("bert_config_file", None, "The encoder's bert_config.json.")
flags.DEFINE_string("init_checkpoint", None,
                    "Where training starts from: a BERT checkpoint, or a model of ours.")
flags.DEFINE_bool("do_train", False, "Whether to train.")
flags.DEFINE_bool("do_predict", False, "Whether to predict.")

flags.DEFINE_string("train_precomputed_file", None,
                    "Training records (prepare_nq_data.py): comma-separated paths and globs.")
flags.DEFINE_integer("train_num_precomputed", None,
                     "How many records these are; counted when not given.", lower_bound=1)
flags.DEFINE_bool("overwrite_output_dir", False,
                  "Whether training removes the model in --output_dir and starts anew.")
flags.DEFINE_string("dev_file", None, "NQ shards that the model is scored on while it is trained: "
                    "comma-separated paths and globs.")
flags.DEFINE_integer("dev_pages", 0, "Pages of --dev_file that are used, a sample; 0: all.",
                     lower_bound=0)

flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a page that cannot be used: stop, or count it and go on.")

flags.DEFINE_integer("task_id", 0, "Accepted for the reference's command lines; it has no effect.")
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")
training_flags = define_training_flags()
prediction_flags = define_prediction_flags()
text_flags = feature_flags.define_text_flags()
window_flags = feature_flags.define_window_flags()


def main():
    program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir")
    if not FLAGS.do_train and not FLAGS.do_predict:
        raise UserError("nothing to do: give --do_train, --do_predict or both")
    chief = is_chief()
    config, maker = check_model_flags()
    checkpoint = init_checkpoint()
    training = check_training_flags(config, checkpoint) if FLAGS.do_train else None
    predict_paths = check_prediction_flags() if FLAGS.do_predict else None
    check_output_dir()
    program.quiet_tensorflow(FLAGS.verbose_logging)
    checkpoint = check_checkpoints(config, checkpoint)
    if not chief:
        train_with_others(config, checkpoint, training[0])
        return
    files.make_folder(FLAGS.output_dir)
    # Prediction leaves the flags that the model was trained with.
    flag_file = "flags.txt" if FLAGS.do_train else "flags-predict.txt"
    model_dir = FLAGS.output_dir
    program.write_flags(FLAGS, os.path.join(FLAGS.output_dir, flag_file))
    if FLAGS.do_train:
        with training_alone():
            model_dir = train(config, checkpoint, maker, *training)
    if FLAGS.do_predict:
        predict(config, checkpoint, predict_paths, model_dir)


def is_chief():
    """Whether this process writes files: of the workers of a training, only the chief does."""
    from bert_nq.estimator import cluster
    if not FLAGS.do_train:
        return True
    if FLAGS.overwrite_output_dir and FLAGS.distribution == "multi_worker":
        raise UserError("--overwrite_output_dir is not for --distribution=multi_worker, where the "
                        "same command goes on after a worker was lost: remove the folder yourself")
    return cluster.is_chief(FLAGS.distribution, os.environ)


def check_model_flags():
    """Returns the BertConfig and the WindowMaker. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    from bert_nq.features.making import make_window_maker
    from bert_nq.modeling.config import BertConfig
    config = BertConfig.from_json_file(FLAGS.bert_config_file)
    if FLAGS.max_seq_length > config.max_position_embeddings:
        raise UserError("--max_seq_length=%d, but the model has positions for %d wordpieces "
                        "(max_position_embeddings in %s)" % (
                            FLAGS.max_seq_length, config.max_position_embeddings,
                            FLAGS.bert_config_file))
    prediction_flags.decoder()
    maker = make_window_maker(text_flags(), prediction_windows())
    if maker.vocab_size > config.vocab_size:
        raise UserError("%s has %d entries, the model's vocab_size is %d (%s)" % (
            FLAGS.vocab_file, maker.vocab_size, config.vocab_size, FLAGS.bert_config_file))
    if not FLAGS.overwrite_output_dir:
        model_folder.check_same_model(FLAGS.output_dir, config, FLAGS.vocab_file)
    return config, maker


def init_checkpoint():
    """Returns the prefix of --init_checkpoint, of a remote one as it is given, or None.

    TensorFlow is not imported yet.
    """
    from bert_nq.modeling import checkpoints
    if not FLAGS.init_checkpoint or files.is_remote(FLAGS.init_checkpoint):
        return FLAGS.init_checkpoint or None
    return checkpoints.find_checkpoint(FLAGS.init_checkpoint)


def check_output_dir():
    """Refuses a folder whose newest checkpoint is lost. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    if not (FLAGS.do_train and FLAGS.overwrite_output_dir):
        model_folder.check_checkpoint_is_there(FLAGS.output_dir)


def check_training_flags(config, checkpoint):
    """Returns the training data and the dev shards. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder, record_checks
    from bert_nq.nq import shards
    from bert_nq.training import run_record
    from bert_nq.training.settings import TrainingData
    program.require(FLAGS, "train_precomputed_file")
    paths = files.expand(FLAGS.train_precomputed_file, "record")
    record_checks.check_training_records(paths, FLAGS.max_seq_length, config.vocab_size)
    num_records = FLAGS.train_num_precomputed or record_checks.count_records(paths)
    data = TrainingData(paths, num_records, run_record.describe_data(paths, num_records))
    if FLAGS.overwrite_output_dir:
        model_folder.check_can_clear(FLAGS.output_dir, FLAGS.init_checkpoint)
    else:
        run_record.RunRecord(FLAGS.output_dir).check_same(
            training_settings().of_result(FLAGS.train_batch_size, checkpoint), data.description)
    for flag in ("eval_every", "early_stopping", "dev_pages"):
        if FLAGS[flag].value and not FLAGS.dev_file:
            raise UserError("--%s is for --dev_file, which is not given" % flag)
    dev_paths = shards.expand_shards(FLAGS.dev_file) if FLAGS.dev_file else []
    run_record.check_apart(paths, dev_paths)
    return data, dev_paths


def check_prediction_flags():
    """Returns the NQ shards. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    from bert_nq.nq import shards
    from bert_nq.scoring.tuned import Tuned
    program.require(FLAGS, "predict_file", "output_prediction_file")
    paths = shards.expand_shards(FLAGS.predict_file)
    outputs = list(filter(None, [FLAGS.output_prediction_file, FLAGS.output_nbest_file]))
    for output in outputs:
        files.check_output(output, paths + list(filter(None, [FLAGS.thresholds])))
    if len(set(map(files.absolute, outputs))) < len(outputs):
        raise UserError("--output_prediction_file and --output_nbest_file are the same file")
    if FLAGS.thresholds:
        Tuned.load(FLAGS.thresholds)
    if FLAGS.ensemble and FLAGS.do_train:
        raise UserError("--ensemble is of models that are trained: leave out --do_train")
    if FLAGS.ensemble_weights and not FLAGS.ensemble:
        raise UserError("--ensemble_weights is for --ensemble, which is not given")
    ensemble()
    if not (FLAGS.do_train or FLAGS.ensemble or FLAGS.init_checkpoint
            or model_folder.has_checkpoint(FLAGS.output_dir)):
        raise UserError("%s holds no trained model: train first (--do_train), or give "
                        "--init_checkpoint" % FLAGS.output_dir)
    return paths


def ensemble():
    """Returns the models of --ensemble, or (). TensorFlow is not imported."""
    from bert_nq.prediction import members
    if not FLAGS.ensemble:
        return ()
    return members.find_members(FLAGS.ensemble, FLAGS.ensemble_weights, FLAGS.vocab_file)


def check_checkpoints(config, checkpoint):
    """Checks --init_checkpoint, if there is one, and what is in --output_dir.

    Returns the prefix of --init_checkpoint or None.
    """
    from bert_nq.estimator import model
    from bert_nq.modeling import checkpoints
    from bert_nq.text.reference import check_case
    if checkpoint:
        checkpoint = checkpoints.find_checkpoint(checkpoint)  # A remote one is looked for here.
        checkpoints.check_fits(config, checkpoint)
        check_case(FLAGS.do_lower_case, checkpoint)
    if FLAGS.do_train and FLAGS.overwrite_output_dir:
        return checkpoint
    trained = model.latest_checkpoint(FLAGS.output_dir)
    if trained:
        checkpoints.check_fits(config, trained)
    if FLAGS.do_train:
        if trained:
            model.check_can_continue(trained)
    elif not FLAGS.ensemble:
        model.check_has_heads(trained or checkpoint)
    return checkpoint


def check_predicts(config, checkpoint):
    """Raises UserError where a model of an ensemble does not fit its config or is not trained."""
    from bert_nq.estimator import model
    from bert_nq.modeling import checkpoints
    checkpoints.check_fits(config, checkpoint)
    model.check_has_heads(checkpoint)


def run_settings():
    """The Estimator's settings."""
    from bert_nq.estimator.devices import RunSettings
    return RunSettings(save_checkpoints_steps=FLAGS.save_checkpoints_steps,
                       **training_flags.running())


def training_settings():
    """What decides the trained weights."""
    from bert_nq.training.settings import TrainingSettings
    return TrainingSettings(max_seq_length=FLAGS.max_seq_length, **training_flags.training())


def keeping_settings():
    """What is saved and scored when."""
    from bert_nq.training.settings import KeepingSettings
    return KeepingSettings(**training_flags.keeping())


def report(line):
    """Prints a line of progress."""
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def training_alone():
    """Keeps other processes from training the same model, except workers of the same run."""
    if files.is_remote(FLAGS.output_dir) or FLAGS.distribution == "multi_worker":
        yield
        return
    with locking.locked(os.path.join(FLAGS.output_dir, ".training.lock")):
        yield


def train(config, checkpoint, maker, data, dev_paths):
    """Trains and prints what came of it; returns the folder of the model to predict with."""
    from bert_nq.estimator import model_folder
    if FLAGS.overwrite_output_dir:
        model_folder.clear(FLAGS.output_dir)
    model_folder.keep_beside_checkpoints(FLAGS.output_dir, FLAGS.bert_config_file, FLAGS.vocab_file)
    evaluate = dev_scorer(config, maker, dev_paths) if dev_paths else None
    result = run_training(config, checkpoint, data, evaluate)
    if result.stopped_by:
        stop(result, "stopped at step %d of %d, which is saved: the same command goes on from there"
             % (result.step, result.num_steps))
    model_dir = training_report.print_result(result, FLAGS.output_dir, keeping_settings())
    if not FLAGS.do_predict:
        print("\nNext: predict\n"
              "  python bert_nq/run_nq.py --do_predict --predict_file=DEV.jsonl.gz \\\n"
              "      --bert_config_file=%s --vocab_file=%s \\\n"
              "      --output_dir=%s --output_prediction_file=predictions.json"
              % (FLAGS.bert_config_file, FLAGS.vocab_file, model_dir))
    return model_dir


def train_with_others(config, checkpoint, data):
    """Trains as a worker that is not the chief; prints what it needs to, and writes nothing."""
    result = run_training(config, checkpoint, data)
    if result.stopped_by:
        stop(result, "stopped together with all workers; the chief saves: the same commands go on "
             "from there")
    print("\nThis worker is done; the chief has the model and prints what came of it.")


def run_training(config, checkpoint, data, evaluate=None):
    """Prints what is going to be done, and does it; returns the TrainingResult."""
    from bert_nq.training import run
    settings = training_settings()
    training_report.print_plan(config, data, settings, run_settings())
    return run.train(config, checkpoint, data, settings, keeping_settings(), run_settings(), report,
                     evaluate)


def stop(result, message):
    """Ends the program as the signal that ended the training would have."""
    from bert_nq.training import stopping
    report("%s: %s" % (result.stopped_by.name, message))
    sys.exit(stopping.exit_code(result.stopped_by))


def dev_scorer(config, maker, paths):
    """Returns the function that scores a checkpoint on the dev set."""
    from bert_nq.nq import shards
    from bert_nq.prediction import predictor
    from bert_nq.prediction.dev_set import DevSet
    from bert_nq.prediction.model_settings import Member, ModelSettings
    dev = DevSet(paths, FLAGS.dev_pages)
    pages = predictor.PagePredictor(maker, prediction_flags.decoder(), FLAGS.predict_batch_size)

    def score(checkpoint, stop):
        settings = ModelSettings((Member(config, checkpoint),), FLAGS.precision)

        def predict(examples):
            with open_model(settings) as model:
                entries = predictor.predict(model, pages, examples, shards.BadInput(skip=False))
                entries = program.progress(entries, "dev pages", len(dev), every_seconds=30.0)
                with contextlib.closing(entries):
                    yield from itertools.takewhile(lambda _: not stop, entries)

        return dev.score(predict)

    return score


def open_model(settings):
    """The model in this process, on the device that there is."""
    from bert_nq.prediction import window_model
    options = prediction_flags.decoder().output_options()
    if FLAGS.use_tpu:
        return window_model.TpuWindowModel(settings, options, run_settings(), FLAGS.max_seq_length)
    return window_model.WindowModel(settings, options)


def predict(config, checkpoint, paths, model_dir):
    """Predicts the pages of the shards and prints what came of it."""
    from bert_nq.prediction import job
    work = prediction_job(config, checkpoint, paths, model_dir)
    num_workers = FLAGS.num_workers or default_workers(work.model.members)
    in_this_process = functools.partial(open_model, work.model) if on_one_device() else None
    with program.Meter() as meter:
        result = job.run_job(work, num_workers, in_this_process,
                             functools.partial(prediction_report.show, meter), meter.note,
                             functools.partial(program.quiet_tensorflow, FLAGS.verbose_logging))
        prediction_report.print_result(result, work, meter.elapsed())
    print("\nNext: score them\n  python eval/nq_eval.py --gold_path='%s' --predictions_path=%s "
          "--pretty_print" % (FLAGS.predict_file, FLAGS.output_prediction_file))


def prediction_job(config, checkpoint, paths, model_dir):
    """The prediction that the flags describe."""
    from bert_nq.estimator import model
    from bert_nq.prediction.job import Job
    from bert_nq.prediction.model_settings import Member, ModelSettings
    wanted = prediction_flags.files()
    models = ensemble()
    for member in models:
        check_predicts(member.config, member.checkpoint)
    if not models:
        models = (Member(config, model.latest_checkpoint(model_dir) or checkpoint),)
    settings = ModelSettings(models, FLAGS.precision, FLAGS.model_threads)
    return Job(paths, wanted["output_prediction_file"], settings, settings.fingerprint(),
               text_flags(), prediction_windows(), prediction_flags.decoder(),
               FLAGS.predict_batch_size, wanted["output_nbest_file"], wanted["thresholds"],
               FLAGS.on_bad_input == "skip")


def prediction_windows():
    """The settings of the windows that are predicted."""
    windows = window_flags()
    return windows._replace(doc_stride=FLAGS.predict_stride or windows.doc_stride)


def on_one_device():
    """Whether a device is there that processes cannot share as they share a CPU."""
    from bert_nq.estimator import devices
    return FLAGS.use_tpu or devices.num_gpus() > 0


def default_workers(models):
    """How many processes predict, or make windows, if the flags do not say."""
    from bert_nq.prediction import members
    if on_one_device():
        return program.num_cores()
    return members.num_processes(models, program.num_cores(), members.available_memory())


if __name__ == "__main__":
    program.run(main)
