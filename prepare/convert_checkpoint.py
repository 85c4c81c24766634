"""Converts a model of any encoder between a TensorFlow checkpoint and Hugging Face safetensors.

    python prepare/convert_checkpoint.py --input=FOLDER --output_dir=OUT
    python prepare/convert_checkpoint.py --input=hf:OWNER/NAME --output_dir=OUT

FOLDER with model.safetensors (or its parts and their model.safetensors.index.json), config.json and
vocab.txt (or tokenizer.json) becomes bert_model.ckpt, bert_config.json and vocab.txt in OUT; so
does a model of the Hugging Face hub, of which hf:OWNER/NAME@REVISION names a branch, a tag or a
commit (pip install 'bert_nq[hub]'). A checkpoint (its prefix, or its folder) with bert_config.json
and vocab.txt beside it becomes model.safetensors, config.json and vocab.txt. Every name and shape
is checked, and the way there and back gives the same numbers.

A checkpoint whose weights are float16, bfloat16 or float64 becomes one of float32 with --to=tf.
Whether the model's text is lower-cased is kept in a tokenizer_config.json beside the vocabulary,
which all programs go by.

The spiece.model of an ALBERT or XLNet travels along in the place of the vocab.txt; where there is
only a tokenizer.json, it is made of that.

Hugging Face's "gelu" becomes "gelu_erf", since "gelu" means the tanh approximation in a
bert_config.json. The heads of a fine-tuned checkpoint travel along.
"""
from bert_nq.cli.start import run

import os

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import model_casing, program

FLAGS = flags.FLAGS
flags.DEFINE_string("input", None, "The model: a folder with model.safetensors and config.json, a "
                    "model of the Hugging Face hub as hf:OWNER/NAME, or a TensorFlow checkpoint.")
flags.DEFINE_string("output_dir", None, "The folder that the converted model is written into.")
flags.DEFINE_enum("to", None, ["tf", "huggingface"], "What to write; by default the other kind.")
flags.DEFINE_bool("do_lower_case", None, "Whether the model's text is lower-cased, where no file "
                  "beside it says so.")
flags.DEFINE_string("bert_config_file", None, "The config of a TensorFlow checkpoint, if it is not "
                    "the bert_config.json beside it.")
flags.DEFINE_string("vocab_file", None, "The vocabulary of a TensorFlow checkpoint, if it is not "
                    "the vocab.txt beside it.")
flags.DEFINE_bool("allow_missing_pooler", False, "Convert a model that has no pooler into one "
                  "without, which training then starts at random. Otherwise that is an error.")
flags.DEFINE_bool("verbose", False, "Show what TensorFlow logs.")


def main() -> None:
    program.require(FLAGS, "input", "output_dir")
    program.quiet_tensorflow(FLAGS.verbose)
    from bert_nq.modeling import checkpoints, conversion, hub
    on_hub = hub.is_name(FLAGS.input)
    if not on_hub:
        hub.check_not_bare(FLAGS.input)
    from_huggingface = on_hub or conversion.is_huggingface(FLAGS.input)
    to_tensorflow = FLAGS.to == "tf" if FLAGS.to else from_huggingface
    if from_huggingface and not to_tensorflow:
        raise UserError("%s is a model of Hugging Face already: leave out --to" % FLAGS.input)
    with program.timed() as seconds:
        if from_huggingface:
            if FLAGS.bert_config_file or FLAGS.vocab_file:
                raise UserError("--bert_config_file and --vocab_file belong to a TensorFlow "
                                "checkpoint; a Hugging Face folder has its own files")
            folder = hub.fetch(FLAGS.input) if on_hub else FLAGS.input
            beside, notes = model_casing.beside(folder, FLAGS.do_lower_case)
            done = conversion.to_tensorflow(folder, FLAGS.output_dir, FLAGS.allow_missing_pooler,
                                            beside)
        else:
            beside, notes = model_casing.beside(
                os.path.dirname(checkpoints.find_checkpoint(FLAGS.input)), FLAGS.do_lower_case)
            files = (FLAGS.input, FLAGS.output_dir, FLAGS.bert_config_file, FLAGS.vocab_file)
            done = (conversion.to_float32(*files, beside=beside) if to_tensorflow else
                    conversion.to_huggingface(*files, FLAGS.allow_missing_pooler, beside))
    for note in done.notes + notes:
        print("note: %s" % note)
    target = "TensorFlow" if to_tensorflow else "Hugging Face"
    program.print_table("Converted to " + target, [
        ("model", done.model), ("config", done.config), ("vocabulary", done.vocab or "none"),
        ("tensors", done.n_tensors), ("parameters", done.n_parameters),
        ("took", program.duration(seconds()))])
    if from_huggingface and done.vocab:
        print("\nNext: write the NQ markers into its vocabulary\n  " + program.command(
            "prepare/make_vocab.py", "--vocab_file=" + done.vocab,
            "--output_vocab=%s-nq%s" % os.path.splitext(done.vocab)))


if __name__ == "__main__":
    run(main)
