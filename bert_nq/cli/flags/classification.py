"""The flags of texts with labels."""
from absl import flags

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.datasets.classification import labels, reading
from bert_nq.decoding import classes
from bert_nq.features.text_options import TextRowOptions

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


class _LabelsParser(flags.ArgumentParser):
    """Takes labels as datasets.classification.labels does, and gives them as a setting."""

    syntactic_help = "a list with commas, or in JSON"

    def parse(self, argument):
        try:
            return labels.as_setting(labels.parse(argument))
        except UserError as e:
            raise ValueError(str(e)) from e


def define_flags() -> TaskFlags:
    """Defines the flags of rows; returns functions that read them."""
    d = TextRowOptions()
    length = flags.DEFINE_integer("max_seq_length", d.max_seq_length,
                                  "Wordpieces of a text; of a longer one the first are kept.")
    flags.DEFINE(_LabelsParser(), "labels", None, "The labels: with commas, or as a JSON list. A "
                 "trained model's folder and its records know them; else those of --train_file in "
                 "alphabetical order.", serializer=flags.ArgumentSerializer())

    def rows() -> TextRowOptions:
        return TextRowOptions(length.value, _labels())

    return TaskFlags(rows, rows,
                     lambda head: classes.make_decoder(classes.OF_HEADS[head][0],
                                                       {"labels": _labels()}))


def _labels() -> str:
    """The labels as a setting; those of the training data become the flag's default."""
    if FLAGS.labels is None:
        if not FLAGS.train_file:
            raise UserError("--labels is not given, and neither are records or a model that know "
                            "them, nor --train_file")
        found = reading.find_labels(reading.find_files(FLAGS.train_file),
                                    BadInput(FLAGS.on_bad_input == "skip", lambda fault: None))
        if len(found) < 2:
            raise UserError("%s: all texts have the label %s: there is nothing to learn"
                            % (FLAGS.train_file, "".join(found)))
        FLAGS.set_default("labels", labels.as_setting(found))
    return FLAGS.labels
