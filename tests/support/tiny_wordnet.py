"""A small WordNet of hand-made synsets, written in WordNet's own file format."""
import collections
import os

FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
NUMBERS = {"n": 1, "v": 2, "a": 3, "r": 4}
LICENCE = "  1 A WordNet made for tests, by nobody. WordNet 3.0 Copyright\n"

# (part of speech, {lemma: its count in this sense}, usage if any); a lemma's senses in this order.
SYNSETS = [
    ("n", {"archaism": 0}),
    ("n", {"film": 38, "movie": 26, "motion_picture": 9, "flick": 0}),
    ("n", {"film": 16, "membrane": 4}),
    ("n", {"car": 70, "automobile": 6, "motorcar": 0}),
    ("n", {"city": 100, "town": 20, "settlement": 5}),
    ("n", {"town": 2, "Springfield": 1}),
    ("n", {"baker": 5, "bread_maker": 2}),
    ("n", {"Baker": 0, "Ella_Baker": 0}),
    ("n", {"light": 10, "visible_light": 0, "glow": 4}),
    ("v", {"light": 10, "ignite": 5}),
    ("n", {"hour": 30, "period": 4, "era": 3}),
    ("n", {"cow": 8, "ox": 2}),
    ("n", {"fool": 3, "ninny": 1}, "archaism"),
    ("n", {"tavern": 0, "alehouse": 0}),
    ("v", {"write": 90, "compose": 4, "pen": 3, "indite": 0}),
    ("v", {"play": 50, "act": 6, "take_part": 0}),
    ("v", {"play": 30, "undergo": 3}),
    ("v", {"carry": 60, "transport": 7}),
    ("v", {"stop": 40, "halt": 5}),
    ("v", {"hit": 40, "strike": 9}),
    ("v", {"find": 50, "discover": 9}),
    ("v", {"found": 9, "establish": 8}),
    ("a", {"big": 80, "large": 90}),
    ("a", {"swift": 0, "fast": 0}),
    ("r", {"quickly": 20, "rapidly": 9}),
]
EXCEPTIONS = {
    "noun": ["kine cow", "oxen ox"],
    "verb": ["carried carry", "composed compose", "found find", "penned pen", "penning pen",
             "stopped stop", "stopping stop", "struck strike", "underwent undergo",
             "undergone undergo", "written write", "wrote write"],
    "adj": ["bigger big", "biggest big"],
    "adv": [],
}


def write(folder) -> str:
    """Creates the folder, writes the files into it and returns it."""
    os.makedirs(str(folder), exist_ok=True)
    for name, content in contents().items():
        with open(os.path.join(str(folder), name), "w", encoding="ascii") as f:
            f.write(content)
    return str(folder)


def contents():
    """{file name: content}."""
    offsets = _offsets()
    files = {"%s.exc" % part: "".join(line + "\n" for line in lines)
             for part, lines in EXCEPTIONS.items()}
    index, counts = collections.defaultdict(list), []
    data = dict.fromkeys(FILES, LICENCE)
    for number, synset in enumerate(SYNSETS):
        part = synset[0]
        data[part] += _data_line(number, offsets)
        for lemma, count in synset[1].items():
            index[part, lemma.lower()].append(offsets[number])
            if count:
                senses = len(index[part, lemma.lower()])
                counts.append("%s%%%d:03:%02d:: %d %d\n" % (
                    lemma.lower(), NUMBERS[part], number % 16, senses, count))
    for part, name in FILES.items():
        files["data." + name] = data[part]
        files["index." + name] = LICENCE + "".join(
            "%s %s %d 0 %d 0 %s\n" % (lemma, part, len(places), len(places),
                                      " ".join("%08d" % place for place in places))
            for (own, lemma), places in sorted(index.items()) if own == part)
    files["cntlist.rev"] = "".join(sorted(counts))
    return files


def _data_line(number, offsets):
    part, lemmas = SYNSETS[number][:2]
    pointers = "".join(" ;u %08d n 0000" % offsets[other] for other, synset in enumerate(SYNSETS)
                       if SYNSETS[number][2:] and "archaism" in synset[1])
    frames = " 01 + 02 00" if part == "v" else ""
    return "%08d 03 %s %02x %s %03d%s%s | what it is\n" % (
        offsets[number], part, len(lemmas),
        " ".join("%s %x" % (lemma, number % 16) for lemma in lemmas),
        1 if pointers else 0, pointers, frames)


def _offsets():
    """The byte offset of each synset's line in the file of its part of speech."""
    offsets, ends = [0] * len(SYNSETS), {part: len(LICENCE) for part in FILES}
    for number, synset in enumerate(SYNSETS):
        offsets[number] = ends[synset[0]]
        # Offsets have eight digits each, so a line's length is known before the offsets in it are.
        ends[synset[0]] += len(_data_line(number, [0] * len(SYNSETS)))
    return offsets
