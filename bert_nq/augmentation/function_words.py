"""English words that are never replaced and never used as a replacement.

These are the closed word classes, and a few more words whose meaning depends on their neighbours:
light verbs ("take place"), numbers, and the names of days and months.
"""

_TEXT = """
a an the this that these those such same other others another either neither both each every any
some all none no not nor none own
i me my mine myself you your yours yourself yourselves he him his himself she her hers herself it
its itself we us our ours ourselves they them their theirs themselves one ones oneself
somebody someone something anybody anyone anything everybody everyone everything nobody nothing
who whom whose which what when where why how whoever whomever whatever whichever whenever wherever
however whether
am is are was were be been being have has had having do does did doing done will would shall should
can could may might must ought need dare used cannot
aboard about above across after against along alongside amid amidst among amongst around as at
atop before behind below beneath beside besides between beyond but by concerning considering
despite down during except excluding following for from in including inside into like minus near
next of off on onto opposite out outside over past per plus regarding round since than through
throughout till to toward towards under underneath unlike until up upon versus via vs with within
without worth
and or if unless because although though while whereas so yet once lest
there here then now thus hence therefore moreover furthermore nevertheless nonetheless otherwise
instead also too very just only even still again already ever never always often sometimes soon
later ago away back else rather quite almost nearly maybe perhaps well as
more most less least much many few fewer several enough lot lots plenty
yes ok okay oh ah please
get gets got getting gotten go goes went going gone come comes came coming make makes made making
take takes took taking taken give gives gave giving given put puts putting let lets letting keep
keeps kept keeping set sets setting
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth
fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth millionth billionth last
zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds
thousand thousands million millions billion billions trillion trillions dozen dozens half halves
quarter quarters double triple twice thrice
january february april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
mondays tuesdays wednesdays thursdays fridays saturdays sundays
mr mrs ms dr st etc eg ie
"""

FUNCTION_WORDS = frozenset(_TEXT.split())

# Auxiliaries and the like after which a verb form is a participle: has written, was shown.
BEFORE_PARTICIPLES = frozenset(
    "have has had having be is are was were been being am get gets got getting 's 're 've".split())

DETERMINERS = frozenset(
    "a an the this that these those my your his her its our their some any no each every".split())

# Not used as a replacement either: rude words, of which WordNet marks only a few, and old plurals.
UNWANTED_WORDS = frozenset("""
arse arsehole ass asshole ballock ballocks bang bastard bawd bitch bonk boob boobs booby bugger bum
bunghole butt cock coon crap cum cunt dago damn darkey darkie darky darn dick dike dyke eff fag
faggot fagot fanny fart fuck fucker goddam goddamn gook gringo harlot heeb homo honky hooker hump
hussy hymie jap jazz jigaboo jizz kike knocker knockers lesbo motherfucker negro negroid nigga
nigger nigra paki pansy pecker piss poof poove pouf prick puss pussy queer redskin roger screw shag
shit shite shtup skank slag slut snatch spade spic spick spik squaw strumpet tit tits titty tosser
tosspot tramp trollop turd twat wank wanker whore wog wop yid darkies niggers whores sluts bitches
bastards kine brethren
""".split())
