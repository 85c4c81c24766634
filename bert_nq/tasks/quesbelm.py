"""Natural Questions by a reader of candidates (QuesBELM, Pranesh, Shekhar and Pallavi 2020)."""
from typing import Sequence, Tuple

from bert_nq.datasets.nq import shards
from bert_nq.decoding import candidate_decoders
from bert_nq.decoding.candidate_readings import ReadingDecoder
from bert_nq.decoding.candidate_scoring import CandidateScorer
from bert_nq.features.candidate_rows import FEATURIZER, prefiltered
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.tasks import nq_answers, nq_candidate_files
from bert_nq.tasks.task import OtherOutput, Task


def _to_prepare(shards_: str, scores: str) -> Tuple[str, Sequence[str]]:
    """The next step with the scores of training pages."""
    return "draw hard candidates to train on", (
        "prepare/prepare_candidates.py", "--input_jsonl=" + shards_, "--candidate_scores=" + scores,
        "--num_draws=3", "--answerless_share=0.66", "--output_tfrecord=mined.tfrecord")


TASK = Task(
    name="quesbelm",
    title="candidates of NQ",
    find_shards=shards.expand_shards,
    reading=shards.BARE_READING,
    training_reading=shards.READING,
    featurizer=FEATURIZER,
    make_decoder=candidate_decoders.make_decoder,
    answers=nq_answers.ANSWERS,
    dev_format=nq_answers.DEV_FORMAT,
    card_settings=("do_lower_case", "tokenizer", "packing", "max_seq_length", "max_query_length",
                   "markup"),
    weights_depend_on=("do_lower_case", "packing", "max_query_length", "markup"),
    program="bert_nq/run_quesbelm.py",
    scorer=("eval/nq_eval.py", "--pretty_print"),
    is_annotated=nq_answers.is_annotated,
    viewer=nq_answers.VIEWER,
    heads=candidate_decoders.OF_HEADS,
    measure=MEASURE,
    other_outputs={
        nq_candidate_files.SCORES_FLAG: OtherOutput(
            nq_candidate_files.SCORES_HELP, CandidateScorer, nq_candidate_files.SCORES,
            _to_prepare),
        nq_candidate_files.READINGS_FLAG: OtherOutput(
            nq_candidate_files.READINGS_HELP, ReadingDecoder, nq_candidate_files.READINGS,
            nq_candidate_files.to_combine)},
    prefiltered=prefiltered)
