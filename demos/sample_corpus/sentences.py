"""Writes facts as sentences."""
import random
from typing import List, NamedTuple, Optional, Tuple

from sample_corpus.page import marked
from sample_corpus.plan import Fact, Plan, Rival
from sample_corpus.relations import PAIRS


class Text(NamedTuple):
    """Text with marked values, and for each value the key of the question it answers, or ""."""

    text: str
    answers: Tuple[str, ...] = ()


class Teller:
    """Writes the facts of one plan as sentences."""

    def __init__(self, plan: Plan, rng: random.Random):
        self._plan = plan
        self._rng = rng

    def facts(self, facts: List[Fact]) -> List[Text]:
        """Writes one sentence per fact, or one for two facts if there is a phrasing for both."""
        left = list(facts)
        sentences = []
        while left:
            fact = left.pop(0)
            pairs = [(phrasing, fact, other) for other in left
                     for phrasing in _phrasings(fact, other)]
            pairs += [(phrasing, other, fact) for other in left
                      for phrasing in _phrasings(other, fact)]
            if pairs and self._rng.random() < 0.5:
                phrasing, first, second = self._rng.choice(pairs)
                left.remove(second if first is fact else first)
                sentences.append(self._tell(phrasing, first, second))
            else:
                sentences.append(self._tell(self._rng.choice(fact.relation.sentences), fact))
        return sentences

    def _tell(self, phrasing: str, fact: Fact, second: Optional[Fact] = None) -> Text:
        text = self.sentence(phrasing).replace("{v}", marked(fact.value))
        if second is None:
            return Text(text, (fact.relation.name,))
        return Text(text.replace("{w}", marked(second.value)),
                    (fact.relation.name, second.relation.name))

    def sentence(self, phrasing: str, in_full: bool = False) -> str:
        """Fills in the subject: by its full name, or else perhaps by a noun or pronoun."""
        return (phrasing.replace("{X}", _capital(self._mention(True, in_full)))
                .replace("{x}", self._mention(False, in_full)))

    def _mention(self, opens: bool, in_full: bool) -> str:
        plan, draw = self._plan, self._rng.random()
        if in_full or draw < 0.5:
            return plan.subject
        if opens and draw > 0.8:
            return plan.pronoun
        return plan.family or self._rng.choice(plan.kind.nouns)

    def rival(self, rival: Rival) -> Text:
        """A sentence that would answer a question if it were about the page's subject."""
        naming = [s for s in rival.relation.sentences if "{x}" in s or "{X}" in s]
        text = (self._rng.choice(naming).replace("{X}", _capital(rival.subject))
                .replace("{x}", rival.subject))
        return Text(text.replace("{v}", marked(rival.value)), ("",))


def _phrasings(first: Fact, second: Fact) -> List[str]:
    names = (first.relation.name, second.relation.name)
    return [phrasing for *pair, phrasing in PAIRS if tuple(pair) == names]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
