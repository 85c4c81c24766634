"""The maker of windows from settings alone, so that any process or machine can have one."""
from typing import Optional

from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.features.packing import PACKINGS
from bert_nq.features.prefilter import Prefilter
from bert_nq.features.tokenizers import make_tokenizer
from bert_nq.features.windows import WindowMaker
from bert_nq.text.vocabulary import Vocabulary, check_markers


def make_window_maker(text: TextOptions, options: FeatureOptions,
                      unknowns: Optional[MinedUnknowns] = None,
                      prefilter: Optional[Prefilter] = None) -> WindowMaker:
    """The WindowMaker of these settings.

    Raises:
      UserError: the vocabulary cannot be read or lacks the markers, no window could be made, or the
        candidate scores cannot be read.
    """
    vocabulary = Vocabulary.load(text.vocab_file)
    check_markers(vocabulary, text.vocab_file)
    return WindowMaker(make_tokenizer(text, vocabulary), vocabulary, options,
                       PACKINGS[text.packing], unknowns.open() if unknowns else None,
                       prefilter.open(options.skip_nested_contexts) if prefilter else None)
