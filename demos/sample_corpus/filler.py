"""Filler prose, which states no fact that is ever asked for.

Like real pages, it mentions other people, places, years and numbers, but it uses none of the cue
words of relations.py.
"""
import collections
import random
import re
from typing import List

from sample_corpus.names import Namer

# {slot of a sentence: words to choose from}; {person} {place} {year} {number} are invented.
_SLOTS = {
    "adj": ("old quiet bright narrow famous heavy broken gentle curious plain wooden painted "
            "distant crowded careful ordinary strange modern ancient hidden").split(),
    "noun": ("market garden road tower window bell library roof kitchen meadow barn orchard wall "
             "stable archive staircase painting letter map kettle").split(),
    "nouns": ("visitors farmers students sailors critics neighbours children soldiers merchants "
              "teachers hunters pilgrims musicians scholars guards").split(),
    "verb": ("praised ignored repaired copied sold forgot admired measured moved described "
             "cleaned questioned borrowed preferred defended").split(),
    "time": ("spring|summer|autumn|winter|the evening|the morning|wet weather|hard years|"
             "times of peace|the dry season").split("|"),
    "where": ("near the coast|behind the hall|across the valley|on the upper floor|"
              "beside the canal|in the cellar|under the trees|at the edge of the forest|"
              "by the old gate|along the shore").split("|"),
    "thing": ("bread wool copper honey paper cloth tea silk iron candles apples rope leather "
              "coal salt").split(),
    "manner": ("slowly|quietly|often|rarely|loudly|badly|gladly|proudly|twice|by hand|"
               "without warning").split("|"),
}

_SENTENCES = [
    "In {time} the {noun} is {adj} and the {noun} is {adj}.",
    "Many {nouns} came to see the {adj} {noun} {where}.",
    "{nouns} {verb} the {adj} {noun} in {time}.",
    "A {adj} {noun} stands {where}.",
    "The {nouns} of {place} {verb} it {manner}.",
    "According to {person}, the {noun} was {adj} before the war.",
    "In {year} a storm damaged the {noun} {where}.",
    "About {number} {nouns} took part in a protest over the price of {thing}.",
    "Trade in {thing} and {thing} declined after {year}.",
    "{person} {verb} the {noun} {manner}, as letters show.",
    "No one knows why the {nouns} {verb} the {noun}.",
    "The road to {place} passes a {adj} {noun}.",
    "Between {year} and {year} the {noun} was closed for repairs.",
    "In the lean years ({year}\u2013{year}) {nouns} lived on {thing}.",
    "A {adj} {noun} with {number} pieces of {thing} can be seen {where}.",
    "Later {nouns} {verb} the {adj} {noun}, but {nouns} did not.",
    "\"It was a {adj} {noun}\", said {person}, \"and a {adj} one\".",
    "Some {nouns} still carry {thing} {where} in {time}.",
    "{person} and {person} argued over the {noun} for years.",
    "The {noun}'s {adj} colours faded in {time}.",
    "Such {nouns} are {adj} in {place} and {adj} elsewhere.",
    "A tax on {thing} paid for the {noun} {where}.",
    "By {year} only {number} {nouns} remained.",
    "The {adj} {noun} is described in a guide by {person}.",
    "Every {noun} here needs {thing}, {thing} and a little luck.",
    "When the {nouns} arrived, the {noun} was {adj}.",
    "Old photographs show {nouns} with {thing} {where}.",
    "It has been compared to a {adj} {noun} in {place}.",
    "The {nouns} spoke {manner} about the {noun}, and the {nouns} listened.",
    "Little is known of the {adj} {noun}.",
    "Snow, wind and {nouns} have worn the {adj} {noun} down.",
    "Work on the {noun} stopped in {year} and began again in {year}.",
    "For {nouns} the {noun} is a {adj} place.",
    "The {noun} was moved to {place} in {time}.",
    "A society of {nouns} looks after the {adj} {noun}.",
    "Prices of {thing} rose, and {nouns} {verb} the {noun} {manner}.",
    "{person} gave a {adj} speech {where}.",
    "Nothing is left of the {noun} {where}.",
    "The museum of {place} keeps a {adj} {noun} and some {thing}.",
]

_SLOT = re.compile(r"\{(\w+)\}")
_SLOT_COUNTS = {s: collections.Counter(_SLOT.findall(s)) for s in _SENTENCES}

# Sentences with names or numbers, and their share. They could pass for answers, so they are rarer
# than on real pages: a small model must be able to learn from a few thousand pages.
_NAMING = [s for s in _SENTENCES if {"person", "place", "year", "number"} & set(_SLOT_COUNTS[s])]
_NAMING_SHARE = 0.08
_PLAIN = [s for s in _SENTENCES if s not in _NAMING]

_AN = re.compile(r"\b([Aa]) (?=[aeio])")

HEADINGS = ("Overview", "Surroundings", "Reception", "Later years", "In popular culture", "Legacy",
            "Notes on sources", "Customs", "Visitors", "Everyday life", "Archives", "Debate",
            "Anniversaries", "Collections", "Trivia", "Local stories")


def _fill(slot: str, rng: random.Random, namer: Namer) -> str:
    if slot == "person":
        return namer.person()
    if slot == "place":
        return namer.place()
    if slot == "year":
        return str(rng.randint(1620, 2009))
    if slot == "number":
        # Sometimes with a no-break space, which must not split the token.
        n = rng.randint(12, 24000)
        return "%d\u00a0%03d" % divmod(n, 1000) if n >= 10000 and rng.random() < 0.3 else (
            format(n, ","))
    return rng.choice(_SLOTS[slot])


def sentence(rng: random.Random, namer: Namer) -> str:
    """One sentence of 5 to 20 tokens."""
    template = rng.choice(_NAMING if rng.random() < _NAMING_SHARE else _PLAIN)
    pieces = {slot: [_fill(slot, rng, namer) for _ in range(n)]
              for slot, n in _SLOT_COUNTS[template].items()}
    pieces.get("year", []).sort()  # From the earlier to the later.
    text = _SLOT.sub(lambda slot: pieces[slot.group(1)].pop(0), template)
    return _AN.sub(r"\1n ", text[0].upper() + text[1:])


def caption(rng: random.Random) -> str:
    """A line without a verb, as under a picture or in a cell."""
    return "The %s %s %s" % tuple(rng.choice(_SLOTS[s]) for s in ("adj", "noun", "where"))


def links(rng: random.Random, namer: Namer, n: int) -> List[str]:
    """Titles of `n` other pages, for lists of links."""
    return [rng.choice((namer.place, namer.person, namer.work))() for _ in range(n)]
