"""From checkpoints to what leaves the graph, beside BERT in numpy: a session, TPUEstimator."""
import dataclasses
import threading

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding.decoders import make_decoder
from bert_nq.estimator import devices
from bert_nq.estimator.member_graphs import averaged
from bert_nq.modeling.heads import window_outputs as outputs
from bert_nq.modeling.heads.joint import Logits
from bert_nq.modeling.heads.window_outputs import WindowOutputs
from bert_nq.modeling.models import Member
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import batches
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.window_model import TpuWindowModel, WindowModel
from tests.support import tiny_model, tiny_nq
from tests.support.encoding import INPUTS
from tests.support.runtimes import needs_estimator

SEQ_LENGTH = 40
DECODER = make_decoder("page", {"n_best_size": 6, "max_answer_length": 8})
OPTIONS = DECODER.output_options()


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [tiny_model.write(folder / str(seed), seed) for seed in range(2)]


def make_windows():
    """Pages of 3, 1 and 4 windows of 10 to 40 wordpieces."""
    random = np.random.RandomState(3)
    made = []
    for n in (3, 1, 4):
        lengths = random.randint(10, SEQ_LENGTH + 1, size=n)
        input_ids = random.randint(1, len(tiny_nq.TOKENS), size=[n, SEQ_LENGTH])
        input_ids *= np.arange(SEQ_LENGTH) < lengths[:, None]
        made.append(tiny_nq.WINDOWS._replace(indexes=np.arange(n), input_ids=input_ids,
                                             lengths=lengths))
    return made


def make_batches(full_length=False):
    return list(batches.make_batches(make_windows(), INPUTS, 3, full_length))


def expected(batch, logits_of_members, weights=(1.0,)):
    features = [batch.features()[name] for name in INPUTS]
    shares = np.array(weights) / sum(weights)
    logits = [sum(share * part for share, part in zip(shares, parts))
              for parts in zip(*(tiny_model.logits(seed, *features) for seed in logits_of_members))]
    return outputs.from_logits(*logits, *features[1:], OPTIONS)


def check(ours, theirs, atol=1e-4):
    for name, a, b in zip(WindowOutputs._fields, ours, theirs):
        assert a.dtype == b.dtype
        if a.dtype == np.float32:
            np.testing.assert_allclose(a, b, rtol=0, atol=atol, err_msg=name)
        else:
            np.testing.assert_array_equal(a, b, err_msg=name)


def settings(paths, weights=(1.0, 1.0), **changes):
    return ModelSettings(tuple(Member(tiny_nq.MODEL, path, weight)
                               for path, weight in zip(paths, weights)), **changes)


def test_a_checkpoint_says_what_it_says_in_numpy(checkpoints):
    some = make_batches()
    assert {b.features()["input_ids"].shape[1] for b in some} == {32, 40}
    with WindowModel(settings(checkpoints[:1]), DECODER) as model:
        assert not model.full_length
        found = list(model.outputs(iter(some)))
    assert len(found) == 3
    for batch, ours in zip(some, found):
        check(ours, expected(batch, [0]))
    assert len({tuple(f.null_scores) for f in found}) == 3


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 2.0)])
def test_an_ensemble_says_the_mean(checkpoints, weights):
    with WindowModel(settings(checkpoints, weights), DECODER) as model:
        for batch in make_batches():
            check(model.run(batch), expected(batch, [0, 1], weights))


@needs_estimator
def test_tpuestimator_says_the_same(checkpoints):
    some = make_batches(full_length=True)
    assert [len(b.rows) for b in some] == [3, 3, 2]  # The last one is filled up.
    with WindowModel(settings(checkpoints[:1]), DECODER) as model:
        wanted = list(model.outputs(some))
    drawn = []
    with tpu_model(checkpoints[:1]) as model:
        assert model.full_length
        for _ in range(2):  # A second time, from the start.
            found = list(model.outputs(drawn.append(b) or b for b in some))
            assert [len(f.null_scores) for f in found] == [3, 3, 2]
            for ours, theirs in zip(found, wanted):
                check(ours, theirs, atol=1e-5)
        assert len(drawn) == 6
        assert list(model.outputs([])) == []


def tpu_model(paths, batch_size=3):
    return TpuWindowModel(settings(paths), DECODER, devices.RunSettings(
        "", predict_batch_size=batch_size), SEQ_LENGTH)


@needs_estimator
def test_errors_come_through_tpuestimator_as_they_are(checkpoints):
    class OddError(Exception):
        pass

    def some():
        yield from make_batches(full_length=True)[:2]
        raise OddError("on line 6")

    with tpu_model(checkpoints[:1]) as model:
        found = []
        with pytest.raises(OddError, match="on line 6"):
            for of_batch in model.outputs(some()):
                found.append(of_batch)
        assert len(found) == 2


@needs_estimator
def test_a_stream_that_ends_early_is_an_error(checkpoints):
    with tpu_model(checkpoints[:1]) as model:
        predict = model._predict
        under_way = threading.Event()

        def some():
            first, second, third = make_batches(full_length=True)
            yield from (first, second)
            under_way.set()
            yield third

        def ends_early(*args, **kwargs):
            results = predict(*args, **kwargs)
            yield next(results)
            assert under_way.wait(60)
            results.close()

        model._predict = ends_early
        found = model.outputs(some())
        assert len(next(found).null_scores) == 3
        with pytest.raises(UserError, match="^the model stopped early: run the prediction again$"):
            next(found)


def test_an_ensemble_is_not_for_tpus(checkpoints):
    with pytest.raises(UserError, match="several models .*: leave out --use_tpu$"):
        tpu_model(checkpoints)


def test_checkpoints_that_do_not_fit(checkpoints, tmp_path):
    with pytest.raises(UserError, match="there is no checkpoint .*nothing"):
        WindowModel(settings([str(tmp_path / "nothing")]), DECODER)
    other = tiny_nq.MODEL._replace(
        config=dataclasses.replace(tiny_nq.CONFIG, intermediate_size=48))
    with pytest.raises(UserError, match="intermediate"):
        WindowModel(ModelSettings((Member(other, checkpoints[0]),)), DECODER)
    # The second one, too.
    with pytest.raises(UserError, match="intermediate"):
        WindowModel(ModelSettings((Member(tiny_nq.MODEL, checkpoints[0]),
                                   Member(other, checkpoints[1]))), DECODER)


def test_fingerprints_tell_models_apart(checkpoints, tmp_path):
    first, second = (settings([path]).fingerprint() for path in checkpoints)
    assert first != second and len(first) == len(second) == 8 and int(first, 16) >= 0
    copy = tiny_model.write(tmp_path / "copy", seed=0)
    assert settings([copy]).fingerprint() == first  # It is the weights that count.
    assert settings(checkpoints).fingerprint() == "%s*1-%s*1" % (first, second)
    assert settings(checkpoints, (0.5, 2.0)).fingerprint() == "%s*0.5-%s*2" % (first, second)


def test_weighted_mean_of_logits():
    with tf.Graph().as_default(), tf.Session() as session:
        first, second = (Logits(*(tf.constant(value, tf.float32) for value in values))
                         for values in (([[1, 2]], [[0, 4]], [[8]]), ([[5, 2]], [[4, 0]], [[0]])))
        mean = session.run(averaged([first, second], [1.0, 3.0]))
        # 1/4 of the first and 3/4 of the second.
        assert [value.tolist() for value in mean] == [[[4, 2]], [[3, 1]], [[2]]]
        alone = session.run(averaged([first], [0.1]))
        assert [value.tolist() for value in alone] == [[[1, 2]], [[0, 4]], [[8]]]
