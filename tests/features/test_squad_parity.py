"""Windows of SQuAD against those that Google's run_squad made of the same questions."""
import gzip
import json
import os

import numpy as np
import pytest

from bert_nq.datasets.squad import items, records
from bert_nq.datasets.squad.decoding import decode_example
from bert_nq.features.squad_maker import WindowMaker
from bert_nq.features.squad_options import SquadOptions
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer


@pytest.fixture(scope="module", params=["v1.1", "v2"])
def reference(shared_data, request):
    """(whether it is SQuAD 2.0, the questions, what was made of them)."""
    path = os.path.join(shared_data, "parity", "squad", "reference-%s.json.gz" % request.param)
    with gzip.open(path) as f:
        content = json.load(f)
    found = [item for article in content["data"] for item in records.questions(article)]
    return content["v2"], [decode_example(items.to_json(item), "question %d" % number)
                           for number, item in enumerate(found, 1)], content["sets"]


@pytest.fixture(scope="module")
def vocabulary(shared_data):
    # BERT's uncased one, but for unused entries.
    return Vocabulary.load(os.path.join(shared_data, "vocab", "vocab-nq.txt"))


def windows_of(example, rows):
    """(the fields that training and prediction have in common, row) of each window."""
    columns = rows.columns()
    for row, length in enumerate(rows.lengths):
        assert not columns["input_ids"][row, length:].any()
        assert columns["input_mask"][row].tolist() == (
            [True] * length + [False] * (len(columns["input_mask"][row]) - length))
        yield {"qas_id": example.question_id,
               "input_ids": columns["input_ids"][row, :length].tolist(),
               "segment_ids": columns["segment_ids"][row, :length].astype(int).tolist()}, row


@pytest.mark.parametrize("size", [0, 1])
def test_all_windows_are_equal(reference, vocabulary, size):
    has_impossible, questions, sets = reference
    expected = sets[size]
    maker = WindowMaker(WordPieceTokenizer(vocabulary, has_markers=False), vocabulary, SquadOptions(
        expected["max_seq_length"], expected["doc_stride"],
        max_query_length=expected["max_query_length"], version_2_with_negative=has_impossible))
    ours, predicted = [], []
    for example in questions:
        rows = maker.training(example).rows
        for window, row in windows_of(example, rows):
            ours.append(dict(window, start=int(rows.labels.start_positions[row]),
                             end=int(rows.labels.end_positions[row])))
            assert rows.labels.is_impossible[row] == bool(example.is_impossible)
        rows = maker.prediction(example).rows
        for window, row in windows_of(example, rows):
            predicted.append(dict(window, max_context=np.flatnonzero(
                rows.has_max_context[row]).tolist()))
    assert ours == expected["train"]
    assert predicted == [{name: window[name] for name in predicted[0]}
                         for window in expected["predict"]]
