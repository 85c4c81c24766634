"""The contender of masking_policy_episodes.py: a graph and a session for each training."""
import contextlib
import functools

from bert_nq.masking_policy.episodes import Played
from bert_nq.masking_policy.graphs.lm_graph import LanguageModelGraph
from bert_nq.masking_policy.graphs.weight_sets import WeightSet
from bert_nq.masking_policy.trainings import Trainings
from bert_nq.masking_policy.world import LanguageModelWorld
from bert_nq.modeling import checkpoints, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.runtime import tf
from bert_nq.training import optimizer


class _Graph(LanguageModelGraph):
    """What both trainings share."""

    def _trained_by(self, found):
        parameters = optimizer.make_parameters(found.variables, self._settings)
        self._slots = WeightSet([slot for p in parameters for slot in (p.first, p.second)])
        return self._step(found, parameters)


class PretrainingGraph(_Graph):
    """Further pretraining, and nothing else."""

    def _build(self):
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            found = self._gradients(self._masked_loss)
        self.language_model = WeightSet(tf.trainable_variables())
        self._pretrain = self._trained_by(found)


class FineTuningGraph(_Graph):
    """Fine-tuning and scoring, and nothing else."""

    def _build(self):
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            found = self._gradients(lambda pass_: self._task_loss(self._task_logits(pass_)))
            self._accuracies = self._task_loss(self._task_logits(Pass()))[1]
        names = set(models.head_variables(self._model))
        head, encoder = [], []
        for variable in tf.trainable_variables():
            (head if checkpoints.name_of(variable) in names else encoder).append(variable)
        self.language_model, self.head = WeightSet(encoder), WeightSet(head)
        self._finetune = self._trained_by(found)


class World(LanguageModelWorld):
    """See LanguageModelWorld; `play` has graphs of its own."""

    def __init__(self, model, graph, texts, settings, seed, language_model):
        super().__init__(graph, texts, settings, seed, language_model)
        self._model, self._pieces = model, texts.pieces

    def play(self, episode, sample, positions):
        """A player's training, in two new graphs."""
        with self._opened(PretrainingGraph) as graph:
            graph.language_model.load(graph.session, self.language_model)
            trainings = Trainings(graph, self._settings, self._seed, self._pieces)
            masked = [trainings.masked(episode, block, chosen)
                      for block, chosen in zip(sample.blocks, positions)]
            mlm_loss = trainings.pretrain(
                episode, len(masked), lambda epoch, places: [masked[i] for i in places])
            weights = graph.language_model.read(graph.session)
        with self._opened(FineTuningGraph) as graph:
            graph.language_model.load(graph.session, weights)
            task_loss = Trainings(graph, self._settings, self._seed, self._pieces).finetune(
                episode, sample.task)
            score = 100 * graph.accuracy(self.validation, 4 * self._settings.task_batch_size)
        return Played(score, weights, {"mlm_loss": mlm_loss, "task_loss": task_loss})

    @contextlib.contextmanager
    def _opened(self, kind):
        with tf.Graph().as_default():
            graph = kind(self._model, ("label_ids",), self._settings.adam_epsilon,
                         self._settings.precision)
            initialise = tf.global_variables_initializer()
            with tf.Session() as session:
                session.run(initialise)
                graph.session = session
                yield graph


def world_of_new_graphs(model):
    """Makes a World as LanguageModelWorld is made."""
    return functools.partial(World, model)
