"""TensorFlow's SavedModel, whose signature has the model's features and the decoder's outputs."""
from typing import Any, Dict, List

from bert_nq.estimator import failures
from bert_nq.modeling import freezing
from bert_nq.modeling.heads import outputs
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import frozen_graph, window_model
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.export_formats import Format
from bert_nq.prediction.model_settings import ModelSettings


def _write(settings: ModelSettings, decoder: Any, path: str) -> None:
    with failures.as_user_error("the export"), frozen_graph.loaded(settings, decoder) as (
            session, inputs, results):
        signature = tf.saved_model.build_signature_def(
            _infos(inputs), _infos(results), tf.saved_model.signature_constants.PREDICT_METHOD_NAME)
        # As WindowModel's, for the same speed. Tensors keep their names.
        with freezing.frozen_session(session, results.values(), window_model.session_config(
                settings.num_threads)) as constant, constant.graph.as_default():
            builder = tf.saved_model.Builder(path)
            builder.add_meta_graph_and_variables(
                constant, [tf.saved_model.tag_constants.SERVING],
                {tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
                clear_devices=True, strip_default_attrs=True)
            builder.save()


def _infos(tensors: Dict[str, tf.Tensor]) -> Dict[str, "tf.compat.v1.TensorInfo"]:
    return {name: tf.saved_model.build_tensor_info(tensor) for name, tensor in tensors.items()}


def _run(settings: ModelSettings, outputs_type: type, path: str,
         batches: List[Batch]) -> List[Any]:
    """See Format.run."""
    with tf.Graph().as_default(), tf.Session(config=window_model.session_config(
            settings.num_threads)) as session:
        loaded = tf.saved_model.loader.load(
            session, [tf.saved_model.tag_constants.SERVING], path)
        signature = loaded.signature_def[
            tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        fetches = {name: info.name for name, info in signature.outputs.items()}
        return [outputs.from_values(outputs_type, session.run(fetches, {
            signature.inputs[name].name: value for name, value in batch.features().items()}))
                for batch in batches]


FORMAT = Format("SavedModel", ("fp32", "bf16", "fp16"), lambda: None, _write, _run)
