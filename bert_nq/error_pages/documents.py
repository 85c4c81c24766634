"""HTML files that run and load nothing but what is written into them here."""
import base64
import hashlib
import html
import re

# HTML has no place for control characters, and UTF-8 none for halves of a surrogate pair.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%(policy)s">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%(title)s</title>
<style>%(style)s</style>
</head>
<body%(classes)s>
"""


def text(value: str) -> str:
    """`value` for a place between tags or in a quoted attribute.

    What cannot be written, control characters and lone surrogates, becomes U+FFFD.
    """
    return html.escape(_UNPRINTABLE.sub("\ufffd", value))


def head(title: str, style: str, script: str = "", body_class: str = "") -> str:
    """The file's beginning, to <body>.

    The policy in it forbids everything, whatever else the file may hold, but this very style and
    this very script: both are named by their hashes.

    Args:
      title: any text.
      style: CSS, ours.
      script: the JavaScript, ours, that the file will hold; see `script_element`.
      body_class: a class of the style for <body>.
    """
    policy = ["default-src 'none'", "style-src %s" % _hash(style)]
    if script:
        policy.append("script-src %s" % _hash(script))
    policy += ["base-uri 'none'", "form-action 'none'"]
    return _FRAME % {"policy": "; ".join(policy), "title": text(title), "style": style,
                     "classes": ' class="%s"' % body_class if body_class else ""}


def script_element(script: str) -> str:
    """<script> with just what `head` was told of."""
    return "<script>%s</script>\n" % script


def tail() -> str:
    """The file's end, from </body>."""
    return "</body>\n</html>\n"


def encode(document: str) -> bytes:
    """The bytes of a file; all that came from outside went through `text` before."""
    return document.encode("utf8")


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf8")).digest()
    return "'sha256-%s'" % base64.b64encode(digest).decode("ascii")
