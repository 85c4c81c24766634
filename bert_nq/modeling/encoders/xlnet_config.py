"""The sizes of an XLNet, as in Google's xlnet_config.json. Free of TensorFlow."""
import dataclasses
import json
from typing import Any, ClassVar, Dict

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.transformer_config import check_activation, check_number


@dataclasses.dataclass(frozen=True)
class XLNetConfig:
    """The sizes and rates of an encoder; names and defaults of sizes are Google's XLNet-Base's."""

    encoder: ClassVar[str] = "xlnet"

    n_token: int  # the vocabulary's size
    d_model: int = 768
    n_layer: int = 12
    n_head: int = 12
    d_head: int = 64  # may be other than d_model / n_head
    d_inner: int = 3072
    # "gelu" is what Google's code computes under that name, the tanh approximation; see hidden_act
    # in transformer_config.py.
    ff_activation: str = "gelu"
    untie_r: bool = True  # whether each layer has biases of its own in its attention

    # Google's files have no rates, which are flags there; these are named as in BERT's.
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    initializer_range: float = 0.02

    @property
    def vocab_size(self) -> int:
        """Ids are below it."""
        return self.n_token

    @property
    def hidden_size(self) -> int:
        """Width of the vectors of positions."""
        return self.d_model

    @property
    def num_hidden_layers(self) -> int:
        """The number of layers, by the name that other encoders have for it."""
        return self.n_layer

    @property
    def num_attention_heads(self) -> int:
        """The heads of a layer, likewise."""
        return self.n_head

    @property
    def max_position_embeddings(self) -> int:
        """The longest sequence: distances are computed, so that the model itself has no limit."""
        return 2 ** 31 - 1

    @classmethod
    def from_dict(cls, values: Dict[str, Any], where: str = "xlnet config") -> "XLNetConfig":
        """The config with these `values`; keys that it does not know are ignored.

        Raises:
          UserError: a value is missing or impossible, or the names are Hugging Face's; `where` (a
            path) opens the message.
        """
        if not isinstance(values, dict):
            raise UserError("%s: expected a JSON object such as {\"n_token\": 32000, ...}" % where)
        if "n_token" not in values:
            raise UserError("%s: \"n_token\" is missing: %s" % (
                where, "these are the names of Hugging Face's config.json: convert the model with "
                "convert_checkpoint.py, and give the config that it writes"
                if "vocab_size" in values else "is this the xlnet_config.json of an XLNet?"))
        fields = {f.name: f for f in dataclasses.fields(cls)}
        config = cls(**{name: value for name, value in values.items() if name in fields})
        for name in fields:
            _check_value(name, getattr(config, name), where)
        if config.d_model % 2:
            raise UserError("%s: d_model is %d; an odd number has no place for the pairs of sine "
                            "and cosine" % (where, config.d_model))
        return config

    def to_dict(self) -> Dict[str, Any]:
        """The fields by name, and the encoder's."""
        return dict(dataclasses.asdict(self), model_type=self.encoder)

    def to_json(self) -> str:
        """The text of a config file."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"


def _check_value(name: str, value: Any, where: str) -> None:
    if name == "ff_activation":
        check_activation(name, value, where)
    elif name != "untie_r":
        check_number(name, value, where)
    elif not isinstance(value, bool):
        raise UserError("%s: untie_r is %.40r, but must be true or false" % (where, value))
