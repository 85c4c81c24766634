"""Answers against those that Google's run_squad makes of the same logits."""
import collections
import gzip
import json
import os

import numpy as np
import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.squad.reading import READING
from bert_nq.decoding import span_decoders
from bert_nq.features.options import TextOptions
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER
from bert_nq.modeling.heads import position_outputs


def padded(values, length, padding):
    return np.array(values + [padding] * (length - len(values)))


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("version", ["v1.1", "v2"])
def test_answers_are_those_of_run_squad(shared_data, tmp_path, version, size):
    # BERT's uncased vocabulary: the NQ markers stand for entries that no text has.
    text = TextOptions(os.path.join(shared_data, "vocab", "vocab-nq.txt"))
    with gzip.open(os.path.join(shared_data, "parity", "squad",
                                "reference-%s.json.gz" % version)) as f:
        reference = json.load(f)
    path = str(tmp_path / "questions.json")
    with open(path, "w") as out:
        json.dump({"data": reference["data"]}, out)
    questions = {q.question_id: q for q in READING.examples([path], BadInput())}
    made = reference["sets"][size]
    length = made["max_seq_length"]
    maker = FEATURIZER.make(text, SquadOptions(
        length, made["doc_stride"], max_query_length=made["max_query_length"],
        version_2_with_negative=reference["v2"]))
    decoder = span_decoders.make_decoder("run_squad", {"version_2_with_negative": reference["v2"]})
    rows = collections.defaultdict(list)
    for row in made["predict"]:
        rows[row["qas_id"]].append(row)
    assert len(rows) == (60 if reference["v2"] else 68)
    for question_id, of_question in rows.items():
        question = questions[question_id]
        windows = maker.prediction(question).rows
        assert len(windows.starts) == len(of_question)
        outputs = position_outputs.from_logits(
            *(np.stack([padded(row[name], length, -50.0) for row in of_question])
              for name in ("start_logits", "end_logits")),
            np.stack([padded([1] * len(row["input_ids"]), length, 0) for row in of_question]),
            decoder.output_options())
        entry = decoder.decode(question, windows, outputs)
        assert entry["text"] == made["predictions"][question_id]
        if reference["v2"]:
            assert entry["null_odds"] == pytest.approx(made["null_odds"][question_id], abs=1e-9)
        first = decoder.nbest(question, windows, outputs)["answers"][:5]
        for ours, theirs in zip(first, made["nbest"][question_id]):
            assert ours == pytest.approx(theirs, abs=1e-9)
        assert len(first) == len(made["nbest"][question_id])
