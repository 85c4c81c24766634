"""Irregular verbs and nouns of English, and nouns without a plural.

WordNet's exception lists give the lemma of a form: "wrote" and "written" are both of "write". They
do not say which of the two is the past, nor that nobody writes "kine" for the plural of "cow".
"""
from typing import Dict, Tuple


def _rows(text: str, columns: int):
    words = text.split()
    assert len(words) % columns == 0
    return [tuple(words[i:i + columns]) for i in range(0, len(words), columns)]


# Base, past, participle. Where two forms are in use, the one that is correct everywhere.
_VERB_ROWS = _rows("""
    arise arose arisen          awake awoke awoken          bear bore borne
    beat beat beaten            become became become        begin began begun
    bend bent bent              bet bet bet                 bind bound bound
    bite bit bitten             bleed bled bled             blow blew blown
    break broke broken          breed bred bred             bring brought brought
    broadcast broadcast broadcast   build built built       burn burned burned
    burst burst burst           buy bought bought           cast cast cast
    catch caught caught         choose chose chosen         cling clung clung
    come came come              cost cost cost              creep crept crept
    cut cut cut                 deal dealt dealt            dig dug dug
    draw drew drawn             dream dreamed dreamed       drink drank drunk
    drive drove driven          dwell dwelt dwelt           eat ate eaten
    fall fell fallen            feed fed fed                feel felt felt
    fight fought fought         find found found            flee fled fled
    fling flung flung           fly flew flown              forbid forbade forbidden
    forecast forecast forecast  foresee foresaw foreseen    forget forgot forgotten
    forgive forgave forgiven    freeze froze frozen         get got got
    give gave given             go went gone                grind ground ground
    grow grew grown             hang hung hung              hear heard heard
    hide hid hidden             hit hit hit                 hold held held
    hurt hurt hurt              keep kept kept              kneel knelt knelt
    know knew known             lay laid laid               lead led led
    lean leaned leaned          leap leaped leaped          learn learned learned
    leave left left             lend lent lent              let let let
    lie lay lain                light lit lit               lose lost lost
    make made made              mean meant meant            meet met met
    mow mowed mowed             pay paid paid               prove proved proved
    put put put                 quit quit quit              read read read
    rend rent rent              rid rid rid                 ride rode ridden
    ring rang rung              rise rose risen             run ran run
    say said said               see saw seen                seek sought sought
    sell sold sold              send sent sent              set set set
    shake shook shaken          shed shed shed              shine shone shone
    shoot shot shot             show showed shown           shrink shrank shrunk
    shut shut shut              sing sang sung              sink sank sunk
    sit sat sat                 slay slew slain             sleep slept slept
    slide slid slid             sling slung slung           slit slit slit
    smell smelled smelled       speak spoke spoken          speed sped sped
    spell spelled spelled       spend spent spent           spill spilled spilled
    spin spun spun              split split split           spoil spoiled spoiled
    spread spread spread        spring sprang sprung        stand stood stood
    steal stole stolen          stick stuck stuck           sting stung stung
    stink stank stunk           stride strode stridden      strike struck struck
    string strung strung        strive strove striven       swear swore sworn
    sweep swept swept           swell swelled swollen       swim swam swum
    swing swung swung           take took taken             teach taught taught
    tear tore torn              tell told told              think thought thought
    thrive thrived thrived      throw threw thrown          thrust thrust thrust
    tread trod trodden          understand understood understood  undergo underwent undergone
    upset upset upset           wake woke woken             wear wore worn
    weave wove woven            weep wept wept              win won won
    wind wound wound            withdraw withdrew withdrawn wring wrung wrung
    write wrote written         bless blessed blessed       work worked worked
    """, 3)
VERBS: Dict[str, Tuple[str, str]] = {base: (past, participle)
                                     for base, past, participle in _VERB_ROWS}

# Prefixes with which a verb keeps its irregular forms: overcome, rewrite, withstand.
VERB_PREFIXES = ("over", "under", "out", "re", "un", "fore", "with", "mis", "up", "be", "inter",
                 "ghost", "type", "back", "pre")

NOUNS: Dict[str, str] = dict(_rows("""
    brother brothers  cow cows  gas gases  bus buses  axis axes  basis bases  ox oxen
    index indexes  formula formulas  medium media  criterion criteria  phenomenon phenomena
    bacterium bacteria  nucleus nuclei  stimulus stimuli  alumnus alumni  genus genera
    larva larvae  corpus corpora  stadium stadiums  museum museums  album albums  forum forums
    premium premiums  gymnasium gymnasiums  asylum asylums  virus viruses  campus campuses
    circus circuses  octopus octopuses  genius geniuses  area areas  era eras  idea ideas
    arena arenas  opera operas  drama dramas  camera cameras  villa villas  banana bananas
    taxi taxis  tax taxes  base bases  photo photos  piano pianos  solo solos  memo memos
    logo logos  casino casinos  kilo kilos  disco discos  euro euros  soprano sopranos
    dwarf dwarfs  roof roofs  human humans  shaman shamans  talisman talismans
    gulf gulfs  safe safes  cafe cafes  hoof hooves  scarf scarves  wharf wharves
    colon colons  salon salons  demon demons  canon canons  octagon octagons
    """, 2))

# Compounds that end as on the left take the plural on the right where WordNet lists it: policemen,
# housewives.
NOUN_ENDINGS = _rows("""
    man men  child children  foot feet  tooth teeth  mouse mice  goose geese  louse lice
    life lives  wife wives  knife knives  leaf leaves  shelf shelves  half halves  self selves
    wolf wolves  calf calves  loaf loaves  thief thieves  elf elves  sis ses
    """, 2)

# Plurals and collective nouns that do not end in s.
PLURAL_LOOKING = frozenset("""
    people folk townsfolk townspeople kinfolk kinsfolk police cattle poultry vermin clergy
    data media criteria phenomena bacteria men women children feet teeth mice geese lice oxen
    strata errata memorabilia paraphernalia regalia genitalia insignia troops
    """.split())

# Uncountable nouns, and nouns whose plural equals the singular.
WITHOUT_PLURAL = frozenset("""
    advice baggage butter cash clothing courage dirt dust electricity equipment evidence fun
    furniture garbage gold happiness hardware health help homework housework information
    jewelry jewellery knowledge leisure luck luggage machinery mail merchandise milk money mud
    music news nonsense oxygen peace petrol gasoline pollution poverty progress rain research rice
    rubbish safety sand scenery silver snow software steel stuff sugar thunder traffic transport
    transportation trash travel violence warfare water wealth weather wheat wisdom
    aircraft spacecraft hovercraft watercraft craft sheep deer salmon trout shrimp moose swine bison
    offspring kin fish shellfish cod tuna staff personnel livestock wildlife mankind humankind
    humanity penny beef
    """.split()) | PLURAL_LOOKING
