"""Texts with one label each; the score is the accuracy."""
from bert_nq.datasets.classification import labels, reading
from bert_nq.features.text_options import TextRowOptions
from bert_nq.features.text_rows import FEATURIZER, LABEL_IDS
from bert_nq.masking_policy.tasks import Options, Task


def _options(options: Options) -> TextRowOptions:
    return TextRowOptions(options.max_seq_length, options.labels)


TASK = Task(
    find_files=reading.find_files,
    reading=reading.TRAINING_READING,
    featurizer=FEATURIZER,
    featurizer_options=_options,
    text_of=lambda example: example.text,
    labels=(LABEL_IDS,),
    head=lambda options: "classes:%d" % len(labels.parse(options.labels)),
    defaults={"max_seq_length": 128, "block_size": 256, "replay_start": 500, "mlm_batch_size": 8,
              "task_batch_size": 8, "task_epochs": 5, "task_learning_rate": 2e-5},
    program="bert_nq/run_classifier.py")
