"""A question as a query of SQLite's full-text search."""
import re

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 64  # Each word is a list to go through.

# Words of questions that nearly every page has. BM25 gives them next to no weight; leaving them out
# saves going through their lists, which takes longer than all other words together.
_STOP_WORDS = frozenset("""
a about an and any are as at be been being by can could did do does for from had has have he her
him his how i in into is it its many me much my of on or our she should so some than that the their
them then there these they this those to was we were what when where which who whom whose why with
would you your s t
""".split())


def of_question(question: str) -> str:
    """A query that matches every passage with a word of the question, or "" if it has no word.

    Each word stands in quotation marks, so that none of it is syntax: a person may ask 'who said
    "NEAR(me)" OR NOT?'. Where all words are stop words, as in "who was who", they are searched.
    """
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(question)))
    wanted = [word for word in words if word not in _STOP_WORDS] or words
    return " OR ".join('"%s"' % word for word in wanted[:_MOST_WORDS])
