"""The inputs of run_nmg.py, read and checked as its flags say; only the last steps need TensorFlow.
"""
import hashlib
import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from absl import flags

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.base.vocabulary_files import file_name_of
from bert_nq.cli import known_settings, program
from bert_nq.masking_policy import blocks, run_state, tasks, world
from bert_nq.masking_policy.settings import EpisodeSettings, PolicySettings

FLAGS = flags.FLAGS


class Inputs(NamedTuple):
    """All that a run reads, checked without TensorFlow."""
    task: Any  # a masking_policy.tasks.Task
    model: Any  # a modeling.models.Model
    texts: Any  # a masking_policy.world.Texts
    text: Any  # a features.options.TextOptions
    options: tasks.Options
    policy: PolicySettings
    episodes: EpisodeSettings
    checkpoint: Optional[str]  # its prefix
    settings: Dict[str, Any]  # see meta_training.Plan


def read(text_options: Callable) -> Inputs:
    """Reads and checks what the flags name.

    Args:
      text_options: gives those of the flags.

    Raises:
      UserError: something cannot be used.
    """
    program.require(FLAGS, "train_file", "vocab_file", "bert_config_file", "output_dir")
    if files.is_remote(FLAGS.output_dir):
        raise UserError("--output_dir=%s: give a folder of this machine, to which the state of "
                        "the run is written" % FLAGS.output_dir)
    known_settings.take_of_vocabulary(FLAGS, program.note)
    known_settings.take_packing(FLAGS, FLAGS.bert_config_file)
    task = tasks.get(FLAGS.task)
    for name, value in task.defaults.items():
        if FLAGS[name].value is None:
            FLAGS.set_default(name, value)
    if FLAGS.head not in task.heads:
        raise UserError("--head=%s: --task=%s has %s" % (FLAGS.head, FLAGS.task,
                                                         ", ".join(task.heads)))
    policy, episodes = (_settings(kind) for kind in (PolicySettings, EpisodeSettings))
    policy.check()
    paths = task.find_files(FLAGS.train_file)
    options = _options(task, paths)
    text = text_options().check()
    model = _read_model(task, text, options, episodes.block_size)
    checkpoint = _find_checkpoint()
    settings = _settings_of_result(policy, episodes, options, text, paths, checkpoint)
    if FLAGS.do_meta_train:
        run_state.check(FLAGS.output_dir, settings)
    find_entities = _entities()
    contexts = tasks.read_contexts(task, paths, text, options,
                                   BadInput(FLAGS.on_bad_input == "skip", program.note),
                                   lambda some: program.progress(some, "examples"))
    texts = _texts(contexts, text, episodes.block_size, find_entities)
    world.split(texts, episodes.validation_share, FLAGS.seed)
    return Inputs(task, model, texts, text, options, policy, episodes, checkpoint, settings)


def _settings(kind: type) -> Any:
    return kind(**{name: FLAGS[name].value for name in kind._fields})  # type: ignore


def _options(task, paths: List[str]) -> tasks.Options:
    """The settings of rows; labels that were not given are looked for."""
    quiet = BadInput(FLAGS.on_bad_input == "skip", lambda fault: None)
    return tasks.Options(FLAGS.max_seq_length, task.find_labels(paths, FLAGS.labels or "", quiet),
                         FLAGS.doc_stride, FLAGS.max_query_length, FLAGS.version_2_with_negative,
                         FLAGS.head)


def _read_model(task, text, options: tasks.Options, block_size: int):
    """The Model, with the checks of trained_model.read and those of blocks.

    Raises:
      UserError: the encoder has not as many positions, or no room for a piece.
    """
    from bert_nq.prediction import trained_model
    model, _ = trained_model.read(FLAGS.bert_config_file, task.head(options), task.featurizer, text,
                                  task.featurizer_options(options))
    if not 3 <= block_size <= model.config.max_position_embeddings:
        raise UserError("--block_size=%d: give 3 to %d, for so many positions the model has"
                        % (block_size, model.config.max_position_embeddings))
    return model


