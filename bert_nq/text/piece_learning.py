"""Learns a small SentencePiece model from text, for corpora without a pretrained model."""
import io
from typing import Any, Dict, Iterable, Iterator, NamedTuple

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import CONTROL, Piece, PieceModel
from bert_nq.text.plain_text import plain
from bert_nq.text.vocabulary import ALBERT, NQ_MARKERS, XLNET

# SentencePiece leaves out longer lines; no word of a page has so many bytes that one is lost.
_WORDS_OF_A_LINE = 50
_BYTES_OF_A_LINE = 1 << 16


class Family(NamedTuple):
    """The special tokens as a family's published models have them, from id 0 on."""
    do_lower_case: bool
    settings: Dict[str, Any]  # of the trainer


FAMILIES = {
    # <pad> <unk> [CLS] [SEP] [MASK]
    "albert": Family(True, dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1,
                                control_symbols=list(ALBERT[2:]), user_defined_symbols=[])),
    # <unk> <s> </s> <cls> <sep> <pad> <mask> <eod> <eop>
    "xlnet": Family(False, dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=[
        XLNET.cls, XLNET.sep, XLNET.pad, XLNET.mask, "<eod>"], user_defined_symbols=["<eop>"])),
}


def learn_pieces(texts: Iterable[str], size: int, family: str, do_lower_case: bool) -> PieceModel:
    """Learns a unigram model with sentencepiece's trainer. Equal texts give an equal model.

    The trainer crashes in a process that has loaded TensorFlow 1.15 before sentencepiece.

    Args:
      texts: words or longer texts.
      size: number of pieces, special ones and one [unused...] for each NQ marker included; where
        the texts give too few there are more [unused...].
      family: a key of FAMILIES.
      do_lower_case: whether to lower-case the texts.

    Raises:
      UserError: `size` leaves no room, or there is too little text.
    """
    from sentencepiece import SentencePieceTrainer
    room = size - len(NQ_MARKERS)
    if room < 100:
        raise UserError("a vocabulary of %d entries is too small: %d are reserved for markers, and "
                        "pieces need at least 100 more" % (size, len(NQ_MARKERS)))
    out = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_lines(texts, do_lower_case), model_writer=out, vocab_size=room,
            hard_vocab_limit=False, num_threads=1, minloglevel=2,
            max_sentence_length=_BYTES_OF_A_LINE, **FAMILIES[family].settings)
    except (RuntimeError, OSError) as e:
        raise UserError("no SentencePiece model of %d pieces can be learnt from this text (%s): "
                        "choose another --vocab_size, or give more text"
                        % (size, " ".join(str(e).split()))) from e
    model = piece_model.parse(out.getvalue(), "the learnt model")
    unused = [Piece("[unused%d]" % i, 0.0, CONTROL) for i in range(size - len(model.pieces))]
    return model._replace(pieces=model.pieces + tuple(unused))


def _lines(texts: Iterable[str], do_lower_case: bool) -> Iterator[str]:
    """Yields lines of plain words."""
    words = []
    for text in texts:
        words.append(plain(text, do_lower_case))
        if len(words) == _WORDS_OF_A_LINE:
            yield " ".join(words)
            words = []
    if words:
        yield " ".join(words)
