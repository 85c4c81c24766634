"""The flags that decide what windows are, shared by the programs that make them.

The reference's names, meanings and defaults.
"""
from typing import Callable

from absl import flags

from bert_nq.features.options import PACKING_NAMES, FeatureOptions, TextOptions
from bert_nq.features.tokenizers import TOKENIZERS
from bert_nq.text.vocabulary import tokenizer_of

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


def define_text_flags(vocabulary: str) -> Callable[[], TextOptions]:
    """Defines --vocab_file, --do_lower_case, --tokenizer, --packing; returns how to read them.

    Args:
      vocabulary: the file of --vocab_file, `Featurizer.vocabulary`.
    """
    vocab_file = flags.DEFINE_string(
        "vocab_file", None, vocabulary + ". Or a SentencePiece model, ALBERT's or XLNet's.")
    do_lower_case = flags.DEFINE_bool(
        "do_lower_case", True, "Whether to lower-case the text: true for uncased models. What the "
        "files beside the vocabulary say is the default, and false for XLNet's.")
    tokenizer = flags.DEFINE_enum(
        "tokenizer", None, list(TOKENIZERS),
        "By default the one that the vocabulary is for: 'wordpiece', or 'sentencepiece' for a "
        "spiece.model. 'reference' is bert-tensorflow's FullTokenizer: the pieces of 'wordpiece', "
        "slower.")
    order = flags.DEFINE_enum(
        "packing", "bert", PACKING_NAMES,
        "The order of question and document in windows, which the encoder decides. By default that "
        "of the encoder whose config lies beside the vocabulary, or of --bert_config_file.")
    return lambda: TextOptions(vocab_file.value, do_lower_case.value,
                               tokenizer.value or tokenizer_of(vocab_file.value), order.value)


def define_window_flags() -> Callable[[], FeatureOptions]:
    """Defines the flags of `FeatureOptions` but --seed; returns how to read them."""
    d = FeatureOptions()
    holders = {
        "max_seq_length": flags.DEFINE_integer(
            "max_seq_length", d.max_seq_length, "Wordpieces of a window, question included; "
            "65536 at most."),
        "doc_stride": flags.DEFINE_integer(
            "doc_stride", d.doc_stride, "Wordpieces between the starts of two windows."),
        "max_query_length": flags.DEFINE_integer(
            "max_query_length", d.max_query_length,
            "Wordpieces of the question; of a longer one the last are kept."),
        "skip_nested_contexts": flags.DEFINE_bool(
            "skip_nested_contexts", d.skip_nested_contexts,
            "Leave out candidates that are not top level."),
        "max_contexts": flags.DEFINE_integer(
            "max_contexts", d.max_contexts,
            "Candidates of a page that are used, with the entry for no long answer."),
        "max_position": flags.DEFINE_integer(
            "max_position", d.max_position,
            "The n of the markers [Paragraph=n], [Table=n], [List=n] stops here."),
        "include_unknowns": flags.DEFINE_float(
            "include_unknowns", d.include_unknowns,
            "Share of the training windows without answer that is kept; negative: none."),
        "keep_unreachable_answers": flags.DEFINE_bool(
            "keep_unreachable_answers", d.keep_unreachable_answers,
            "Where the gold candidate is not among the contexts, label whatever stands at its "
            "offset, as the reference does; false: treat the page as without answer."),
        "keep_drift": flags.DEFINE_bool(
            "keep_drift", d.keep_drift,
            "Behind a token that is no word (an empty one) or several (one with U+202F), take each "
            "word for the token beside its own, as the reference does; false: for its own."),
    }
    return lambda: FeatureOptions(**{name: holder.value for name, holder in holders.items()})
