"""Hugging Face's names of the heads that it puts on all its encoders alike. Free of TensorFlow.

The heads of one encoder alone are in the table of its names, see encoders.Names.
"""

# Google's name of a variable, and Hugging Face's. None of these is transposed.
HEADS = {
    # The classifier of BERT and ALBERT, XxxForSequenceClassification.
    "output_weights": "classifier.weight",
    "output_bias": "classifier.bias",
    # The span head, XxxForQuestionAnswering; of XLNet, XLNetForQuestionAnsweringSimple.
    "cls/squad/output_weights": "qa_outputs.weight",
    "cls/squad/output_bias": "qa_outputs.bias",
    # The beam head, XLNetForQuestionAnswering.
    "start_logits/dense/bias": "start_logits.dense.bias",
    "end_logits/dense_0/bias": "end_logits.dense_0.bias",
    "end_logits/LayerNorm/gamma": "end_logits.LayerNorm.weight",
    "end_logits/LayerNorm/beta": "end_logits.LayerNorm.bias",
    "end_logits/dense_1/bias": "end_logits.dense_1.bias",
    "answer_class/dense_0/bias": "answer_class.dense_0.bias",
}
# And these are.
TRANSPOSED = {
    "start_logits/dense/kernel": "start_logits.dense.weight",
    "end_logits/dense_0/kernel": "end_logits.dense_0.weight",
    "end_logits/dense_1/kernel": "end_logits.dense_1.weight",
    "answer_class/dense_0/kernel": "answer_class.dense_0.weight",
    "answer_class/dense_1/kernel": "answer_class.dense_1.weight",
}
