r"""Trains BERT-joint on records of NQ windows, and predicts the answers of NQ shards.

    python run_nq.py --do_train --train_precomputed_file='nq-train.tfrecord*' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --init_checkpoint=bert_model.ckpt --output_dir=model

    python run_nq.py --do_predict --predict_file='dev/nq-dev-*.jsonl.gz' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --output_dir=model --output_prediction_file=predictions.json

Both flags together train, then predict; --do_export writes the model for serving. Prediction and
export take the newest checkpoint in --output_dir; where there is none, --init_checkpoint, which
must then have the heads, as bert_joint.ckpt has. The flags of Google's bert_joint keep their names,
meanings and defaults, except as docs/parity.md says.

The pipeline, file by file:

    features/contexts.py     a page's candidates as one text       no TensorFlow
    features/windows.py      the text as windows of wordpieces     no TensorFlow
    records/                 windows as TFRecords                  no TensorFlow
    estimator/model.py       the model
    training/run.py          the training run
    prediction/job.py        shards to the prediction file         no TensorFlow
    prediction/predictor.py  pages through the model               no TensorFlow
    prediction/decoders.py   logits to answers                     no TensorFlow
    prediction/export.py     the model as a SavedModel
"""
import contextlib
import functools
import itertools
import os
import sys

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.cli import prediction_report, program, training_report
from bert_nq.cli.flags.training import define_training_flags
from bert_nq.cli.prediction_setup import Setup

FLAGS = flags.FLAGS

flags.DEFINE_bool("do_train", False, "Whether to train.")
flags.DEFINE_bool("do_predict", False, "Whether to predict.")
flags.DEFINE_bool("do_export", False, "Whether to write the model for serving, see "
                  "docs/serving.md.")

flags.DEFINE_string("export_dir", None, "The folder for --do_export, which adds a version; "
                    "OUTPUT_DIR/serving if not given.")

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

flags.DEFINE_integer("task_id", 0, "Accepted for the reference's command lines; it has no effect.")
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")
setup = Setup()
training_flags = define_training_flags(setup.model)


def main():
    program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir")
    if not (FLAGS.do_train or FLAGS.do_predict or FLAGS.do_export):
        raise UserError("nothing to do: give --do_train, --do_predict, --do_export or several")
    chief = is_chief()
    config, maker = setup.check_model(anew=FLAGS.do_train and FLAGS.overwrite_output_dir)
    checkpoint = setup.init_checkpoint()
    training = check_training_flags(config, checkpoint) if FLAGS.do_train else None
    predict_paths = check_prediction_flags() if FLAGS.do_predict else None
    check_use_of_model()
    check_output_dir()
    program.quiet_tensorflow(FLAGS.verbose_logging)
    checkpoint = check_checkpoints(config, checkpoint)
    if not chief:
        train_with_others(config, checkpoint, training[0])
        return
    files.make_folder(FLAGS.output_dir)
    model_dir = FLAGS.output_dir
    program.write_flags(FLAGS, os.path.join(FLAGS.output_dir, flag_file()))
    if FLAGS.do_train:
        with training_alone():
            model_dir = train(config, checkpoint, maker, *training)
    if FLAGS.do_predict or FLAGS.do_export:
        models = setup.model_settings(config, checkpoint, model_dir)
    if FLAGS.do_predict:
        predict(models, predict_paths)
    if FLAGS.do_export:
        export(models)


def flag_file():
    """The name of this run's flags: prediction leaves those that the model was trained with."""
    if FLAGS.do_train:
        return "flags.txt"
    return "flags-predict.txt" if FLAGS.do_predict else "flags-export.txt"


def is_chief():
    """Whether this process writes files: of the workers of a training, only the chief does."""
    from bert_nq.estimator import cluster
    if not FLAGS.do_train:
        return True
    if FLAGS.overwrite_output_dir and FLAGS.distribution == "multi_worker":
        raise UserError("--overwrite_output_dir is not for --distribution=multi_worker, where the "
                        "same command goes on after a worker was lost: remove the folder yourself")
    return cluster.is_chief(FLAGS.distribution, os.environ)


