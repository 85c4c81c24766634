"""Results of a test of policies: kept one by one, and of one kind of test alone."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.features import maskings
from bert_nq.features.maskings.masker import Masker, MaskPieces
from bert_nq.features.packing import Frame
from bert_nq.masking_policy import contenders, meta_test
from bert_nq.masking_policy.blocks import blocks_of
from bert_nq.masking_policy.meta_test import MetaTest, Results
from bert_nq.masking_policy.players import Choices
from bert_nq.masking_policy.settings import EpisodeSettings
from bert_nq.text.vocabulary import Vocabulary

FRAME = Frame([2], [3])
PIECES = MaskPieces(4, 0, np.arange(50) < 5, np.arange(5, 50))


def test_what_was_scored_is_not_computed_again(tmp_path):
    results = Results(str(tmp_path), {"seed": 1})
    assert results.score("a", float, lambda: 2.5) == 2.5
    assert results.score("b", dict, lambda: {"f1": 50.0}) == {"f1": 50.0}
    again = Results(str(tmp_path), {"seed": 1})
    assert again.score("a", float, lambda: pytest.fail("it is there")) == 2.5
    assert again.score("b", dict, lambda: pytest.fail("it is there")) == {"f1": 50.0}
    # Of an earlier release, where it was an accuracy.
    with pytest.raises(UserError, match="the score of a is 2.5, which is not what this release"):
        again.score("a", dict, lambda: {})
    with pytest.raises(UserError, match="other settings: --seed was 1 and is 2; remove it"):
        Results(str(tmp_path), {"seed": 2})
    (tmp_path / "meta_test.json").write_text("[]")
    with pytest.raises(UserError, match="is not what a test writes"):
        Results(str(tmp_path), {"seed": 1})


def test_the_best_policy_and_the_spread():
    assert meta_test.best_of({"policy-1": 3.0, "policy-2": 5.0, "policy-3": 5.0}) == "policy-2"
    assert meta_test.spread([50.0]) == "50.000"
    assert meta_test.spread([50.0, 51.0, 55.0]) == "52.000 (50.000 to 55.000)"


class _Graph:
    """A language model that counts how often it is looked at, and what it is trained on."""

    def __init__(self):
        self.language_model = self.head = self
        self.session, self.looks, self.masked, self.rows = None, 0, [], []

    def load(self, session, values):
        pass

    def begin_training(self):
        pass

    def read(self, session):
        return {"weights": np.zeros(1)}

    def shapes(self):
        return {}

    def states(self, blocks, batch_size):
        self.looks += 1
        return [np.zeros([len(block.ids), 2], np.float32) for block in blocks]

    def pretrain(self, masked, *step):
        self.masked += masked
        return 0.0

    def finetune(self, rows, *step):
        self.rows.append(rows["input_ids"].ravel().tolist())
        return 0.0

    def accuracy(self, rows, batch_size):
        return float(rows["input_ids"].sum()) / 100


class _Policy:
    """Masks the first position that may be masked."""

    def choose(self, turn, best):
        assert best and all(state.hidden.shape[1] for state in turn.states)
        return Choices([np.arange(1, 1 + k) for k in turn.budgets])


def rows(*numbers):
    return {"input_ids": np.array(numbers).reshape(-1, 1)}


def meta_test_of(graph, some, masking_prob=0.1):
    settings = EpisodeSettings(mlm_epochs=2, task_epochs=1, mlm_batch_size=2, task_batch_size=8)
    return MetaTest(graph, some, meta_test.Split(rows(1, 2), rows(3), rows(1, 2, 3)),
                    settings, masking_prob, PIECES, {}, lambda: {"f1": 9.0})


def some_blocks(marks=None):
    return [blocks_of(key, range(10, 30), 22, FRAME, PIECES.is_special, marks)[0]
            for key in range(4)]


def rule(name, rate=0.1):
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [
        "##s%d" % i if i % 2 else "w%d" % i for i in range(5, 50)])
    return contenders.of_rule(name, Masker(vocabulary, maskings.find(name), rate))


def test_a_policy_sees_each_block_as_the_model_is_at_that_moment():
    graph = _Graph()
    test = meta_test_of(graph, some_blocks())
    policy = contenders.of_policy("policy-1", _Policy())
    assert policy.name == "policy-1" and test.held_out(policy, 1) == 3.0  # of what is held out
    # Two positions of 22 in each block, in each step of both epochs.
    assert graph.looks == 4 and [m.positions.tolist() for m in graph.masked] == [[1, 2]] * 8
    assert sorted(graph.rows.pop()) == [1, 2]
    assert test.tested(policy, 1) == {"f1": 9.0}
    assert sorted(graph.rows.pop()) == [1, 2, 3]


def test_no_further_pretraining():
    graph, kept = _Graph(), []
    assert meta_test_of(graph, some_blocks()).tested(contenders.NONE, 1, kept.append) == {"f1": 9.0}
    assert not graph.masked and not kept and len(graph.rows) == 1


@pytest.mark.parametrize("name", sorted(maskings.MASKINGS))
def test_rules_have_the_budget_of_policies_and_draw_anew_in_each_epoch(name):
    graph, kept, some = _Graph(), [], some_blocks([False] * 20)
    test, contender = meta_test_of(graph, some), rule(name)
    assert contender.name == name + " masks"
    assert test.tested(contender, 1, kept.append) == {"f1": 9.0}
    assert graph.looks == 0 and len(kept) == 1  # Rules look at nothing.
    drawn = [tuple(m.positions.tolist()) for m in graph.masked]
    assert len(drawn) == 8 and set(map(len, drawn)) == {2} and len(set(drawn)) > 3
    assert all(0 < position < 21 for positions in drawn for position in positions)
    # What is to be told are pieces of the vocabulary, those that were there; all else is as it was.
    originals = {tuple(block.ids.tolist()) for block in some}
    for masked in graph.masked:
        assert tuple(masked.ids.tolist()) in originals
        left = np.setdiff1d(np.arange(22), masked.positions)
        np.testing.assert_array_equal(masked.shown[left], masked.ids[left])
    again = _Graph()
    meta_test_of(again, some).tested(contender, 1)
    assert [m.shown.tolist() for m in again.masked] == [m.shown.tolist() for m in graph.masked]


def test_entities_come_first():
    graph = _Graph()
    meta_test_of(graph, some_blocks([i == 3 for i in range(20)])).tested(rule("entity"), 1)
    # The third and fourth piece are the word w12 ##s13.
    assert {tuple(m.positions.tolist()) for m in graph.masked} == {(3, 4)}
