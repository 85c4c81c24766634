"""Further pre-training of encoders on text, as masked language models (Devlin et al. 2019)."""
import os
from typing import Sequence, Tuple

from bert_nq.base import vocabulary_files
from bert_nq.datasets.corpus import reading
from bert_nq.decoding import masked_lm
from bert_nq.estimator import model_folder
from bert_nq.features.blocks import FEATURIZER
from bert_nq.scoring.masked_lm.measure import MEASURE
from bert_nq.tasks import masked_lm_answers
from bert_nq.tasks.task import Task


def _next(folder: str) -> Tuple[str, Sequence[str]]:
    """The command that fine-tunes an encoder, on texts with labels for example."""
    return "fine-tune it, with run_nq.py, run_squad.py or", (
        "bert_nq/run_classifier.py", "--do_train", "--train_file=TRAIN.jsonl",
        "--init_checkpoint=" + folder, "--bert_config_file=" + os.path.join(
            folder, model_folder.CONFIG), "--vocab_file=" + vocabulary_files.vocabulary_of(folder),
        "--output_dir=model")


TASK = Task(
    name="masked_lm",
    title="hidden pieces of text",
    find_shards=reading.find_files,
    reading=reading.READING,
    training_reading=reading.READING,
    featurizer=FEATURIZER,
    make_decoder=masked_lm.make_decoder,
    answers=masked_lm_answers.ANSWERS,
    dev_format=masked_lm_answers.DEV_FORMAT,
    card_settings=("do_lower_case", "tokenizer", "packing", "max_seq_length", "masking",
                   "masking_rate", "passes"),
    weights_depend_on=("do_lower_case", "packing"),
    program="bert_nq/run_mlm.py",
    scorer=(),
    heads=masked_lm.OF_HEADS,
    measure=MEASURE,
    dev_file="DEV.txt",
    next=_next)
