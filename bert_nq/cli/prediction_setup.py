"""The flags of a model and of its prediction, for run_nq.py and run_nq_spark.py, and their checks.

What can be told of bad flags and missing files without TensorFlow is told by the methods above
`find_checkpoint`; from there on it is imported.
"""
from typing import Any, Dict, List, Optional, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli.flags import features as feature_flags
from bert_nq.cli.flags.prediction import define_prediction_flags

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


def _define_model_flags() -> Dict[str, Any]:
    return {
        "bert_config_file": flags.DEFINE_string(
            "bert_config_file", None, "The encoder's bert_config.json."),
        "init_checkpoint": flags.DEFINE_string(
            "init_checkpoint", None,
            "Where training starts from: a BERT checkpoint, or a model of ours."),
        "output_dir": flags.DEFINE_string(
            "output_dir", None, "The folder of the model: checkpoints are written to it and read "
            "from it."),
        "precision": flags.DEFINE_enum(
            "precision", "fp32", ["fp32", "bf16", "fp16"], "Of matrix products and activations; "
            "weights, softmax and LayerNorm stay in fp32. fp16 scales the loss as needed; it is "
            "for GPUs, bf16 for TensorFlow 2 and TPUs."),
        "predict_batch_size": flags.DEFINE_integer(
            "predict_batch_size", 8, "Windows that are predicted at once.", lower_bound=1),
        "on_bad_input": flags.DEFINE_enum(
            "on_bad_input", "fail", ["fail", "skip"],
            "What to do with a page that cannot be used: stop, or count it and go on."),
    }


