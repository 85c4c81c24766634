"""The settings that decide what an example's copies are, and the augmenter that they make."""
import itertools
import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from bert_nq.augmentation import tagging, wordnet
from bert_nq.augmentation.augmentation import Augmentation
from bert_nq.augmentation.augmenter import Augmenter, CopyOptions
from bert_nq.augmentation.case_noise import CaseNoise
from bert_nq.augmentation.checks import check_rate
from bert_nq.augmentation.deletion import Deletion
from bert_nq.augmentation.distractors import Distractors, pool_of
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.augmentation.question_words import QuestionWords
from bert_nq.augmentation.shuffling import ParagraphShuffle
from bert_nq.augmentation.source_synonyms import (
    FirstLemmas,
    SourceSynonymOptions,
    SourceSynonyms,
)
from bert_nq.augmentation.swapping import Swap
from bert_nq.augmentation.synonyms import SynonymOptions, Synonyms
from bert_nq.augmentation.thesaurus import Thesaurus, ThesaurusOptions
from bert_nq.augmentation.typos import Typos
from bert_nq.augmentation.wordnet import WordNetFiles
from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards

NAMES = ("synonyms", "deletion", "swap", "question_words", "shuffle", "distractors", "typos",
         "case_noise")


class AugmentationOptions(NamedTuple):
    """Settings of all augmentations; each has the name of its flag."""
    augment: Tuple[str, ...] = ("synonyms",)  # some of NAMES, applied to each copy in this order
    mode: str = "standard"  # synonyms: "standard", or "seed", as tinyBERT-NQ's scripts meant them
    rate: float = 0.2  # the share of the words that are changed, among those that can be
    # One of augmentation.WORDS; None: "answer" with mode "seed", else "context".
    words: Optional[str] = None
    sense: str = "first"  # synonyms: those of the "first" sense, or "uniform"
    multi_word: str = "exclude"  # synonyms of several words: "exclude", "hyphen" or "underscore"
    # Synonyms: parts of speech by NLTK's tagger where it is installed ("auto"), by "wordnet", or by
    # the "tagger", which then must be installed.
    pos: str = "auto"
    num_distractors: int = 1  # paragraphs per copy
    distractor_pages: Tuple[str, ...] = ()  # paths of the shards to take distractors from
    wordnet: Optional[WordNetFiles] = None  # None: looked for when it is needed
    copies: CopyOptions = CopyOptions()

    def resolved(self, wordnet_dir: Optional[str] = None) -> "AugmentationOptions":
        """Checks the settings and fills in WordNet's place and `pos`, so that no worker need look.

        Args:
          wordnet_dir: where to look for WordNet; None: see `wordnet.find`.

        Raises:
          UserError: WordNet is needed and not found, or a setting has no such value.
        """
        check_rate(self.rate)
        unknown = [name for name in self.augment if name not in NAMES]
        if unknown or not self.augment:
            raise UserError("--augment: %s is none of %s"
                            % (", ".join(unknown) or "nothing", ", ".join(NAMES)))
        if "distractors" in self.augment and not self.distractor_pages:
            raise UserError("--augment=distractors needs shards to take paragraphs from")
        if "synonyms" not in self.augment:
            return self
        # "auto" depends on the machine and copies must not, so it is resolved here for all workers.
        pos = "tagger" if tagging.wants_tagger(self.pos) else "wordnet"
        return self._replace(pos=pos, wordnet=self.wordnet or wordnet.find(wordnet_dir))

    def settings(self) -> Dict[str, Any]:
        """{name: value} of everything that decides the copies, for people and manifests."""
        settings: Dict[str, Any] = dict(self.copies._asdict(), augment=",".join(self.augment),
                                        rate=self.rate, words=self._words())
        if "synonyms" in self.augment:
            settings.update(mode=self.mode, sense=self.sense, multi_word=self.multi_word,
                            pos=self.pos,
                            wordnet=self.wordnet.fingerprint if self.wordnet else None)
        if "distractors" in self.augment:
            settings.update(num_distractors=self.num_distractors,
                            distractor_pages=", ".join(map(_content, self.distractor_pages)))
        return settings

    def _words(self) -> str:
        return self.words or ("answer" if self.mode == "seed" else "context")

    def make(self) -> Augmenter:
        """Makes the augmenter; for synonyms, which open WordNet, this takes tenths of a second.

        Raises:
          UserError: see `resolved`; or a setting cannot be used.
        """
        options = self.resolved()
        augmentations: List[Augmentation] = [_MAKERS[name](options) for name in options.augment]
        return Augmenter(augmentations, options.copies, options.settings())


def _synonyms(options: AugmentationOptions) -> Augmentation:
    if options.mode == "seed":
        return SourceSynonyms(SourceSynonymOptions(options.rate, options._words()),
                              FirstLemmas(Lexicon(options.wordnet)))
    thesaurus = Thesaurus(Lexicon(options.wordnet),
                          ThesaurusOptions(options.sense, options.multi_word))
    return Synonyms(SynonymOptions(options.rate, options._words()), thesaurus,
                    tagging.open_tagger(options.pos))


def _content(path: str) -> str:
    """Identifies a shard by name and content, wherever it lies and whenever it was copied there."""
    return "%s %s" % (os.path.basename(path), files.fingerprint(path, with_time=False))


def _distractors(options: AugmentationOptions) -> Augmentation:
    # Bad lines are not reported here, in every worker; whoever reads these pages reports them.
    pages = shards.read_examples(options.distractor_pages,
                                 BadInput(skip=True, show=lambda text: None))
    return Distractors(pool_of(itertools.islice(pages, _POOL_PAGES)), options.num_distractors)


_POOL_PAGES = 2000

_MAKERS = {
    "synonyms": _synonyms,
    "deletion": lambda options: Deletion(options.rate, options._words()),
    "swap": lambda options: Swap(options.rate, options._words()),
    "question_words": lambda options: QuestionWords(),
    "shuffle": lambda options: ParagraphShuffle(),
    "distractors": _distractors,
    "typos": lambda options: Typos(options.rate, options._words()),
    "case_noise": lambda options: CaseNoise(options.rate, options._words()),
}
