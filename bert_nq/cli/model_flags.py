"""The flags of a model and of its prediction, for run_nq.py and run_nq_spark.py, and their checks.

The methods above `find_checkpoint` do without TensorFlow; from there on it is imported.
"""
import os
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from absl import flags

from bert_nq.base import files, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.cli import known_settings, prediction_target, prefiltering
from bert_nq.cli.flags import features as feature_flags
from bert_nq.cli.flags.prediction import define_prediction_flags
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.estimator import model_card
from bert_nq.prediction import runtimes

# Settings by their flags' names, and what opens messages of them, see known_settings.take.
_Known = Tuple[Mapping[str, Any], str]

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


def _define_model_flags(task) -> Dict[str, Any]:
    return {
        "head": flags.DEFINE_enum(
            "head", task.head, list(task.heads), "What makes logits of the encoder's vectors; a "
            "trained model's folder knows it. See docs/squad.md, docs/classification.md."),
        "bert_config_file": flags.DEFINE_string(
            "bert_config_file", None, "The encoder's bert_config.json."),
        "init_checkpoint": flags.DEFINE_string(
            "init_checkpoint", None,
            "Where training starts from: a BERT checkpoint, or a model of ours."),
        "output_dir": flags.DEFINE_string(
            "output_dir", None, "The folder of the model: checkpoints are written to it and read "
            "from it."),
        "precision": flags.DEFINE_enum(
            "precision", "fp32", list(runtimes.PRECISIONS), "Of matrix products and activations; "
            "weights, softmax and LayerNorm stay in fp32. fp16 scales the loss as needed; it is "
            "for GPUs, bf16 for TensorFlow 2 and TPUs, int8 for prediction with "
            "--runtime=openvino."),
        "predict_batch_size": flags.DEFINE_integer(
            "predict_batch_size", 8, "Windows that are predicted at once.", lower_bound=1),
        "on_bad_input": flags.DEFINE_enum(
            "on_bad_input", "fail", ["fail", "skip"],
            "What to do with an example that cannot be used, also of --dev_file: stop, or count it "
            "and go on."),
    }


