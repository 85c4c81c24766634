"""Each augmentation applied to wild pages: they stay valid pages with the same answers."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import BlockEdits
from bert_nq.augmentation.case_noise import CaseNoise
from bert_nq.augmentation.deletion import Deletion
from bert_nq.augmentation.distractors import Distractors, pool_of
from bert_nq.augmentation.question_words import QuestionWords
from bert_nq.augmentation.rewriting import rewrite_example, rewrite_record
from bert_nq.augmentation.shuffling import ParagraphShuffle
from bert_nq.augmentation.swapping import Swap
from bert_nq.augmentation.typos import Typos
from bert_nq.datasets.nq.decoding import example_of
from tests.support.augmentation_samples import distinct_words, make_draws
from tests.support.examples import with_examples
from tests.support.nq_pages import make_page
from tests.support.wild_pages import wild_pages

# A page that differs from all wild pages.
OTHER = make_page(["<P>"] + distinct_words(30) + ["&", "</P>"], example_id=2 ** 63 - 1,
                  title="Other")
AUGMENTATIONS = {
    "deletion": Deletion(0.5),
    "swap": Swap(0.5),
    "question words": QuestionWords(),
    "shuffle": ParagraphShuffle(),
    "distractors": Distractors(pool_of([example_of(OTHER, "other")])),
    "typos": Typos(0.5),
    "case noise": CaseNoise(0.5),
}


def answers(example):
    """[(tags of the long answer, tokens of the short answers, yes or no)] of the annotations."""
    found = []
    for index, short, yes_no in example.annotations:
        long = example.candidates[index] if index >= 0 else (0, 0, False)
        tags = [example.tokens[i] for i in range(*long[:2]) if example.is_html[i]]
        found.append((tags, long[2], [example.tokens[s:e] for s, e in short], yes_no))
    return found


@pytest.mark.parametrize("name", AUGMENTATIONS)
@with_examples(50)
@given(wild_pages(), wild_pages(simplified=True), st.integers(0, 3))
def test_pages_and_their_answers(name, original, simplified, copy):
    for record in (original, simplified):
        example = example_of(record, "wild")
        edits = AUGMENTATIONS[name].edits(example, make_draws(copy))
        if edits is None:
            continue
        rewritten = rewrite_example(example, edits)
        assert (rewritten.tokens, rewritten.question) != (example.tokens, example.question)
        assert answers(rewritten) == answers(example)
        new = rewrite_record(record, edits, "wild")
        assert example_of(new, "wild") == rewritten
        if isinstance(edits, BlockEdits):
            count = len(example.candidates) + len(edits.insertions)
            assert len(rewritten.candidates) == count