def check_output_dir():
    """Refuses a folder whose newest checkpoint is lost. TensorFlow is not imported yet."""
    from bert_nq.estimator import model_folder
    if not (FLAGS.do_train and FLAGS.overwrite_output_dir):
        model_folder.check_checkpoint_is_there(FLAGS.output_dir)


def check_training_flags(config, checkpoint):
    """Returns the training data and the dev shards. TensorFlow is not imported yet."""
    from bert_nq.datasets.nq import shards
    from bert_nq.estimator import model_folder
    from bert_nq.features.joint_windows import FEATURIZER
    from bert_nq.records import training_files
    from bert_nq.training import run_record
    from bert_nq.training.settings import TrainingData
    program.require(FLAGS, "train_precomputed_file")
    paths = files.expand(FLAGS.train_precomputed_file, "record")
    training_files.check_first_records(
        paths, training_files.Demands(FEATURIZER, FLAGS.max_seq_length, config.vocab_size))
    num_records = FLAGS.train_num_precomputed or training_files.count_records(paths)
    data = TrainingData(paths, num_records, run_record.describe_data(paths, num_records),
                        FEATURIZER)
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
    program.require(FLAGS, "predict_file", "output_prediction_file")
    return setup.check_files()


def check_use_of_model():
    """Checks that there is a model to predict with or to export. TensorFlow is not imported yet."""
    from bert_nq.prediction import serving
    if FLAGS.do_export:
        serving.check_folder(export_dir())
    if FLAGS.ensemble and FLAGS.do_train:
        raise UserError("--ensemble is of models that are trained: leave out --do_train")
    setup.ensemble()
    if not FLAGS.do_train:
        setup.check_has_model()


def check_checkpoints(config, checkpoint):
    """Checks --init_checkpoint, if there is one, and what is in --output_dir.

    Returns the prefix of --init_checkpoint or None.
    """
    from bert_nq.estimator import model
    from bert_nq.modeling import checkpoints
    checkpoint = setup.find_checkpoint(config, checkpoint)
    if not FLAGS.do_train:
        setup.check_trained(config, checkpoint)
    elif not FLAGS.overwrite_output_dir:
        trained = model.latest_checkpoint(FLAGS.output_dir)
        if trained:
            checkpoints.check_fits(config, trained)
            model.check_can_continue(trained)
    return checkpoint


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
    from bert_nq.datasets.nq import shards
    from bert_nq.prediction import predictor
    from bert_nq.prediction.dev_set import DevSet
    from bert_nq.prediction.model_settings import Member, ModelSettings
    dev = DevSet(paths, FLAGS.dev_pages)
    pages = predictor.PagePredictor(maker, setup.decoder(), FLAGS.predict_batch_size)

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
    options = setup.decoder().output_options()
    if FLAGS.use_tpu:
        return window_model.TpuWindowModel(settings, options, run_settings(), FLAGS.max_seq_length)
    return window_model.WindowModel(settings, options)


def predict(models, paths):
    """Predicts the pages of the shards and prints what came of it."""
    from bert_nq.prediction import job
    work = setup.job(models, paths)
    num_workers = FLAGS.num_workers or default_workers(work.model.members)
    in_this_process = functools.partial(open_model, work.model) if on_one_device() else None
    with program.Meter() as meter:
        result = job.run_job(work, num_workers, in_this_process,
                             functools.partial(prediction_report.show, meter), meter.note,
                             functools.partial(program.quiet_tensorflow, FLAGS.verbose_logging))
        prediction_report.print_result(result, work, meter.elapsed())
    print("\nNext: score them\n  python eval/nq_eval.py --gold_path='%s' --predictions_path=%s "
          "--pretty_print" % (FLAGS.predict_file, FLAGS.output_prediction_file))


def export_dir():
    """The folder of the exported versions."""
    return FLAGS.export_dir or os.path.join(FLAGS.output_dir, "serving")


def export(models):
    """Writes the model for serving, and prints where and how it compares."""
    from bert_nq.prediction import export, serving
    description = serving.Serving(dict(setup.decoder().describe(), model=models.fingerprint()),
                                  setup.text(), setup.windows())
    prediction_report.print_export(export.export(models, description, export_dir()))


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
