"""A contender of squad_decoding.py, a process of its own that decodes and scores all questions for
each line of input.

    python -c 'import squad_decoding_contender as c; c.main()' KIND '{"gold": ...}'

It runs in an interpreter that has the packages that its kind needs. Windows and logits are there
before the first turn; a turn goes from the logits to the files of predictions and of the n best,
and from these to the scores.
"""
import contextlib
import importlib.util
import io
import json
import os
import runpy
import sys
import time
import types

import numpy as np
from train_step_contender import memory_mb, serve

N_BEST, MAX_ANSWER_LENGTH = 20, 30


def ours(name, settings):
    """Functions that decode into files and score these, with the decoder of a name."""
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.squad import prediction_files
    from bert_nq.datasets.squad.reading import READING
    from bert_nq.decoding import span_decoders
    from bert_nq.features.options import TextOptions
    from bert_nq.features.squad_options import SquadOptions
    from bert_nq.features.squad_windows import FEATURIZER, SPEC
    from bert_nq.prediction.predictor import Predictor, in_groups
    from bert_nq.scoring.squad import gold, predictions, system
    v2 = settings["version"] == "2.0"
    decoder = span_decoders.make_decoder(name, {
        "n_best_size": N_BEST, "max_answer_length": MAX_ANSWER_LENGTH,
        "version_2_with_negative": v2})
    predictor = Predictor(FEATURIZER.make(TextOptions(settings["vocab_file"]), SquadOptions(
        settings["max_seq_length"], doc_overlap=settings["doc_overlap"],
        version_2_with_negative=v2)), SPEC, decoder, batch_size=8, nbest=True)
    groups = [predictor.prepare(some, BadInput()) for some in in_groups(
        READING.examples([settings["gold"]], BadInput()))]
    starts, ends = np.load(settings["logits"])
    columns = np.arange(starts.shape[1])
    texts, nbest = _paths(settings, "predictions.json", "nbest_predictions.json")

    def decode():
        first = 0
        with prediction_files.predictions(texts, decoder.describe()) as write, \
                prediction_files.nbest(nbest, decoder.describe()) as write_nbest:
            for group in groups:
                last = first + group.num_rows()
                lengths = np.concatenate([rows.lengths for rows in group.rows])
                outputs = best_positions(starts[first:last], ends[first:last],
                                         columns < lengths[:, None])
                for answers in predictor.answers(group, outputs):
                    write(answers.entry)
                    write_nbest(answers.nbest)
                first = last

    def score():
        return system.score("", gold.read_questions([settings["gold"]]),
                            predictions.read_predictions(texts),
                            version=settings["version"]).numbers()

    return decode, score, "this checkout"


def best_positions(starts, ends, is_piece):
    """What the graph makes of logits [N, S] by top_k: see position_outputs.from_logits, whose
    sorting of all positions takes longer."""
    from bert_nq.modeling.heads.outputs import NO_SPAN
    from bert_nq.modeling.heads.position_outputs import PositionOutputs
    best = []
    for logits in (starts, ends):
        negative = np.where(is_piece, -logits, np.float32(-NO_SPAN))
        places = np.argpartition(negative, N_BEST - 1, axis=1)[:, :N_BEST]
        negative = np.take_along_axis(negative, places, 1)
        order = np.argsort(negative, axis=1)
        best += [-np.take_along_axis(negative, order, 1),
                 np.take_along_axis(places, order, 1).astype(np.int32)]
    return PositionOutputs(*best, starts[:, 0], ends[:, 0])


def theirs(are_datasets, settings):
    """The same of run_qa's post-processing and of the official script.

    Args:
      are_datasets: whether questions and features are a Dataset, as in run_qa, or lists of dicts,
        which cost less to read and more memory.
      settings: see squad_decoding.py.
    """
    import transformers
    examples, features, release = (_datasets if are_datasets else _lists)(
        _rows(settings["gold"]), _featurizer(settings))
    starts, ends = np.load(settings["logits"])
    texts, = _paths(settings, "predictions.json")
    post_process = _module(settings["run_qa_utils"]).postprocess_qa_predictions

    def decode():
        post_process(examples, features, (starts, ends), settings["version"] == "2.0", N_BEST,
                     MAX_ANSWER_LENGTH, output_dir=os.path.dirname(texts))

    def score():
        if settings["official_script"]:
            return _official(settings["official_script"], settings["gold"], texts)
        return _transformers_score(settings["gold"], texts)

    return decode, score, "transformers %s%s" % (transformers.__version__, release)


