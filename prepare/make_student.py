r"""Makes a small model of a large one's layers, from which the training of a student starts.

    python prepare/make_student.py --teacher_dir=teacher --layers=every_second --output_dir=student
    python prepare/make_student.py --init_checkpoint=uncased_L-12_H-768_A-12 --layers=first:6 \
        --output_dir=student

The teacher is the folder of a trained model, or a pretrained checkpoint; bert_config.json and the
vocabulary lie beside it. The student has those of its layers that --layers names, counted from 0;
embeddings, pooler and heads are the teacher's. ALBERT's layers share their weights: the student has
all of them, and computes them fewer times. For DistilBERT's own weights use convert_checkpoint.py.

The student learns from the teacher's choices with run_nq.py --teacher_dir or --teacher_logits: see
docs/distillation.md.
"""
from bert_nq.cli.start import run

import os

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import model_casing, program

FLAGS = flags.FLAGS

flags.DEFINE_string("teacher_dir", None, "The folder of a trained model.")
flags.DEFINE_string("init_checkpoint", None, "In its place a checkpoint that is not fine-tuned.")
flags.DEFINE_string("layers", "every_second", "The layers that the student has: every_second (0, "
                    "2, 4 and so on), first:K, last:K, or numbers as in 0,2,5.")
flags.DEFINE_string("output_dir", None, "The folder that the student is written into.")
flags.DEFINE_string("bert_config_file", None, "The teacher's config, if it is not the "
                    "bert_config.json beside it.")
flags.DEFINE_string("vocab_file", None, "The teacher's vocabulary, if it is not the one beside it.")
flags.DEFINE_bool("do_lower_case", None, "Whether the teacher's text is lower-cased, where no file "
                  "beside it says so.")
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")


def main() -> None:
    program.require(FLAGS, "output_dir")
    if bool(FLAGS.teacher_dir) == bool(FLAGS.init_checkpoint):
        raise UserError("give either --teacher_dir, the folder of a trained model, or "
                        "--init_checkpoint, a pretrained one")
    from bert_nq.modeling import checkpoints, students
    path = checkpoints.find_checkpoint(FLAGS.teacher_dir or FLAGS.init_checkpoint)
    program.quiet_tensorflow(FLAGS.verbose_logging)
    beside, notes = model_casing.beside(os.path.dirname(path), FLAGS.do_lower_case)
    made = students.make(path, FLAGS.layers, FLAGS.output_dir, FLAGS.bert_config_file,
                         FLAGS.vocab_file, beside)
    for note in made.written.notes + notes:
        print("note: %s" % note)
    print_table(made)
    print_next(made)


def print_table(made) -> None:
    """Prints the student's sizes beside the teacher's."""
    from bert_nq.modeling import encoders, students
    rows = [("", "teacher", "student")]
    for title, number in (("layers", students.num_layers),
                          ("parameters of the encoder", encoders.num_weights),
                          ("size in MB, float32",
                           lambda config: round(4 * encoders.num_weights(config) / 1e6))):
        rows.append((title,) + tuple(format(number(config), ",")
                                     for config in (made.teacher_config, made.config)))
    print("\nStudent in %s" % FLAGS.output_dir)
    for row in rows:
        print("  %-27s%15s%15s" % row)
    print("  layers of the teacher      %s" % ", ".join(map(str, made.layers)))
    print("  made of                    %s" % made.teacher)


def print_next(made) -> None:
    """Prints the command that trains the student."""
    from bert_nq.cli import teacher_folders
    task_program = teacher_folders.program_of(FLAGS.teacher_dir)
    print("\nNext: train it\n  " + program.command(
        task_program, "--do_train", "--init_checkpoint=" + made.written.model, program.NEW_LINE,
        "--bert_config_file=" + made.written.config,
        "--vocab_file=" + (made.written.vocab or "vocab.txt"),
        "--teacher_dir=" + (FLAGS.teacher_dir or "teacher"), program.NEW_LINE,
        "--train_precomputed_file=train.tfrecord", "--output_dir=model"))


if __name__ == "__main__":
    run(main)
