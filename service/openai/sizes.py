"""How large what the engine has to compile may be: rules for the fields that bring it."""

from collections.abc import Iterable, Mapping
from typing import Any

from service.guard.grammars.measure import Kind, measure, measure_tools
from service.guard.grammars.size import Limits
from service.openai.rules import Rule
from service.settings import Settings

_STRUCTURES: dict[str, Kind] = {
    "json": "json",
    "grammar": "grammar",
    "regex": "regex",
    "choice": "choice",
    "whitespace_pattern": "regex",
}


def held_by(asked: Mapping[str, Any]) -> str | None:
    """The field that holds the completion to a schema, a grammar or a regex."""
    if asked.get("structured_outputs"):
        return "structured_outputs"
    for name, formatted in (
        ("response_format", asked.get("response_format")),
        ("text", (asked.get("text") or {}).get("format")),
    ):
        if formatted and formatted.get("type") != "text":
            return name
    has_to_call = asked.get("tool_choice") not in (None, "auto", "none")
    return "tools" if asked.get("tools") and has_to_call else None


def limits_of(settings: Settings) -> Limits:
    """The operator's."""
    return Limits(settings.max_grammar_depth, settings.max_grammar_parts)


def both(first: Rule, second: Rule) -> Rule:
    """What one of them refuses is refused."""

    def rule(value: Any, written: str) -> str | None:
        return first(value, written) or second(value, written)

    return rule


def small_format(limits: Limits) -> Rule:
    """The schema of a response format."""

    def rule(value: Any, _: str) -> str | None:
        described = value.get("json_schema") or {}
        return measure("json", described.get("schema"), limits)

    return rule


def small_structure(limits: Limits) -> Rule:
    """vLLM's constraints."""

    def rule(value: Any, _: str) -> str | None:
        asked = ((kind, value[name]) for name, kind in _STRUCTURES.items() if name in value)
        return _first(measure(kind, one, limits) for kind, one in asked)

    return rule


def small_text(limits: Limits) -> Rule:
    """The schema of a response's text."""

    def rule(value: Any, _: str) -> str | None:
        return measure("json", (value.get("format") or {}).get("schema"), limits)

    return rule


def small_functions(limits: Limits) -> Rule:
    """The parameters of a response's tools."""

    def rule(value: Any, _: str) -> str | None:
        return measure_tools([tool.get("parameters") for tool in value], limits)

    return rule


def small_tools(limits: Limits) -> Rule:
    """The parameters of tools: the engine may hold a completion to them."""

    def rule(value: Any, _: str) -> str | None:
        return measure_tools([tool["function"].get("parameters") for tool in value], limits)

    return rule


def _first(refusals: Iterable[str | None]) -> str | None:
    return next((refusal for refusal in refusals if refusal), None)
