"""BERT encoders and heads, their checkpoints and conversions.

    config       the shape of an encoder: bert_config.json             free of TensorFlow
    runtime      TensorFlow itself, as all modules that build graphs import it
    bert         the encoder
    heads        span and class logits on top of it
    attention, layers, activations, dropout   what both are made of
    precisions, recomputing   how layers are computed, and how often
    checkpoints  finding, reading and fitting checkpoints to graphs
    huggingface  the same weights under Hugging Face's names, in safetensors

Nothing here knows about Natural Questions.
"""
