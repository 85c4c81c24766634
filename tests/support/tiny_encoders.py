"""Encoders other than BERT, with the sizes of the tiny model of NQ's tests, and vocabularies of
their kinds in which each word of its pages is one piece."""
from bert_nq.base.piece_model import CONTROL, Piece
from bert_nq.modeling import encoders
from bert_nq.text.vocabulary import NQ_MARKERS
from tests.support import piece_models, tiny_nq

_WORDS = tuple(dict.fromkeys(
    "\u2581" + form for word in tiny_nq.TOKENS if not word.startswith("[")
    for form in (word, word.capitalize())))
_PIECES = _WORDS + ("\u2581",) + tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.")
_MARKERS = [Piece(marker, 0.0, CONTROL) for marker in NQ_MARKERS]
_SIZE = len(piece_models.SPECIALS["xlnet"]) + len(_PIECES) + len(_MARKERS)  # the larger one

# What a config of each says beside the sizes.
CHANGES = {
    # Two layers of one group.
    "albert": {"embedding_size": 8, "num_hidden_layers": 2, "hidden_dropout_prob": 0.1,
               "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 64,
               "vocab_size": _SIZE},
    "distilbert": {},
    "xlnet": {"n_token": _SIZE, "d_model": tiny_nq.CONFIG.hidden_size,
              "n_layer": 1, "n_head": 2, "d_head": 8,
              "d_inner": tiny_nq.CONFIG.intermediate_size, "hidden_dropout_prob": 0.1},
}


def config(name):
    """The tiny config of an encoder."""
    values = tiny_nq.CONFIG.to_dict()
    values.update(CHANGES[name], model_type=name)
    return encoders.find(name).config_type.from_dict(values)


def write_config(path, name):
    """Writes that config; returns its path."""
    path.write_text(config(name).to_json())
    return str(path)


def write_vocabulary(folder, name):
    """Writes a vocabulary of an encoder's kind into a folder; returns its path."""
    if name not in piece_models.SPECIALS:
        return tiny_nq.write_vocabulary(folder / "vocab-nq.txt")
    return piece_models.write(folder / ("spiece-%s.model" % name), name, _PIECES, _MARKERS)
