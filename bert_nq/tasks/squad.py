"""SQuAD 1.1 and 2.0 by one reader of windows, as Google's run_squad (Devlin et al. 2019)."""
from bert_nq.datasets.squad import reading
from bert_nq.decoding import span_decoders
from bert_nq.features.squad_windows import FEATURIZER
from bert_nq.scoring.squad.measure import MEASURE
from bert_nq.tasks import squad_answers, squad_asking
from bert_nq.tasks.task import Task

TASK = Task(
    name="squad",
    title="SQuAD",
    find_shards=reading.find_files,
    reading=reading.READING,
    training_reading=reading.READING,
    featurizer=FEATURIZER,
    make_decoder=span_decoders.make_decoder,
    answers=squad_answers.ANSWERS,
    dev_format=squad_answers.DEV_FORMAT,
    card_settings=("do_lower_case", "tokenizer", "packing", "max_seq_length", "doc_stride",
                   "doc_overlap", "max_query_length", "version_2_with_negative"),
    weights_depend_on=("do_lower_case", "packing", "max_query_length", "version_2_with_negative"),
    program="bert_nq/run_squad.py",
    scorer=("eval/squad_eval.py",),
    heads=span_decoders.OF_HEADS,
    measure=MEASURE,
    dev_file="DEV.json",
    asking=squad_asking.ASKING)
