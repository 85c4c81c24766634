"""The sizes that BERT and its kin have in common, by Google's names. Free of TensorFlow."""
import dataclasses
import json
from typing import Any, ClassVar, Dict, Tuple, Type, TypeVar

from bert_nq.base import files, numbers
from bert_nq.base.errors import UserError

# The values of `hidden_act`; modeling.activations has the meaning of each.
ACTIVATIONS = ("gelu", "gelu_tanh", "gelu_new", "gelu_erf", "relu", "tanh", "linear")

# Of `initializer_range`: outputs of layers of larger weights leave float32.
_LARGEST_RANGE = 1e6
# Of the field that counts layers: the graph of more would be built for hours.
_MOST_LAYERS = 10000
_LAYERS = ("num_hidden_layers", "n_layer")

Config = TypeVar("Config", bound="TransformerConfig")


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """The sizes and rates of an encoder; names and defaults are those of Google's BERT."""

    encoder: ClassVar[str]  # its name in encoders.ENCODERS

    vocab_size: int
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072

    # "gelu" is what bert-tensorflow computes under that name, the tanh approximation, so that
    # Google's checkpoints and their bert_config.json mean the same here and there. Hugging Face
    # writes "gelu" for the exact, erf form (and "gelu_new" for the approximation); activations
    # differ by up to 5e-4. prepare/convert_checkpoint.py therefore writes "gelu_erf" into the
    # bert_config.json of such a model.
    hidden_act: str = "gelu"

    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1

    # The longest sequence, in wordpieces, that the model has position embeddings for.
    max_position_embeddings: int = 512

    # Standard deviation of the truncated normal that weights start from.
    initializer_range: float = 0.02

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def embedding_width(self) -> int:
        """Width of the embeddings; where it is not the layers', a dense layer leads to these."""
        return self.hidden_size

    @property
    def has_distances(self) -> bool:
        """Whether each layer has vectors of distances: see modeling.relative_positions."""
        return False

    @property
    def distance_shape(self) -> Tuple[int, ...]:
        """The shape of a layer's vectors: of one less than all positions, either way."""
        return 2 * self.max_position_embeddings - 1, self.head_size

    @property
    def compares_keys(self) -> bool:
        """Whether keys are compared with the vectors of distances, beside queries."""
        return False

    @classmethod
    def from_dict(cls: Type[Config], values: Dict[str, Any],
                  where: str = "bert config") -> Config:
        """The config with these `values`; keys that it does not know are ignored.

        Raises:
          UserError: a value is missing or impossible; `where` (a path) opens the message.
        """
        if not isinstance(values, dict):
            raise UserError("%s: expected a JSON object such as {\"vocab_size\": 30522, ...}"
                            % where)
        if "vocab_size" not in values:
            raise UserError("%s: \"vocab_size\" is missing: is this the bert_config.json of a "
                            "BERT checkpoint?" % where)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        config = cls(**{name: value for name, value in values.items() if name in fields})
        for name in fields:
            config.check_value(name, getattr(config, name), where)
        if config.hidden_size % config.num_attention_heads:
            raise UserError("%s: hidden_size %d is not a multiple of num_attention_heads %d"
                            % (where, config.hidden_size, config.num_attention_heads))
        return config

    @classmethod
    def from_json_file(cls: Type[Config], path: str) -> Config:
        """Reads a bert_config.json.

        Raises:
          UserError: the file is missing, is not JSON, or describes no encoder of ours.
        """
        return cls.from_dict(files.read_json(path, must_exist=True, remedy=""), path)

    def to_dict(self) -> Dict[str, Any]:
        """The fields by name."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """The text of a bert_config.json."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"

    def check_value(self, name: str, value: Any, where: str) -> None:
        """Raises UserError where a field's value is not of its kind or out of its range."""
        if name == "hidden_act":
            check_activation(name, value, where)
        else:
            check_number(name, value, where)


def check_activation(name: str, value: Any, where: str) -> None:
    """Raises UserError where a field of a config names no activation."""
    if not isinstance(value, str) or value.lower() not in ACTIVATIONS:
        raise UserError("%s: unknown %s %.40r; it can be %s"
                        % (where, name, value, ", ".join(ACTIVATIONS)))


def check_number(name: str, value: Any, where: str) -> None:
    """Raises UserError where a rate or a size of a config is out of its range."""
    is_number = numbers.is_finite(value)
    if name.endswith("_prob"):
        if not is_number or not 0 <= value < 1:
            raise UserError("%s: %s is %.40r, but must be at least 0 and below 1"
                            % (where, name, value))
    elif name == "initializer_range":
        if not is_number or not value > 0:
            raise UserError("%s: %s is %.40r, but must be above 0" % (where, name, value))
        if value > _LARGEST_RANGE:
            raise UserError("%s: %s is %.40r, and weights of more than %g are of no use"
                            % (where, name, value, _LARGEST_RANGE))
    elif type(value) is not int or value < 1:
        raise UserError("%s: %s is %.40r, but must be a whole number above 0"
                        % (where, name, value))
    elif name in _LAYERS and value > _MOST_LAYERS:
        raise UserError("%s: %s is %.40r, and no model has more than %d"
                        % (where, name, value, _MOST_LAYERS))
    elif value >= 2 ** 31:
        raise UserError("%s: %s is %.40r, but must be below 2^31: TensorFlow counts no further"
                        % (where, name, value))
