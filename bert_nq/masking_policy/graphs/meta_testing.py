"""A test of policies in one process and one graph, see meta_test."""
import os
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
)

from bert_nq.base.bad_input import BadInput
from bert_nq.estimator import failures
from bert_nq.features.maskings.masker import Masker
from bert_nq.masking_policy import contenders, meta_test, run_state, world
from bert_nq.masking_policy.graphs import meta_training
from bert_nq.masking_policy.meta_test import MetaTest, Official, Results, Split
from bert_nq.masking_policy.players import PLAYER, Learner
from bert_nq.masking_policy.replay import ReplayMemory
from bert_nq.masking_policy.tasks import joined
from bert_nq.masking_policy.trainings import Stopped
from bert_nq.modeling import checkpoints
from bert_nq.prediction import predictor
from bert_nq.prediction.dev_set import DevSet
from bert_nq.training import stopping

FOLDER = "meta_test"  # in the run's, of the language model that was pretrained further


class TestPlan(NamedTuple):
    """A test, checked."""
    run: meta_training.Plan  # its settings are those of the run, its trainings those of the test
    policies: Dict[str, str]  # name to file
    maskers: Mapping[str, Masker]  # by their names: the rules that they are compared with
    dev: DevSet  # that is scored
    maker: Any  # of its rows, see features.featurizer.Featurizer
    features: Any  # of these, a FeatureSpec
    decoder: Any  # of their outputs
    seeds: Sequence[int]
    settings: Dict[str, Any]  # that must be the same when the test goes on


class TestResult(NamedTuple):
    """The end of a test."""
    held_out: Dict[str, float]  # policy to its score on rows that are held out
    tested: Dict[str, List[Official]]  # contender to its scores of each seed
    language_model: Optional[str]  # the prefix of that of the chosen policy and the first seed
    stopped_by: Any  # a signal, or None


def run(plan: TestPlan, on_score: Callable[[str, Any], None],
        note: Callable[[str], None]) -> TestResult:
    """Trains and scores all contenders, but for what the folder has already.

    Args:
      plan: of the test.
      on_score: is told of each score, an accuracy or official numbers, with what it is of.
      note: is given lines.

    Raises:
      UserError: a file cannot be used, or a loss is no number.
    """
    held_out: Dict[str, float] = {}
    tested: Dict[str, List[Official]] = {}
    results = Results(plan.run.output_dir, plan.settings)
    prefix = None
    with failures.as_user_error("the test"), stopping.stop_on_signals() as stop, \
            meta_training.open_graphs(plan.run.model, plan.run.labels, plan.run.policy,
                                      plan.run.episodes, plan.run.seed,
                                      plan.decoder) as graphs:
        def check():
            if stop:
                raise Stopped

        first = graphs.policy.read()
        policies = {name: contenders.of_policy(name, Learner(
            graphs.policy, dict(first, **run_state.load_policy(path)[1]), ReplayMemory(1, 1),
            PLAYER)) for name, path in plan.policies.items()}
        rules = [contenders.of_rule(name, masker) for name, masker in plan.maskers.items()]
        test = _make(plan, graphs, check, note)

        def scored(key: str, kind: type, compute: Callable[[], Any]) -> Any:
            score = results.score(key, kind, compute)
            on_score(key, score)
            return score

        try:
            for name, policy in policies.items():
                held_out[name] = scored("held out: %s" % name, float, _bound(
                    test.held_out, policy, plan.seeds[0]))
            best = meta_test.best_of(held_out)
            prefix = os.path.join(plan.run.output_dir, FOLDER)
            for seed in plan.seeds:
                for contender in (contenders.NONE, *rules, policies[best]):
                    name = contender.name
                    keeps = name == best and seed == plan.seeds[0]
                    tested.setdefault(name, []).append(scored(
                        "test: %s, seed %d" % (name, seed), dict, _bound(
                            test.tested, contender, seed, *[_keeper(prefix)] if keeps else [])))
        except Stopped:
            return TestResult(held_out, tested, None, stop.signal)
    return TestResult(held_out, tested, checkpoints.find_checkpoint(
        os.path.join(prefix, "language_model")), None)


def _bound(function: Callable, *arguments) -> Callable[[], Any]:
    return lambda: function(*arguments)


def _keeper(folder: str) -> Callable:
    return lambda weights: meta_training.save_language_model(folder, weights)


def _make(plan: TestPlan, graphs, check, note) -> MetaTest:
    run, texts = plan.run, plan.run.texts
    train, held_out = world.split(texts, run.episodes.validation_share, run.seed)

    def rows(numbers) -> Mapping[str, Any]:
        return joined([texts.contexts[i].rows for i in numbers])

    split = Split(rows(train), rows(held_out), rows(sorted([*train, *held_out])))
    blocks = [block for some in texts.blocks for block in some]
    return MetaTest(graphs.language_model, blocks, split, run.episodes,
                    run.policy.masking_prob, texts.pieces,
                    meta_training.original(graphs, run.init_checkpoint, note),
                    _scorer(plan, graphs.language_model, check), check)


def _scorer(plan: TestPlan, model: Any, check: Callable[[], None]) -> Callable[[], Official]:
    """Scores the answers of what is in the session as the task's own program would."""
    answers = predictor.Predictor(plan.maker, plan.features, plan.decoder,
                                  plan.run.episodes.rows_scored)

    def watched(examples: Iterable[Any]) -> Iterator[Any]:
        for example in examples:
            check()
            yield example

    def score() -> Official:
        found = plan.dev.score(lambda examples: predictor.predict(
            model, answers, watched(examples), BadInput()))
        assert found is not None  # Nothing breaks predictions off but what is raised.
        return found

    return score
