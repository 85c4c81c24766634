"""TensorFlow's session as a runtime."""
from bert_nq.prediction.runtimes import Runtime


def _open(settings, decoder):
    from bert_nq.prediction.window_model import WindowModel
    return WindowModel(settings, decoder)


RUNTIME = Runtime(precisions=("fp32", "bf16", "fp16"), check=lambda: None,
                  prepare=lambda settings, decoder, calibration, note: settings, open=_open)
