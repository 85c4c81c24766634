"""The test of policies by run_nmg.py --do_meta_test: what is tested, and the table of it."""
import glob
import os
import sys
from typing import Any, Dict, NamedTuple

from absl import flags

from bert_nq import tasks
from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import masking_policy_inputs, program
from bert_nq.cli.masking_policy_inputs import Inputs
from bert_nq.features import maskings
from bert_nq.features.maskings.masker import Masker
from bert_nq.masking_policy import meta_test, run_state
from bert_nq.prediction.dev_set import DevSet
from bert_nq.scoring.text_tables import aligned
from bert_nq.text.vocabulary import Vocabulary

FLAGS = flags.FLAGS


class Scored(NamedTuple):
    """All that a test reads beside a run's inputs."""
    task: Any  # a bert_nq.tasks.Task, which scores
    dev: Any  # a prediction.dev_set.DevSet
    maker: Any  # of its rows
    settings: Dict[str, Any]  # that decide the scores


def read(inputs: Inputs) -> Scored:
    """Reads and checks the files that are scored. TensorFlow is not imported.

    Raises:
      UserError: they cannot be used, or are those of training.
    """
    program.require(FLAGS, "test_file")
    if len(set(FLAGS.test_maskings)) < len(FLAGS.test_maskings):
        raise UserError("--test_maskings=%s: give each once" % ",".join(FLAGS.test_maskings))
    task = inputs.task
    paths = task.find_files(FLAGS.test_file)
    if set(map(os.path.realpath, paths)) & set(map(os.path.realpath, task.find_files(
            FLAGS.train_file))):
        raise UserError("--test_file=%s: it is trained on, scores on it would mean nothing"
                        % FLAGS.test_file)
    if not FLAGS.do_meta_train:
        _policies(inputs)
    maker = task.featurizer.make(inputs.text, task.featurizer_options(inputs.options))
    scoring = tasks.get(FLAGS.task)
    dev = DevSet(paths, scoring.dev_format, prepare=maker.prediction,
                 skip=FLAGS.on_bad_input == "skip")
    settings = {name: value for name, value in inputs.settings.items()
                if not name.startswith(("replay_", "episode_")) and name not in (
                    "mlm_epochs", "task_epochs")}
    settings.update(test_mlm_epochs=FLAGS.test_mlm_epochs, test_task_epochs=FLAGS.test_task_epochs,
                    entity_model=FLAGS.entity_model,
                    test_file=[files.fingerprint(path, with_time=False) for path in paths])
    return Scored(scoring, dev, maker, settings)


def _policies(inputs: Inputs) -> Dict[str, str]:
    """Name to file of the policies in the folder of the run, in their order.

    Raises:
      UserError: there are none, or one is of another language model or budget.
    """
    folder = os.path.join(FLAGS.output_dir, run_state.POLICIES)
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), "policy-*.bin")))
    if not paths:
        raise UserError("%s holds no policies: learn one first, with --do_meta_train" % folder)
    config = inputs.model.config
    wanted = {"hidden_size": config.hidden_size, "masking_prob": inputs.policy.masking_prob,
              "num_attention_heads": config.num_attention_heads}
    for path in paths:
        facts, _ = run_state.load_policy(path)
        for name, value in wanted.items():
            if facts.get(name) != value:
                raise UserError("%s was learned with %s %s, not %s: give the flags of its run"
                                % (path, name, facts.get(name), value))
    return {os.path.basename(path)[:-len(".bin")]: path for path in paths}


def _maskers(inputs: Inputs) -> Dict[str, Masker]:
    """What masks by the rules of --test_maskings, with the budget of the policies."""
    vocabulary = Vocabulary.load(inputs.text.vocab_file)
    return {name: Masker(vocabulary, maskings.find(name), inputs.policy.masking_prob)
            for name in FLAGS.test_maskings}


def run(inputs: Inputs, test: Scored) -> None:
    """Tests the policies and prints what came of it."""
    from bert_nq.masking_policy.graphs import meta_testing
    policies = _policies(inputs)
    plan = masking_policy_inputs.plan(inputs)
    plan = plan._replace(episodes=inputs.episodes._replace(
        mlm_epochs=FLAGS.test_mlm_epochs, task_epochs=FLAGS.test_task_epochs))
    seeds = [FLAGS.seed + i for i in range(FLAGS.test_seeds)]
    settings = dict(test.settings, policies=sorted(
        "%s %s" % (name, files.crc32c(path)) for name, path in policies.items()))
    with program.Meter() as meter:
        result = meta_testing.run(
            meta_testing.TestPlan(plan, policies, _maskers(inputs), test.dev, test.maker,
                                  inputs.task.featurizer.spec, inputs.task.decoder(inputs.options),
                                  seeds, settings),
            lambda what, score: meter.note("%s: %s" % (what, _line(test.task.measure, score))),
            meter.note)
    if result.stopped_by:
        from bert_nq.training import stopping
        program.note("%s: stopped; the same command goes on with what is not scored yet"
                     % result.stopped_by.name)
        sys.exit(stopping.exit_code(result.stopped_by))
    masking_policy_inputs.keep_beside(result.language_model, inputs.text)
    _print(result, test)
    masking_policy_inputs.print_next(
        inputs, result.language_model, "the language model of the chosen policy",
        "meta_test/model", "--do_eval", "--predict_file=" + FLAGS.test_file)


def _line(measure, score) -> str:
    return measure.line(score) if isinstance(score, dict) else "%.2f" % score


def _print(result, test: Scored) -> None:
    best = meta_test.best_of(result.held_out)
    program.print_table(
        "Policies, accuracy on texts that are held out of --train_file",
        [(name + (", chosen" if name == best else ""), "%.2f" % score)
         for name, score in result.held_out.items()])
    shown = test.task.measure.shown
    columns = [["", *[label for _, label in shown]]] + [
        [name, *[meta_test.spread([one[key] for one in scores]) for key, _ in shown]]
        for name, scores in result.tested.items()]
    print("\nOfficial scores of %d %s of %s, %s\n\n%s" % (
        len(test.dev), test.task.answers.examples, FLAGS.test_file,
        "one seed" if FLAGS.test_seeds == 1 else "mean and range of %d seeds" % FLAGS.test_seeds,
        aligned(columns)))
    program.print_table("Written", [
        ("scores", os.path.join(FLAGS.output_dir, meta_test.FILE)),
        ("language model", result.language_model)])
