"""A trained model as its files say, with the checks that whoever predicts with it needs.

The files are named by flags or lie in one folder, see estimator.model_folder; what must hold of
them is the same. TensorFlow is imported by `check_weights` alone.
"""
from typing import Any, Mapping, Tuple, TypeVar

from bert_nq.base.errors import UserError
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.options import TextOptions
from bert_nq.modeling import encoders
from bert_nq.modeling.models import Model

Options = TypeVar("Options")


def with_settings(options: Options, settings: Mapping[str, Any]) -> Options:
    """Options, a NamedTuple, that take those of a card's settings that they have by name."""
    return options._replace(**{name: settings[name] for name in options._fields  # type: ignore
                               if name in settings})


def read(config_file: str, head: str, featurizer: Featurizer, text: TextOptions,
         windows: Any) -> Tuple[Model, Any]:
    """The model of a config, and the maker of the rows that it reads.

    Args:
      config_file: the encoder's.
      head: of modeling.heads.HEADS, or the path of a module with a HEAD.
      featurizer: makes the rows.
      text: how text is cut.
      windows: the featurizer's options.

    Raises:
      UserError: a file cannot be read, or the model has fewer positions than windows have
        wordpieces or fewer embeddings than the vocabulary has entries.
    """
    config = encoders.read_config(config_file)
    if windows.max_seq_length > config.max_position_embeddings:
        raise UserError("--max_seq_length=%d, but the model has positions for %d wordpieces "
                        "(max_position_embeddings in %s)" % (
                            windows.max_seq_length, config.max_position_embeddings, config_file))
    order = encoders.of(config).packing.name
    if text.packing != order:
        raise UserError("--packing=%s, but the encoder in %s, %s, takes question and document in "
                        "the order of --packing=%s: leave the flag out, and prepare records with "
                        "that" % (text.packing, config_file, config.encoder, order))
    maker = featurizer.make(text.check(), windows)
    if maker.vocab_size > config.vocab_size:
        raise UserError("%s has %d entries, the model's vocab_size is %d (%s)" % (
            text.vocab_file, maker.vocab_size, config.vocab_size, config_file))
    return Model(config, head), maker


def check_weights(model: Model, checkpoint: str, trained_on: str) -> None:
    """Raises UserError where a checkpoint does not fit the config or lacks weights.

    Args:
      model: encoder and head.
      checkpoint: its prefix.
      trained_on: what messages say it is not trained on, such as a dataset's name.
    """
    from bert_nq.estimator.model import check_can_predict
    from bert_nq.modeling import checkpoints
    checkpoints.check_fits(model.config, checkpoint)
    check_can_predict(model, checkpoint, trained_on)
