"""Logits to answers, and the prediction run over shards.

    decoders        the ways from logits to answers, by name      page_decoder.py, bert_joint.py
    outputs         what leaves the model: the logits that can win
    batches         windows of many pages, by length
    predictor       pages through the model, as a stream
    job             shards to the prediction file, by many processes, resumable
    output          the official JSON file
    ensembles       n-best lists of several models to answers: nbest_files.py, combining.py
    combining_weights           how good an ensemble is, and its best weights
    dev_set         a dev set that models are scored on
    model_settings, members     which models predict
    graph, window_model         these alone import TensorFlow
"""
