r"""Writes initial weights for an encoder that is to be trained from nothing on little text.

    python make_init_checkpoint.py --bert_config_file=bert_config.json \
        --output_checkpoint=init/bert_model.ckpt
    python run_nq.py --do_train --init_checkpoint=init/bert_model.ckpt ...

They are random but for the attention heads of the first two layers, which begin by looking at the
neighbouring wordpieces and at other places of the same one; see
bert_nq/modeling/encoders/bert_initialisation.py. With a pretrained checkpoint you do not need this.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("bert_config_file", None, "The encoder's bert_config.json.")
flags.DEFINE_string("output_checkpoint", None,
                    "The checkpoint to write or replace, such as init/bert_model.ckpt.")
flags.DEFINE_integer("seed", 0, "Of the random part.")
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")


def main():
    program.require(FLAGS, "bert_config_file", "output_checkpoint")
    from bert_nq.modeling import encoders
    config = encoders.read_config(FLAGS.bert_config_file)
    program.quiet_tensorflow(FLAGS.verbose_logging)
    from bert_nq.modeling import checkpoints
    from bert_nq.modeling.encoders import bert_initialisation
    weights = bert_initialisation.initial_weights(config, FLAGS.seed)
    checkpoints.write_weights(FLAGS.output_checkpoint, weights)
    program.print_table("Initial weights in %s" % FLAGS.output_checkpoint, [
        ("variables", len(weights)), ("parameters", sum(w.size for w in weights.values()))])
    print("\nNext: train from them\n  " + program.command(
        "bert_nq/run_nq.py", "--do_train", "--init_checkpoint=" + FLAGS.output_checkpoint,
        "--bert_config_file=" + FLAGS.bert_config_file, program.NEW_LINE,
        "--vocab_file=vocab-nq.txt", "--train_precomputed_file=nq-train.tfrecord",
        "--output_dir=model"))


if __name__ == "__main__":
    run(main)
