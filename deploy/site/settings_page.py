"""The reference of settings, from ``service/settings.py``."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from deploy.commands.running import VARIABLES
from deploy.site.markdown import code, page, table
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from service.settings import Settings

README = Path(__file__).resolve().parents[2] / "service" / "README.md"
OTHERS = (*VARIABLES, "HF_ENDPOINT")
# By the end of the name.
UNITS = {"_s": "seconds", "_bytes": "bytes", "_tokens": "tokens", "_model_len": "tokens"}
KINDS = {"str": "text", "Path": "path", "FilePath": "path", "SecretStr": "secret", "tuple": "list"}
SIGNS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def settings_page() -> str:
    """Every setting, and the variables that the commands read."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    head = ("variable", "type", "unit", "default", "limits", "meaning")
    return page(
        "Settings",
        "Environment variables, read by `nerve serve` and `nerve up` at start. A value that cannot "
        "be used, and a variable `NERVE_…` that does not exist, is refused with its name, its "
        "value and what was expected. More on each: [the gateway](../../service/README.md).",
        table(head, rows),
        "## Of the commands",
        table(("variable", "default", "meaning"), _of_the_commands()),
    )


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    kind = _kind(field.annotation)
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    unit = unit if kind == "number" else ""
    limits = ", ".join(_limits([*field.metadata, *_nested(field.annotation)]))
    meaning = field.description or ""
    return (code(f"NERVE_{name.upper()}"), kind, unit, _default(field.default), limits, meaning)


def _kind(annotation: Any) -> str:
    inside = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) is Annotated or (inside and get_origin(annotation) is not tuple):
        return _kind(inside[0])
    origin = get_origin(annotation) or annotation
    if origin is bool:
        return "`true` or `false`"
    name = getattr(origin, "__name__", str(origin))
    return "number" if origin in (int, float) else KINDS.get(name, name)


def _nested(annotation: Any) -> list[Any]:
    """What ``Annotated`` says, inside of unions too."""
    found = list(getattr(annotation, "__metadata__", ()))
    return found + [one for inner in get_args(annotation) for one in _nested(inner)]


def _limits(metadata: Iterable[Any]) -> Iterable[str]:
    for one in metadata:
        for inner in getattr(one, "metadata", None) or [one]:
            for name, sign in SIGNS.items():
                if getattr(inner, name, None) is not None:
                    yield f"{sign} {getattr(inner, name)}"


def _default(value: object) -> str:
    if value is None or value == ():
        return ""
    if value == QWEN_ADDED_TOKENS:
        return "those of Qwen2.5 and Qwen3"
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(f"{value:g}" if isinstance(value, float) else value)


def _of_the_commands() -> list[list[str]]:
    """The rows of the gateway's README, which a test keeps complete."""
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|$", text, re.MULTILINE)
    return [[code(name), default, meaning] for name, default, meaning in rows if name in OTHERS]
