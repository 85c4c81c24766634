"""Templates of HTML files that run and load nothing but what is written into them.

All files take their look from templates/base.html.j2, which they extend and which writes
static/style.css into them. Templates of another package can extend it too.
"""
import base64
import functools
import hashlib
import pkgutil
import re
from typing import Any, Optional

import jinja2
from markupsafe import Markup, escape

_HERE = __name__.rpartition(".")[0]

# Control characters have no place in HTML, and halves of a surrogate pair none in UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def text(value: str) -> Markup:
    """Escapes text for a place between tags or in a quoted attribute.

    Characters that cannot be written, control characters and lone surrogates, become U+FFFD.
    """
    return escape(_printable(value))


def number(value: Optional[float]) -> str:
    """A score or a probability with four significant digits; "" for None."""
    return "" if value is None else format(float(value), ".4g")


def template(name: str, package: str = _HERE) -> jinja2.Template:
    """A template of a package."""
    return environment(package).get_template(name)


@functools.lru_cache(maxsize=None)
def environment(package: str = _HERE) -> jinja2.Environment:
    """The templates of a package, made at the first call and kept.

    They may extend and import those of this package, such as base.html.j2. All values are escaped
    as by `text`, unless they are Markup.

    Args:
      package: dotted name of a package with a folder templates/, and static/ if it has files of
        its own for `static("NAME")` in a template. `rendered("NAME")` there is what a template
        without values makes, such as a script that extends another.
    """
    read = functools.partial(_read, package)
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(functools.partial(read, "templates")), autoescape=True,
        finalize=_printable, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        auto_reload=False)

    @functools.lru_cache(maxsize=None)
    def static(name: str) -> Markup:
        content = read("static", name)
        if content is None:
            raise jinja2.TemplateNotFound(name)
        return Markup(content)

    @functools.lru_cache(maxsize=None)
    def rendered(name: str) -> Markup:
        return Markup(made.get_template(name).render() + "\n")  # Templates lose their last one.

    made.globals.update(static=static, rendered=rendered)
    made.filters.update(number=number, sha256=_sha256)
    return made


def encode(document: str) -> bytes:
    """The bytes of a file, or of a part of one."""
    return document.encode("utf8")


def _read(package: str, folder: str, name: str) -> Optional[str]:
    """The text of a package's file, or else of this package's; None where neither has it.

    The package's own loader reads it, so it may lie in a zip file.
    """
    for candidate in (package, _HERE):
        try:
            return pkgutil.get_data(candidate, "%s/%s" % (folder, name)).decode("utf8")
        except OSError:
            continue
    return None


def _printable(value: Any) -> Any:
    """A value as text that HTML can hold; Markup as it is."""
    return value if hasattr(value, "__html__") else _UNPRINTABLE.sub("\ufffd", str(value))


def _sha256(source: str) -> str:
    """The hash by which a Content-Security-Policy admits a style or a script."""
    return base64.b64encode(hashlib.sha256(source.encode("utf8")).digest()).decode("ascii")
