"""The HTML that the service shows: the page that asks, and the description of its addresses."""
import json
import os
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from markupsafe import Markup

from bert_nq.answering.service.guard import size_words
from bert_nq.answering.service.limits import Limits
from bert_nq.error_pages import documents

_NAME = re.compile("`([^`]*)`")

_PACKAGE = __name__.rpartition(".")[0]


def ask_page(description: Mapping[str, Any], num_pages: Optional[int], limits: Limits) -> str:
    """The web page that asks.

    Args:
      description: of the reader.
      num_pages: in the folder; None where there is no folder.
      limits: of requests.
    """
    settings = {"numPages": num_pages, "bodyBytes": limits.body_bytes,
                "bodyWords": size_words(limits.body_bytes),
                "isCalibrated": bool(description.get("is_calibrated"))}
    return _template("ask.html.j2").render(
        task=description.get("task"),
        model=os.path.basename(str(description.get("model", "")).rstrip(os.sep)),
        num_pages=num_pages, limits=limits, settings=Markup(_json_in_html(settings)))


class _Field(NamedTuple):
    name: str
    kind: str
    description: Markup
    is_required: bool


class _Operation(NamedTuple):
    """A method of an address."""
    method: str
    path: str
    summary: str
    fields: List[_Field]
    answers: List[_Field]
    responses: List[Any]  # (status, description)


def api_page(openapi: Mapping[str, Any], limits: Limits) -> str:
    """The addresses and their fields, from the OpenAPI description of the application."""
    schemas = openapi["components"]["schemas"]
    operations = [_operation(method, path, spec, schemas)
                  for path, methods in openapi["paths"].items()
                  for method, spec in methods.items()]
    shown = [_Operation("", "", name, _fields(schemas[name]), [], [])
             for name in ("Passage", "Listed", "PageShown")]
    return _template("api.html.j2").render(operations=operations, types=shown, limits=limits,
                                           body=size_words(limits.body_bytes))


def _operation(method: str, path: str, spec: Mapping[str, Any], schemas: Mapping[str, Any]
               ) -> _Operation:
    request = spec.get("requestBody", {}).get("content", {})
    answer = spec["responses"]["200"]["content"]["application/json"]["schema"]
    return _Operation(
        method.upper(), path, spec["summary"],
        [field for content in request.values() for field in _fields(_named(content["schema"],
                                                                           schemas))],
        _fields(_named(answer, schemas)),
        [(status, response["description"]) for status, response in spec["responses"].items()
         if status != "200"])


def _named(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _fields(schema: Mapping[str, Any]) -> List[_Field]:
    required = schema.get("required", ())
    return [_Field(name, _kind(spec), _with_code(spec.get("description", "")), name in required)
            for name, spec in schema.get("properties", {}).items()]


def _kind(spec: Mapping[str, Any]) -> str:
    """The type of a field in words: "string or null", "list of Listed"."""
    if "$ref" in spec:
        return spec["$ref"].rpartition("/")[2]
    for several in ("anyOf", "allOf"):
        if several in spec:
            return " or ".join(map(_kind, spec[several]))
    if spec.get("type") == "array":
        return "list of %s" % _kind(spec["items"])
    return str(spec.get("type", "any"))


def _with_code(text: str) -> Markup:
    """Text with `names` as <code>."""
    return Markup(_NAME.sub(r"<code>\1</code>", str(documents.text(text))))


def _template(name: str) -> Any:
    return documents.environment(_PACKAGE).get_template(name)


def _json_in_html(value: Dict[str, Any]) -> str:
    """JSON for a place in <script type="application/json">, which no text in it can end."""
    return json.dumps(value).replace("<", "\\u003c")
