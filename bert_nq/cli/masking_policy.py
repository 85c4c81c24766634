"""The body of run_nmg.py: a plan that is checked without TensorFlow, the run, and its summary."""
import hashlib
import os
import sys
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.base.vocabulary_files import file_name_of
from bert_nq.cli import known_settings, program
from bert_nq.cli.flags import features as feature_flags
from bert_nq.cli.flags import masking_policy as policy_flags
from bert_nq.masking_policy import blocks, tasks
from bert_nq.masking_policy.settings import EpisodeSettings, PolicySettings

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS

# The last episodes, of which the summary tells means.
_LAST = 20


class _Inputs(NamedTuple):
    """All that a run reads, checked without TensorFlow."""
    task: Any  # a masking_policy.tasks.Task
    model: Any  # a modeling.models.Model
    texts: Any  # a masking_policy.world.Texts
    text: Any  # a features.options.TextOptions
    policy: PolicySettings
    episodes: EpisodeSettings
    checkpoint: Optional[str]  # its prefix
    settings: Dict[str, Any]  # see meta_training.Plan


class MaskingPolicyProgram:
    """The flags of run_nmg.py, and its main function."""

    def __init__(self):
        """Defines the flags."""
        policy_flags.define_flags()
        self._text = feature_flags.define_text_flags("BERT's vocab.txt")

    def main(self) -> None:
        """Checks flags and files, plays the episodes, prints what came of them."""
        if not FLAGS.do_meta_train:
            raise UserError("nothing to do: give --do_meta_train, with --task, --train_file, "
                            "--vocab_file, --bert_config_file, --output_dir")
        inputs = self._inputs()
        program.quiet_tensorflow(FLAGS.verbose_logging)
        _check_weights(inputs)
        files.make_folder(FLAGS.output_dir)
        with locking.locked(os.path.join(FLAGS.output_dir, ".training.lock")):
            program.write_flags(FLAGS, os.path.join(FLAGS.output_dir, "flags.txt"))
            self._train(inputs)

    def _inputs(self) -> _Inputs:
        """Reads and checks what the flags name.

        Raises:
          UserError: something cannot be used.
        """
        program.require(FLAGS, "train_file", "vocab_file", "bert_config_file", "output_dir")
        if files.is_remote(FLAGS.output_dir):
            raise UserError("--output_dir=%s: give a folder of this machine, to which the state of "
                            "the run is written" % FLAGS.output_dir)
        known_settings.take_of_vocabulary(FLAGS, program.note)
        task = tasks.get(FLAGS.task)
        for name, value in task.defaults.items():
            if FLAGS[name].value is None:
                FLAGS.set_default(name, value)
        policy, episodes = (_read(kind) for kind in (PolicySettings, EpisodeSettings))
        policy.check()
        paths = task.find_files(FLAGS.train_file)
        options = _options(task, paths)
        text = self._text().check()
        model = _read_model(task, text, options, episodes.block_size)
        checkpoint = _find_checkpoint()
        settings = _settings_of_result(policy, episodes, options, text, paths, checkpoint)
        contexts = tasks.read_contexts(task, paths, text, options,
                                       BadInput(FLAGS.on_bad_input == "skip", program.note))
        return _Inputs(task, model, _texts(contexts, text, episodes.block_size), text, policy,
                       episodes, checkpoint, settings)

    def _train(self, inputs: _Inputs) -> None:
        from bert_nq.masking_policy.graphs import meta_training
        plan = meta_training.Plan(
            inputs.model, inputs.task.labels, inputs.texts, inputs.policy, inputs.episodes,
            inputs.checkpoint, FLAGS.seed, FLAGS.num_episodes, FLAGS.save_every,
            FLAGS.save_policy_every, FLAGS.output_dir, inputs.settings)
        _print_plan(inputs)
        with program.Meter() as meter:
            def on_episode(number: int, record: Mapping[str, float]) -> None:
                meter.show("episodes", number / FLAGS.num_episodes, _line(number, record))

            result = meta_training.run(plan, on_episode, meter.note)
            seconds = meter.elapsed()
        if result.stopped_by:
            _stop(result)
        _keep_beside(result.language_model, inputs.text)
        _print_result(result, seconds)
        _print_next(inputs, result)


def _read(kind: type) -> Any:
    return kind(**{name: FLAGS[name].value for name in kind._fields})  # type: ignore


def _options(task, paths: List[str]) -> tasks.Options:
    """The settings of rows; labels that were not given are looked for."""
    quiet = BadInput(FLAGS.on_bad_input == "skip", lambda fault: None)
    return tasks.Options(FLAGS.max_seq_length, task.find_labels(paths, FLAGS.labels or "", quiet),
                         FLAGS.doc_stride, FLAGS.max_query_length, FLAGS.version_2_with_negative)


