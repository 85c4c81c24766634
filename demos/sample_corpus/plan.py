"""Plans the content of a page and where it stands."""
import random
from typing import List, NamedTuple, Optional, Tuple

from sample_corpus import values
from sample_corpus.kinds import KINDS, Choice, Kind, Listing, Topic
from sample_corpus.names import Namer
from sample_corpus.relations import RELATIONS, Relation

# The places of facts and their shares.
INFOBOX, CREDITS, LEAD, EARLY, LATE = "infobox", "credits", "lead", "early", "late"
_PLACES = ((LEAD, 0.42), (INFOBOX, 0.22), (EARLY, 0.18), (LATE, 0.12), (CREDITS, 0.06))

# The share of the facts in an infobox that the text repeats.
_REPEAT_SHARE = 0.15
# The share of pages with a sentence about another subject that would otherwise answer a question.
_RIVAL_SHARE = 0.2

MIN_TOKENS, MAX_TOKENS = 200, 5000
_MEDIAN_TOKENS, _SPREAD = 270, 0.75
_LONG_SHARE = 0.01


class Fact(NamedTuple):
    """A fact about the page's subject."""
    relation: Relation
    value: str
    place: str


class Rival(NamedTuple):
    """A fact about another subject of the same kind."""

    subject: str
    relation: Relation
    value: str


class Plan(NamedTuple):
    """The content of a page."""
    kind: Kind
    title: str
    subject: str  # Its name in a sentence: "the Tovin River" for the title "Tovin River".
    family: str  # The family name of a person, else empty.
    pronoun: str
    length: int  # The number of tokens to aim at.
    facts: List[Fact]
    rival: Optional[Rival]
    choices: List[Tuple[Choice, bool]]  # The bool is the answer, True for yes.
    listings: List[Tuple[Listing, List[str]]]
    topics: List[Topic]


def make_plan(rng: random.Random, namer: Namer) -> Plan:
    """Draws a plan; equal generators give equal plans.

    It has all but one or two of the facts of its kind, and about half of the choices, listings and
    topics.
    """
    kind = rng.choice(KINDS)
    subject = _subject(kind, rng, namer)
    return Plan(
        kind=kind,
        title=subject[4:] if subject.startswith("the ") else subject,
        subject=subject,
        family=subject.split()[-1] if kind.name == "person" else "",
        pronoun=rng.choice(("he", "she")) if kind.name == "person" else "it",
        length=_length(rng),
        facts=_facts(kind, rng, namer),
        rival=_rival(kind, rng, namer) if rng.random() < _RIVAL_SHARE else None,
        choices=[(c, rng.random() < 0.5) for c in kind.choices if rng.random() < 0.5],
        listings=[(x, values.several(x.value, rng, namer, rng.randint(2, 4)))
                  for x in kind.listings if rng.random() < 0.5],
        topics=[t for t in kind.topics if rng.random() < 0.5],
    )


def _subject(kind: Kind, rng: random.Random, namer: Namer) -> str:
    title = rng.choice(kind.titles)
    return title.replace("{n}", namer.place()) if "{n}" in title else (
        values.draw(title, rng, namer))


def _length(rng: random.Random) -> int:
    """Draws a length in tokens: mostly short, in one of a hundred pages up to the maximum."""
    if rng.random() < _LONG_SHARE:
        return rng.randint(2000, MAX_TOKENS - 100)
    return min(max(int(rng.lognormvariate(0, _SPREAD) * _MEDIAN_TOKENS), MIN_TOKENS + 20),
               MAX_TOKENS - 100)


def _facts(kind: Kind, rng: random.Random, namer: Namer) -> List[Fact]:
    """Draws facts; one or two of the kind's relations stay open, for questions without answers."""
    names = rng.sample(kind.relations, len(kind.relations) - rng.randint(1, 2))
    facts = []
    for name in names:
        relation = RELATIONS[name]
        facts.append(Fact(relation, values.draw(relation.value, rng, namer),
                          rng.choices([p[0] for p in _PLACES], [p[1] for p in _PLACES])[0]))
    return facts + [f._replace(place=rng.choice((LEAD, EARLY))) for f in facts
                    if f.place == INFOBOX and rng.random() < _REPEAT_SHARE]


def _rival(kind: Kind, rng: random.Random, namer: Namer) -> Rival:
    relation = RELATIONS[rng.choice(kind.relations)]
    return Rival(_subject(kind, rng, namer), relation, values.draw(relation.value, rng, namer))
