"""Questions about contexts, SQuAD's or MRQA's; the score is the mean accuracy of start and end."""
from typing import List

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.datasets.squad import reading
from bert_nq.decoding import span_decoders
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER
from bert_nq.masking_policy.tasks import Options, Task


def _options(options: Options) -> SquadOptions:
    return SquadOptions(options.max_seq_length, options.doc_stride, None, options.max_query_length,
                        options.version_2_with_negative)


def _no_labels(paths: List[str], given: str, bad_input: BadInput) -> str:
    if given:
        raise UserError("--labels=%s: questions have none, it is for --task=classification" % given)
    return ""


TASK = Task(
    find_files=reading.find_files,
    reading=reading.READING,
    featurizer=FEATURIZER,
    featurizer_options=_options,
    text_of=lambda example: example.context,
    labels=("start_positions", "end_positions"),
    heads=("span",),
    head=lambda options: "span",
    decoder=lambda options: span_decoders.for_windows(options, "run_squad"),
    find_labels=_no_labels,
    defaults={"head": "span", "max_seq_length": 384, "block_size": 512, "replay_start": 2000,
              "mlm_batch_size": 4, "task_batch_size": 4, "task_epochs": 1,
              "task_learning_rate": 3e-5, "test_task_epochs": 2},
    program="bert_nq/run_squad.py")