def _read_model(task, text, options: tasks.Options, block_size: int):
    """The Model, with the checks of trained_model.read and those of blocks.

    Raises:
      UserError: the encoder has not as many positions, or guesses no pieces.
    """
    from bert_nq.modeling import packings
    from bert_nq.prediction import trained_model
    model, _ = trained_model.read(FLAGS.bert_config_file, task.head(options), task.featurizer, text,
                                  task.featurizer_options(options))
    if text.packing != packings.BERT.name:
        raise UserError("%s: the encoder %s has no masked language model: give one of BERT, ALBERT "
                        "or DistilBERT" % (FLAGS.bert_config_file, model.config.encoder))
    if not 3 <= block_size <= model.config.max_position_embeddings:
        raise UserError("--block_size=%d: give 3 to %d, for so many positions the model has"
                        % (block_size, model.config.max_position_embeddings))
    return model


def _find_checkpoint() -> Optional[str]:
    from bert_nq.modeling import checkpoints
    return checkpoints.find_checkpoint(FLAGS.init_checkpoint) if FLAGS.init_checkpoint else None


def _check_weights(inputs: _Inputs) -> None:
    """Raises UserError where the checkpoint, if there is one, does not fit or is damaged."""
    from bert_nq.modeling import checkpoints, precisions
    precisions.dtype(inputs.episodes.precision, on_tpu=False)
    if inputs.checkpoint:
        checkpoints.check_fits(inputs.model.config, inputs.checkpoint)
        checkpoints.check_values(inputs.checkpoint)


def _settings_of_result(policy: PolicySettings, episodes: EpisodeSettings, options: tasks.Options,
                        text, paths: List[str], checkpoint: Optional[str]) -> Dict[str, Any]:
    """All that decides the episodes, by the flags' names: what a run goes on with."""
    def contents(found: List[str]) -> str:
        each = "\n".join(files.fingerprint(path, with_time=False) for path in found)
        return hashlib.sha256(each.encode("ascii")).hexdigest()[:16]

    values = dict(policy._asdict(), **episodes._asdict())
    values.update(options._asdict())
    values.update(
        task=FLAGS.task, seed=FLAGS.seed, do_lower_case=text.do_lower_case,
        tokenizer=text.tokenizer, on_bad_input=FLAGS.on_bad_input, train_file=contents(paths),
        vocab_file=contents([text.vocab_file]), bert_config_file=contents([FLAGS.bert_config_file]),
        init_checkpoint=checkpoint and contents([checkpoint + ".index"]))
    return values


def _texts(contexts, text, block_size: int):
    """The texts of a run, with their blocks."""
    from bert_nq.features.tokenizers import make_tokenizer
    from bert_nq.masking_policy.world import Texts
    from bert_nq.text.vocabulary import Vocabulary
    vocabulary = Vocabulary.load(text.vocab_file)
    special = vocabulary.specials
    if special.mask not in vocabulary.ids:
        raise UserError("%s: no entry %s: give the vocabulary of a masked language model"
                        % (text.vocab_file, special.mask))
    tokenizer = make_tokenizer(text, vocabulary, has_markers=False)
    cls, sep = (vocabulary.ids[token] for token in (special.cls, special.sep))
    # An unknown word can be guessed to be one, as in BERT's own pretraining.
    never = [vocabulary.ids[token] for token in (special.pad, special.cls, special.sep,
                                                 special.mask)]
    found = [blocks.blocks_of(context.key % 2 ** 64, list(tokenizer.text_ids(context.text)),
                              block_size, cls, sep, never) for context in contexts]
    return Texts(contexts, found, vocabulary.ids[special.mask], len(vocabulary))


def _print_plan(inputs: _Inputs) -> None:
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


def _keep_beside(checkpoint: str, text) -> None:
    """Puts beside the language model what programs that start from it need."""
    from bert_nq.estimator import model_folder
    from bert_nq.text import casing
    folder = os.path.dirname(checkpoint)
    model_folder.keep_beside_checkpoints(folder, FLAGS.bert_config_file, FLAGS.vocab_file)
    with files.replacing(os.path.join(folder, casing.NAME)) as out:
        out.write(casing.content(text.do_lower_case, folder))


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
    program.print_table("Written", [
        ("policy", result.policy), ("language model", result.language_model),
        ("episodes", os.path.join(FLAGS.output_dir, "history.json")),
        ("TensorBoard", "tensorboard --logdir=" + FLAGS.output_dir)])


def _print_next(inputs: _Inputs, result) -> None:
    folder = os.path.dirname(result.language_model)
    print("\nNext: fine-tune the language model of the last episode on all of the data\n  "
          + program.command(
              inputs.task.program, "--do_train", "--train_file=" + FLAGS.train_file,
              program.NEW_LINE, "--bert_config_file=" + os.path.join(folder, "bert_config.json"),
              "--vocab_file=" + os.path.join(folder, file_name_of(FLAGS.vocab_file)),
              program.NEW_LINE, "--init_checkpoint=" + result.language_model,
              "--max_seq_length=%d" % FLAGS.max_seq_length,
              "--output_dir=" + os.path.join(FLAGS.output_dir, "model")))
