"""Kinds of values that relations have; the values of a kind have a regular form."""
import random
from typing import List

from sample_corpus.names import Namer

MONTHS = ("January February March April May June July August September October November "
          "December").split()

# Closed sets of English words, the same in both splits.
WORDS = {
    "industry": ["glass making", "shipbuilding", "salt mining", "weaving", "fishing", "brewing",
                 "paper making", "pottery", "forestry", "wool trading"],
    "material": ["granite", "red brick", "cast iron", "limestone", "oak", "steel", "marble",
                 "sandstone", "concrete", "slate"],
    "food": ["small fish", "beetles", "pine seeds", "wild berries", "snails", "river weed",
             "grass roots", "moths", "acorns", "shellfish"],
    "product": ["clocks", "bicycles", "piano strings", "fountain pens", "steam engines", "lamps",
                "raincoats", "typewriters", "sewing machines", "chocolate"],
    "occupation": ["painter", "botanist", "architect", "composer", "physician", "surveyor",
                   "sculptor", "chemist", "journalist", "engineer"],
    "colour": ["dark green", "pale blue", "bright yellow", "deep red", "silver grey", "black",
               "orange", "snow white", "copper brown", "violet"],
}

KINDS = ("person", "place", "work", "company", "year", "date", "count", "metres", "kilometres",
         "minutes", "pages", "centimetres") + tuple(WORDS)


def draw(kind: str, rng: random.Random, namer: Namer) -> str:
    """Draws a value of one of `KINDS`, such as "2,345 metres" for "metres"."""
    if kind in WORDS:
        return rng.choice(WORDS[kind])
    if kind in ("person", "place", "work", "company"):
        return getattr(namer, kind)()
    return _NUMBERS[kind](rng)


def _date(rng: random.Random) -> str:
    return "%d %s %d" % (rng.randint(1, 28), rng.choice(MONTHS), rng.randint(1620, 2009))


_NUMBERS = {
    "year": lambda rng: str(rng.randint(1620, 2009)),
    "date": _date,
    "count": lambda rng: format(rng.randint(1100, 98000), ","),
    "metres": lambda rng: "%s metres" % format(rng.randint(210, 8900), ","),
    "kilometres": lambda rng: "%d kilometres" % rng.randint(12, 980),
    "minutes": lambda rng: "%d minutes" % rng.randint(61, 219),
    "pages": lambda rng: "%d pages" % rng.randint(90, 890),
    "centimetres": lambda rng: "%d centimetres" % rng.randint(11, 190),
}


def several(kind: str, rng: random.Random, namer: Namer, n: int) -> List[str]:
    """Draws `n` different values of one kind."""
    drawn: List[str] = []
    while len(drawn) < n:
        value = draw(kind, rng, namer)
        if value not in drawn:
            drawn.append(value)
    return drawn
