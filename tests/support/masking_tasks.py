"""Tiny tasks and a tiny encoder for runs of run_nmg.py, which take seconds."""
import json

import numpy as np

from tests.support import squad_samples, tiny_nq

LABELS = ("river", "town", "village")
# An episode: 12 texts, two steps of further pretraining, two of fine-tuning, for each player.
SETTINGS = {"max_seq_length": 16, "block_size": 16, "episode_contexts": 12, "mlm_epochs": 1,
            "task_epochs": 1, "replay_start": 64, "masking_prob": 0.2, "replay_updates": 2,
            "validation_share": 0.3, "task_learning_rate": 1e-3, "mlm_learning_rate": 1e-3,
            "policy_learning_rate": 1e-3, "num_episodes": 6, "save_policy_every": 4}


def text(i):
    """A text whose label is one of its words."""
    random = np.random.RandomState(i)
    words = random.choice(["the", "has", "many", "houses", "and"], 14).tolist()
    words.insert(i % 7, LABELS[i % 3])
    return {"text": " ".join(words), "label": LABELS[i % 3]}


def write(folder, num_texts=60):
    """Writes data, config and vocabulary into a folder; returns the flags that name them."""
    (folder / "train.jsonl").write_text("".join(
        json.dumps(text(i)) + "\n" for i in range(num_texts)))
    tiny_nq.write_config(folder / "bert_config.json")
    tiny_nq.write_vocabulary(folder / "vocab.txt")
    return ["--train_file=train.jsonl", "--vocab_file=vocab.txt",
            "--bert_config_file=bert_config.json"]


def question(i):
    """A context in which one of the names is a town, and a question which it is."""
    random = np.random.RandomState(i)
    words = random.choice(["the", "has", "many", "houses", "and"], 8).tolist()
    place = i % 5
    words[place:place] = [tiny_nq.NAMES[i % 8], "is", "a", "town"]
    start = len(" ".join(words[:place] + [""]))
    return {"context": " ".join(words), "qas": [squad_samples.qa(
        "q%d" % i, "where is a town", (tiny_nq.NAMES[i % 8], start))]}


def write_questions(path, paragraphs):
    """Writes paragraphs as a file of SQuAD 1.1."""
    path.write_text(json.dumps({"version": "1.1", "data": [
        {"title": "x", "paragraphs": paragraphs}]}))


def flags(**changes):
    """The flags of the settings, with changes."""
    return ["--%s=%s" % item for item in dict(SETTINGS, **changes).items()]
