"""Windows against those that Google's bert_joint made of the same pages, value for value."""
import collections
import gzip
import os

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.decoding import example_of
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.features.options import FeatureOptions
from bert_nq.features.windows import WindowMaker
from bert_nq.records import examples, tfrecord
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support.nq_pages import read_shard
from tests.support.tiny_nq import serialized


def values(record):
    """A record's features as something that can be counted; their order is not looked at."""
    return tuple(sorted((name, tuple(numbers.tolist()))
                        for name, numbers in examples.parse(record, "record").items()))


def reference_records(path, folder):
    plain = str(folder / "reference.tfrecord")
    with gzip.open(path) as compressed, open(plain, "wb") as out:
        out.write(compressed.read())
    return collections.Counter(map(values, tfrecord.read_records(plain)))


@pytest.fixture(scope="module")
def parity(shared_data):
    folder = os.path.join(shared_data, "parity")
    vocabulary = Vocabulary.load(os.path.join(shared_data, "vocab", "vocab-nq.txt"))
    pages = list(shards.read_examples([os.path.join(folder, "pages.jsonl.gz")], BadInput()))
    return folder, WordPieceTokenizer(vocabulary), vocabulary, pages


@pytest.mark.parametrize("seq_length", [384, 512])
@pytest.mark.parametrize("mode", ["train", "predict"])
@pytest.mark.parametrize("keep_drift", [True, False])  # No token of these pages brings it about.
def test_all_windows_are_equal(parity, tmp_path, keep_drift, mode, seq_length):
    folder, tokenizer, vocabulary, pages = parity
    maker = WindowMaker(tokenizer, vocabulary, FeatureOptions(
        seq_length, include_unknowns=1.0, keep_drift=keep_drift))
    make = maker.training if mode == "train" else maker.prediction
    ours = collections.Counter(values(record) for page in pages
                               for record in serialized(make(page).rows))
    reference = reference_records("%s/reference-%s-%d.tfrecord.gz" % (folder, mode, seq_length),
                                  tmp_path)
    assert sum(ours.values()) == sum(reference.values())
    assert ours == reference


def test_simplified_pages_give_the_same_windows(parity):
    folder, tokenizer, vocabulary, pages = parity
    maker = WindowMaker(tokenizer, vocabulary, FeatureOptions(include_unknowns=1.0))
    for page, record in zip(pages, read_shard("%s/pages.jsonl.gz" % folder)):
        simplified = example_of(simplify(record), page.source)
        assert simplified.tokens == [token.replace(" ", "_") for token in page.tokens]
        assert simplified.is_html == page.is_html
        # Simplification turns the blank within a word, which windows leave out, into an underscore.
        words = [token for token, is_html in zip(page.tokens, page.is_html) if not is_html]
        if not any(" " in word for word in words):
            assert (serialized(maker.training(simplified).rows)
                    == serialized(maker.training(page).rows))
