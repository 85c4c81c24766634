"""The facts a page can state: how each is asked and how each is written.

In a phrasing {x} stands for the page's subject and {X} for it at the start of a sentence; a
question names the subject in full, a sentence may say "the town" or "she" instead. {v} is the
value. A question shares a cue word or two with every sentence of its relation, and a value stands
next to its cue. Relations of different kinds of page that mean the same share their cue words.
"""
from typing import Dict, List, NamedTuple


class Relation(NamedTuple):
    name: str
    value: str  # One of values.KINDS.
    label: str  # In an infobox or a list of credits.
    questions: List[str]
    sentences: List[str]


_ALL = [
    Relation("founder", "person", "Founded by", [
        "who founded {x}", "{x} was founded by whom", "who was the founder of {x}",
        "founder of {x}", "name of the person who founded {x}",
    ], [
        "{X} was founded by {v}.", "The founder of {x} was {v}, an exile from the south.",
        "{v} founded {x} with the money of a rich uncle.", "Most historians agree that {x} was "
        "founded by {v}, although no deed survives.",
    ]),
    Relation("founded", "year", "Founded in", [
        "when was {x} founded", "what year was {x} founded", "{x} was founded in which year",
        "in what year was {x} founded", "year {x} was founded",
    ], [
        "{X} was founded in {v}.", "Founded in {v}, {x} soon drew people from far away.",
        "It was in {v} that {x} was founded.", "The year {v}, when {x} was founded, is carved "
        "over the main gate.",
    ]),
    Relation("named_after", "person", "Named after", [
        "who is {x} named after", "who was {x} named after", "{x} is named after which person",
        "after whom is {x} named",
    ], [
        "{X} is named after {v}.", "Named after {v}, {x} bore two other names before.",
        "{X} was named after {v}, who never saw it.",
    ]),
    Relation("population", "count", "Population", [
        "what is the population of {x}", "population of {x}", "how many people live in {x}",
        "how many people live in {x} now",
    ], [
        "{X} has a population of {v} people.", "At the last census {v} people live in {x}.",
        "The population of {x} is {v}.", "Some {v} people live in {x} all year round.",
    ]),
    Relation("mayor", "person", "Mayor", [
        "who is the mayor of {x}", "mayor of {x}", "name of the current mayor of {x}",
        "who became mayor of {x}",
    ], [
        "The mayor of {x} is {v}.", "{v} became mayor after a close vote.",
        "Since the last election {v} has been mayor of {x}.",
    ]),
    Relation("province", "place", "Province", [
        "what province is {x} in", "which province is {x} located in",
        "in which province is {x}", "{x} is in what province",
    ], [
        "{X} is located in the province of {v}.", "{X} lies in the province of {v}.",
        "It belongs to the province of {v}, in the north of the country.",
    ]),
    Relation("industry", "industry", "Main industry", [
        "what is the main industry of {x}", "main industry in {x}",
        "what industry is {x} known for", "which industry is the largest in {x}",
    ], [
        "The main industry of {x} is {v}.", "For centuries {v} was the main industry.",
        "Its largest industry is {v}, which feeds half of all families.",
    ]),
    Relation("source", "place", "Source", [
        "where does {x} rise", "where is the source of {x}", "source of {x}",
        "at which place does {x} rise",
    ], [
        "{X} rises at {v}.", "The source of {x} is at {v}.",
        "{X} rises near {v}, between two bare hills.",
    ]),
    Relation("mouth", "place", "Mouth", [
        "what does {x} flow into", "where does {x} flow into the sea", "where is the mouth of {x}",
        "mouth of {x}",
    ], [
        "{X} flows into the sea at {v}.", "The mouth of {x} is at {v}.",
        "{X} slows down and flows into the bay of {v}.",
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
        "{X} is {v} high.", "The height of {x} is {v}.", "It reaches a height of {v}.",
        "With a height of {v}, {x} can be seen from the coast.",
    ]),
    Relation("climber", "person", "First climbed by", [
        "who first climbed {x}", "who was the first to climb {x}",
        "{x} was first climbed by whom", "first person to climb {x}",
    ], [
        "{X} was first climbed by {v}.", "The first person to climb {x} was {v}.",
        "{v} first climbed {x} without a rope.",
    ]),
    Relation("climbed", "year", "First climbed in", [
        "when was {x} first climbed", "what year was {x} first climbed",
        "in which year was {x} first climbed", "{x} was first climbed in what year",
    ], [
        "{X} was first climbed in {v}.", "First climbed in {v}, {x} has drawn many since.",
        "It was first climbed in the dry summer of {v}.",
    ]),
    Relation("range", "place", "Range", [
        "what mountain range is {x} in", "which range does {x} belong to",
        "{x} belongs to which mountain range", "mountain range of {x}",
    ], [
        "{X} belongs to the {v} range.", "It stands in the {v} mountain range.",
        "{X} is the second peak of the {v} range.",
    ]),
    Relation("born", "date", "Born", [
        "when was {x} born", "what date was {x} born", "{x} was born when",
        "birth date of {x}",
    ], [
        "{X} was born on {v}.", "Born on {v}, {x} was the youngest of six.",
        "The birth of {x} on {v} is noted in the parish book.",
    ]),
    Relation("birthplace", "place", "Birthplace", [
        "where was {x} born", "birthplace of {x}", "what is the birthplace of {x}",
        "in which town was {x} born",
    ], [
        "{X} was born in {v}.", "The birthplace of {x} was {v}.",
        "{X} was born in the town of {v}.",
    ]),
    Relation("died", "date", "Died", [
        "when did {x} die", "what date did {x} die", "date when {x} died",
        "{x} died when",
    ], [
        "{X} died on {v}.", "After a long illness {x} died on {v}.",
        "{X} died at home on {v}.",
    ]),
    Relation("spouse", "person", "Married to", [
        "who was {x} married to", "who did {x} marry", "{x} was married to whom",
        "name of the person {x} married",
    ], [
        "{X} was married to {v}.", "Two years later {x} married {v}.",
        "{X} married {v} against the will of both families.",
    ]),
    Relation("teacher", "person", "Taught by", [
        "who taught {x}", "who was the teacher of {x}", "{x} was taught by whom",
        "teacher of {x}",
    ], [
        "{X} was taught by {v}.", "The teacher of {x} was {v}.",
        "For three years {x} was taught by {v}, who was almost blind.",
    ]),
    Relation("occupation", "occupation", "Occupation", [
        "what was the occupation of {x}", "occupation of {x}",
        "what did {x} work as", "{x} worked as a what",
    ], [
        "{X} worked as a {v}.", "The occupation of {x} was {v}.",
        "In later years {x} worked as a {v} for the crown.",
    ]),
    Relation("author", "person", "Written by", [
        "who wrote {x}", "who is the author of {x}", "author of {x}",
        "{x} was written by whom", "{x} was written by which author",
    ], [
        "{X} was written by {v}.", "The author of {x} is {v}.", "{v} wrote {x} in a single winter.",
        "{X} was written by the author {v}.",
    ]),
    Relation("published", "year", "Published in", [
        "when was {x} published", "what year was {x} published",
        "{x} was published in which year", "in what year was {x} first published",
    ], [
        "{X} was published in {v}.", "First published in {v}, {x} sold slowly.",
        "It was first published in {v}.",
    ]),
    Relation("hero", "person", "Main character", [
        "who is the main character of {x}", "main character in {x}",
        "name of the main character in {x}", "what is the main character of {x} called",
    ], [
        "The main character of {x} is {v}.", "Its main character, {v}, speaks very little.",
        "The main character is called {v}.",
    ]),
    Relation("setting", "place", "Set in", [
        "where is {x} set", "{x} is set in which town", "what town is {x} set in",
        "in what place is {x} set",
    ], [
        "{X} is set in {v}.", "It is set in the harbour town of {v}.",
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
        "who directed {x}", "who is the director of {x}", "director of {x}",
        "{x} was directed by whom",
    ], [
        "{X} was directed by {v}.", "The director of {x} is {v}.",
        "{v} directed {x} at the age of thirty.",
    ]),
    Relation("released", "date", "Released", [
        "when was {x} released", "release date of {x}", "what date was {x} released",
        "when did {x} get released",
    ], [
        "{X} was released on {v}.", "Released on {v}, {x} filled the halls for weeks.",
        "The release of {x} took place on {v}.",
    ]),
    Relation("music", "person", "Music by", [
        "who composed the music for {x}", "who composed the music of {x}",
        "composer of the music for {x}", "music of {x} was composed by whom",
    ], [
        "The music was composed by {v}.", "{v} composed the music for {x}.",
        "The composer of the music for {x} was {v}.",
    ]),
    Relation("star", "person", "Starring", [
        "who stars in {x}", "who plays the leading role in {x}",
        "who played the leading role in {x}", "star of {x}",
    ], [
        "{X} stars {v}.", "{v} plays the leading role.", "The leading role is played by {v}.",
        "The star of {x} is {v}.",
    ]),
    Relation("runtime", "minutes", "Running time", [
        "what is the running time of {x}", "how many minutes does {x} last", "running time of {x}",
        "how long does {x} last",
    ], [
        "{X} has a running time of {v}.", "{X} lasts {v}.",
        "The running time of {x} is {v}.",
    ]),
    Relation("headquarters", "place", "Headquarters", [
        "where are the headquarters of {x}", "where is {x} headquartered",
        "headquarters of {x}", "what town are the headquarters of {x} in",
    ], [
        "{X} has its headquarters in {v}.", "The headquarters of {x} are in {v}.",
        "{X} is headquartered in {v}.",
    ]),
    Relation("employees", "count", "Employees", [
        "how many employees does {x} have", "number of employees of {x}",
        "how many people does {x} employ", "{x} has how many employees",
    ], [
        "{X} has {v} employees.", "It now employs {v} people.",
        "The number of employees is {v}.",
    ]),
    Relation("product", "product", "Products", [
        "what does {x} make", "what products does {x} make", "what is the main product of {x}",
        "{x} makes which product",
    ], [
        "{X} makes {v}.", "The main product of {x} is {v}.", "{X} now makes {v} for export.",
    ]),
    Relation("owner", "company", "Owned by", [
        "who owns {x}", "{x} is owned by which company", "which company owns {x}",
        "owner of {x}",
    ], [
        "{X} is owned by {v}.", "The owner of {x} is {v}.",
        "Since the merger {v} owns {x}.",
    ]),
    Relation("designer", "person", "Designed by", [
        "who designed {x}", "who was the designer of {x}", "{x} was designed by whom",
        "designer of {x}",
    ], [
        "{X} was designed by {v}.", "The designer of {x} was {v}.",
        "{v} designed {x} after a journey to the east.",
    ]),
    Relation("opened", "year", "Opened in", [
        "when did {x} open", "what year was {x} opened", "when was {x} opened",
        "{x} opened in which year",
    ], [
        "{X} was opened in {v}.", "{X} opened in {v}, two years late.",
        "Opened in {v}, {x} was a wonder of its day.",
    ]),
    Relation("span", "metres", "Span", [
        "what is the span of {x}", "span of {x} in metres", "how many metres does {x} span",
        "{x} has a span of how many metres",
    ], [
        "{X} has a span of {v}.", "The span of {x} is {v}.", "It has a span of {v} in all.",
    ]),
    Relation("material", "material", "Material", [
        "what is {x} made of", "what material is {x} built of", "{x} is built of what material",
        "which material is {x} made of",
    ], [
        "{X} is built of {v}.", "{X} is made of {v}.",
        "The material of {x} is {v}, brought in by sea.",
    ]),
    Relation("describer", "person", "Described by", [
        "who first described {x}", "{x} was first described by whom",
        "who described {x}", "person who first described {x}",
    ], [
        "{X} was first described by {v}.", "{v} first described {x} from a single feather.",
        "It was described by {v} in a letter to a friend.",
    ]),
    Relation("wingspan", "centimetres", "Wingspan", [
        "what is the wingspan of {x}", "wingspan of {x}", "how wide is the wingspan of {x}",
        "how many centimetres is the wingspan of {x}",
    ], [
        "{X} has a wingspan of {v}.", "The wingspan of {x} is {v}.",
        "Its wingspan of {v} is large for such a light bird.",
    ]),
    Relation("diet", "food", "Diet", [
        "what does {x} eat", "what does {x} feed on", "{x} feeds on what",
        "{x} eats what",
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
        "who is the coach of {x}", "who coaches {x}", "coach of {x}",
        "name of the coach of {x}",
    ], [
        "The coach of {x} is {v}.", "{v} is the coach of {x}.", "{X} is coached by {v}.",
    ]),
    Relation("captain", "person", "Captain", [
        "who is the captain of {x}", "captain of {x}", "who was named captain of {x}",
        "name of the captain of {x}",
    ], [
        "The captain of {x} is {v}.", "{v} was named captain of {x}.",
        "Its captain is {v}.",
    ]),
    Relation("ground", "place", "Home ground", [
        "where does {x} play", "what is the home ground of {x}", "home ground of {x}",
        "where does {x} play its home games",
    ], [
        "{X} plays at {v}.", "The home ground of {x} is {v}.",
        "{X} plays its home games at {v}.",
    ]),
]

RELATIONS: Dict[str, Relation] = {r.name: r for r in _ALL}

# Sentences that state two facts at once: only the question word tells which one is wanted.
PAIRS = [
    ("founded", "founder", "{X} was founded in {v} by {w}."),
    ("founder", "founded", "{X} was founded by {v} in {w}."),
    ("climber", "climbed", "{X} was first climbed by {v} in {w}."),
    ("born", "birthplace", "{X} was born on {v} in {w}."),
    ("birthplace", "born", "{X} was born in {v} on {w}."),
    ("author", "published", "{X} was written by {v} and published in {w}."),
    ("director", "music", "{X} was directed by {v} and its music was composed by {w}."),
    ("designer", "opened", "{X} was designed by {v} and opened in {w}."),
    ("coach", "captain", "The coach is {v} and the captain is {w}."),
    ("source", "mouth", "{X} rises at {v} and flows into the sea at {w}."),
]
