"""Texts and their rows, of labels and of questions."""
import json

import numpy as np

from bert_nq.base.bad_input import BadInput
from bert_nq.features.options import TextOptions
from bert_nq.masking_policy import tasks
from tests.support import squad_samples, tiny_nq


def contexts_of(tmp_path, name, lines, **options):
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    task = tasks.get(name)
    options = tasks.Options(32, **options)
    text = TextOptions(tiny_nq.write_vocabulary(tmp_path / "vocab.txt"))
    return task, tasks.read_contexts(task, task.find_files(str(path)), text, options, BadInput())


def test_texts_with_labels(tmp_path):
    lines = [{"text": "the river", "label": "b"}, {"text": "the town", "label": "a"}]
    task, (first, second) = contexts_of(tmp_path, "classification", lines, labels='["a", "b"]')
    assert (first.text, second.text) == ("the river", "the town")
    assert first.rows["label_ids"].tolist() == [1] and second.rows["label_ids"].tolist() == [0]
    assert first.rows["input_ids"].shape == (1, 32) and first.rows["input_mask"].sum() == 4
    assert task.head(tasks.Options(32, '["a", "b"]')) == "classes:2"
    assert task.head(tasks.Options(32, '["a", "b"]', head="mean_classes")) == "mean_classes:2"
    assert first.key != second.key


def test_questions_about_one_context_are_its_rows(tmp_path):
    """MRQA lines; the key is of the text, so that no two orders have to agree."""
    _, found = contexts_of(tmp_path, "squad", squad_samples.mrqa_lines(), doc_stride=8,
                           max_query_length=8)
    by_text = {context.text: context for context in found}
    assert set(by_text) == {squad_samples.ARON, squad_samples.MAREL}
    aron = by_text[squad_samples.ARON].rows
    assert len(aron["start_positions"]) == len(aron["input_ids"]) >= 2
    for rows in (context.rows for context in found):
        assert set(rows) == {*tasks.INPUTS, "start_positions", "end_positions"}
        assert all(values.dtype == np.int32 for values in rows.values())
