"""Makes a vocabulary for NQ: writes the marker tokens over [unused...] entries of a BERT vocab.txt.

    python prepare/make_vocab.py --vocab_file=uncased_L-12_H-768_A-12/vocab.txt \\
        --output_vocab=vocab-nq.txt

The number of entries stays, so the model's checkpoint still fits. Without a pretrained model, a
small vocabulary can be learnt from NQ shards instead; it gets the markers as well:

    python prepare/make_vocab.py --learn_from='nq-train-*.jsonl.gz' --vocab_size=4000 \\
        --output_vocab=vocab-nq.txt

A SentencePiece model, ALBERT's or XLNet's, gets the markers over its unused pieces, and where these
do not suffice over its least likely ones. One is learnt with --kind=sentencepiece:

    python prepare/make_vocab.py --vocab_file=spiece.model --output_vocab=spiece-nq.model
    python prepare/make_vocab.py --learn_from='nq-train-*.jsonl.gz' --kind=sentencepiece \\
        --family=xlnet --output_vocab=spiece-nq.model

A reader of candidates (run_quesbelm.py) has other markers, which stand for tags; a vocabulary may
have both:

    python prepare/make_vocab.py --markers=candidates --vocab_file=vocab.txt \\
        --output_vocab=vocab-tags.txt
"""
from bert_nq.cli.start import run

import itertools
from typing import Callable, Iterator, List, Tuple, TypeVar

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import known_settings, program

FLAGS = flags.FLAGS

flags.DEFINE_string("vocab_file", None, "vocab.txt of a BERT model, or spiece.model of "
                    "ALBERT or XLNet, to write the markers into.")
flags.DEFINE_string("learn_from", None,
                    "Comma list of NQ shards or globs (.jsonl, .jsonl.gz, original or simplified "
                    "format), to learn a vocabulary from their questions and pages.")
flags.DEFINE_string("output_vocab", None, "The vocabulary to write.")
flags.DEFINE_integer("vocab_size", 4000, "Entries of a learnt vocabulary, all included.")
flags.DEFINE_enum("kind", "wordpiece", ["wordpiece", "sentencepiece"],
                  "What is learnt: a vocab.txt for BERT, or a SentencePiece model.")
flags.DEFINE_enum("family", "albert", ["albert", "xlnet"],
                  "Whose special tokens a learnt SentencePiece model has.")
flags.DEFINE_bool("do_lower_case", True,
                  "Whether to learn from lower-cased words without accents; by default not for "
                  "--family=xlnet.")
flags.DEFINE_list("markers", ["joint"], "The readers whose markers are written: joint, "
                  "candidates, or both, joint,candidates.")
flags.DEFINE_integer("max_pages", 0, "Learn from this many pages only; 0: from all.",
                     lower_bound=0)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "Whether to stop at a page that cannot be read or to go on without it.")


def words_of_shards(paths: List[str], bad_input) -> Iterator[List[str]]:
    """Yields the words of each page: those of its question, and its tokens that are not HTML."""
    from bert_nq.datasets.nq.shards import BARE_READING

    for example in BARE_READING.examples(paths, bad_input):
        # Blanks inside a token are dropped, as when windows are made.
        yield example.question.split(" ") + [
            token.replace(" ", "") for token, is_html in zip(example.tokens, example.is_html)
            if not is_html]


Rows = List[Tuple[str, object]]  # of a summary
_Learnt = TypeVar("_Learnt")


def learn(make: Callable[[Iterator[str]], Tuple[_Learnt, Rows]]) -> Tuple[_Learnt, Rows]:
    """Has `make` learn from the words of --learn_from; returns what it does, with more rows."""
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.nq.shards import expand_shards

    bad_input = BadInput(skip=FLAGS.on_bad_input == "skip")
    shards = expand_shards(FLAGS.learn_from)
    files.check_output(FLAGS.output_vocab, shards)
    pages = words_of_shards(shards, bad_input)
    pages = itertools.islice(pages, FLAGS.max_pages or None)
    num_pages = 0

    def words() -> Iterator[str]:
        nonlocal num_pages
        for page in program.progress(pages, "pages"):
            num_pages += 1
            yield from page

    learnt, rows = make(words())
    return learnt, [("pages", num_pages), ("pages skipped", bad_input.skipped)] + rows


def learn_tokens(words: Iterator[str]) -> Tuple[List[str], Rows]:
    """Learns the tokens of a vocab.txt."""
    from bert_nq.text.learning import count_words, coverage, learn_vocabulary
    from bert_nq.text.vocabulary import Vocabulary

    counts = count_words(words, FLAGS.do_lower_case)
    tokens = learn_vocabulary(counts, FLAGS.vocab_size)
    share = coverage(counts, Vocabulary(tokens))
    return tokens, [
        ("words and signs", share.words),
        ("kept whole", "%.1f %%" % (100 * share.whole)),
        ("unknown", "%.2f %%" % (100 * share.unknown)),
        ("pieces per word", "%.3f" % share.pieces_per_word)]


