"""Results find their page: pages of all sizes and ids in chunks through a model of arithmetic."""
import itertools
import random

import numpy as np
import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.decoding.decoders import make_decoder
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.modeling.heads import window_outputs as outputs
from bert_nq.prediction import predictor
from tests.support import tiny_nq
from tests.support.arithmetic_model import ArithmeticModel, logits
from tests.support.nq_pages import make_line, make_page

MAKER = tiny_nq.window_maker()
DECODER = make_decoder("page", {})


def page(example_id, num_words, source="a shard, line 1"):
    """An example with a paragraph of random words; about one window for every 16 of them."""
    words = random.Random(num_words * 1000003 + example_id).choices(
        tiny_nq.NAMES + tiny_nq.TOWNS, k=num_words)
    record = make_page(["<P>"] + words + ["</P>"], example_id)
    return decode_example(make_line(record), source)


def alone(example, decoder=DECODER):
    """The entry that a page must have, made without any stream."""
    windows = MAKER.prediction(example).rows
    features = windows.input_ids, windows.input_mask(), windows.segment_ids()
    of_page = outputs.from_logits(*logits(*features), *features[1:], decoder.output_options())
    return decoder.decode(example, windows, of_page)


def make_predictor(maker, decoder, batch_size, **options):
    return predictor.Predictor(maker, FEATURIZER.spec, decoder, batch_size, **options)


def predicted(model, examples, batch_size=8, decoder=DECODER, maker=MAKER, skip=False):
    return list(predictor.predict(model, make_predictor(maker, decoder, batch_size), examples,
                                  BadInput(skip, lambda text: None)))


class Eager(ArithmeticModel):
    """Draws batches long before it computes them, as TpuWindowModel does."""

    full_length = True

    def outputs(self, batches):
        waiting = []
        for batch in batches:
            waiting.append(batch)
            if len(waiting) == 50:
                yield self.run(waiting.pop(0))
        yield from map(self.run, waiting)


IDS = [5, 6, 7, -1, 0, 1, 2 ** 63 - 1, 2 ** 63 - 2, -2 ** 63, -2 ** 63 + 1,
       2 ** 32 + 5, 5 - 2 ** 32, 2 ** 31, -2 ** 31, 123456789012345678, 8]


@pytest.fixture(scope="module")
def examples():
    # Unique ids of these pages' windows overlap: id 5's third window has 7, which is a page itself.
    # Ids that are equal when cut to 32 bits are among them; sizes go from 1 window to some 40.
    sizes = itertools.cycle([3, 700, 1, 60, 90, 5, 30, 200])
    return [page(example_id, size) for example_id, size in zip(IDS, sizes)]


@pytest.mark.parametrize("model", [ArithmeticModel, Eager])
@pytest.mark.parametrize("batch_size, chunk_pages", [(1, 3), (3, 32), (8, 1), (8, 5), (1000, 32)])
def test_every_page_gets_its_own_answer_in_the_order_of_the_pages(
        monkeypatch, examples, model, batch_size, chunk_pages):
    monkeypatch.setattr(predictor, "CHUNK_ITEMS", chunk_pages)
    model = model(decoder=DECODER)
    assert predicted(model, iter(examples), batch_size) == list(map(alone, examples))
    counts = [len(MAKER.prediction(e).rows.input_ids) for e in examples]
    assert min(counts) == 1 and max(counts) > 4 * 8
    # Of each chunk full batches, and the rest.
    wanted = []
    for start in range(0, len(examples), chunk_pages):
        full, rest = divmod(sum(counts[start:start + chunk_pages]), batch_size)
        wanted += [batch_size] * full + [rest] * bool(rest)
    assert model.batch_sizes == wanted


def test_bert_joint_sees_the_padding(examples):
    decoder = make_decoder("bert_joint", {})
    model = ArithmeticModel(decoder=decoder)
    lengths = set()
    run = model.run
    model.run = lambda batch: lengths.add(batch.features()["input_ids"].shape[1]) or run(batch)
    assert predicted(model, examples, decoder=decoder) == [alone(e, decoder) for e in examples]
    assert lengths == {64}


def test_answers_differ_from_page_to_page():
    # Else the tests above would not notice a mix-up.
    entries = [alone(page(example_id, 60)) for example_id in IDS]
    assert len({entry["long_answer_score"] for entry in entries}) == len(entries)


@pytest.mark.parametrize("model", [ArithmeticModel, Eager])
def test_no_pages_no_entries(model):
    assert predicted(model(), []) == []


