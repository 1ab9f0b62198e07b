"""What was said so far, in a chat: objects of a shape that the engine's types hold.

The engine tells of each value that is none, once for each type that it could have been, before it
refuses: a megabyte of them would fill its memory.
"""

from collections.abc import Callable
from typing import Any

from service.openai.rules import is_few

MOST_MESSAGES = 1024
_MOST_CALLS = 128  # OpenAI's limit of tools
# What else the engine's types know of a message, and judge; of other names they take no notice.
_JUDGED = ("name", "tool_call_id", "refusal", "audio", "function_call", "tools", "reasoning")
_MOST_JUDGED = 16


def text_only(messages: Any, _: str) -> str | None:
    """Messages whose parts are text: an engine fetches the images, audio and video of others."""
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        return f"a list of at most {MOST_MESSAGES} messages"
    return next(filter(None, map(_fault, messages)), None)


def _fault(message: Any) -> str | None:
    """What was expected of a message; None where it is so."""
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return "messages that are objects, each with its role"
    if not _is_said(message.get("content")):
        return 'messages whose content is a string or parts of type "text"'
    if not _are_calls(message.get("tool_calls")):
        return (
            f'messages whose tool_calls, at most {_MOST_CALLS}, are {{"id", "type": "function", '
            '"function": {"name", "arguments": a string of JSON}}'
        )
    large = next((n for n in _JUDGED if not is_few(message.get(n), _MOST_JUDGED)), None)
    return large and f"messages whose {large} has at most {_MOST_JUDGED} values"


def _is_said(content: Any) -> bool:
    if isinstance(content, list):
        return all(isinstance(part, str) or _is_text(part) for part in content)
    return content is None or isinstance(content, str)


def _is_text(part: Any) -> bool:
    # An engine also goes by the other keys of a part, whatever its type says.
    return are_strings(part, "type", "text") and part["type"] == "text" and len(part) == 2


def _are_calls(calls: Any) -> bool:
    return calls is None or is_list_of(_is_call, calls, _MOST_CALLS)


def _is_call(call: Any) -> bool:
    return (
        are_strings(call, "id", "type")
        and call["type"] == "function"
        and are_strings(call.get("function"), "name", "arguments")
    )


def are_strings(value: Any, *names: str) -> bool:
    """Is it an object that has strings of these names?"""
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def is_list_of(check: Callable[[Any], bool], value: Any, most: int) -> bool:
    """Is it a list, of at most so many, each as ``check`` wants it?"""
    return isinstance(value, list) and len(value) <= most and all(map(check, value))
