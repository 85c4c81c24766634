"""The flags of run_nmg.py. Defaults stand in masking_policy/settings.py and in its tasks."""
from typing import Any

from absl import flags

from bert_nq.features import maskings
from bert_nq.features.block_options import BlockOptions
from bert_nq.masking_policy import tasks
from bert_nq.masking_policy.settings import (
    ENTROPIES,
    OBJECTIVES,
    OPPONENTS,
    EpisodeSettings,
    PolicySettings,
)

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()

_CHOICES = {"opponent": OPPONENTS, "objective": OBJECTIVES, "entropy": ENTROPIES,
            "precision": ("fp32", "bf16")}
_HELP = {
    "masking_prob": "The share of a block's wordpieces that every player masks: rounded down, one "
    "at least, never special tokens.",
    "opponent": "Whom the policy plays against beside the random masker: a second policy that "
    "learns, a frozen copy of itself from its last win, or the random masker alone.",
    "objective": "The policy's loss: the ratio of PPO, importance weights, or neither.",
    "ratio_clip": "How far from 1 the ratio of PPO counts; 0: however far, as in the source.",
    "importance_cap": "The largest importance weight; 0: none, as in the source.",
    "entropy": "summed: as in the source, it grows with the batch and shrinks with the length; "
    "normalised: from 0 to 1 whatever they are.",
    "entropy_weight": "Of the entropy in the loss.",
    "policy_learning_rate": "Of policy and value network.",
    "replay_capacity": "Masked wordpieces that are remembered.",
    "replay_states": "Blocks that they may be of. Each takes 4 * length * hidden_size bytes.",
    "replay_start": "Masked wordpieces with which learning, and an opponent of its own, begin.",
    "replay_strategies": "What is drawn more often: A where the value was wrong, R good rewards, V "
    "high values, Z no difference; several letters: their mean.",
    "replay_batch_size": "Masked wordpieces of an update.",
    "replay_updates": "Updates of an episode.",
    "episode_contexts": "Texts of an episode.",
    "episode_blocks": "Of their blocks, those that are pretrained on, at most.",
    "episode_rows": "Of their rows of the task, those that are fine-tuned on, at most.",
    "validation_share": "The share of the texts that players are scored on, and never trained on.",
    "validation_rows": "Of their rows, those that are scored, at most.",
    "block_size": "Wordpieces of a block that is masked, [CLS] and [SEP] counted.",
    "mlm_epochs": "Passes over the blocks in further pretraining.",
    "mlm_learning_rate": "Of further pretraining, falling to 0.",
    "mlm_batch_size": "Blocks of a step.",
    "task_epochs": "Passes over the rows in fine-tuning.",
    "task_learning_rate": "Of fine-tuning, falling to 0.",
    "task_batch_size": "Rows of a step.",
    "adam_epsilon": "Of both trainings.",
    "precision": "Of both trainings' products; bf16 needs TensorFlow 2.",
}
_LOWEST = {"ratio_clip": 0, "importance_cap": 0, "entropy_weight": 0, "validation_rows": 1,
           "validation_share": 0.001}


def define_flags() -> None:
    """Defines the flags of what is learned on, of episodes and of the policy."""
    flags.DEFINE_bool("do_meta_train", False, "Whether to learn a policy.")
    flags.DEFINE_enum("task", "classification", list(tasks.TASKS), "What the language model is "
                      "fine-tuned for: texts with labels, or questions about contexts.")
    flags.DEFINE_string("train_file", None, "Annotated data of the task; their texts are what is "
                        "masked. Comma-separated paths and globs.")
    flags.DEFINE_string("bert_config_file", None, "The encoder's bert_config.json.")
    flags.DEFINE_string("init_checkpoint", None, "The language model that the first episode starts "
                        "from, best with its masked-LM head; random weights if not given.")
    flags.DEFINE_string("output_dir", None, "The folder of the run: it goes on from what is there.")
    flags.DEFINE_integer("num_episodes", 1000, "Episodes in all.", lower_bound=1)
    flags.DEFINE_integer("save_every", 1, "Episodes between two states of the run; one that is "
                         "killed repeats those behind the last one.", lower_bound=1)
    flags.DEFINE_integer("save_policy_every", 50, "Episodes between two policies that are kept.",
                         lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Of all draws and first weights.", lower_bound=0,
                         upper_bound=2 ** 31 - 1)
    flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"], "What to do with an example that "
                      "cannot be used: stop, or leave it out.")
    flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")
    _define_test_flags()
    _define_task_flags()
    for defaults in (PolicySettings(), EpisodeSettings()):
        for name, default in defaults._asdict().items():
            _define(name, default)


