"""The flags of augmentation, shared by the programs that make copies of pages."""
from typing import Callable, Dict, Optional, Sequence

from absl import flags

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


def define_flags(augment: str) -> Callable:
    """Defines --augment and the flags that belong to it, but not --seed.

    Args:
      augment: the default of --augment.

    Returns:
      A function from the paths of the input shards and the seed to the `AugmentationOptions` of the
      flags; None if --augment is empty. It raises UserError if they cannot be used.
    """
    names = flags.DEFINE_list(
        "augment", augment, "How to change copies of pages: synonyms, deletion, swap, "
        "question_words, shuffle, distractors, typos, case_noise; of several, one after the other.")
    augmentation_flags = _define_augmentation_flags()
    copy_flags = _define_copy_flags()
    wordnet_dir = flags.DEFINE_string(
        "wordnet_dir", None, "WordNet's folder; by default it is looked for where NLTK and Debian "
        "put it.")
    distractor_jsonl = flags.DEFINE_string(
        "distractor_jsonl", None, "Shards that distractors are taken from; by default the first "
        "one of --input_jsonl.")

    def options(inputs: Sequence[str], seed: int) -> Optional[object]:
        if not names.value:
            return None
        from bert_nq.augmentation.augmenter import CopyOptions
        from bert_nq.augmentation.options import AugmentationOptions
        from bert_nq.datasets.nq import shards
        values = {name: holder.value for name, holder in augmentation_flags.items()}
        pages = ()
        if "distractors" in names.value:
            pages = tuple(shards.expand_shards(distractor_jsonl.value) if distractor_jsonl.value
                          else inputs[:1])
        copies = CopyOptions(seed=seed, **{name: h.value for name, h in copy_flags.items()})
        return AugmentationOptions(tuple(names.value), distractor_pages=pages, copies=copies,
                                   **values).resolved(wordnet_dir.value)

    return options


def _define_augmentation_flags() -> Dict[str, flags.FlagHolder]:
    """{field of AugmentationOptions: its flag}."""
    return {
        "mode": flags.DEFINE_enum(
            "mode", "standard", ["standard", "seed"], "Of synonyms: standard, or as tinyBERT-NQ's "
            "scripts meant it, the answer's words by first lemmas of any synset."),
        "rate": flags.DEFINE_float(
            "rate", 0.2, "The share of the words that are changed, of those that can be.",
            lower_bound=0, upper_bound=1),
        "words": flags.DEFINE_enum(
            "words", None, ["context", "answer", "both", "question", "all"], "Which words to "
            "change: the page without the text of its answers (the default), the answers, both, "
            "the question, or all. With --mode=seed, the answers are the default."),
        "sense": flags.DEFINE_enum(
            "sense", "first", ["first", "uniform"], "Synonyms of a word's most frequent sense, or "
            "of all its senses."),
        "multi_word": flags.DEFINE_enum(
            "multi_word", "exclude", ["exclude", "hyphen", "underscore"], "Synonyms of several "
            "words: none, or joined to one: motor-car, motor_car."),
        "pos": flags.DEFINE_enum(
            "pos", "auto", ["auto", "wordnet", "tagger"], "Parts of speech for synonyms: by NLTK's "
            "tagger where its data is installed, or else by how often WordNet has met the word as "
            "each; always by the latter, which is many times faster; or by the tagger."),
        "num_distractors": flags.DEFINE_integer(
            "num_distractors", 1, "Paragraphs of other pages that a copy gets.", lower_bound=1),
    }


def _define_copy_flags() -> Dict[str, flags.FlagHolder]:
    """{field of CopyOptions: its flag}."""
    return {
        "copies": flags.DEFINE_integer("copies", 1, "Copies of each page.", lower_bound=1),
        "share": flags.DEFINE_float("share", 1.0, "The share of the pages that are copied.",
                                    lower_bound=0, upper_bound=1),
        "documents": flags.DEFINE_enum(
            "documents", "answerable", ["answerable", "all"], "Which pages are copied: those with "
            "a long answer, or all."),
    }