class Setup:
    """A model and what it predicts, as the flags say.

    Attributes:
      model: the holders of the model's flags, by name.
      prediction: see prediction_flags.
      text: gives the TextOptions.
      decoder: gives the decoder.
    """

    def __init__(self):
        """Defines the flags."""
        self.model = _define_model_flags()
        self.prediction = define_prediction_flags()
        self.decoder = self.prediction.decoder
        self.text = feature_flags.define_text_flags()
        self._windows = feature_flags.define_window_flags()

    def _value(self, name: str) -> Any:
        return self.model[name].value

    def windows(self):
        """The settings of the windows that are predicted."""
        windows = self._windows()
        return windows._replace(
            doc_stride=self.prediction.running()["predict_stride"] or windows.doc_stride)

    def check_model(self, anew: bool = False) -> Tuple[Any, Any]:
        """Returns the BertConfig and the WindowMaker.

        Args:
          anew: whether the model that may be in --output_dir is going to be removed.
        """
        from bert_nq.estimator import model_folder
        from bert_nq.features.making import make_window_maker
        from bert_nq.modeling.encoders.bert_config import BertConfig
        text, path = self.text(), self._value("bert_config_file")
        config = BertConfig.from_json_file(path)
        if self.windows().max_seq_length > config.max_position_embeddings:
            raise UserError("--max_seq_length=%d, but the model has positions for %d wordpieces "
                            "(max_position_embeddings in %s)" % (
                                self.windows().max_seq_length, config.max_position_embeddings,
                                path))
        self.decoder()
        maker = make_window_maker(text, self.windows())
        if maker.vocab_size > config.vocab_size:
            raise UserError("%s has %d entries, the model's vocab_size is %d (%s)" % (
                text.vocab_file, maker.vocab_size, config.vocab_size, path))
        if not anew:
            model_folder.check_same_model(self._value("output_dir"), config, text.vocab_file)
        return config, maker

    def init_checkpoint(self) -> Optional[str]:
        """The prefix of --init_checkpoint, of a remote one as it is given, or None."""
        from bert_nq.modeling import checkpoints
        path = self._value("init_checkpoint")
        if not path or files.is_remote(path):
            return path or None
        return checkpoints.find_checkpoint(path)

    def check_files(self) -> List[str]:
        """Checks what is read and written in prediction; returns the NQ shards."""
        from bert_nq.datasets.nq import shards
        from bert_nq.scoring.nq.tuned import Tuned
        wanted = self.prediction.files()
        paths = shards.expand_shards(wanted["predict_file"])
        outputs = list(filter(None, [wanted["output_prediction_file"],
                                     wanted["output_nbest_file"]]))
        for output in outputs:
            files.check_output(output, paths + list(filter(None, [wanted["thresholds"]])))
        if len(set(map(files.absolute, outputs))) < len(outputs):
            raise UserError("--output_prediction_file and --output_nbest_file are the same file")
        if wanted["thresholds"]:
            Tuned.load(wanted["thresholds"])
        return paths

    def check_has_model(self) -> None:
        """Raises UserError where there is no model that could predict."""
        from bert_nq.estimator import model_folder
        folder = self._value("output_dir")
        if not (self.prediction.files()["ensemble"] or self._value("init_checkpoint")
                or model_folder.has_checkpoint(folder)):
            raise UserError("%s holds no trained model: train first (--do_train), or give "
                            "--init_checkpoint" % folder)

    def ensemble(self):
        """The models of --ensemble, or ()."""
        from bert_nq.prediction import members
        wanted = self.prediction.files()
        if wanted["ensemble_weights"] and not wanted["ensemble"]:
            raise UserError("--ensemble_weights is for --ensemble, which is not given")
        if not wanted["ensemble"]:
            return ()
        return members.find_members(wanted["ensemble"], wanted["ensemble_weights"],
                                    self.text().vocab_file)

    def find_checkpoint(self, config, checkpoint: Optional[str]) -> Optional[str]:
        """Checks --init_checkpoint, if there is one; returns its prefix or None.

        Args:
          config: a BertConfig.
          checkpoint: what `init_checkpoint` gave.
        """
        from bert_nq.modeling import checkpoints
        from bert_nq.text.reference import check_case
        if checkpoint:
            checkpoint = checkpoints.find_checkpoint(checkpoint)  # A remote one is looked for here.
            checkpoints.check_fits(config, checkpoint)
            check_case(self.text().do_lower_case, checkpoint)
        return checkpoint

    def check_trained(self, config, checkpoint: Optional[str]) -> None:
        """Raises UserError where the newest model in --output_dir, or else `checkpoint`, cannot
        predict."""
        from bert_nq.estimator import model
        from bert_nq.modeling import checkpoints
        trained = model.latest_checkpoint(self._value("output_dir"))
        if trained:
            checkpoints.check_fits(config, trained)
        if not self.prediction.files()["ensemble"]:
            model.check_has_heads(trained or checkpoint)

    def model_settings(self, config, checkpoint: Optional[str], model_dir: str):
        """The ModelSettings: of --ensemble, or of the newest model in a folder, or of `checkpoint`.

        Raises:
          UserError: a model of an ensemble does not fit its config or is not trained.
        """
        from bert_nq.estimator import model
        from bert_nq.modeling import checkpoints
        from bert_nq.prediction.model_settings import Member, ModelSettings
        models = self.ensemble()
        for member in models:
            checkpoints.check_fits(member.config, member.checkpoint)
            model.check_has_heads(member.checkpoint)
        if not models:
            models = (Member(config, model.latest_checkpoint(model_dir) or checkpoint),)
        return ModelSettings(models, self._value("precision"),
                             self.prediction.running()["model_threads"])

    def job(self, models, paths: List[str]):
        """The prediction of shards by ModelSettings, a prediction.job.Job."""
        from bert_nq.prediction.job import Job
        wanted = self.prediction.files()
        return Job(paths, wanted["output_prediction_file"], models, models.fingerprint(),
                   self.text(), self.windows(), self.decoder(), self._value("predict_batch_size"),
                   wanted["output_nbest_file"], wanted["thresholds"],
                   self._value("on_bad_input") == "skip")
