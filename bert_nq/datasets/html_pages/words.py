"""Words of a text, split as Natural Questions splits them; their characters stay as they are.

Punctuation stands by itself, and so do 's and n't; 13,000, U.S., mid-summer and an address of the
web are one word. What Natural Questions spells otherwise than its pages do (`` for ", -- for a
dash, brackets as parentheses) is left alone, so that a word is what stands in the page.

NLTK has the splitter that this resembles, but it wants one sentence at a time, and finding
sentences takes a model that has to be downloaded.
"""
import re
from typing import List, Tuple

# Marks that are words of their own. The ranges are Unicode's punctuation and symbols; marks that
# belong to letters, such as vowel signs, are not among them. The standard library's re knows no
# categories.
_MARKS = (r"!-/:-@\[-\^`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
          r"\u055a-\u055f\u0589\u05be\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965"
          r"\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2100-\u2bff\u2e00-\u2e5d"
          r"\u3000-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
          r"\U0001f000-\U0001faff")
# Characters of Chinese and Japanese, which has no blanks: each of the former is a word.
_IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_KANA = r"\u3040-\u30ff"
_L = r"[^\s\d%s%s%s]" % (_MARKS, _IDEOGRAPHS, _KANA)  # a letter
_W = r"[^\s%s%s%s]" % (_MARKS, _IDEOGRAPHS, _KANA)  # a letter or a digit

# Abbreviations whose period is theirs. Single letters (J.) and chains of them (U.S.) are as well.
_ABBREVIATIONS = ("Mr|Mrs|Ms|Dr|Prof|Rev|Hon|St|Mt|Ft|Jr|Sr|Gen|Col|Capt|Lt|Sgt|Gov|Sen|Rep|Pres|"
                  "Inc|Ltd|Co|Corp|Bros|No|Nos|vs|etc|al|cf|pp|ed|eds|vol|ca|approx|Jan|Feb|Mar|"
                  "Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec")
_CLITIC = r"['\u2019](?:[sSdDmM]|re|RE|ve|VE|ll|LL)(?!%s)" % _W
_NOT = r"[nN]['\u2019][tT](?!%s)" % _W

_PARTS = {"L": _L, "W": _W, "abbreviations": _ABBREVIATIONS, "clitic": _CLITIC, "not": _NOT,
          "ideographs": _IDEOGRAPHS, "kana": _KANA}
_WORD = re.compile("|".join((
    # An address, without the punctuation behind it.
    r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\"'.,;:!?)\]}]",
    r"(?:%(L)s\.){2,}(?:%(L)s(?!%(W)s))?",
    r"(?:%(abbreviations)s|%(L)s)\.(?!%(W)s)",
    "%(clitic)s",
    "%(not)s",
    r"[$\u00a3\u20ac\u00a5]?\d+(?:[.,:]\d+)*%(W)s*",
    # can't is ca and n't.
    "%(W)s+?(?=%(not)s)",
    # A part may follow a period, an ampersand or an apostrophe (example.org, A&M, O'Brien), and a
    # hyphen if it has no capital (mid-summer, but Disney - ABC).
    r"%(W)s+(?:(?:\.(?![A-Z])|&|(?!%(clitic)s)['\u2019]|-(?![A-Z\d]))%(W)s+)*",
    r"\.{2,}|-{2,}|``|\'\'",
    "[%(ideographs)s]",
    "[%(kana)s]+",
    ".")) % _PARTS, re.DOTALL)
_BETWEEN_BLANKS = re.compile(r"\S+")


def split(text: str) -> List[Tuple[int, int]]:
    """The words of a text, each as its first character and its exclusive last one, in order.

    All characters but white space are in a word.
    """
    spans: List[Tuple[int, int]] = []
    for match in _BETWEEN_BLANKS.finditer(text):
        chunk, start = match.group(), match.start()
        if chunk.isalnum() and chunk.isascii():  # most are
            spans.append(match.span())
        elif chunk[-1] in ",;)" and chunk[:-1].isalnum() and chunk.isascii():  # most others are
            end = match.end()
            spans += [(start, end - 1), (end - 1, end)]
        else:
            spans += [(start + m.start(), start + m.end()) for m in _WORD.finditer(chunk)]
    if spans and _ends_sentence(text, *spans[-1]):
        start, end = spans.pop()
        spans += [(start, end - 1), (end - 1, end)]
    return spans


def _ends_sentence(text: str, start: int, end: int) -> bool:
    """Whether a text's last word takes the period for its own that ends the sentence: "C." """
    return end - start > 1 and text[end - 1] == "." and "." not in text[start:end - 1]


def words(text: str) -> List[str]:
    """`split` as texts."""
    return [text[start:end] for start, end in split(text)]
