"""Entries of SQuAD's decoders as answers about a page."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.features.squad_options import SquadOptions
from bert_nq.prediction.predictor import Answers
from bert_nq.scoring.squad.tuned import Tuned
from bert_nq.tasks import squad_asking
from tests.support import own_pages

PAGE = own_pages.page("<H1> Tovin </H1> <P> tovin is in aron </P> <Ul> <Li> osk </Li> "
                      "<Li> old brun </Li> </Ul>")
# What the model reads, with lines for paragraphs and items; headings are of it.
LINES = "Tovin\ntovin is in aron\nosk\nold brun"
CONTEXT = LINES.replace("\n", " ")


def record(text, probability, part=""):
    """An answer of the n-best list; `part`: what is around it, where it is not the first one."""
    start = CONTEXT.index(part or text) + (part or text).index(text) if text else None
    return {"text": text, "probability": probability,
            "start_char": start, "end_char": start + len(text) if text else None}


def asked(records, text, odds=None, thresholds=None):
    entry = {"id": "q", "text": text}
    if odds is not None:
        entry.update(null_odds=odds, best_text=next((r["text"] for r in records if r["text"]), ""))
    return squad_asking.answer("q", PAGE, Answers(entry, {"answers": records}), thresholds)


def texts(answer):
    return (answer.short and answer.short.text, answer.long and answer.long.text)


def test_the_context_is_all_words_of_the_page():
    example = squad_asking.example_of("where is tovin", PAGE)
    assert (example.context, example.question) == (LINES, "where is tovin")
    assert example.source == "page.html"


def test_an_answer_in_its_paragraph():
    found = asked([record("aron", 0.7), record("", 0.2), record("tovin is", 0.1)], "aron", -1.0)
    assert found and texts(found) == ("aron", "tovin is in aron")
    assert PAGE.tokens[found.short.start_token:found.short.end_token] == ["aron"]
    assert found.probability == 0.7
    assert [(texts(a), a.probability) for a in found.others] == [
        (("aron", "tovin is in aron"), 0.7), (("tovin is", "tovin is in aron"), 0.1)]


@pytest.mark.parametrize("text, long", [
    ("brun", "old brun"),  # the item
    ("old brun", "osk old brun"),  # The item is the answer: the list around it.
    ("osk old brun", "osk old brun"),  # There is no larger one than the list.
    ("Tovin", None),  # A heading is no candidate.
    ("aron osk", None),  # Nothing holds both ends.
])
def test_the_long_answer_is_the_smallest_candidate_that_shows_more(text, long):
    assert texts(asked([record(text, 0.5)], text)) == (text, long)


def test_no_answer():
    found = asked([record("", 0.8), record("aron", 0.2)], "", 2.0)
    assert not found and texts(found) == (None, None)
    assert found.probability == 0.2 and texts(found.others[0]) == ("aron", "tovin is in aron")
    # Nothing possible at all: "empty" stands for it in the files.
    found = asked([dict(record("", 1.0), text="empty")], "empty")
    assert not found and found.others == () and found.probability == 0.0


def test_parts_of_the_same_words_are_one_answer():
    found = asked([record("aron", 0.4), record("ar", 0.3), record("old", 0.2)], "aron")
    assert [texts(a)[0] for a in found.others] == ["aron", "old"]


def test_a_null_threshold_decides():
    records = [record("", 0.6), record("aron", 0.4)]
    assert texts(asked(records, "", 1.0, Tuned(1.0)))[0] == "aron"
    assert not asked(records, "aron", 1.1, Tuned(1.0))


def test_thresholds_are_for_models_that_may_not_answer():
    assert squad_asking.decoder_of("span", SquadOptions(version_2_with_negative=True), Tuned(1.0))
    assert squad_asking.decoder_of("span", SquadOptions(), None).name == "lines"
    with pytest.raises(UserError, match="always answers: thresholds cannot be applied"):
        squad_asking.decoder_of("span", SquadOptions(), Tuned(1.0))
