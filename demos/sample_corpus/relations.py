"""The relations that facts can have, with questions that ask for each and sentences that state it.

In a phrasing {x} stands for the page's subject and {X} for the subject at the start of a sentence;
a question names the subject in full, a sentence may say "the town" or "she" instead. {v} is the
value. Nearly every question shares a cue word with nearly every sentence of its relation, and most
values directly follow their cue. Relations of different kinds of page with the same meaning share
their cues.
"""
from typing import Dict, List, NamedTuple


class Relation(NamedTuple):
    """A relation between a subject and a value."""
    name: str
    value: str  # The kind of value, one of values.KINDS.
    label: str  # Its label in an infobox or a list of credits.
    questions: List[str]
    sentences: List[str]


_ALL = [
    Relation("founder", "person", "Founded by", [
        "who founded {x}", "{x} was founded by whom", "by whom was {x} founded",
        "name of the person who founded {x}", "who was the founder of {x}",
    ], [
        "{X} was founded by {v}.",
        "Most agree that {x} was founded by {v}, although no deed survives.",
        "Founded by {v}, {x} grew fast.", "{v} founded {x} with the money of a rich uncle.",
        "Its founder was {v}.",
    ]),
    Relation("founded", "year", "Founded in", [
        "when was {x} founded", "what year was {x} founded", "{x} was founded in which year",
        "in what year was {x} founded",
    ], [
        "{X} was founded in {v}.", "Founded in {v}, {x} soon drew people from far away.",
        "As a stone tells, {x} was founded in {v}.",
    ]),
    Relation("named_after", "person", "Named after", [
        "who is {x} named after", "who was {x} named after", "{x} is named after which person",
        "after whom is {x} named",
    ], [
        "{X} is named after {v}.", "Named after {v}, {x} bore two other names before.",
        "{X} was named after {v}, who never saw it.",
    ]),
    Relation("population", "count", "Population", [
        "what is the population of {x}", "population of {x}",
        "how large is the population of {x}", "how many people are in the population of {x}",
    ], [
        "{X} has a population of {v}.", "With a population of {v}, {x} is larger than it looks.",
        "At the last census the population was {v}.",
    ]),
    Relation("province", "place", "Province", [
        "what province is {x} in", "which province is {x} located in", "in which province is {x}",
        "{x} is in what province",
    ], [
        "{X} is located in the province of {v}.", "{X} lies in the province of {v}.",
        "It belongs to the province of {v}, in the north of the country.",
    ]),
    Relation("industry", "industry", "Main industry", [
        "what is the main industry of {x}", "main industry in {x}",
        "what industry is {x} known for", "which industry is the largest in {x}",
    ], [
        "The main industry of {x} is {v}.", "The largest industry is {v}.",
        "Its main industry is {v}, which feeds half of all families.",
    ]),
    Relation("source", "place", "Source", [
        "where is the source of {x}", "source of {x}", "what place is the source of {x}",
        "the source of {x} is at what place",
    ], [
        "{X} has its source at {v}.", "The source is at {v}, between two bare hills.",
        "From its source at {v} the water is always cold.",
    ]),
    Relation("length", "kilometres", "Length", [
        "how long is {x}", "what is the length of {x}", "length of {x} in kilometres",
        "{x} is how long",
    ], [
        "{X} is {v} long.", "It has a length of {v}.", "The length of {x} is {v}.",
        "With a length of {v}, {x} is among the longest of its kind.",
    ]),
    Relation("height", "metres", "Height", [
        "how high is {x}", "what is the height of {x}", "height of {x} in metres",
        "{x} is how many metres high",
    ], [
        "{X} is {v} high.", "It reaches a height of {v}.", "The height of {x} is {v}.",
        "With a height of {v}, {x} can be seen from the coast.",
    ]),
    Relation("climber", "person", "First climbed by", [
        "who first climbed {x}", "{x} was first climbed by whom",
        "name of the person who first climbed {x}", "by whom was {x} first climbed",
    ], [
        "{X} was first climbed by {v}.", "First climbed by {v}, {x} has drawn many since.",
        "It was climbed by {v} without a rope.", "{v} first climbed {x} in thick fog.",
    ]),
    Relation("climbed", "year", "First climbed in", [
        "when was {x} first climbed", "what year was {x} first climbed",
        "in which year was {x} first climbed", "{x} was first climbed in what year",
    ], [
        "{X} was first climbed in {v}.", "First climbed in {v}, {x} has drawn many since.",
        "It was first climbed in {v}, on a dry day.",
    ]),
    Relation("range", "place", "Range", [
        "what range is {x} in", "which range does {x} belong to",
        "{x} belongs to which mountain range", "mountain range of {x}",
    ], [
        "{X} belongs to the range of {v}.", "It stands in the mountain range of {v}.",
        "{X} is the second peak in the range of {v}.",
    ]),
    Relation("born", "date", "Born", [
        "when was {x} born", "what date was {x} born on", "{x} was born when",
        "on what day was {x} born",
    ], [
        "{X} was born on {v}.", "Born on {v}, {x} was the youngest of six.",
        "As the parish book notes, {x} was born on {v}.",
    ]),
    Relation("birthplace", "place", "Born in", [
        "where was {x} born", "in which town was {x} born", "in what town was {x} born",
        "{x} was born where",
    ], [
        "{X} was born in {v}.", "Born in {v}, {x} grew up by the sea.",
        "{X} was born in {v}, above a bakery.",
    ]),
    Relation("teacher", "person", "Taught by", [
        "who taught {x}", "{x} was taught by whom", "by whom was {x} taught",
        "who was the teacher of {x}",
    ], [
        "{X} was taught by {v}.", "For three years {x} was taught by {v}, who was almost blind.",
        "Taught by {v}, {x} learnt fast.", "The first teacher was {v}.",
    ]),
    Relation("occupation", "occupation", "Occupation", [
        "what was the occupation of {x}", "occupation of {x}", "what did {x} work as",
        "{x} worked as a what",
    ], [
        "{X} worked as {v}.", "The occupation of {x} was {v}.",
        "In later years {x} worked as {v} for the crown.",
    ]),
    Relation("author", "person", "Written by", [
        "who wrote {x}", "who is the author of {x}", "author of {x}", "{x} was written by whom",
        "{x} was written by which author",
    ], [
        "{X} was written by {v}.", "The author of {x} is {v}.",
        "Written by {v} in a single winter, {x} needed no changes.", "The author was {v}.",
    ]),
    Relation("published", "year", "Published in", [
        "when was {x} published", "what year was {x} published",
        "{x} was published in which year", "in what year was {x} first published",
    ], [
        "{X} was published in {v}.", "First published in {v}, {x} sold slowly.",
        "It was first published in {v}.",
    ]),
    Relation("setting", "place", "Set in", [
        "where is {x} set", "{x} is set in which town", "what town is {x} set in",
        "in what place is {x} set",
    ], [
        "{X} is set in {v}.", "It is set in {v}, in a time of war.",
        "Set in {v}, {x} covers a single day.",
    ]),
    Relation("pages", "pages", "Pages", [
        "how many pages does {x} have", "how many pages are in {x}", "number of pages in {x}",
        "{x} has how many pages",
    ], [
        "{X} has {v}.", "The first edition of {x} has {v}.",
        "It runs to {v} in the usual edition.",
    ]),
    Relation("director", "person", "Directed by", [
        "who directed {x}", "{x} was directed by whom", "by whom was {x} directed",
        "who is the director of {x}",
    ], [
        "{X} was directed by {v}.", "Directed by {v}, {x} was shot in two weeks.",
        "It was directed by {v} at the age of thirty.", "The director was {v}.",
    ]),
    Relation("released", "date", "Released", [
        "when was {x} released", "{x} was released when", "what date was {x} released on",
        "on what day was {x} released",
    ], [
        "{X} was released on {v}.", "Released on {v}, {x} filled the halls for weeks.",
        "It was released on {v} at last.",
    ]),
    Relation("runtime", "minutes", "Running time", [
        "what is the running time of {x}", "running time of {x}",
        "how many minutes does {x} last", "how long does {x} last",
    ], [
        "{X} has a running time of {v}.", "{X} lasts {v}.", "The running time of {x} is {v}.",
    ]),
    Relation("headquarters", "place", "Headquarters", [
        "where are the headquarters of {x}", "where does {x} have its headquarters",
        "headquarters of {x}", "what town are the headquarters of {x} in",
    ], [
        "{X} has its headquarters in {v}.", "The headquarters of {x} are in {v}.",
        "With headquarters in {v}, {x} is far from its buyers.",
    ]),
    Relation("employees", "count", "Employees", [
        "how many employees does {x} have", "number of employees of {x}", "employees of {x}",
        "{x} has how many employees",
    ], [
        "The number of employees is {v}.", "{X} has more employees than its rivals: {v}.",
        "The number of its employees rose to {v}.",
    ]),
    Relation("product", "product", "Products", [
        "what does {x} make", "what products does {x} make", "what is the main product of {x}",
        "main product of {x}",
    ], [
        "{X} makes {v}.", "The main product of {x} is {v}.", "{X} now makes {v} for export.",
    ]),
    Relation("designer", "person", "Designed by", [
        "who designed {x}", "{x} was designed by whom", "by whom was {x} designed",
        "who was the designer of {x}",
    ], [
        "{X} was designed by {v}.", "Designed by {v}, {x} has never moved an inch.",
        "{v} designed {x} after a journey to the east.", "The designer was {v}.",
    ]),
    Relation("opened", "year", "Opened in", [
        "when was {x} opened", "what year was {x} opened", "{x} was opened in which year",
        "in what year was {x} opened",
    ], [
        "{X} was opened in {v}.", "It was opened in {v}, two years late.",
        "Opened in {v}, {x} was a wonder of its day.",
    ]),
    Relation("span", "metres", "Span", [
        "what is the span of {x}", "span of {x} in metres", "how large is the span of {x}",
        "{x} has a span of how many metres",
    ], [
        "{X} has a span of {v}.", "The span of {x} is {v}.",
        "With a span of {v}, {x} was long the largest.",
    ]),
    Relation("material", "material", "Material", [
        "what is {x} made of", "what material is {x} built of", "{x} is built of what material",
        "which material is {x} made of",
    ], [
        "{X} is built of {v}.", "{X} is made of {v}.",
        "The material of {x} is {v}, brought in by sea.",
    ]),
    Relation("describer", "person", "Described by", [
        "who first described {x}", "{x} was first described by whom", "by whom was {x} described",
        "person who first described {x}",
    ], [
        "{X} was first described by {v}.", "It was described by {v} in a letter to a friend.",
        "First described by {v}, {x} was long thought a myth.",
    ]),
    Relation("wingspan", "centimetres", "Wingspan", [
        "what is the wingspan of {x}", "wingspan of {x}", "how wide is the wingspan of {x}",
        "how many centimetres is the wingspan of {x}",
    ], [
        "{X} has a wingspan of {v}.", "The wingspan of {x} is {v}.",
        "Its wingspan of {v} is large for such a light bird.",
    ]),
    Relation("diet", "food", "Diet", [
        "what does {x} eat", "what does {x} feed on", "{x} feeds on what", "{x} eats what",
    ], [
        "{X} feeds on {v}.", "In summer {x} eats {v}.", "It eats mostly {v}.",
    ]),
    Relation("colour", "colour", "Colour", [
        "what colour is {x}", "what is the colour of {x}", "colour of {x}",
        "which colour does {x} have",
    ], [
        "The colour of {x} is {v}.", "Its usual colour is {v}.", "In colour {x} is {v}.",
    ]),
    Relation("coach", "person", "Coach", [
        "who is the coach of {x}", "coach of {x}", "name of the coach of {x}",
        "who became coach of {x}",
    ], [
        "The coach of {x} is {v}.", "The present coach is {v}.",
        "Since the spring its coach is {v}.",
    ]),
    Relation("ground", "place", "Home ground", [
        "what is the home ground of {x}", "home ground of {x}", "{x} has its home ground where",
        "where is the home ground of {x}",
    ], [
        "{X} has its home ground at {v}.", "The home ground is at {v}.",
        "Its home ground at {v} is often under water.",
    ]),
]

RELATIONS: Dict[str, Relation] = {r.name: r for r in _ALL}

# Sentences that state two facts at once, so that only the question word tells which one is asked
# for: (relation of {v}, relation of {w}, sentence).
PAIRS = [
    ("founded", "founder", "{X} was founded in {v} by {w}."),
    ("founder", "founded", "{X} was founded by {v} in {w}."),
    ("climber", "climbed", "{X} was first climbed by {v} in {w}."),
    ("born", "birthplace", "{X} was born on {v} in {w}."),
    ("birthplace", "born", "{X} was born in {v} on {w}."),
    ("author", "published", "{X} was written by {v} and published in {w}."),
    ("designer", "opened", "{X} was designed by {v} and opened in {w}."),
]
