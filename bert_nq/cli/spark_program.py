"""The body of run_nq_spark.py and its like: a task's prediction on an Apache Spark cluster."""
import functools
import os
from typing import Any, Callable

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import prediction, prediction_report, program
from bert_nq.cli.flags import spark as spark_flags
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.cli.model_flags import ModelFlags

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


class SparkProgram:
    """The flags of a program that predicts on Spark what a task's program predicts, and its main
    function."""

    def __init__(self, task, define_task_flags: Callable[[], TaskFlags]):
        """Defines the flags; the arguments are those of ModelProgram."""
        flags.DEFINE_integer("num_tasks", 0, "Divide the work into so many tasks where there are "
                             "fewer shards; 0: 4 for each core.", lower_bound=0)
        self._setup = ModelFlags(task, define_task_flags)
        self._spark_settings = spark_flags.define_spark_flags()

    def main(self) -> None:
        """Checks the flags and predicts."""
        work = self._prediction_job()
        from bert_nq.jobs import spark_context
        from bert_nq.prediction import spark
        with spark_context.started(FLAGS.master, self._spark_settings(), FLAGS.verbose) as context:
            with program.Meter(FLAGS.progress_seconds) as meter:
                result = spark.run_job(context, work, FLAGS.num_tasks,
                                       functools.partial(prediction_report.show, meter,
                                                         work.answers.examples), meter.note)
                seconds = meter.elapsed()
        prediction_report.print_result(result, work, seconds)
        prediction.print_next(self._setup.task, work)

    def _prediction_job(self) -> Any:
        """The prediction that the flags describe, checked."""
        setup = self._setup
        self._spark_settings()
        if setup.prediction.running()["num_workers"]:
            raise UserError("--num_workers is for %s: here all cores of Spark predict"
                            % os.path.basename(setup.task.program))
        setup.take_known_settings(False, False, program.note)
        program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir", "predict_file")
        model, _ = setup.check_model()
        checkpoint = setup.init_checkpoint()
        paths = [files.absolute(path) for path in setup.check_files()]
        prefilter = setup.prefilter()
        if prefilter.models:
            raise UserError("--prefilter=%s: here it takes files of scores; write them first, with "
                            "--output_candidate_scores" % FLAGS.prefilter)
        setup.check_has_model(model)
        program.quiet_tensorflow(False)
        checkpoint = setup.find_checkpoint(model.config, checkpoint)
        setup.check_trained(model, checkpoint)
        work = setup.job(setup.model_settings(model, checkpoint, FLAGS.output_dir), paths)
        return prefilter.applied(work, setup.task)
