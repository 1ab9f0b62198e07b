"""What was said so far, on ``/v1/responses``: items of a shape that the engine's types hold.

The engine tells of an item that is none more than two hundred times, once for each type that it
could have been, before it refuses: a few thousand of them would end it.
"""

from typing import Any

from service.openai.messages import are_strings, is_list_of

MOST_ITEMS = 1024
_MOST_PARTS = 1024
_EXPECTED = {
    "message": "a role (user, system, developer, assistant) and a string or parts of type "
    '"input_text" as content; "output_text" and "refusal" of an assistant with a type or id',
    "function_call": "call_id, name and arguments, each a string",
    "function_call_output": 'call_id and, as output, a string or parts of type "input_text"',
    "reasoning": "its summary, and its content if there is any, as parts with their text",
}
_STATES = (None, "in_progress", "completed", "incomplete")
_PHASES = (None, "commentary", "final_answer")
# What an item is made of. Clients send back more that they were told; it reaches no model.
_OWN = {
    "message": ("type", "role", "content", "id", "status", "phase"),
    "function_call": ("type", "call_id", "name", "arguments", "id", "status", "namespace"),
    "function_call_output": ("type", "call_id", "output", "id", "status"),
    "reasoning": ("type", "summary", "content", "encrypted_content", "id", "status"),
}


# Of parts the engine goes by every key, whatever the type says: these say how an answer was made.
_TOLD = ("annotations", "logprobs", "parsed")


def plain(items: Any) -> list[Any] | None:
    """Items without what an answer had beside its text; None where there is nothing of it."""
    if not isinstance(items, list):
        return None
    found = [_plain(item) for item in items]
    return None if found == items else found


def _plain(item: Any) -> Any:
    kind = _kind(item)
    if kind is None:
        return item
    kept = {name: value for name, value in item.items() if name in _OWN[kind]}
    if isinstance(kept.get("content"), list):
        kept["content"] = [_without(part, _TOLD) for part in kept["content"]]
    return kept


def _kind(item: Any) -> str | None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) and kind in _OWN else None


def _without(part: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(part, dict):
        return part
    return {name: value for name, value in part.items() if name not in names}


def only_text(items: Any, _: str) -> str | None:
    """A text, or what was said so far: an engine fetches images and files, and what it has kept."""
    if isinstance(items, str):
        return None
    if not isinstance(items, list) or len(items) > MOST_ITEMS:
        return f"a string, or at most {MOST_ITEMS} items of {', '.join(_OWN)} whose parts are text"
    return next(filter(None, map(_fault, items)), None)


def _fault(item: Any) -> str | None:
    """What was expected of an item; None where it is so."""
    kind = _kind(item)
    if kind is None:
        return f"a string, or items of {', '.join(_OWN)} whose parts are text"
    if not (_is_labelled(item, kind) and _IS[kind](item)):
        return f"each {kind} with {_EXPECTED[kind]}"
    return None


def _is_labelled(item: dict[str, Any], kind: str) -> bool:
    """What the engine says of an item, and a client says again."""
    given = item.get("id")
    return (
        (isinstance(given, str) or (given is None and (kind != "reasoning" or "id" not in item)))
        and _is_one_of(item.get("status"), _STATES)
        and _is_one_of(item.get("phase"), _PHASES)
        and isinstance(item.get("namespace") or "", str)
    )


def _is_one_of(value: Any, known: tuple[str | None, ...]) -> bool:
    return (value is None or isinstance(value, str)) and value in known


def _is_message(item: dict[str, Any]) -> bool:
    role, content = item.get("role"), item.get("content")
    if role not in ("user", "system", "developer", "assistant"):
        return False
    is_told = "type" in item or isinstance(item.get("id"), str)
    if role == "assistant" and is_told and is_list_of(_is_answer, content, _MOST_PARTS):
        return True
    return _is_given(content)


def _is_call(item: dict[str, Any]) -> bool:
    return are_strings(item, "call_id", "name", "arguments")


def _is_result(item: dict[str, Any]) -> bool:
    return are_strings(item, "call_id") and _is_given(item.get("output"))


def _is_reasoning(item: dict[str, Any]) -> bool:
    parts, secret = item.get("content"), item.get("encrypted_content")
    return (
        is_list_of(_is_summary, item.get("summary"), _MOST_PARTS)
        and (parts is None or is_list_of(_is_thought, parts, _MOST_PARTS))
        and (secret is None or isinstance(secret, str))
    )


_IS = {
    "message": _is_message,
    "function_call": _is_call,
    "function_call_output": _is_result,
    "reasoning": _is_reasoning,
}


def _is_given(content: Any) -> bool:
    return isinstance(content, str) or is_list_of(_is_input, content, _MOST_PARTS)


def _is_input(part: Any) -> bool:
    return _is_part(part, "input_text")


def _is_answer(part: Any) -> bool:
    return _is_part(part, "output_text") or _is_part(part, "refusal", "refusal")


def _is_summary(part: Any) -> bool:
    return _is_part(part, "summary_text")


def _is_thought(part: Any) -> bool:
    return _is_part(part, "reasoning_text")


def _is_part(part: Any, kind: str, text: str = "text") -> bool:
    """Without another key that says anything."""
    if not are_strings(part, "type", text) or part["type"] != kind:
        return False
    return all(value is None for name, value in part.items() if name not in ("type", text))