def _find_checkpoint() -> Optional[str]:
    from bert_nq.modeling import checkpoints
    return checkpoints.find_checkpoint(FLAGS.init_checkpoint) if FLAGS.init_checkpoint else None


def check_weights(inputs: Inputs) -> None:
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


def _entities() -> Optional[Callable]:
    """What finds the entities of a text; None where no masking needs them."""
    from bert_nq.features.maskings import entities, find
    if FLAGS.do_meta_test and any(find(name).needs_entities for name in FLAGS.test_maskings):
        return entities.open_model(FLAGS.entity_model)
    return None


def _texts(contexts, text, block_size: int, find_entities: Optional[Callable]):
    """The texts of a run, with their blocks."""
    from bert_nq.features import packing
    from bert_nq.features.maskings import entities
    from bert_nq.features.maskings.masker import mask_pieces
    from bert_nq.features.tokenizers import make_tokenizer
    from bert_nq.text.vocabulary import Vocabulary
    vocabulary = Vocabulary.load(text.vocab_file)
    pieces = mask_pieces(vocabulary)
    tokenizer = make_tokenizer(text, vocabulary, has_markers=False)
    special = vocabulary.specials
    frame = packing.PACKINGS[text.packing].text_frame(
        vocabulary.ids[special.cls], vocabulary.ids[special.sep])

    def marks(each: str) -> Optional[List[bool]]:
        return find_entities and entities.marks(each, find_entities(each), tokenizer)

    found = [blocks.blocks_of(context.key % 2 ** 64, list(tokenizer.text_ids(context.text)),
                              block_size, frame, pieces.is_special, marks(context.text))
             for context in contexts]
    return world.Texts(contexts, found, pieces)


def plan(inputs: Inputs):
    """The meta_training.Plan of the flags."""
    from bert_nq.masking_policy.graphs.meta_training import Plan
    return Plan(inputs.model, inputs.task.labels, inputs.texts, inputs.policy, inputs.episodes,
                inputs.checkpoint, FLAGS.seed, FLAGS.num_episodes, FLAGS.save_every,
                FLAGS.save_policy_every, FLAGS.output_dir, inputs.settings)


def keep_beside(checkpoint: str, text) -> None:
    """Puts beside the language model what programs that start from it need."""
    from bert_nq.estimator import model_folder
    from bert_nq.text import casing
    folder = os.path.dirname(checkpoint)
    model_folder.keep_beside_checkpoints(folder, FLAGS.bert_config_file, FLAGS.vocab_file)
    with files.replacing(os.path.join(folder, casing.NAME)) as out:
        out.write(casing.content(text.do_lower_case, folder))


def print_next(inputs: Inputs, checkpoint: str, what: str, model: str, *more: str) -> None:
    """Prints the command that fine-tunes a language model on all of the data.

    Args:
      inputs: of the run.
      checkpoint: of the language model.
      what: it is called.
      model: the folder of the model, in that of the run.
      more: further arguments of the command.
    """
    folder = os.path.dirname(checkpoint)
    if FLAGS.head != inputs.task.defaults["head"]:
        more += ("--head=" + FLAGS.head,)
    print("\nNext: fine-tune %s on all of the data\n  " % what
          + program.command(
              inputs.task.program, "--do_train", "--train_file=" + FLAGS.train_file,
              program.NEW_LINE, "--bert_config_file=" + os.path.join(folder, "bert_config.json"),
              "--vocab_file=" + os.path.join(folder, file_name_of(FLAGS.vocab_file)),
              program.NEW_LINE, "--init_checkpoint=" + checkpoint,
              "--max_seq_length=%d" % FLAGS.max_seq_length,
              "--output_dir=" + os.path.join(FLAGS.output_dir, model), *more))
