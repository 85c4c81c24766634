"""Encoders and heads, their checkpoints and conversions.

    models       an encoder with a head, as a value          free of TensorFlow
    encoders/    the encoders by name: config, graph, names of variables
    heads/       the heads by name: logits, loss, and what leaves the graph
    runtime      TensorFlow itself, as all modules that build graphs import it
    attention, layers, activations, dropout   what encoders are made of
    precisions, recomputing   how layers are computed, and how often
    checkpoints  finding, reading and fitting checkpoints to graphs; checkpoint_reader opens one
    freezing     variables as constants, for fast prediction
    huggingface  the same weights under Hugging Face's names, in safetensors
    conversion   whole models between the two; hub fetches them
    students     a model of some layers of another

Nothing here knows a dataset.
"""
