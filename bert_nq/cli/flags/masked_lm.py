"""The flags of blocks of text and of what is hidden in them."""
from typing import Callable

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.decoding import masked_lm
from bert_nq.features import maskings
from bert_nq.features.block_options import BlockOptions
from bert_nq.features.maskings import entities
from bert_nq.records import manifest

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_block_flags() -> Callable[[], BlockOptions]:
    """Defines the flags of `BlockOptions` but --seed; returns how to read them."""
    d = BlockOptions()
    holders = {
        "max_seq_length": flags.DEFINE_integer(
            "max_seq_length", d.max_seq_length, "Wordpieces of a block, special ones included."),
        "keep_remainders": flags.DEFINE_bool(
            "keep_remainders", d.keep_remainders, "Whether the pieces behind the last full block "
            "of a context are a shorter block; else only those of a context without a full one."),
        "masking": flags.DEFINE_enum(
            "masking", d.masking, list(maskings.MASKINGS), "Which pieces of training blocks are "
            "hidden; of held-out ones always random ones. See docs/pretraining.md."),
        "masking_rate": flags.DEFINE_float(
            "masking_rate", d.masking_rate, "The share of a block's pieces that is hidden.",
            lower_bound=0, upper_bound=1),
        "entity_model": flags.DEFINE_string(
            "entity_model", d.entity_model, "The model of spaCy, installed or a folder, that finds "
            "the entities of --masking=entity."),
        "passes": flags.DEFINE_integer(
            "passes", d.passes, "Passes over the text that records are made for, each with masks "
            "of its own; epochs beyond these have the masks of the first ones again. 1: the masks "
            "are fixed.", lower_bound=1),
    }
    return lambda: BlockOptions(**{name: holder.value for name, holder in holders.items()})


def define_training_flags() -> Callable[[], BlockOptions]:
    """`define_block_flags` for a program that makes records; what these read raises UserError where
    records of training want entities, and what finds them is not installed."""
    blocks = define_block_flags()

    def read() -> BlockOptions:
        options = blocks()
        if FLAGS.is_training:
            _check_entities(options)
        return options

    return read


def _check_entities(options: BlockOptions) -> None:
    if maskings.find(options.masking).needs_entities:
        entities.check(options.entity_model)


def define_flags() -> TaskFlags:
    """Defines the flags of blocks; returns functions that read them."""
    blocks = define_block_flags()

    def of_training() -> BlockOptions:
        for name in ("masking", "keep_remainders"):
            if FLAGS.train_precomputed_file and not FLAGS.train_file and FLAGS[name].present:
                raise UserError("--%s is for --train_file: the records of "
                                "--train_precomputed_file have their masks; leave it out, or give "
                                "it to prepare_text_corpus.py" % name)
        options = blocks()
        if FLAGS.train_file:
            _check_entities(options)
        return options

    def decoder(head):
        return masked_lm.make_decoder(masked_lm.OF_HEADS[head][0], {})

    return TaskFlags(blocks, of_training, decoder, passes=_passes)


def _passes() -> int:
    """The passes that the training records hold, which their manifest says."""
    paths = files.expand(FLAGS.train_precomputed_file, "record")
    if not FLAGS["passes"].present and not manifest.beside(paths):
        raise UserError("there is no manifest beside %s: give --passes as the records were made "
                        "with" % paths[0])
    return FLAGS.passes