def _featurizer(settings):
    os.environ["RAYON_NUM_THREADS"] = "1"
    import transformers
    tokenizer = transformers.BertTokenizerFast(settings["vocab_file"],
                                               clean_up_tokenization_spaces=True)

    def features(batch):
        """Windows with the characters of each piece of the context, None for other pieces."""
        made = tokenizer([question.lstrip() for question in batch["question"]], batch["context"],
                         truncation="only_second", max_length=settings["max_seq_length"],
                         stride=settings["doc_overlap"], return_overflowing_tokens=True,
                         return_offsets_mapping=True, padding="max_length")
        made["example_id"] = [batch["id"][question]
                              for question in made.pop("overflow_to_sample_mapping")]
        made["offset_mapping"] = [
            [place if segment == 1 else None
             for place, segment in zip(places, made.sequence_ids(window))]
            for window, places in enumerate(made["offset_mapping"])]
        return made

    return features


def _rows(path):
    with open(path, encoding="utf8") as f:
        return [{"id": qa["id"], "context": paragraph["context"], "question": qa["question"]}
                for article in json.load(f)["data"] for paragraph in article["paragraphs"]
                for qa in paragraph["qas"]]


class _Rows(list):
    """A list of dicts with columns by their names, as a Dataset has them."""

    def __getitem__(self, key):
        return [row[key] for row in self] if isinstance(key, str) else super().__getitem__(key)


def _lists(rows, featurize):
    made, features = _Rows(rows), []
    for start in range(0, len(made), 1000):
        batch = featurize({name: [row[name] for row in list(made)[start:start + 1000]]
                           for name in rows[0]})
        features += [{"example_id": key, "offset_mapping": places}
                     for key, places in zip(batch["example_id"], batch["offset_mapping"])]
    return made, features, ", lists"


def _datasets(rows, featurize):
    import datasets
    datasets.disable_progress_bars()
    made = datasets.Dataset.from_list(rows)
    return (made, made.map(featurize, batched=True, remove_columns=made.column_names),
            ", datasets " + datasets.__version__)


def _module(path):
    spec = importlib.util.spec_from_file_location("run_qa_utils", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # It reports its progress on standard error, which nobody reads here.
    module.tqdm = lambda items: items
    return module


def _official(script, gold, texts):
    """The numbers that the official script prints; started within this process."""
    out, arguments = io.StringIO(), sys.argv
    try:
        sys.argv = [script, gold, texts]
        with contextlib.redirect_stdout(out):
            runpy.run_path(script, run_name="__main__")
    finally:
        sys.argv = arguments
    return json.loads(out.getvalue())


def _transformers_score(gold, texts):
    """The numbers of version 2.0 that the official script prints without probabilities."""
    from transformers.data.metrics.squad_metrics import squad_evaluate
    with open(gold, encoding="utf8") as f:
        questions = [types.SimpleNamespace(qas_id=qa["id"], answers=qa["answers"])
                     for article in json.load(f)["data"] for paragraph in article["paragraphs"]
                     for qa in paragraph["qas"]]
    with open(texts, encoding="utf8") as f:
        numbers = squad_evaluate(questions, json.load(f))
    return {key: value for key, value in numbers.items() if not key.startswith("best_")}


def _paths(settings, *names):
    os.makedirs(settings["folder"], exist_ok=True)
    return [os.path.join(settings["folder"], name) for name in names]


KINDS = {
    "run_qa": lambda settings: ours("run_qa", settings),
    "run_squad": lambda settings: ours("run_squad", settings),
    "lists": lambda settings: theirs(False, settings),
    "datasets": lambda settings: theirs(True, settings),
}


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    decode, score, release = KINDS[kind](settings)
    done = {"decoding": [], "scoring": []}

    def step():
        start = time.process_time()
        decode()
        middle = time.process_time()
        numbers = score()
        done["decoding"].append(middle - start)
        done["scoring"].append(time.process_time() - middle)
        with open(os.path.join(settings["folder"], "done.json"), "w", encoding="utf8") as f:
            json.dump(dict(done, numbers=numbers, peak_mb=memory_mb("VmHWM")), f)
        return numbers["f1"]

    serve(step, release)