class Fussy:
    """Makes windows of some pages only."""

    def __init__(self, usable):
        self.usable = usable

    def prediction(self, example):
        if example.example_id not in self.usable:
            raise BadExampleError("%s: unusable" % example.source)
        return MAKER.prediction(example)


@pytest.mark.parametrize("model", [ArithmeticModel, Eager])
@pytest.mark.parametrize("usable", [[], [0], [3, 4, 9], [9]])
def test_pages_without_windows_are_passed_over(monkeypatch, model, usable):
    # Whole chunks are without windows: at the beginning, in the middle, at the end.
    monkeypatch.setattr(predictor, "CHUNK_ITEMS", 2)
    examples = [page(i, 20) for i in range(10)]
    assert predicted(model(decoder=DECODER), examples, maker=Fussy(usable),
                     skip=True) == [alone(examples[i]) for i in usable]


def test_an_unusable_page_ends_the_prediction_or_is_counted():
    examples = [page(i, 20, "a shard, line %d" % (i + 1)) for i in range(3)]
    with pytest.raises(BadExampleError, match="^a shard, line 2: unusable .--on_bad_input=skip"):
        predicted(ArithmeticModel(), examples, maker=Fussy([0, 2]))
    notes = []
    bad_input = BadInput(True, notes.append)
    chunk = make_predictor(Fussy([0, 2]), DECODER, 8).prepare(examples, bad_input)
    assert [e.example_id for e in chunk.examples] == [0, 2]
    assert (bad_input.skipped, notes) == (1, ["skipped: a shard, line 2: unusable"])


@pytest.mark.parametrize("model", [ArithmeticModel, Eager])
def test_errors_of_the_input_come_through_as_they_are(monkeypatch, model):
    class OddError(Exception):
        pass

    def examples():
        for i in range(5):
            yield page(i, 40)
        raise OddError("on line 6")

    monkeypatch.setattr(predictor, "CHUNK_ITEMS", 2)
    pages = make_predictor(MAKER, DECODER, 8)
    entries = []
    with pytest.raises(OddError, match="on line 6"):
        for entry in predictor.predict(model(), pages, examples(), BadInput()):
            entries.append(entry["example_id"])
    assert entries in ([], [0, 1])  # what is finished depends on how far the model is


def test_logits_that_are_no_numbers_name_the_page():
    examples = [page(i, 20, "a shard, line %d" % (i + 1)) for i in range(4)]
    third = MAKER.prediction(examples[2]).rows.input_ids[0]

    class Diverged(ArithmeticModel):
        def run(self, batch):
            of_batch = super().run(batch)
            ids = batch.features()["input_ids"]
            of_batch.null_scores[(ids == third[:ids.shape[1]]).all(1)] = np.nan
            return of_batch

    entries = []
    with pytest.raises(UserError, match="^a shard, line 3: the model's logits are not finite: was "
                       "its training stable"):
        for entry in predictor.predict(Diverged(), make_predictor(MAKER, DECODER, 8), examples,
                                       BadInput()):
            entries.append(entry["example_id"])
    assert entries == [0, 1]


@pytest.mark.parametrize("batch_size", [1, 8, 100])
def test_pages_under_way_are_bounded(batch_size):
    drawn = yielded = most = 0

    def examples():
        nonlocal drawn
        for i in range(1000):
            drawn += 1
            yield page(i, 3)

    for _ in predictor.predict(ArithmeticModel(), make_predictor(MAKER, DECODER, batch_size),
                               examples(), BadInput()):
        most = max(most, drawn - yielded)
        yielded += 1
    assert yielded == 1000
    # The chunk that is answered, and the next, whose first batch has gone through.
    assert most <= 2 * predictor.CHUNK_ITEMS


def test_the_runners_up_on_request():
    example = page(1, 30)
    for wanted in (False, True):
        pages = make_predictor(MAKER, DECODER, 8, nbest=wanted)
        chunk = pages.prepare([example], BadInput())
        (_, of_windows), = predictor.stream(ArithmeticModel(decoder=DECODER), pages, [chunk])
        answers, = pages.answers(chunk, of_windows)
        assert answers.entry == alone(example)
        assert (answers.nbest is not None) == wanted
    assert answers.nbest == DECODER.nbest(example, chunk.rows[0], of_windows)


def test_groups_of_items(monkeypatch):
    monkeypatch.setattr(predictor, "CHUNK_ITEMS", 3)
    assert list(predictor.in_groups(range(7))) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(predictor.in_groups(range(3))) == [[0, 1, 2]]
    assert list(predictor.in_groups([])) == []