class ModelFlags:
    """A model and what it predicts, as the flags say.

    Attributes:
      task: the model's, a tasks.Task.
      model: the holders of the model's flags, by name.
      prediction: see flags.prediction.
      windows: gives the options of the task's featurizer, for prediction.
      training_windows: the same for training.
      text: gives the TextOptions.
      passes: gives the passes over the data that training records hold.
    """

    def __init__(self, task, define_task_flags: Callable[[], TaskFlags]):
        """Defines the flags.

        Args:
          task: the model's.
          define_task_flags: defines those that the task has for itself.
        """
        self.task = task
        self.model = _define_model_flags(task)
        self.prediction = define_prediction_flags(task.other_outputs)
        self.text = feature_flags.define_text_flags(task.featurizer.vocabulary)
        self._task_flags = define_task_flags()
        self.windows = self._task_flags.windows
        self.training_windows = self._task_flags.training_windows
        self.passes = self._task_flags.passes
        # Settings that a model is used with as it was trained.
        self._fixed = self.task.weights_depend_on + (model_card.HEAD,)

    def _value(self, name: str) -> Any:
        return self.model[name].value

    def decoder(self) -> Any:
        """The decoder that the flags describe, of the outputs of the model's head."""
        return self._task_flags.decoder(self._value("head"))

    def head(self) -> str:
        """The head that the flags describe, as Model has it."""
        return self.task.sized_head(self._value("head"), self.training_windows())

    def take_known_settings(self, for_training: bool, anew: bool,
                            note: Callable[[str], None]) -> None:
        """Has flags that were not given take what a model or its records were made with.

        For training these are the settings in the manifests beside the records and in the folder
        of the model that is trained further; else those in the folder of the model that predicts.
        The casing may also stand beside the vocabulary. The config and the vocabulary in that
        folder, and for training in --output_dir, are defaults as well.

        Args:
          for_training: whether a model is trained first.
          anew: whether the model that may be in --output_dir is going to be removed.
          note: told of flags that differ where they may.

        Raises:
          UserError: a flag was given that contradicts what the weights depend on, or the records
            and the model contradict each other.
        """
        from bert_nq.estimator import model_folder
        known_settings.take_of_vocabulary(flags.FLAGS, note)
        known_settings.take_packing(flags.FLAGS, self._value("bert_config_file"))
        if for_training:
            folder = None if anew else self._value("output_dir")
            known = self._settings_of_records()
            if folder and model_folder.has_checkpoint(folder):
                known += self._settings_of_model(folder)
        else:
            folder = self._folder_of_model()
            known = self._settings_of_model(folder) if folder else []
        known_settings.take_all(flags.FLAGS, known, self._fixed, note)
        if folder:
            self._take_files(folder)

    def _settings_of_records(self) -> List[_Known]:
        """The settings in the manifests beside the training records."""
        from bert_nq.records import manifest
        patterns = flags.FLAGS.train_precomputed_file
        known = []
        for path in manifest.beside(files.expand(patterns, "record")) if patterns else ():
            settings = manifest.read_manifest(path).settings
            self._check_vocabulary(settings.get("vocabulary"), path)
            known.append(({name: settings[name] for name in self.task.card_settings
                           if name in settings}, "the records of %s were made" % path))
        return known

    def _check_vocabulary(self, fingerprint: Optional[str], manifest_path: str) -> None:
        from bert_nq.text.vocabulary import Vocabulary
        path = flags.FLAGS.vocab_file
        if fingerprint and path and not Vocabulary.load(path).fingerprint().startswith(fingerprint):
            raise UserError("the records of %s were made with another vocabulary than %s: give "
                            "the one that they were made with, or prepare them again"
                            % (manifest_path, path))

    def _settings_of_model(self, folder: str) -> List[_Known]:
        """The settings in the card of a model's folder; none where there is no card."""
        card = model_card.read(folder)
        if card is None:
            return []
        if card.task != self.task.name:
            raise UserError("the model in %s is of the task %s, not of %s"
                            % (folder, card.task, self.task.name))
        return [(self._settings_of(card, folder), "the model in %s was trained" % folder)]

    def _settings_of(self, card, folder: str) -> Dict[str, Any]:
        """The settings of a card, with the head also where it was written before there were two."""
        return dict(card.settings,
                    **{model_card.HEAD: model_card.head_of(card, folder, self.task.heads)})

    def _take_files(self, folder: str) -> None:
        """Has the config and the vocabulary in a model's folder be the defaults of their flags."""
        from bert_nq.estimator import model_folder
        if files.is_remote(folder) or not model_folder.has_files(folder):
            return
        for flag, path in (("bert_config_file", os.path.join(folder, model_folder.CONFIG)),
                           ("vocab_file", vocabulary_files.vocabulary_of(folder))):
            if not flags.FLAGS[flag].present:
                flags.FLAGS.set_default(flag, path)

    def _folder_of_model(self) -> Optional[str]:
        """The folder of the model that predicts, the first of --ensemble; None without one."""
        from bert_nq.estimator import model_folder
        from bert_nq.modeling import checkpoints
        output_dir, ensemble = self._value("output_dir"), flags.FLAGS.ensemble
        if ensemble:
            return os.path.dirname(checkpoints.find_checkpoint(ensemble[0].strip()))
        if output_dir and model_folder.has_checkpoint(output_dir):
            return output_dir
        checkpoint = self.init_checkpoint()
        return os.path.dirname(checkpoint) if checkpoint else None

    def card(self):
        """The card of a model that is trained with these flags, an estimator.model_card.ModelCard.
        """
        made = dict(self.text()._asdict(), **self.training_windows()._asdict())
        settings = {name: made[name] for name in self.task.card_settings}
        return model_card.ModelCard(self.task.name, dict(
            settings, **{model_card.HEAD: self._value("head")}))

    def check_model(self, anew: bool = False) -> Tuple[Any, Any]:
        """Returns the Model and the maker of the featurizer's rows.

        Args:
          anew: whether the model that may be in --output_dir is going to be removed.
        """
        from bert_nq.estimator import model_folder
        from bert_nq.prediction import trained_model
        text = self.text()
        self.decoder()
        model, maker = trained_model.read(self._value("bert_config_file"), self.head(),
                                          self.task.featurizer, text, self.windows())
        if not anew:
            model_folder.check_same_model(self._value("output_dir"), model.config,
                                          text.vocab_file)
        return model, maker

    def init_checkpoint(self) -> Optional[str]:
        """The prefix of --init_checkpoint, of a remote one as it is given, or None."""
        from bert_nq.modeling import checkpoints
        path = self._value("init_checkpoint")
        if not path or files.is_remote(path):
            return path or None
        return checkpoints.find_checkpoint(path)

    def check_files(self) -> List[str]:
        """Checks what is read and written in prediction; returns the files to predict."""
        from bert_nq.estimator import model_folder
        if not flags.FLAGS.output_prediction_file:
            flags.FLAGS.set_default("output_prediction_file", os.path.join(
                self._value("output_dir"), "predictions.json"))
        wanted = self.prediction.files()
        paths = self.task.find_shards(wanted["predict_file"])
        target = self._target()
        outputs = list(filter(None, [target.path, *target.answers.beside(target.path),
                                     wanted["output_nbest_file"]]))
        for output in outputs:
            files.check_output(output, paths + list(filter(None, [
                wanted["thresholds"], self.text().vocab_file, self._value("bert_config_file")])))
            model_folder.check_not_of_a_model(output)
        if len(set(map(files.absolute, outputs))) < len(outputs):
            raise UserError("two of the outputs are the same file: %s" % ", ".join(outputs))
        if wanted["output_nbest_file"]:
            target.answers.nbest_file(wanted["output_nbest_file"])
        if wanted["thresholds"]:
            target.answers.thresholds(wanted["thresholds"])
        return paths

    def prefilter(self) -> prefiltering.Plan:
        """The plan of --prefilter: the chooser of the candidates that prediction reads, checked."""
        return prefiltering.make_plan(self._task_flags.prefilter())

    def _target(self) -> prediction_target.Target:
        """The file that prediction writes, and its form."""
        return prediction_target.of_flags(self.task, self.prediction.files(), self.decoder)

    def check_has_model(self, model) -> None:
        """Raises UserError where there is no model that could predict, or only one of another
        config or vocabulary than those of `model` and the flags."""
        from bert_nq.estimator import model_folder
        if self.prediction.files()["ensemble"]:
            return  # See `ensemble`.
        folder = self._folder_of_model()
        if folder is None:
            raise UserError("%s holds no trained model: train first (--do_train), or give "
                            "--init_checkpoint" % self._value("output_dir"))
        model_folder.check_same_model(folder, model.config, self.text().vocab_file)

    def check_newest_is_there(self) -> None:
        """Raises UserError where the newest checkpoint in --output_dir is lost."""
        from bert_nq.estimator import model_folder
        model_folder.check_checkpoint_is_there(self._value("output_dir"))

    def ensemble(self):
        """The models of --ensemble, or ()."""
        from bert_nq.prediction import members
        wanted = self.prediction.files()
        if wanted["ensemble_weights"] and not wanted["ensemble"]:
            raise UserError("--ensemble_weights is for --ensemble, which is not given")
        if not wanted["ensemble"]:
            return ()
        found = members.find_members(wanted["ensemble"], wanted["ensemble_weights"],
                                     self.text().vocab_file, self.head())
        for member in found:
            self._check_card(os.path.dirname(member.checkpoint))
        return found

    def teachers(self, paths: List[str]):
        """The models of --teacher_dir, whose windows are those of the model that is trained.

        Raises:
          UserError: one is no model's folder, or of another task, head, vocabulary or length.
        """
        from bert_nq.cli import teacher_folders
        from bert_nq.prediction import members
        found = members.find_members(paths, None, self.text().vocab_file, self.head(),
                                     "teacher_dir")
        for member in found:
            folder = os.path.dirname(member.checkpoint)
            if model_card.read(folder) is None:
                raise teacher_folders.no_card(folder)
            self._settings_of_model(folder)  # It is of the same task.
            self._check_card(folder, "max_seq_length")
        return found

    def _check_card(self, folder: str, *more: str) -> None:
        """Raises UserError where a model cannot be used with the settings of the first one.

        Args:
          folder: the model's.
          *more: names of settings that must be the same, beside those of all models.
        """
        card = model_card.read(folder)
        if card is not None:
            known_settings.check(flags.FLAGS, self._settings_of(card, folder),
                                 "the model in %s was trained" % folder, self._fixed + more)

    def find_checkpoint(self, config, checkpoint: Optional[str]) -> Optional[str]:
        """Checks --init_checkpoint, if there is one; returns its prefix or None.

        Args:
          config: the encoder's.
          checkpoint: what `init_checkpoint` gave.
        """
        from bert_nq.modeling import checkpoints
        from bert_nq.text.reference import check_case
        if checkpoint:
            checkpoint = checkpoints.find_checkpoint(checkpoint)  # A remote one is looked for here.
            checkpoints.check_fits(config, checkpoint)
            checkpoints.check_values(checkpoint)
            check_case(self.text().do_lower_case, checkpoint)
            self._check_casing_of(checkpoint)
            self._check_vocabulary_of(checkpoint)
        return checkpoint

    def _check_vocabulary_of(self, checkpoint: str) -> None:
        """Raises UserError where the vocabulary beside a checkpoint has other tokens."""
        from bert_nq.text.vocabulary import Vocabulary, moved_id
        folder, ours = os.path.dirname(checkpoint), self.text().vocab_file
        theirs = vocabulary_files.vocabulary_of(folder)
        if files.is_remote(folder) or not os.path.exists(theirs):
            return
        a, b = Vocabulary.load(theirs), Vocabulary.load(ours)
        moved = moved_id(a, b)
        if moved is not None:
            raise UserError("the id %d is %s in %s, and %s in %s: the weights of %s would be taken "
                            "for those of other tokens; give the vocabulary that they were trained "
                            "with: %s" % (moved, a.tokens[moved], theirs, b.tokens[moved], ours,
                                          checkpoint, self.task.featurizer.vocabulary))

    def _check_casing_of(self, checkpoint: str) -> None:
        """Raises UserError where a checkpoint's folder says that its text was cased otherwise."""
        from bert_nq.text import casing
        folder = os.path.dirname(checkpoint)
        card = None if files.is_remote(folder) else model_card.read(folder)
        lower = card.settings.get("do_lower_case") if card else casing.of_folder(folder)
        ours = self.text().do_lower_case
        if lower is not None and lower != ours:
            raise UserError("%s was trained with --do_lower_case=%s, not with --do_lower_case=%s: "
                            "give that, also where the records are prepared"
                            % (checkpoint, str(lower).lower(), str(ours).lower()))

    def check_trained(self, model, checkpoint: Optional[str]) -> None:
        """Raises UserError where the newest model in --output_dir, or else `checkpoint`, cannot
        predict."""
        from bert_nq.estimator.model import check_can_predict
        from bert_nq.modeling import checkpoints
        trained = checkpoints.newest(self._value("output_dir"))
        if trained:
            checkpoints.check_fits(model.config, trained)
        if not self.prediction.files()["ensemble"]:
            check_can_predict(model, trained or checkpoint, self._trained_on())

    def _trained_on(self) -> str:
        """What messages say a checkpoint that lacks the head is not trained on."""
        if len(self.task.heads) == 1:
            return self.task.title
        return "%s with --head=%s" % (self.task.title, self._value("head"))

    def model_settings(self, model, checkpoint: Optional[str], model_dir: str):
        """The ModelSettings: of --ensemble, or of the newest model in a folder, or of `checkpoint`.

        Raises:
          UserError: a model of an ensemble does not fit its config or is not trained.
        """
        from bert_nq.modeling import checkpoints
        from bert_nq.modeling.models import Member
        from bert_nq.prediction import trained_model
        from bert_nq.prediction.model_settings import ModelSettings
        models = self.ensemble()
        for member in models:
            trained_model.check_weights(member.model, member.checkpoint, self._trained_on())
        if not models:
            models = (Member(model, checkpoints.newest(model_dir) or checkpoint),)
        return ModelSettings(models, self._value("precision"),
                             self.prediction.running()["model_threads"])

    def job(self, models, paths: List[str]):
        """The prediction of all of some shards by ModelSettings, a prediction.job.Job."""
        from bert_nq.prediction.job import Job
        wanted, target = self.prediction.files(), self._target()
        return Job(paths, target.path, models, models.fingerprint(),
                   self.text(), self.windows(), self.task.reading, self.task.featurizer,
                   target.decoder, target.answers, self._value("predict_batch_size"),
                   wanted["output_nbest_file"], wanted["thresholds"],
                   self._value("on_bad_input") == "skip")
