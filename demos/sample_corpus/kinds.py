"""The kinds of page and, for each, its relations and other questions.

{x} and {X} stand for the subject, as in relations.py.
"""
from typing import List, NamedTuple


class Choice(NamedTuple):
    """A yes/no question and the sentences that answer it."""

    question: str
    yes: str
    no: str


class Listing(NamedTuple):
    """A question for several answers, and the sentence that introduces their list."""

    questions: List[str]
    lead: str
    value: str  # One of values.KINDS.


class Topic(NamedTuple):
    """A question whose answer is a paragraph."""

    heading: str
    questions: List[str]
    opening: str
    more: List[str]


class Kind(NamedTuple):
    """A kind of page, such as towns or rivers."""
    name: str
    nouns: List[str]  # Nouns that a sentence may use for the subject.
    # {n} stands for an invented place name; a title may also be one of values.KINDS, of which a
    # value is drawn. A leading "the" is used in sentences, not in the title.
    titles: List[str]
    relations: List[str]
    definitions: List[str]
    choices: List[Choice]
    listings: List[Listing]
    topics: List[Topic]


KINDS = [
    Kind(
        "town", ["the town"], ["{n}", "{n}", "Old {n}", "Port {n}"],
        ["founder", "founded", "population", "province", "industry"],
        ["{X} is a market town with narrow streets.", "{X} is a quiet town on a hill.",
         "{X} is a walled town known for its old gardens."],
        [Choice("is there a train station in {x}", "There is a train station beside the old gate.",
                "There is no train station in {x} and the nearest line is a day away."),
         Choice("does {x} have a harbour", "{X} does have a harbour for small boats.",
                "{X} does not have a harbour, for the bay is too shallow.")],
        [Listing(["what are the districts of {x}", "districts of {x}"],
                 "The districts of {x} are these:", "place")],
        [Topic("Climate", ["what is the climate of {x} like", "describe the climate of {x}"],
               "The climate of {x} is shaped by the sea.",
               ["Rain falls in every season and snow is rare.",
                "In spring a warm wind comes over the hills and melts the frost early.",
                "Summers are mild and the nights are cool."]),
         Topic("History", ["what is the history of {x}", "tell me the history of {x}"],
               "The history of {x} begins with a few huts by a ford.",
               ["Later a wall went up and traders came twice a year.",
                "A fire took most of the houses, and those who stayed built again in stone.",
                "In the last century the young moved away and came back only in summer."])]),
    Kind(
        "river", ["the river"], ["the {n} River", "the River {n}"],
        ["source", "length", "named_after"],
        ["{X} is a slow river with many bends.", "{X} is a cold river with steep banks.",
         "{X} is a river loved by rowers."],
        [Choice("is {x} frozen in winter", "{X} is frozen in winter as far as the first bend.",
                "{X} is never frozen in winter because of its warm springs."),
         Choice("is swimming allowed in {x}", "Swimming is allowed in {x} from May on.",
                "Swimming is not allowed in {x} because of the currents.")],
        [Listing(["what towns are on {x}", "which towns lie on {x}"],
                 "The towns on {x} are, from north to south:", "place")],
        [Topic("Floods", ["why does {x} flood", "what causes the floods of {x}"],
               "The floods of {x} come when snow melts in the hills.",
               ["The water then rises for a week and covers the low meadows.",
                "Farmers move their sheep to higher ground and wait.",
                "Dams have been planned more than once and never built."])]),
    Kind(
        "mountain", ["the mountain", "the peak"], ["Mount {n}", "{n} Peak"],
        ["height", "climber", "climbed", "range"],
        ["{X} is a mountain with two summits.", "{X} is a lonely mountain of grey rock.",
         "{X} is a steep mountain, white for most of the year."],
        [Choice("is {x} a volcano", "{X} is a volcano, though it has slept for ages.",
                "{X} is not a volcano, whatever its shape suggests."),
         Choice("is there a glacier on {x}", "There is a glacier on the north side of {x}.",
                "There is no glacier on {x} any more.")],
        [Listing(["what huts are there on {x}", "names of the huts on {x}"],
                 "There are huts on {x} for the night:", "place")],
        [Topic("Routes", ["what is the best route up {x}", "describe the route up {x}"],
               "The usual route up {x} starts at the old mill.",
               ["It follows a stream and then a long ridge with loose stones.",
                "Below the top a chain helps over the last smooth wall.",
                "Walkers should start before dawn and be down by noon."])]),
    Kind(
        "person", ["person"], ["person"],
        ["born", "birthplace", "teacher", "occupation"],
        ["{X} was a restless traveller and a writer of long letters.",
         "{X} is remembered for a sharp tongue and a kind heart.",
         "{X} was one of the great minds of the age."],
        [Choice("did {x} have children", "{X} did have children, two of whom became singers.",
                "{X} did not have children and left all to a niece."),
         Choice("did {x} win the crown prize", "{X} did win the crown prize, at the third attempt.",
                "{X} did not win the crown prize, to the surprise of many.")],
        [Listing(["what books did {x} write", "list of books by {x}"],
                 "The books that {x} did write are these:", "work")],
        [Topic("Early life", ["what was the early life of {x} like",
                              "tell me about the early life of {x}"],
               "The early life of {x} was hard.",
               ["The family moved from farm to farm and owned one coat between them.",
                "A village priest lent out his books, one at a time.",
                "Later came a school with no windows and a master who loved birds."])]),
    Kind(
        "novel", ["the novel", "the book"], ["work"],
        ["author", "published", "setting", "pages"],
        ["{X} is a novel told in short letters.", "{X} is a dark novel with a bright ending.",
         "{X} is a long novel about a small quarrel."],
        [Choice("is {x} based on a true story", "{X} is based on a true story from the war.",
                "{X} is not based on a true story, although it sounds like one."),
         Choice("is {x} still in print", "{X} is still in print after all these years.",
                "{X} is no longer in print.")],
        [Listing(["who are the sisters in {x}", "names of the sisters in {x}"],
                 "The sisters in {x} are:", "person")],
        [Topic("Plot", ["what is the plot of {x}", "summary of the plot of {x}"],
               "The plot of {x} starts with a lost key.",
               ["A stranger finds it and opens a door that should have stayed shut.",
                "Two friends fall out, travel apart and meet again on a frozen lake.",
                "In the end nobody has won and everybody laughs."])]),
    Kind(
        "film", ["the film"], ["work"],
        ["director", "released", "runtime"],
        ["{X} is a silent film shot in two weeks.", "{X} is a film about a bank robbery.",
         "{X} is a comic film with many songs."],
        [Choice("is {x} a sequel", "{X} is a sequel to an earlier success.",
                "{X} is not a sequel, despite its name."),
         Choice("was {x} shot in colour", "{X} was shot in colour, then a rare thing.",
                "{X} was not shot in colour but in black and white.")],
        [Listing(["what actors are in the cast of {x}", "cast of {x}"],
                 "The cast of {x} includes these actors:", "person")],
        [Topic("Plot", ["what is the plot of {x}", "what happens in the plot of {x}"],
               "The plot of {x} follows a thief on his last night.",
               ["He hides in a theatre and is taken for an actor.",
                "On stage he tells the truth and nobody believes him.",
                "When the curtain falls he has found a new trade."])]),
    Kind(
        "company", ["the company", "the firm"], ["company"],
        ["founder", "founded", "headquarters", "employees", "product"],
        ["{X} is a firm with a long name in its trade.", "{X} is a company run by four cousins.",
         "{X} is a family company proud of its slow methods."],
        [Choice("is {x} listed on the stock exchange", "{X} is listed on the stock exchange.",
                "{X} is not listed on the stock exchange and has never sold a share."),
         Choice("does {x} pay a dividend", "{X} does pay a dividend every spring.",
                "{X} does not pay a dividend.")],
        [Listing(["what brands does {x} own", "brands of {x}"],
                 "The brands of {x} are these:", "place")],
        [Topic("History", ["what is the history of {x}", "tell me the history of {x}"],
               "The history of {x} starts in a rented shed.",
               ["One machine ran by day, and by night the workers slept beside it.",
                "A large order from the navy paid for the first proper hall.",
                "Hard years followed, but nobody was ever sent home."])]),
    Kind(
        "bridge", ["the bridge"], ["the {n} Bridge", "{n} Bridge"],
        ["designer", "opened", "span", "material"],
        ["{X} is a bridge with seven arches.", "{X} is a narrow bridge for carts and walkers.",
         "{X} is a bridge with a small chapel in the middle."],
        [Choice("is there a toll on {x}", "There is a toll on {x} for all but monks.",
                "There is no toll on {x} since the war."),
         Choice("can cars cross {x}", "Cars can cross {x} one at a time.",
                "Cars can not cross {x}, only people on foot.")],
        [Listing(["what statues are on {x}", "names of the statues on {x}"],
                 "The statues on {x} show these people:", "person")],
        [Topic("Construction", ["how was {x} constructed", "describe the construction of {x}"],
               "The construction of {x} took nine summers.",
               ["Piles were driven into the mud from rafts.",
                "Twice the ice carried the timber away.",
                "At last divers laid the footings by hand, block by block."])]),
    Kind(
        "bird", ["the bird", "the species"], ["the {n} finch", "the {n} owl", "the {n} warbler"],
        ["describer", "wingspan", "diet", "colour"],
        ["{X} is a shy bird of open woods.", "{X} is a noisy bird that nests in reeds.",
         "{X} is a small bird with a long tail."],
        [Choice("is {x} endangered", "{X} is endangered over most of its range.",
                "{X} is not endangered and grows in number."),
         Choice("does {x} migrate", "{X} does migrate, leaving before the frost.",
                "{X} does not migrate but stays all year.")],
        [Listing(["what islands does {x} live on", "islands where {x} lives"],
                 "The islands on which {x} lives are:", "place")],
        [Topic("Song", ["what does the song of {x} sound like", "describe the song of {x}"],
               "The song of {x} is a dry rattle.",
               ["It is given at dusk from the top of a bush.",
                "Pairs answer one another for an hour without a pause.",
                "In autumn only the old ones sing."])]),
    Kind(
        "club", ["the club", "the team"], ["{n} Rovers", "{n} United", "{n} Athletic"],
        ["coach", "founded", "ground", "colour"],
        ["{X} is a football club with loyal supporters.", "{X} is a club that never plays for a "
         "draw.", "{X} is a team of amateurs."],
        [Choice("has {x} won the cup", "{X} has won the cup, after extra time.",
                "{X} has never won the cup."),
         Choice("does {x} have a women's team", "{X} does have a women's team.",
                "{X} does not have a women's team yet.")],
        [Listing(["who are the rivals of {x}", "rivals of {x}"],
                 "The rivals of {x} are:", "place")],
        [Topic("Crest", ["what does the crest of {x} mean", "describe the crest of {x}"],
               "The crest of {x} shows a heron.",
               ["It stands on one leg in front of three waves.",
                "The waves recall the flood that once took the first pitch.",
                "Above it a broken oar was added by mistake and then kept."])]),
]
