"""Texts with one label each; the score is the accuracy."""
from typing import List

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.datasets.classification import labels, reading
from bert_nq.decoding import classes
from bert_nq.features.text_options import TextRowOptions
from bert_nq.features.text_rows import FEATURIZER, LABEL_IDS
from bert_nq.masking_policy.tasks import Options, Task


def _options(options: Options) -> TextRowOptions:
    return TextRowOptions(options.max_seq_length, options.labels)


def _find_labels(paths: List[str], given: str, bad_input: BadInput) -> str:
    if given:
        return labels.as_setting(labels.parse(given))
    found = reading.find_labels(paths, bad_input)
    if len(found) < 2:
        raise UserError("%s: all texts have the label %s: there is nothing to learn"
                        % (", ".join(paths), "".join(found)))
    return labels.as_setting(found)


_HEAD = "classes"  # as in the source

TASK = Task(
    find_files=reading.find_files,
    reading=reading.TRAINING_READING,
    featurizer=FEATURIZER,
    featurizer_options=_options,
    text_of=lambda example: example.text,
    labels=(LABEL_IDS,),
    heads=tuple(classes.OF_HEADS),
    head=lambda options: "%s:%d" % (options.head or _HEAD, len(labels.parse(options.labels))),
    decoder=lambda options: classes.make_decoder("classes", {"labels": options.labels}),
    find_labels=_find_labels,
    defaults={"head": _HEAD, "max_seq_length": 128, "block_size": 256, "replay_start": 500,
              "mlm_batch_size": 8, "task_batch_size": 8, "task_epochs": 5,
              "task_learning_rate": 2e-5, "test_task_epochs": 3},
    program="bert_nq/run_classifier.py")
