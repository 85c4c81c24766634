"""Logits to answers, and the prediction run over shards.

    decoding   the best span of a page, and its prediction        free of TensorFlow
    output     the official JSON file                             free of TensorFlow
    predictor  pages through the model, as a stream
"""
