"""Templates: values are escaped, the policy admits the look alone, a zip file holds them too."""
import base64
import hashlib
import importlib
import os
import re
import subprocess
import sys
import zipfile

import jinja2
import pytest
from markupsafe import Markup

from bert_nq.error_pages import documents
from tests.support.html_elements import SHOWN, WILD, Elements
from tests.support.programs import ROOT

_PAGE = ('{% extends "base.html.j2" %}{% block title %}{{ value }}{% endblock %}'
         '{% block body %}<p title="{{ value }}">{{ value }}</p>{% endblock %}')


def rendered(source, **values):
    return documents.environment().from_string(source).render(**values)


def test_values_are_escaped_wherever_they_stand():
    page = rendered(_PAGE, value=WILD)
    elements = Elements(page)
    assert elements.named("p") == [["p", {"title": SHOWN}, SHOWN]]
    assert elements.named("title") == [["title", {}, SHOWN]]
    assert elements.named("script") == []
    documents.encode(page)


def test_markup_and_numbers_are_written_as_they_are():
    assert rendered("{{ a }} {{ b }} {{ c }}", a=Markup("<b>\x0b</b>"), b=2 ** 62 + 1, c=None) == (
        "<b>\x0b</b> 4611686018427387905 None")
    assert rendered("{{ a|number }} {{ b|number }}|{{ c|number }}|", a=1.23456, b=-7, c=None) == (
        "1.235 -7||")


def test_a_value_that_was_forgotten_is_no_blank():
    with pytest.raises(jinja2.UndefinedError, match="'value' is undefined"):
        rendered("{{ value }}")
    with pytest.raises(jinja2.TemplateRuntimeError, match="Required block 'title'"):
        rendered('{% extends "base.html.j2" %}')
    with pytest.raises(jinja2.TemplateNotFound, match=r"no_such.html.j2"):
        documents.template("no_such.html.j2")
    with pytest.raises(jinja2.TemplateNotFound, match=r"no_such.js"):
        rendered('{% set script = static("no_such.js") %}' + _PAGE, value="")


def _policy(document):
    """{directive: its values}"""
    metas = [attributes for _, attributes, _ in Elements(document).named("meta")]
    content, = [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in content.split(";")}


def _source(text):
    digest = hashlib.sha256(text.encode("utf8")).digest()
    return "'sha256-%s'" % base64.b64encode(digest).decode("ascii")


def test_the_policy_admits_the_style_and_the_script_of_the_file_alone():
    plain = rendered(_PAGE, value="")
    (_, _, style), = Elements(plain).named("style")
    assert "--gold-long" in style
    expected = {"default-src": ["'none'"], "style-src": [_source(style)], "base-uri": ["'none'"],
                "form-action": ["'none'"]}
    assert _policy(plain) == expected

    with_script = rendered('{% set script = static("style.css") %}' + _PAGE, value=WILD)
    (_, _, script), = Elements(with_script).named("script")
    assert "--gold-long" in script
    assert _policy(with_script) == dict(expected, **{"script-src": [_source(script)]})


def test_environments_are_kept():
    assert documents.environment() is documents.environment()
    assert documents.template("base.html.j2") is documents.template("base.html.j2")


def test_a_script_may_be_a_template():
    page = documents.environment("bert_nq.error_pages.nq").from_string(
        '{% set script = rendered("list.js.j2") %}' + _PAGE).render(value="")
    (_, _, script), = Elements(page).named("script")
    assert script.startswith("// The list of questions") and script.endswith("})();\n")
    assert _policy(page)["script-src"] == [_source(script)]


_OTHER_PAGE = """{% extends "base.html.j2" %}
{% from "parts.html.j2" import verdict %}
{% set script = static("ask.js") %}
{% set body_class = "asking" %}
{% block title %}{{ title }}{% endblock %}
{% block body %}<p>{{ verdict("right", title) }}</p>{% endblock %}
"""


def test_another_package_takes_the_look(tmp_path, monkeypatch):
    for name, content in (("__init__.py", ""), ("templates/ask.html.j2", _OTHER_PAGE),
                          ("static/ask.js", "ask();")):
        path = tmp_path / "asking_pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    page = documents.environment("asking_pages").get_template("ask.html.j2").render(title=WILD)
    elements = Elements(page)
    assert [element[2] for element in elements.named("script")] == ["ask();"]
    assert _policy(page)["script-src"] == [_source("ask();")]
    assert elements.named("style") == Elements(rendered(_PAGE, value="")).named("style")
    assert elements.named("body")[0][1] == {"class": "asking"}
    assert elements.named("span") == [["span", {"class": "verdict right"}, SHOWN]]
    with pytest.raises(jinja2.TemplateNotFound):
        documents.template("ask.html.j2")


@pytest.fixture(name="built", scope="module")
def fixture_built(tmp_path_factory):
    """The folder of the packages as setup.py builds them."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "setup.py", "--quiet", "build", "--build-base",
                    str(folder / "work"), "--build-lib", str(folder / "lib")], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "lib"


def _data_files(root):
    """The files that are no modules."""
    top = os.path.join(str(root), "bert_nq")
    return sorted(os.path.relpath(os.path.join(folder, name), top)
                  for folder, _, names in os.walk(top) for name in names
                  if not name.endswith((".py", ".pyc")))


def test_the_package_holds_all_templates(built):
    assert _data_files(built) == _data_files(ROOT)
    assert {re.sub(r".*\.", "", name) for name in _data_files(ROOT)} == {"j2", "css", "js"}
    assert "error_pages/nq/templates/list.js.j2" in _data_files(ROOT)


def test_templates_are_read_from_a_zip_file(built, tmp_path):
    archive = tmp_path / "bert_nq.zip"
    with zipfile.ZipFile(str(archive), "w") as out:
        for folder, _, names in os.walk(str(built / "bert_nq")):
            for name in names:
                path = os.path.join(folder, name)
                out.write(path, os.path.relpath(path, str(built)))
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "from bert_nq.error_pages import documents\n"
            "assert documents.__file__.startswith(sys.argv[1]), documents.__file__\n"
            "sys.stdout.write(documents.environment().from_string(sys.argv[2]).render(value='<'))")
    # -I: neither the folder of the repository nor PYTHONPATH is looked into.
    done = subprocess.run([sys.executable, "-I", "-c", code, str(archive), _PAGE],
                          cwd=str(tmp_path), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == rendered(_PAGE, value="<")
