"""A contender of prepare_squad.py, a process of its own that makes features for each line of input.

    python -c 'import prepare_squad_contender; prepare_squad_contender.main()' KIND '{"rows": ...}'

Each turn takes the next questions of a file. It runs in an interpreter that has the packages that
its kind needs.
"""
import hashlib
import itertools
import json
import os
import sys
import tempfile

from train_step_contender import serve


class Questions:
    """The questions of a file of JSON lines, so many for each turn."""

    def __init__(self, settings):
        with open(settings["rows"], "rb") as f:
            self._lines = itertools.cycle(f.read().splitlines())
        self._number = settings["questions"]

    def turn(self):
        """The lines of the next turn."""
        return list(itertools.islice(self._lines, self._number))


def ours(settings):
    """Records, as prepare_squad_data.py makes them of its items; decoding JSON is a part of it."""
    import numpy as np

    from bert_nq.datasets.squad import items, records
    from bert_nq.datasets.squad.decoding import decode_example
    from bert_nq.features.options import TextOptions
    from bert_nq.features.squad_options import SquadOptions
    from bert_nq.features.squad_windows import FEATURIZER
    from bert_nq.records import examples, tfrecord
    from bert_nq.records.preparation import PagePreparer, PreparationOptions
    preparer = PagePreparer(PreparationOptions(
        FEATURIZER, TextOptions(settings["vocab_file"]),
        SquadOptions(settings["max_seq_length"], doc_overlap=settings["doc_overlap"])))

    def prepare(lines):
        return [record for line in lines for record in preparer.prepare(decode_example(
            items.to_json(records.of_row(json.loads(line.decode("utf8")))), "a question")).records]

    def ids(made):
        for record in made:
            payload = record[tfrecord.HEADER_SIZE:-4]
            yield np.trim_zeros(examples.parse(payload, "a record")["input_ids"], "b").tolist()

    return prepare, ids, "this checkout"


def _fast_tokenizer(settings):
    os.environ["RAYON_NUM_THREADS"] = "1"
    import transformers
    tokenizer = transformers.BertTokenizerFast(settings["vocab_file"],
                                               clean_up_tokenization_spaces=True)
    length, overlap = settings["max_seq_length"], settings["doc_overlap"]

    def features(batch):
        """As run_qa's function for Dataset.map: windows, and labels from the first answer."""
        made = tokenizer([question.lstrip() for question in batch["question"]], batch["context"],
                         truncation="only_second", max_length=length, stride=overlap,
                         return_overflowing_tokens=True, return_offsets_mapping=True,
                         padding="max_length")
        questions = made.pop("overflow_to_sample_mapping")
        made["start_positions"], made["end_positions"] = starts, ends = [], []
        for i, offsets in enumerate(made.pop("offset_mapping")):
            answers = batch["answers"][questions[i]]
            segments = made.sequence_ids(i)
            first = segments.index(1)
            last = len(segments) - 1 - segments[::-1].index(1)
            start = end = 0
            if answers["text"]:
                start_char = answers["answer_start"][0]
                end_char = start_char + len(answers["text"][0])
                if offsets[first][0] <= start_char and end_char <= offsets[last][1]:
                    while first <= last and offsets[first][0] <= start_char:
                        first += 1
                    while offsets[last][1] >= end_char:
                        last -= 1
                    start, end = first - 1, last + 1
            starts.append(start)
            ends.append(end)
        return made

    def ids(made):
        for row, mask in zip(made["input_ids"], made["attention_mask"]):
            yield row[:sum(mask)]

    return features, ids, "transformers " + transformers.__version__


def _batch(lines):
    rows = [json.loads(line.decode("utf8")) for line in lines]
    return {name: [row[name] for row in rows] for name in rows[0]}


def fast_tokenizer(settings):
    """The fast tokenizer alone, in one thread."""
    features, ids, release = _fast_tokenizer(settings)
    return lambda lines: features(_batch(lines)), ids, release


def dataset_map(settings):
    """The same by Dataset.map, in one process, which writes the features to a file."""
    import datasets
    features, ids, release = _fast_tokenizer(settings)
    datasets.disable_progress_bars()
    folder = tempfile.TemporaryDirectory()

    def prepare(lines):
        data = datasets.Dataset.from_dict(_batch(lines))
        return data.map(features, batched=True, remove_columns=data.column_names,
                        cache_file_name=os.path.join(folder.name, "features.arrow"),
                        load_from_cache_file=False)

    return prepare, ids, "%s, datasets %s" % (release, datasets.__version__)


KINDS = {"bert_nq": ours, "tokenizer": fast_tokenizer, "map": dataset_map}


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    prepare, ids, release = KINDS[kind](settings)
    questions = Questions(settings)
    first = []

    def step():
        made = prepare(questions.turn())
        if not first:
            first.extend(hashlib.sha256(json.dumps(window).encode()).hexdigest()
                         for window in sorted(map(list, ids(made))))
            with open(settings["output"], "w") as out:
                json.dump(first, out)
        return len(first)

    serve(step, release)
