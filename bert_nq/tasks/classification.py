"""Texts with one label each, as Google's run_classifier (Devlin et al. 2019)."""
from bert_nq.datasets.classification import labels, reading
from bert_nq.decoding import classes
from bert_nq.features.text_rows import FEATURIZER
from bert_nq.scoring.classification.measure import MEASURE
from bert_nq.tasks import classification_answers
from bert_nq.tasks.task import Task

TASK = Task(
    name="classification",
    title="texts with labels",
    find_shards=reading.find_files,
    reading=reading.READING,
    training_reading=reading.TRAINING_READING,
    featurizer=FEATURIZER,
    make_decoder=classes.make_decoder,
    answers=classification_answers.ANSWERS,
    dev_format=classification_answers.DEV_FORMAT,
    card_settings=("do_lower_case", "tokenizer", "packing", "max_seq_length", "labels"),
    weights_depend_on=("do_lower_case", "packing", "labels"),
    program="bert_nq/run_classifier.py",
    scorer=("eval/classifier_eval.py",),
    heads=classes.OF_HEADS,
    measure=MEASURE,
    dev_file="DEV.jsonl",
    sized_head=lambda head, options: "%s:%d" % (head, len(labels.parse(options.labels))))
