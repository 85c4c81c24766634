"""Parts left out of a page: all that a reader does not see, or that is not the page's own text.

The table is the whole of it. Leaving out too much loses answers without a word, so that it has what
is sure: what browsers do not show, what HTML says is navigation or a control, and Wikipedia's
marks, for pages of Wikipedia are what models are trained on.
"""
import re
from typing import Mapping

# Never text of the page. Of mathematics the formula stays, and its second spelling in TeX goes.
NEVER_TEXT = frozenset((
    "script", "style", "template", "noscript", "head", "iframe", "object", "embed", "applet",
    "svg", "canvas", "audio", "video", "map", "noembed", "noframes", "annotation",
    "annotation-xml", "rp", "frameset", "datalist"))
# Controls and menus. A form is left out with its labels, unless it has a heading or the main part
# of the page in it: some servers put the whole page into a form.
CONTROLS = frozenset((
    "button", "input", "select", "option", "optgroup", "textarea", "label", "nav", "menu",
    "progress", "meter"))
# Of the site and not of the page where they are outside of <main> and <article>. Of a header there,
# the headings are kept, since one of them may be the page's.
FRAME = frozenset(("footer", "aside"))
MAIN = frozenset(("main", "article"))
ROLES = frozenset(("navigation", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog"))
FRAME_ROLES = frozenset(("contentinfo", "complementary"))
# Wikipedia: links to edit, numbers of references and the list that they lead to (Natural Questions
# has no candidates in it), boxes of links at the foot, table of contents, notices about the
# article. A class that other sites use for other things counts on Wikipedia's element alone: Sphinx
# has class="reference" on all links.
CLASSES = frozenset((
    "mw-editsection", "reflist", "mw-references-wrap", "navbox", "vertical-navbox",
    "navbox-styles", "toc", "noprint", "ambox", "catlinks", "printfooter", "mw-jump-link",
    "mw-indicators", "sistersitebox", "mw-empty-elt"))
CLASSES_OF = {"reference": "sup", "references": "ol", "metadata": "table"}
IDS = frozenset(("toc", "mw-navigation", "mw-panel", "mw-head", "siteSub", "contentSub",
                 "jump-to-nav", "catlinks", "siteNotice", "p-lang-btn"))
# Formulas are there for screen readers, beside a picture of each.
SHOWN = frozenset(("mwe-math-mathml-inline", "mwe-math-mathml-display"))

# The attributes that this goes by.
ATTRIBUTES = frozenset(("class", "id", "hidden", "aria-hidden", "style", "role", "open"))

_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\s*(?:!|;|$)",
                           re.IGNORECASE)


def is_never_text(tag: str) -> bool:
    """Whether an element is no text on any page."""
    return tag in NEVER_TEXT


def is_left_out(tag: str, attributes: Mapping[str, str], in_main: bool) -> bool:
    """Whether an element is left out, with all that is in it.

    Args:
      tag: its name, in small letters.
      attributes: its attributes, by names in small letters.
      in_main: whether it is within <main> or <article>.
    """
    if tag in NEVER_TEXT or tag in CONTROLS or tag in FRAME and not in_main:
        return True
    if tag == "dialog" and "open" not in attributes:
        return True
    return bool(attributes) and _by_attributes(tag, attributes, in_main)


def _by_attributes(tag: str, attributes: Mapping[str, str], in_main: bool) -> bool:
    classes = attributes.get("class", "").split()
    if not SHOWN.isdisjoint(classes):
        return False
    if attributes.get("hidden", "until-found").lower() != "until-found":
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if _HIDDEN_STYLE.search(attributes.get("style", "")):
        return True
    role = attributes.get("role", "").strip().lower()
    if role in ROLES or role in FRAME_ROLES and not in_main:
        return True
    return (not CLASSES.isdisjoint(classes) or attributes.get("id") in IDS
            or any(CLASSES_OF.get(name) == tag for name in classes))
