"""Natural Questions by one joint reader of windows (Alberti, Lee and Collins 2019)."""
from bert_nq.datasets.nq import shards
from bert_nq.decoding import decoders
from bert_nq.decoding.candidate_scores import CandidateScoreDecoder
from bert_nq.features.joint_windows import FEATURIZER, prefiltered
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.tasks import nq_answers, nq_asking, nq_candidate_files
from bert_nq.tasks.task import OtherOutput, Task

TASK = Task(
    name="nq_joint",
    title="NQ",
    find_shards=shards.expand_shards,
    reading=shards.BARE_READING,
    training_reading=shards.READING,
    featurizer=FEATURIZER,
    make_decoder=decoders.make_decoder,
    answers=nq_answers.ANSWERS,
    dev_format=nq_answers.DEV_FORMAT,
    card_settings=("do_lower_case", "tokenizer", "packing", "max_seq_length", "doc_stride",
                   "max_query_length", "skip_nested_contexts", "max_contexts", "max_position",
                   "keep_drift"),
    weights_depend_on=("do_lower_case", "packing", "max_query_length", "max_position"),
    program="bert_nq/run_nq.py",
    scorer=("eval/nq_eval.py", "--pretty_print"),
    is_annotated=nq_answers.is_annotated,
    viewer=nq_answers.VIEWER,
    heads=decoders.OF_HEADS,
    measure=MEASURE,
    asking=nq_asking.ASKING,
    other_outputs={nq_candidate_files.SCORES_FLAG: OtherOutput(
        nq_candidate_files.SCORES_HELP, CandidateScoreDecoder, nq_candidate_files.SCORES,
        nq_candidate_files.to_prepare)},
    prefiltered=prefiltered)
