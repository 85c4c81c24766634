"""What a page will say, what is asked of it, and where the answer will stand."""
import random
from typing import List, NamedTuple, Optional, Tuple

from sample_corpus import values
from sample_corpus.kinds import KINDS, Choice, Kind, Listing, Topic
from sample_corpus.names import Namer
from sample_corpus.page import Page
from sample_corpus.relations import RELATIONS, Relation

NULL, SHORT, LONG, YES_NO, MULTI = "null", "short", "long", "yes/no", "multi"

NULL_SHARE = 0.35
# Of the questions that have an answer.
_ANSWER_SHARES = ((SHORT, 0.77), (LONG, 0.10), (YES_NO, 0.09), (MULTI, 0.04))

# Where a fact may stand, and how often.
INFOBOX, CREDITS, LEAD, EARLY, LATE = "infobox", "credits", "lead", "early", "late"
_PLACES = ((LEAD, 0.46), (INFOBOX, 0.20), (EARLY, 0.16), (LATE, 0.12), (CREDITS, 0.06))

# Of the facts in an infobox, those that the text tells again.
_REPEAT_SHARE = 0.15
# A sentence about another subject, in the words that would answer the question.
_RIVAL_SHARE = {NULL: 0.25, SHORT: 0.10}
_ASIDE_SHARE = 0.25

MIN_TOKENS, MAX_TOKENS = 200, 5000
_MEDIAN_TOKENS, _SPREAD = 380, 0.75


class Fact(NamedTuple):
    relation: Relation
    value: str
    place: str
    asked: bool


class Rival(NamedTuple):
    """A fact about another subject of the same kind."""

    subject: str
    relation: Relation
    value: str


class Plan(NamedTuple):
    kind: Kind
    title: str
    subject: str  # As a sentence names it: "the Tovin River" for the title "Tovin River".
    family: str  # Of a person, else empty.
    pronoun: str
    answer_type: str
    question: List[str]  # Its tokens.
    length: int  # Tokens to aim at.
    facts: List[Fact]
    rival: Optional[Rival]
    # What else the page tells, and whether it is what is asked.
    choices: List[Tuple[Choice, bool, bool]]  # With the answer, yes or no.
    listings: List[Tuple[Listing, List[str], bool]]
    topics: List[Tuple[Topic, bool]]


def make_plan(rng: random.Random, namer: Namer) -> Plan:
    """Draws a plan; equal generators give equal plans."""
    kind = rng.choice(KINDS)
    subject = _subject(kind, rng, namer)
    answer_type = _answer_type(rng)
    asked = _asked(kind, answer_type, rng)
    return Plan(
        kind=kind,
        title=subject[4:] if subject.startswith("the ") else subject,
        subject=subject,
        family=subject.split()[-1] if kind.name == "person" else "",
        pronoun=rng.choice(("he", "she")) if kind.name == "person" else "it",
        answer_type=answer_type,
        question=question(asked, subject, rng),
        length=_length(rng),
        facts=_facts(kind, asked, answer_type, rng, namer),
        rival=_rival(kind, asked, answer_type, rng, namer),
        choices=[(c, rng.random() < 0.5, c is asked) for c in kind.choices
                 if _told(c, asked, answer_type, rng)],
        listings=[(x, values.several(x.value, rng, namer, rng.randint(2, 4)), x is asked)
                  for x in kind.listings if _told(x, asked, answer_type, rng)],
        topics=[(t, t is asked) for t in kind.topics if _told(t, asked, answer_type, rng)],
    )


def question(asked, subject: str, rng: random.Random) -> List[str]:
    """The tokens of a question for a relation, choice, listing or topic, in lower case."""
    phrasings = [asked.question] if isinstance(asked, Choice) else asked.questions
    return Page.words(rng.choice(phrasings).replace("{x}", subject).lower())


def _subject(kind: Kind, rng: random.Random, namer: Namer) -> str:
    title = rng.choice(kind.titles)
    return title.replace("{n}", namer.place()) if "{n}" in title else (
        values.draw(title, rng, namer))


def _answer_type(rng: random.Random) -> str:
    return NULL if rng.random() < NULL_SHARE else _weighted(_ANSWER_SHARES, rng)


def _weighted(shares, rng: random.Random) -> str:
    return rng.choices([s[0] for s in shares], [s[1] for s in shares])[0]


def _length(rng: random.Random) -> int:
    """Most pages are short; one in a hundred is of any length up to the longest."""
    if rng.random() < 0.01:
        return rng.randint(2000, MAX_TOKENS - 100)
    return min(max(int(rng.lognormvariate(0, _SPREAD) * _MEDIAN_TOKENS), MIN_TOKENS + 20),
               MAX_TOKENS - 100)


def _asked(kind: Kind, answer_type: str, rng: random.Random):
    """What the question is about: one of the kind's relations, choices, listings or topics."""
    if answer_type == NULL:
        # What null questions ask must look like what others ask.
        answer_type = _weighted(_ANSWER_SHARES, rng)
    if answer_type == SHORT:
        return RELATIONS[rng.choice(kind.relations)]
    return rng.choice({LONG: kind.topics, YES_NO: kind.choices,
                       MULTI: kind.listings}[answer_type])


def _told(thing, asked, answer_type: str, rng: random.Random) -> bool:
    if thing is asked:
        return answer_type != NULL
    return rng.random() < _ASIDE_SHARE


def _facts(kind: Kind, asked, answer_type: str, rng: random.Random, namer: Namer) -> List[Fact]:
    """Three or more facts, and the asked one, unless the question is to have no answer."""
    others = [RELATIONS[name] for name in kind.relations if RELATIONS[name] is not asked]
    told = rng.sample(others, rng.randint(3, len(others)))
    facts = [Fact(r, values.draw(r.value, rng, namer), _weighted(_PLACES, rng), False)
             for r in told]
    if answer_type == SHORT:
        facts.append(Fact(asked, values.draw(asked.value, rng, namer), _weighted(_PLACES, rng),
                          True))
    facts = _with_deaths_after_births(facts, rng)
    if answer_type == SHORT and facts[-1].place == INFOBOX and rng.random() < _REPEAT_SHARE:
        facts.append(facts[-1]._replace(place=rng.choice((LEAD, EARLY))))
    return facts


def _with_deaths_after_births(facts: List[Fact], rng: random.Random) -> List[Fact]:
    births = [f.value for f in facts if f.relation.name == "born"]
    if not births:
        return facts
    year = int(births[0].split()[-1]) + rng.randint(25, 90)
    return [f._replace(value="%s %d" % (f.value.rsplit(" ", 1)[0], year))
            if f.relation.name == "died" else f for f in facts]


def _rival(kind: Kind, asked, answer_type: str, rng: random.Random,
           namer: Namer) -> Optional[Rival]:
    if not isinstance(asked, Relation) or rng.random() >= _RIVAL_SHARE.get(answer_type, 0):
        return None
    return Rival(_subject(kind, rng, namer), asked, values.draw(asked.value, rng, namer))
