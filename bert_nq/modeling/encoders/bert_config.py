"""The sizes of a BERT encoder, as in Google's bert_config.json. Free of TensorFlow."""
import dataclasses
from typing import Any, ClassVar, Dict

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.transformer_config import TransformerConfig

# The values of `position_embedding_type`.
ABSOLUTE, KEY, KEY_QUERY = "absolute", "relative_key", "relative_key_query"
POSITIONS = (ABSOLUTE, KEY, KEY_QUERY)


@dataclasses.dataclass(frozen=True)
class BertConfig(TransformerConfig):
    """The sizes and rates of an encoder; names and defaults are those of Google's BERT."""

    encoder: ClassVar[str] = "bert"

    # Segment ids are below this.
    type_vocab_size: int = 16

    # How the model knows where a wordpiece is: "absolute" adds an embedding of its position; with
    # the others, attention scores depend on distances, see modeling.relative_positions. A name of
    # Hugging Face's, which Google's files do not have.
    position_embedding_type: str = ABSOLUTE

    @property
    def has_distances(self) -> bool:
        """Whether each layer has vectors of distances."""
        return self.position_embedding_type != ABSOLUTE

    @property
    def compares_keys(self) -> bool:
        """Whether keys are compared with the vectors of distances, beside queries."""
        return self.position_embedding_type == KEY_QUERY

    def to_dict(self) -> Dict[str, Any]:
        """The fields by name; those of Google's files alone, where they say it all."""
        values = super().to_dict()
        if not self.has_distances:
            del values["position_embedding_type"]
        return values

    def check_value(self, name: str, value: Any, where: str) -> None:
        """Raises UserError where a field's value is not of its kind or out of its range."""
        if name != "position_embedding_type":
            super().check_value(name, value, where)
        elif value not in POSITIONS:
            raise UserError("%s: position_embedding_type is %.40r; it can be %s"
                            % (where, value, ", ".join(POSITIONS)))
