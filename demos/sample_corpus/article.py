"""Writes a plan as a page, with its answers."""
import random
from typing import List, NamedTuple

from sample_corpus import blocks, filler
from sample_corpus.blocks import Answer
from sample_corpus.names import Namer
from sample_corpus.page import Page, marked
from sample_corpus.plan import CREDITS, EARLY, INFOBOX, LATE, LEAD, Fact, Plan
from sample_corpus.questions import key
from sample_corpus.sentences import Teller, Text

# The fewest tokens that head and foot take.
_FRAME_TOKENS = 60
# Alphabets for a name in its own script after the title, as on real pages.
_SCRIPTS = (("Greek", "αβγδεζηθικλμνοπρστυφχψω"), ("Chinese", "山水木火土金石田川林日月"),
            ("Russian", "абвгдежзиклмнопрстуфхцчшэюя"))


class Article(NamedTuple):
    """A page and its answers."""
    page: Page
    answers: List[Answer]  # To all questions, in document order.


class Section(NamedTuple):
    """A heading and the blocks under it."""
    heading: str
    blocks: list


def write(plan: Plan, rng: random.Random, namer: Namer) -> Article:
    """Writes the page of `plan`; equal generators give equal pages."""
    return _Writer(plan, rng, namer).write()


class _Writer:
    def __init__(self, plan: Plan, rng: random.Random, namer: Namer):
        self._plan = plan
        self._rng = rng
        self._namer = namer
        self._teller = Teller(plan, rng)

    def write(self) -> Article:
        page, answers = Page(), []
        blocks.write_head(page, self._plan.title)
        top = self._infobox() + [self._lead()]
        sections = self._sections(self._plan.length - _FRAME_TOKENS - _tokens(top))
        for block in top:
            answers += block.write(page)
        if len(sections) > 2:
            blocks.write_contents(page, [s.heading for s in sections])
        for section in sections:
            page.block("H2", section.heading + (" [edit]" if self._chance(0.1) else ""))
            for block in section.blocks:
                answers += block.write(page)
        blocks.write_foot(page, self._rng, self._namer)
        return Article(page, answers)

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _at(self, place: str) -> List[Fact]:
        return [f for f in self._plan.facts if f.place == place]

    # The top of the page.

    def _infobox(self) -> List[blocks.Infobox]:
        facts = self._at(INFOBOX)
        if not facts and not self._chance(0.2):
            return []
        rng = self._rng
        rng.shuffle(facts)
        nested = filler.links(rng, self._namer, rng.randint(2, 3)) if self._chance(0.08) else []
        return [blocks.Infobox(
            self._plan.title, filler.caption(rng) if not facts or self._chance(0.4) else "",
            [f.relation.label for f in facts],
            [Text(marked(f.value), (f.relation.name,)) for f in facts], nested)]

    def _lead(self) -> blocks.Paragraph:
        rng, plan = self._rng, self._plan
        first = self._teller.sentence(rng.choice(plan.kind.definitions), in_full=True)
        if self._chance(0.06):
            first = self._with_script(first)
        facts = self._at(LEAD)
        rng.shuffle(facts)
        told = self._teller.facts(facts)
        for _ in range(rng.randint(0, 2)):
            told.insert(rng.randint(0, len(told)), Text(self._filler()))
        return blocks.Paragraph([Text(first)] + told)

    def _with_script(self, sentence: str) -> str:
        name, letters = self._rng.choice(_SCRIPTS)
        word = "".join(self._rng.choice(letters) for _ in range(self._rng.randint(2, 7)))
        end = sentence.lower().index(self._plan.subject.lower()) + len(self._plan.subject)
        return "%s (%s: %s)%s" % (sentence[:end], name, word, sentence[end:])

    # The body.

    def _sections(self, room: int) -> List[Section]:
        """Sections of about `room` tokens: the facts, and filler for the rest."""
        own = self._own_blocks()
        early = self._teller.facts(self._at(EARLY))
        late = self._teller.facts(self._at(LATE))
        room -= _tokens([s for section in own for s in section.blocks])
        room -= sum(_words(t.text) for t in early + late)
        body = self._padding(room)
        self._scatter(early, body[:2], body)
        self._scatter(late, body[2:] or body, body)
        if self._plan.rival is not None:
            # At the end of a paragraph, so that no later "it" can refer to the rival.
            paragraph = self._rng.choice([b for b in body if isinstance(b, blocks.Paragraph)])
            paragraph.sentences.append(self._teller.rival(self._plan.rival))
        return self._arranged(body, own)

    def _padding(self, room: int) -> list:
        """Blocks that state no fact, at least one of them a paragraph, of `room` tokens."""
        body = [self._prose()]
        room -= _tokens(body)
        while room > 0:
            block = self._prose() if self._chance(0.85) else self._oddity()
            body.append(block)
            room -= _tokens([block])
        return body

    def _prose(self) -> blocks.Paragraph:
        n = self._rng.choice((2, 3, 4, 5, 6, 8))
        return blocks.Paragraph([Text(self._filler()) for _ in range(n)])

    def _filler(self) -> str:
        text = filler.sentence(self._rng, self._namer)
        # Real pages drop the numbers of their references, most of the time.
        return "%s[%d]" % (text, self._rng.randint(1, 40)) if self._chance(0.02) else text

    def _oddity(self):
        rng, namer = self._rng, self._namer
        draw = rng.random()
        if draw < 0.3:
            return blocks.Items("", [Text(self._filler()) for _ in range(rng.randint(2, 5))],
                                rng.choice(("Ul", "Ul", "Ol")))
        if draw < 0.6:
            return blocks.Grid(["Year", "Name", "Note"], [
                [str(rng.randint(1700, 2010)), namer.place(), filler.caption(rng)]
                for _ in range(rng.randint(2, 7))])
        if draw < 0.8:
            n = rng.randint(1, 3)
            return blocks.Glossary([namer.place() for _ in range(n)],
                                   [self._filler() for _ in range(n)])
        return blocks.Empty(candidate=draw < 0.83)

    def _scatter(self, sentences: List[Text], wanted: list, body: list) -> None:
        """Inserts sentences into paragraphs among `wanted`, or if there are none of `body`."""
        paragraphs = ([b for b in wanted if isinstance(b, blocks.Paragraph)]
                      or [b for b in body if isinstance(b, blocks.Paragraph)])
        for sentence in sentences:
            into = self._rng.choice(paragraphs).sentences
            into.insert(self._rng.randint(0, len(into)), sentence)

    def _own_blocks(self) -> List[Section]:
        """Sections for the plan's credits, choices, listings and topics."""
        plan, rng, sentence = self._plan, self._rng, self._teller.sentence
        sections = []
        credited = self._at(CREDITS)
        if credited:
            rng.shuffle(credited)
            sections.append(Section("In brief", [blocks.Items(
                "", [Text("%s: %s" % (f.relation.label, marked(f.value)), (f.relation.name,))
                     for f in credited])]))
        for choice, yes in plan.choices:
            told = [Text(self._filler()) for _ in range(rng.randint(1, 3))]
            told.insert(rng.randint(0, len(told)), Text(sentence(choice.yes if yes else choice.no)))
            sections.append(Section(rng.choice(filler.HEADINGS), [
                blocks.Paragraph(told, key(choice), "YES" if yes else "NO")]))
        for listing, values in plan.listings:
            sections.append(Section(rng.choice(filler.HEADINGS), [blocks.Items(
                sentence(listing.lead), [Text(marked(v), (key(listing),)) for v in values])]))
        for topic in plan.topics:
            more = topic.more + [self._filler() for _ in range(rng.randint(0, 3))]
            rng.shuffle(more)
            sections.append(Section(topic.heading, [
                blocks.Paragraph([Text(sentence(topic.opening))] + [Text(m) for m in more],
                                 key(topic))]))
        return sections

    def _arranged(self, body: list, own: List[Section]) -> List[Section]:
        """The body cut into sections, with the page's own sections among the first of them."""
        rng = self._rng
        headings = rng.sample(filler.HEADINGS, len(filler.HEADINGS))
        sections = []
        while body:
            n = rng.randint(1, 1 + len(body) // 4)
            heading = headings[len(sections) % len(headings)]
            sections.append(Section(heading, body[:n]))
            body = body[n:]
        for section in own:
            # The smaller of two draws, since answers tend to stand early.
            at = min(rng.randint(0, len(sections)), rng.randint(0, len(sections)))
            sections.insert(at, section)
        return sections


def _words(text: str) -> int:
    return len(Page.words(text))


def _tokens(parts: list) -> int:
    """The number of tokens that blocks will take, tags included."""
    page = Page()
    for part in parts:
        part.write(page)
    return len(page.tokens)
