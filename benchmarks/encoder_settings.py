"""An encoder to be measured, as plain values: the same model here and in transformers.

Contenders in other environments have them as JSON.
"""
# What configs call a size that is not called as BERT's.
_NAMES = {"xlnet": {"num_hidden_layers": "n_layer", "hidden_size": "d_model",
                    "num_attention_heads": "n_head", "intermediate_size": "d_inner",
                    "vocab_size": "n_token"}}


def make(encoder, sizes, seq_length, further):
    """Settings of contenders: the sizes; `config`, ours; `huggingface`, that of transformers.

    Args:
      encoder: a name of encoders.ENCODERS.
      sizes: {name: value} as in BERT's config; the intermediate size is four times the hidden one.
      seq_length: wordpieces of a window, and positions of the model.
      further: more fields of the encoder's config.

    Raises:
      UserError: there is no such encoder, or it cannot have these sizes.
    """
    from bert_nq.modeling import encoders
    found = encoders.find(encoder)
    sizes = dict(sizes, intermediate_size=4 * sizes["hidden_size"])
    names = _NAMES.get(encoder, {})
    values = {names.get(name, name): value for name, value in sizes.items()}
    # Fields that an encoder does not know are passed over.
    values.update(max_position_embeddings=seq_length, type_vocab_size=2,
                  d_head=sizes["hidden_size"] // sizes["num_attention_heads"])
    values.update(further)
    config = found.config_type.from_dict(values, "--encoder=" + encoder)
    return dict(sizes, encoder=encoder, seq_length=seq_length, config=values,
                huggingface=found.names.config_to_huggingface(config))


def our_config(settings):
    """The config of the settings."""
    from bert_nq.modeling import encoders
    return encoders.find(settings["encoder"]).config_type.from_dict(settings["config"])


class TorchModel:
    """The same model in transformers, with a span head and one for the type of an answer.

    Args:
      settings: of `make`.
      batch: {name: int array} of windows by the names of our features.
      attention: an attn_implementation of transformers.

    Attributes:
      parameters: all weights.
      release: of torch and transformers.
    """

    def __init__(self, settings, batch, attention):
        import inspect

        import torch
        import transformers
        values = {name: value for name, value in settings["huggingface"].items()
                  if name not in ("model_type", "architectures")}
        config = transformers.AutoConfig.for_model(settings["encoder"], **values)
        torch.manual_seed(1)
        self._torch = torch
        self.encoder = transformers.AutoModel.from_config(config, attn_implementation=attention)
        width = config.hidden_size
        # Encoders without a pooler get a dense layer, as here.
        self._span, self._kind, self._pooler = (torch.nn.Linear(width, n) for n in (2, 5, width))
        taken = inspect.signature(self.encoder.forward).parameters
        names = {"input_ids": "input_ids", "attention_mask": "input_mask",
                 "token_type_ids": "segment_ids"}
        self._inputs = {theirs: torch.from_numpy(batch[ours]).long()
                        for theirs, ours in names.items() if theirs in taken}
        self.parameters = [p for module in (self.encoder, self._span, self._kind, self._pooler)
                           for p in module.parameters()]
        self.release = "torch %s, transformers %s" % (torch.__version__, transformers.__version__)

    def logits(self):
        """Those of start and end [B, S, 2], and of the type [B, 5]."""
        output = self.encoder(**self._inputs)
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            pooled = self._torch.tanh(self._pooler(output.last_hidden_state[:, 0]))
        return self._span(output.last_hidden_state), self._kind(pooled)
