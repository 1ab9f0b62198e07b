"""The reference of routes, from the gateway's own OpenAPI document."""

import json
from collections.abc import Mapping
from typing import Any

from deploy.site.markdown import code, page, table
from service.app import create_app
from service.settings import Settings

METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """What `GET /openapi.json` answers; the environment has no say in it."""
    return create_app(Settings.model_construct()).openapi()


def openapi_json() -> str:
    """The document as a file."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def openapi_page() -> str:
    """Every route, and every object that goes in or comes out."""
    found = document()
    rows = [
        (code(f"{method.upper()} {path}"), _first_sentence(one), _body(one), _statuses(one))
        for path, routes in found["paths"].items()
        for method, one in routes.items()
        if method in METHODS
    ]
    parts = [
        part
        for name, schema in found["components"]["schemas"].items()
        for part in _object(name, schema)
    ]
    return page(
        "Routes",
        "What a running gateway shows under `/docs`; as a file: [openapi.json](openapi.json). What "
        "the fields do: [the gateway](../../service/README.md#extraction).",
        table(("route", "what it does", "takes", "answers with"), rows),
        "## Objects",
        *parts,
    )


def _first_sentence(operation: Mapping[str, Any]) -> str:
    return str(operation.get("description", "")).replace("``", "`")


def _body(operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return ", ".join(
        f"{code(kind)}: {_type(one.get('schema', {}))}" for kind, one in content.items()
    )


def _statuses(operation: Mapping[str, Any]) -> str:
    return ", ".join(operation["responses"])


def _object(name: str, schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", ())
    rows = [
        (code(field), _type(one), _default(one), "yes" if field in required else "", _says(one))
        for field, one in schema.get("properties", {}).items()
    ]
    says = str(schema.get("description", "")).replace("``", "`")
    head = ("field", "type", "default", "required", "meaning")
    return [f"### {name}", says, table(head, rows)]


def _says(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", ""))


def _default(schema: Mapping[str, Any]) -> str:
    return code(json.dumps(schema["default"])) if "default" in schema else ""


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema:
        return " or ".join(map(code, schema["enum"]))
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    if kind == "object" and "properties" in schema:
        return f"object with {', '.join(map(code, schema['properties']))}"
    return kind
