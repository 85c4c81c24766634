r"""Predicts the answers of NQ shards as run_nq.py does, on an Apache Spark cluster.

    python run_nq_spark.py --master=spark://HOST:7077 --predict_file='/nfs/nq-dev-*.jsonl.gz' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --output_dir=model --output_prediction_file=predictions.json

or through spark-submit, without --master. The file equals that of run_nq.py --do_predict with the
same flags, byte for byte on machines of one kind; either program carries on with what a run of the
other has left. The shards are on storage that all machines see; model and vocabulary are sent to
them, and the answers come back. docs/spark.md says how to set up a cluster.
"""
from bert_nq.cli.start import run

import functools

from absl import flags

from bert_nq import tasks
from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import prediction, prediction_report, program
from bert_nq.cli.flags import nq_joint
from bert_nq.cli.flags import spark as spark_flags
from bert_nq.cli.model_flags import ModelFlags

FLAGS = flags.FLAGS

flags.DEFINE_integer("num_tasks", 0, "Divide the work into so many tasks where there are fewer "
                     "shards; 0: 4 for each core.", lower_bound=0)
setup = ModelFlags(tasks.get("nq_joint"), nq_joint.define_flags)
spark_settings = spark_flags.define_spark_flags()


def main():
    work = prediction_job()
    from bert_nq.jobs import spark_context
    from bert_nq.prediction import spark
    with spark_context.started(FLAGS.master, spark_settings(), FLAGS.verbose) as context:
        with program.Meter(FLAGS.progress_seconds) as meter:
            result = spark.run_job(context, work, FLAGS.num_tasks,
                                   functools.partial(prediction_report.show, meter,
                                                     work.answers.examples), meter.note)
            seconds = meter.elapsed()
    prediction_report.print_result(result, work, seconds)
    prediction.print_next(setup.task, work)


def prediction_job():
    """The prediction that the flags describe, checked."""
    spark_settings()
    if setup.prediction.running()["num_workers"]:
        raise UserError("--num_workers is for run_nq.py: here all cores of Spark predict")
    setup.take_known_settings(False, False, program.note)
    program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir", "predict_file")
    model, _ = setup.check_model()
    checkpoint = setup.init_checkpoint()
    paths = [files.absolute(path) for path in setup.check_files()]
    setup.check_has_model(model)
    program.quiet_tensorflow(False)
    checkpoint = setup.find_checkpoint(model.config, checkpoint)
    setup.check_trained(model, checkpoint)
    return setup.job(setup.model_settings(model, checkpoint, FLAGS.output_dir), paths)


if __name__ == "__main__":
    run(main)
