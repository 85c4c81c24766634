"""The flags of what runs a model in prediction, and of the calibration of int8."""
from absl import flags

from bert_nq.prediction import runtimes
from bert_nq.prediction.runtimes.choice import DEFAULT_WINDOWS, Choice

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags."""
    flags.DEFINE_enum(
        "runtime", runtimes.DEFAULT, list(runtimes.RUNTIMES), "What runs the model in prediction. "
        "openvino is for CPUs, with --precision=fp32, bf16 or int8; it needs the package openvino "
        "and Python 3.9, and converts the model once. See docs/runtimes.md.")
    flags.DEFINE_string(
        "calibration_file", None, "What --precision=int8 is calibrated on: records, or files such "
        "as --predict_file has, of TRAINING data. Comma-separated paths and globs.")
    flags.DEFINE_integer(
        "calibration_windows", DEFAULT_WINDOWS, "How many windows of these are looked at.",
        lower_bound=1)


def choice() -> Choice:
    """The runtime that the flags name, with --precision."""
    return Choice(FLAGS.runtime, FLAGS.precision, FLAGS.calibration_file or "",
                  FLAGS.calibration_windows)