def main() -> None:
    program.require(FLAGS, "output_vocab")
    if bool(FLAGS.vocab_file) == bool(FLAGS.learn_from):
        raise UserError("give either --vocab_file, to write the markers into it, or --learn_from, "
                        "to learn a vocabulary")
    from bert_nq.base.vocabulary_files import is_piece_model

    markers = markers_of_flags()
    if FLAGS.vocab_file:
        known_settings.take_of_vocabulary(FLAGS, program.note)
        is_pieces = is_piece_model(FLAGS.vocab_file)
    else:
        is_pieces = FLAGS.kind == "sentencepiece"
    if is_pieces:
        make_pieces(markers)
    else:
        make_tokens(markers)
    print("\nNext:\n  " + program.command(
        "prepare/prepare_nq_data.py" if "joint" in FLAGS.markers
        else "prepare/prepare_candidates.py", "--vocab_file=" + FLAGS.output_vocab,
        "--do_lower_case=%s" % str(FLAGS.do_lower_case).lower(),
        "--input_jsonl=nq-train-*.jsonl.gz", "--output_tfrecord=nq-train.tfrecord"))


def markers_of_flags() -> List[str]:
    """The markers to write."""
    from bert_nq.text.vocabulary import MARKERS

    unknown = sorted(set(FLAGS.markers).difference(MARKERS))
    if unknown or not FLAGS.markers:
        raise UserError("--markers=%s: there are markers for %s"
                        % (",".join(FLAGS.markers), ", ".join(MARKERS)))
    return [marker for reader in FLAGS.markers for marker in MARKERS[reader]]


def make_pieces(markers: List[str]) -> None:
    """Writes a SentencePiece model with markers, and prints the summary."""
    from bert_nq.text import piece_learning, piece_markers
    from bert_nq.text.vocabulary import read_pieces

    rows: Rows = []
    if FLAGS.vocab_file:
        model = read_pieces(FLAGS.vocab_file)
    else:
        if not FLAGS["do_lower_case"].present:
            FLAGS.do_lower_case = piece_learning.FAMILIES[FLAGS.family].do_lower_case
        model, rows = learn(lambda words: (piece_learning.learn_pieces(
            words, FLAGS.vocab_size, FLAGS.family, FLAGS.do_lower_case), []))
    try:
        marked = piece_markers.write_markers(model, markers)
    except UserError as e:
        raise UserError("%s: %s" % (FLAGS.vocab_file or "the learnt model", e)) from e
    with files.replacing(FLAGS.output_vocab) as out:
        out.write(marked.model.content())
    lost = marked.lost
    program.print_table("SentencePiece model %s" % FLAGS.output_vocab, rows + [
        ("entries", len(model.pieces)),
        ("markers written", len(marked.ids)),
        ("ids", _ranges(sorted(marked.ids)) if marked.ids else "none: all were there"),
        ("over pieces of text", "%d: %s%s" % (len(lost), " ".join(lost[:5]), (
            " ..." if len(lost) > 5 else "")) if lost else 0)])


def make_tokens(markers: List[str]) -> None:
    """Writes a vocab.txt with markers, and prints the summary."""
    from bert_nq.text.vocabulary import read_tokens, write_markers

    rows: Rows = []
    if FLAGS.vocab_file:
        tokens = read_tokens(FLAGS.vocab_file)
    else:
        tokens, rows = learn(learn_tokens)
    try:
        marked = write_markers(tokens, markers)
    except UserError as e:
        raise UserError("%s: %s" % (FLAGS.vocab_file, e)) from e
    with files.replacing(FLAGS.output_vocab) as out:
        out.write("".join(token + "\n" for token in marked).encode("utf8"))

    written = [i for i, (old, new) in enumerate(zip(tokens, marked)) if old != new]
    program.print_table("Vocabulary %s" % FLAGS.output_vocab, rows + [
        ("entries", len(marked)),
        ("markers written", len(written)),
        ("on lines, from 0", _ranges(written) if written else "none: all were there")])
    repeated = len(marked) - len(set(marked))
    if repeated:
        print("\n%d lines repeat earlier ones. BERT's own reader counts such lines when it numbers "
              "tokens, bert-tensorflow 1.0.4 does not: where their ids differ, models here refuse "
              "the vocabulary." % repeated)


def _ranges(numbers: List[int]) -> str:
    """Ascending numbers as readable ranges: [1, 2, 3, 7] is "1 to 3, 7"."""
    parts = []
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *rest = [number for _, number in group]
        parts.append("%d to %d" % (first, rest[-1]) if rest else "%d" % first)
    return ", ".join(parts)


if __name__ == "__main__":
    run(main)
