"""Flags of a model that answers questions about pages."""
from absl import flags

from bert_nq.cli.flags import runtime as runtime_flags
from bert_nq.prediction import runtimes
from bert_nq.tasks import loading

# In --help the flags count as those of the program that calls `define_flags`.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags."""
    flags.DEFINE_string("model_dir", None, "The folder of a trained model: model, or model/best.")
    flags.DEFINE_string("thresholds", None, "A file of eval/tune_thresholds.py for this model: "
                        "when to answer, and probabilities that can be believed; "
                        "MODEL_DIR/thresholds.json if there is one.")
    flags.DEFINE_enum("precision", "fp32", list(runtimes.PRECISIONS), "Of the model's products and "
                      "activations; bf16 is for TensorFlow 2, fp16 for GPUs, int8 for "
                      "--runtime=openvino.")
    runtime_flags.define_flags()
    flags.DEFINE_integer("model_threads", 0, "Threads of the model on a CPU; 0: as many as there "
                         "are cores.", lower_bound=0)


def checked() -> loading.Checked:
    """The model of --model_dir, whose files have been looked into without TensorFlow.

    Raises:
      UserError: it cannot be used.
    """
    return loading.Checked(FLAGS.model_dir, FLAGS.thresholds, runtime_flags.choice())
