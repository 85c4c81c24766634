"""What is asked of a page: things it tells, and now and then something that it does not."""
import random
from typing import List, NamedTuple, Sequence, Union

from sample_corpus.kinds import Choice, Kind, Listing, Topic
from sample_corpus.page import Page
from sample_corpus.plan import Plan
from sample_corpus.relations import RELATIONS, Relation

NULL, SHORT, LONG, YES_NO, MULTI = "null", "short", "long", "yes/no", "multi"
_KINDS = {SHORT: Relation, LONG: Topic, YES_NO: Choice, MULTI: Listing}

# Draws that fit no thing of the page are thrown away: with four questions a page, what is left
# is 39 % without an answer, and of the others 72 % short, 11 % long, 12 % yes or no and 6 % with
# several spans.
_NULL_SHARE = 0.41
_SHARES = {SHORT: 0.60, LONG: 0.19, YES_NO: 0.12, MULTI: 0.09}

Thing = Union[Relation, Choice, Listing, Topic]


class Question(NamedTuple):
    answer_type: str
    about: str  # The relation's, choice's, ... `name`.
    tokens: List[str]


def draw_question(plan: Plan, asked: Sequence[str], rng: random.Random) -> Question:
    """A question about none of the things, by their keys, that were `asked` before."""
    told = _told(plan)
    untold = [thing for thing in _all(plan.kind) if thing not in told]
    while True:
        is_null = rng.random() < _NULL_SHARE
        wanted = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        things = [thing for thing in (untold if is_null else told)
                  if isinstance(thing, _KINDS[wanted]) and key(thing) not in asked]
        if things:
            thing = rng.choice(things)
            return Question(NULL if is_null else wanted, key(thing),
                            _tokens(thing, plan.subject, rng))


def key(thing: Thing) -> str:
    """What tells one relation, choice, listing or topic of a kind of page from the others."""
    if isinstance(thing, Relation):
        return thing.name
    return thing.question if isinstance(thing, Choice) else thing.questions[0]


def _all(kind: Kind) -> List[Thing]:
    return [RELATIONS[r] for r in kind.relations] + kind.choices + kind.listings + kind.topics


def _told(plan: Plan) -> List[Thing]:
    return ([f.relation for f in plan.facts] + [c for c, _ in plan.choices]
            + [x for x, _ in plan.listings] + plan.topics)


def _tokens(thing: Thing, subject: str, rng: random.Random) -> List[str]:
    phrasings = [thing.question] if isinstance(thing, Choice) else thing.questions
    return Page.words(rng.choice(phrasings).replace("{x}", subject).lower())
