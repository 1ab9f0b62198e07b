"""What is inside of a field: an engine ignores a key that it does not know, and says nothing."""

from collections.abc import Collection
from typing import Any, TypeGuard

FORMATS = ("text", "json_object", "json_schema")
SCHEMA_KEYS = ("name", "schema", "description", "strict")
_OPTIONS = ("include_usage", "continuous_usage_stats", "include_obfuscation")
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")
CHOICES = ("none", "auto", "required")


def as_openai(value: Any) -> dict[str, Any] | None:
    """A response format as text-generation-inference has it, and so Hugging Face's client writes
    it, in OpenAI's shape; None when it is none."""
    is_theirs = isinstance(value, dict) and set(value) == {"type", "value"}
    if not is_theirs or value["type"] not in ("json", "json_object"):
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": value["value"]}}


def known_format(value: Any, _: str) -> str | None:
    """A response format that the engine keeps to."""
    if not isinstance(value, dict) or value.get("type") not in FORMATS:
        return f"an object whose type is one of {', '.join(FORMATS)}"
    if value["type"] != "json_schema":
        return None if set(value) == {"type"} else f"nothing beside the type {value['type']}"
    return None if _is_schema(value) else 'json_schema with a name and an object "schema" in it'


def _is_schema(value: dict[str, Any]) -> bool:
    inner = value.get("json_schema")
    return (
        set(value) == {"type", "json_schema"}
        and has_only(inner, SCHEMA_KEYS)
        and isinstance(inner.get("name"), str)
        and isinstance(inner.get("schema"), dict)
    )


def known_stream_options(value: Any, _: str) -> str | None:
    """Switches of a stream."""
    is_fine = has_only(value, _OPTIONS) and all(
        one is None or isinstance(one, bool) for one in value.values()
    )
    return None if is_fine else f"an object of {', '.join(_OPTIONS)} to true or false"


def known_tools(tools: Any, _: str) -> str | None:
    """Functions: no other kind of tool is known to the engine."""
    if not isinstance(tools, list) or not all(map(_is_tool, tools)):
        return f'a list of {{"type": "function", "function": {{{", ".join(_FUNCTION_KEYS)}}}}}'
    return None


def a_tool_choice(value: Any, _: str) -> str | None:
    """Whether, or which, tool is called; whether there is such a tool is the engine's to say."""
    is_name = has_only(value, ("type", "function")) and has_only(value.get("function"), ("name",))
    is_fine = value in CHOICES if isinstance(value, str) else is_name
    return None if is_fine else f"{', '.join(CHOICES)}, or the name of a function in its object"


def _is_tool(tool: Any) -> bool:
    if not has_only(tool, ("type", "function")) or tool.get("type") != "function":
        return False
    return is_function(tool.get("function"))


def is_function(function: Any) -> bool:
    """A function's description, without a key that the engine would ignore."""
    return (
        has_only(function, _FUNCTION_KEYS)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("parameters") or {}, dict)
    )


def has_only(value: Any, keys: Collection[str]) -> TypeGuard[dict[str, Any]]:
    """Is it an object without other keys?"""
    return isinstance(value, dict) and set(value) <= set(keys)
