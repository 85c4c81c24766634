"""The sizes of a DistilBERT, by Google's names for BERT's. Free of TensorFlow."""
import dataclasses
from typing import Any, ClassVar, Dict, Type

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.transformer_config import Config, TransformerConfig


@dataclasses.dataclass(frozen=True)
class DistilBertConfig(TransformerConfig):
    """The sizes and rates of an encoder; the file that has them says what it is of."""

    encoder: ClassVar[str] = "distilbert"

    @classmethod
    def from_dict(cls: Type[Config], values: Dict[str, Any],
                  where: str = "distilbert config") -> Config:
        """The config with these `values`; keys that it does not know are ignored.

        Raises:
          UserError: a value is missing or impossible, or has a name of Hugging Face's; `where` (a
            path) opens the message.
        """
        if isinstance(values, dict) and "dim" in values:
            raise UserError("%s has the names of Hugging Face's config.json: convert the model "
                            "with convert_checkpoint.py, and give the config that it writes"
                            % where)
        return super().from_dict(values, where)  # type: ignore[misc]

    def to_dict(self) -> Dict[str, Any]:
        """The fields by name, and the encoder's."""
        return dict(super().to_dict(), model_type=self.encoder)
