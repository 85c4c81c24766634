"""The sizes of an ALBERT, as in Google's albert_config.json. Free of TensorFlow."""
import dataclasses
from typing import Any, ClassVar, Dict, Type

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.transformer_config import Config, TransformerConfig


@dataclasses.dataclass(frozen=True)
class AlbertConfig(TransformerConfig):
    """The sizes and rates of an encoder; names and defaults are those of Google's ALBERT.

    Its defaults are those of the largest published model, xxlarge, version 2.
    """

    encoder: ClassVar[str] = "albert"

    hidden_size: int = 4096
    num_attention_heads: int = 64
    intermediate_size: int = 16384
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0

    # Segment ids are below this.
    type_vocab_size: int = 2

    # Width of the embeddings, from which a dense layer leads to hidden_size.
    embedding_size: int = 128

    # Layers next to each other share their weights, in so many groups.
    num_hidden_groups: int = 1
    # Google's code can repeat several layers of their own within a group; no published model does.
    inner_group_num: int = 1

    @property
    def embedding_width(self) -> int:
        """Width of the embeddings."""
        return self.embedding_size

    def group_of(self, layer: int) -> int:
        """The group whose weights a layer has, both counted from 0.

        In whole numbers: Google's and Hugging Face's fractions come out one lower for a few layers
        of odd numbers of groups, such as layer 9 of 18 in 14 groups.
        """
        return layer * self.num_hidden_groups // self.num_hidden_layers

    @classmethod
    def from_dict(cls: Type[Config], values: Dict[str, Any],
                  where: str = "albert config") -> Config:
        """The config with these `values`; keys that it does not know are ignored.

        Raises:
          UserError: a value is missing or impossible, or asks for what is not supported here;
            `where` (a path) opens the message.
        """
        config = super().from_dict(values, where)  # type: ignore[misc]
        if config.inner_group_num != 1:
            raise UserError("%s: inner_group_num is %d; groups are of one layer here, as in all "
                            "published models: only 1 can be used"
                            % (where, config.inner_group_num))
        if config.num_hidden_groups > config.num_hidden_layers:
            raise UserError("%s: num_hidden_groups is %d, but there are %d layers to share them: "
                            "lower it" % (where, config.num_hidden_groups,
                                          config.num_hidden_layers))
        positions = values.get("position_embedding_type", "absolute")
        if positions != "absolute":
            raise UserError("%s: position_embedding_type is %.40r; ALBERT has only absolute here"
                            % (where, positions))
        return config

    def to_dict(self) -> Dict[str, Any]:
        """The fields by name, and the encoder's."""
        return dict(super().to_dict(), model_type=self.encoder)


# Published models are alike but for these: hidden_size, layers, heads, intermediate_size.
_PUBLISHED = {"base": (768, 12, 12, 3072), "large": (1024, 24, 16, 4096),
              "xlarge": (2048, 24, 16, 8192), "xxlarge": (4096, 12, 64, 16384)}


def published(size: str) -> AlbertConfig:
    """The config of a published model, version 2: "base", "large", "xlarge" or "xxlarge".

    Raises:
      KeyError: there is none of that name.
    """
    width, num_layers, heads, inner = _PUBLISHED[size]
    return AlbertConfig(vocab_size=30000, hidden_size=width, num_hidden_layers=num_layers,
                        num_attention_heads=heads, intermediate_size=inner)
