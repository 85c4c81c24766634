"""Pages and draws for the tests of augmentations."""
from bert_nq.augmentation.augmentation import Draws
from bert_nq.datasets.nq.decoding import example_of
from tests.support.nq_pages import make_page


def make_example(text, annotations=(), **fields):
    """The example of a page made by nq_pages.make_page."""
    return example_of(make_page(text, annotations=annotations, **fields), "test")


def make_draws(copy=0):
    """The random numbers for one copy of a page."""
    return Draws(seed=0, example_id=1, copy=copy)


def edits_of(augmentation, *records):
    """Yields (example, edits) of each record that the augmentation edits."""
    for record in records:
        example = example_of(record, "wild")
        edits = augmentation.edits(example, make_draws())
        if edits is not None:
            yield example, edits


def distinct_words(number):
    """Distinct words of five letters: "aaaab", "aaaac", and so on."""
    letters = "abcdefghijklmnopqrst"  # 20 digits: a word is a number in base 20
    return ["".join(letters[i // 20 ** power % 20] for power in range(4, -1, -1))
            for i in range(1, number + 1)]


def long_example(num_words, per_paragraph, annotations=()):
    """A page of `num_words` distinct words in paragraphs of `per_paragraph` words."""
    words = distinct_words(num_words)
    text = []
    for i in range(0, num_words, per_paragraph):
        text += ["<P>"] + words[i:i + per_paragraph] + ["</P>"]
    return make_example(text, annotations)