def _define_test_flags() -> None:
    flags.DEFINE_bool("do_meta_test", False, "Whether to test the policies in --output_dir: one is "
                      "chosen on texts that are held out of --train_file, and compared on "
                      "--test_file with --test_maskings and with no further pretraining.")
    flags.DEFINE_string("test_file", None, "Annotated data that are scored by --do_meta_test: "
                        "comma-separated paths and globs.")
    flags.DEFINE_list("test_maskings", ["random"], "Of --do_meta_test: the maskings that the "
                      "policy is compared with at the same budget, of %s."
                      % ", ".join(maskings.MASKINGS))
    flags.DEFINE_string("entity_model", BlockOptions().entity_model, "The model of spaCy, "
                        "installed or a folder, that finds the entities of --test_maskings=entity.")
    flags.DEFINE_integer("test_seeds", 1, "Trainings of each contender, from --seed on.",
                         lower_bound=1)
    flags.DEFINE_integer("test_mlm_epochs", 3, "Of --do_meta_test: passes over all blocks in "
                         "further pretraining.", lower_bound=1)
    flags.DEFINE_integer("test_task_epochs", None, "Of --do_meta_test: passes over all rows in "
                         "fine-tuning%s." % _by_task("test_task_epochs"), lower_bound=1)


def _define_task_flags() -> None:
    flags.DEFINE_integer("max_seq_length", None, "Wordpieces of a row of the task%s."
                         % _by_task("max_seq_length"), lower_bound=3)
    flags.DEFINE_string("labels", None, "Of texts: with commas, or as a JSON list; by default "
                        "those of --train_file in alphabetical order.")
    flags.DEFINE_string("head", None, "What makes logits of the encoder's vectors%s. With labels, "
                        "mean_classes takes the mean of all vectors, see "
                        "docs/classification.md." % _by_task("head"))
    d = tasks.Options(0)
    flags.DEFINE_integer("doc_stride", d.doc_stride, "Of questions: wordpieces between the starts "
                         "of two windows.", lower_bound=1)
    flags.DEFINE_integer("max_query_length", d.max_query_length, "Of questions: their wordpieces, "
                         "of a longer one the first.", lower_bound=1)
    flags.DEFINE_bool("version_2_with_negative", d.version_2_with_negative, "Whether there are "
                      "questions without an answer.")


def _define(name: str, default: Any) -> None:
    """One flag of the settings; where its default depends on the task it is None."""
    text, by_task = _HELP[name], _by_task(name)
    if by_task:
        text, default_of_flag = text[:-1] + by_task + ".", None
    else:
        default_of_flag = default
    if name in _CHOICES:
        flags.DEFINE_enum(name, default_of_flag, list(_CHOICES[name]), text)
    elif isinstance(default, str):
        flags.DEFINE_string(name, default_of_flag, text)
    elif isinstance(default, float):
        flags.DEFINE_float(name, default_of_flag, text, lower_bound=_LOWEST.get(name, 1e-12))
    else:
        flags.DEFINE_integer(name, default_of_flag, text, lower_bound=_LOWEST.get(name, 1))


def _by_task(name: str) -> str:
    """The defaults of a flag where they depend on the task, as --help tells them; else ""."""
    found = {task: tasks.get(task).defaults.get(name) for task in tasks.TASKS}
    if None in found.values():
        return ""
    return "; by default " + ", ".join("%s of %s" % (value, task)
                                       for task, value in found.items())
