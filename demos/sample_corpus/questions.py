"""Draws questions on a page: mostly about things that it states, sometimes about others."""
import random
from typing import List, NamedTuple, Sequence, Union

from sample_corpus.kinds import Choice, Kind, Listing, Topic
from sample_corpus.page import Page
from sample_corpus.plan import Plan
from sample_corpus.relations import RELATIONS, Relation

NULL, SHORT, LONG, YES_NO, MULTI = "null", "short", "long", "yes/no", "multi"
_KINDS = {SHORT: Relation, LONG: Topic, YES_NO: Choice, MULTI: Listing}

# The shares that are drawn. Draws for which the page has nothing to ask are repeated: with four
# questions a page, 39 % of the questions have no answer; of the others 72 % are short, 11 % long,
# 12 % yes or no, and 6 % have several spans.
_NULL_SHARE = 0.41
_SHARES = {SHORT: 0.60, LONG: 0.19, YES_NO: 0.12, MULTI: 0.09}

Thing = Union[Relation, Choice, Listing, Topic]


class Question(NamedTuple):
    """A question on a page."""
    answer_type: str  # NULL, SHORT, ...
    about: str  # The `key` of what it asks for.
    tokens: List[str]


def draw_question(plan: Plan, asked: Sequence[str], rng: random.Random) -> Question:
    """Draws a question about a thing whose key is not among `asked`, those of earlier questions."""
    stated = _stated(plan)
    unstated = [thing for thing in _all(plan.kind) if thing not in stated]
    while True:
        is_null = rng.random() < _NULL_SHARE
        answer_type = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        things = [thing for thing in (unstated if is_null else stated)
                  if isinstance(thing, _KINDS[answer_type]) and key(thing) not in asked]
        if things:
            thing = rng.choice(things)
            return Question(NULL if is_null else answer_type, key(thing),
                            _tokens(thing, plan.subject, rng))


def key(thing: Thing) -> str:
    """A string that identifies a relation, choice, listing or topic among those of its kind."""
    if isinstance(thing, Relation):
        return thing.name
    return thing.question if isinstance(thing, Choice) else thing.questions[0]


def _all(kind: Kind) -> List[Thing]:
    return [RELATIONS[r] for r in kind.relations] + kind.choices + kind.listings + kind.topics


def _stated(plan: Plan) -> List[Thing]:
    return ([f.relation for f in plan.facts] + [c for c, _ in plan.choices]
            + [x for x, _ in plan.listings] + plan.topics)


def _tokens(thing: Thing, subject: str, rng: random.Random) -> List[str]:
    phrasings = [thing.question] if isinstance(thing, Choice) else thing.questions
    return Page.words(rng.choice(phrasings).replace("{x}", subject).lower())
