"""The body of run_nmg.py: a plan that is checked without TensorFlow, the run, and its summary."""
import os
import sys
from typing import Any, List, Mapping

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.cli import masking_policy_inputs, masking_policy_testing, program
from bert_nq.cli.flags import features as feature_flags
from bert_nq.cli.flags import masking_policy as policy_flags
from bert_nq.cli.masking_policy_inputs import Inputs

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS

# The last episodes, of which the summary tells means.
_LAST = 20
_PLOT, _PAGE = "history.png", "words.html"


class MaskingPolicyProgram:
    """The flags of run_nmg.py, and its main function."""

    def __init__(self):
        """Defines the flags."""
        policy_flags.define_flags()
        self._text = feature_flags.define_text_flags("BERT's vocab.txt")

    def main(self) -> None:
        """Checks flags and files, plays the episodes, prints what came of them."""
        if not (FLAGS.do_meta_train or FLAGS.do_meta_test):
            raise UserError("nothing to do: give --do_meta_train, with --task, --train_file, "
                            "--vocab_file, --bert_config_file, --output_dir; or --do_meta_test, "
                            "with the same and --test_file")
        inputs = masking_policy_inputs.read(self._text)
        test = masking_policy_testing.read(inputs) if FLAGS.do_meta_test else None
        program.quiet_tensorflow(FLAGS.verbose_logging)
        masking_policy_inputs.check_weights(inputs)
        files.make_folder(FLAGS.output_dir)
        with locking.locked(os.path.join(FLAGS.output_dir, ".training.lock")):
            if FLAGS.do_meta_train:
                program.write_flags(FLAGS, os.path.join(FLAGS.output_dir, "flags.txt"))
                self._train(inputs)
            if test is not None:
                masking_policy_testing.run(inputs, test)

    def _train(self, inputs: Inputs) -> None:
        from bert_nq.masking_policy.graphs import meta_training
        plan = masking_policy_inputs.plan(inputs)
        _print_plan(inputs)
        with program.Meter() as meter:
            def on_episode(number: int, record: Mapping[str, float]) -> None:
                meter.show("episodes", number / FLAGS.num_episodes, _line(number, record))

            result = meta_training.run(plan, on_episode, meter.note)
            seconds = meter.elapsed()
        if result.stopped_by:
            _stop(result)
        masking_policy_inputs.keep_beside(result.language_model, inputs.text)
        _draw(inputs, result)
        _print_result(result, seconds)
        masking_policy_inputs.print_next(
            inputs, result.language_model, "the language model of the last episode", "model")


def _print_plan(inputs: Inputs) -> None:
    all_blocks = [block for some in inputs.texts.blocks for block in some]
    config = inputs.model.config
    program.print_table("Learning a masking policy", [
        ("texts", len(inputs.texts.contexts)),
        ("rows of the task", sum(len(c.rows["input_ids"]) for c in inputs.texts.contexts)),
        ("blocks", len(all_blocks)),
        ("  wordpieces", sum(len(block.ids) for block in all_blocks)),
        ("encoder", "%s, %d layers, %d units" % (
            config.encoder, config.num_hidden_layers, config.hidden_size)),
        ("starts from", inputs.checkpoint or "random weights"),
        ("opponent", inputs.policy.opponent),
        ("episodes", FLAGS.num_episodes)])
    sys.stdout.flush()


def _line(number: int, record: Mapping[str, float]) -> str:
    return "%d of %d, score %.2f, random %.2f, wins %d, losses %d" % (
        number, FLAGS.num_episodes, record["score"], record["score_random"], record["wins_random"],
        record["losses_random"])


def _stop(result) -> None:
    """Ends the program as the signal that ended the run would have."""
    from bert_nq.training import stopping
    program.note("%s: stopped after episode %d of %d; the same command goes on from the last one "
                 "that is saved" % (result.stopped_by.name, len(result.records),
                                    FLAGS.num_episodes))
    sys.exit(stopping.exit_code(result.stopped_by))


def _draw(inputs: Inputs, result) -> None:
    """Writes the picture of the run, and the page of words."""
    from bert_nq.masking_policy import plots, word_page
    from bert_nq.text.vocabulary import Vocabulary
    plots.write_plot(result.records, os.path.join(FLAGS.output_dir, _PLOT))
    if result.looked_at is not None:
        turn, log_probs = result.looked_at
        shown = word_page.shown_of(turn, log_probs, Vocabulary.load(inputs.text.vocab_file))
        word_page.write(os.path.join(FLAGS.output_dir, _PAGE), word_page.page(
            shown, "Masks of %s after %d episodes" % (FLAGS.output_dir, len(result.records)),
            inputs.policy.masking_prob))


def _print_result(result, seconds: float) -> None:
    from bert_nq.masking_policy.episodes import means
    records, total = result.records, len(result.records)
    last = records[-1]
    recent = means(records[-_LAST:])
    played = total - result.first_episode
    rows: List[Any] = [
        ("episodes", total),
        ("  in this run", played),
        ("against the random masker: won", int(last["wins_random"])),
        ("  lost", int(last["losses_random"])),
        ("against the opponent: won", int(last["wins_opponent"])),
        ("below the better of the two", int(last["regrets"]))]
    rows += [("%s, last %d episodes" % (title, min(_LAST, total)), "%.4g" % recent[name])
             for title, name in (("score of the policy", "score"),
                                 ("  of the random masker", "score_random"),
                                 ("  of the opponent", "score_opponent"), ("reward", "reward"),
                                 ("entropy, 1 is no choice", "entropy"),
                                 ("value loss", "value_loss")) if name in recent]
    if "entropy" not in recent:
        rows.append(("updates", "none: %d of --replay_start=%d entries are there"
                     % (last["replay_entries"], FLAGS.replay_start)))
    rows.append(("time", "%s (%.1f episodes an hour)" % (
        program.duration(seconds), 3600 * played / max(seconds, 1e-9)) if played
        else "none: all episodes were there"))
    program.print_table("Masking policy in %s" % FLAGS.output_dir, rows)
    if not any(record["outcome_random"] for record in records[-_LAST:]):
        print("\nIn the last %d episodes the policy scored exactly as the random masker: there is "
              "nothing to\nlearn from. The model may know the likeliest label alone: give a "
              "pretrained --init_checkpoint,\nmore --task_epochs or --episode_contexts, or a "
              "higher --task_learning_rate." % min(_LAST, total))
    program.print_table("Written", [
        ("policy", result.policy), ("language model", result.language_model),
        ("episodes", os.path.join(FLAGS.output_dir, "history.json")),
        ("  as a picture", os.path.join(FLAGS.output_dir, _PLOT)),
        ("words that it masks", os.path.join(FLAGS.output_dir, _PAGE)),
        ("TensorBoard", "tensorboard --logdir=" + FLAGS.output_dir)])
