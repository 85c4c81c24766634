"""The flags of the programs that run on Apache Spark."""
from typing import Callable, Dict

from absl import flags

from bert_nq.base.errors import UserError

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


def define_spark_flags() -> Callable[[], Dict[str, str]]:
    """Defines --master, --conf, --progress_seconds and --verbose.

    Returns:
      A function that reads --conf and returns {name: value}. It raises UserError if a setting is
      not NAME=VALUE.
    """
    flags.DEFINE_string("master", None, "Spark's master: spark://HOST:PORT, local[*] for this "
                        "machine alone, yarn or k8s://…; with spark-submit it is named there.")
    conf = flags.DEFINE_multi_string(
        "conf", [], "A setting of Spark, such as spark.executor.memory=2g; may be given several "
        "times.")
    flags.DEFINE_float("progress_seconds", 5.0, "The pause between two lines on how far it is, "
                       "where standard error is not a terminal.", lower_bound=0.0)
    flags.DEFINE_bool("verbose", False, "Show what Spark itself says.")

    def settings():
        for setting in conf.value:
            if "=" not in setting:
                raise UserError("--conf=%s: give NAME=VALUE" % setting)
        return dict(setting.split("=", 1) for setting in conf.value)

    return settings
