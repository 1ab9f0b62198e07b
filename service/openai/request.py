"""A request to an engine that is shared: is every field open to callers, and not too much?"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.errors import InvalidRequest
from service.openai.closed import CLOSED, Closed, refusal
from service.openai.rules import MOST_ALTERNATIVES, Rule
from service.openai.shapes import as_openai
from service.wire.json_object import JsonObject
from service.wire.wording import shown


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the engine's that callers may use, with a rule for each field they may send.

    ``closed`` are fields that clients know and that are not open; ``always`` is sent whatever they
    say; ``plain`` makes of a value what reaches the model of it, None where that is all.
    """

    path: str
    rules: Mapping[str, Rule]
    max_choices: int
    closed: Mapping[str, Closed] = field(default_factory=lambda: CLOSED)
    always: Mapping[str, object] = field(default_factory=dict)
    plain: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def checked(self, asked: JsonObject) -> JsonObject:
        """``asked`` as the engine is to have it: without what asks for nothing.

        Raises InvalidRequest for the first field that is not open to callers, or too much.
        """
        body = self._said(asked)
        for name, value in body.values.items():
            rule = self.rules.get(name)
            expected = refusal(name, self.rules, self.closed) if rule is None else None
            if rule is not None and value is not None:
                expected = _unsendable(value, body.written(name))
                expected = expected or rule(value, body.written(name))
            if expected is not None:
                raise _refusal(body, name, expected)
        self._check_choices(body)
        self._check_pairs(body)
        return body

    def _said(self, body: JsonObject) -> JsonObject:
        """Without fields that ask for nothing; other clients' shapes in OpenAI's."""
        changes: dict[str, object] = {
            name: None
            for name, value in body.values.items()
            if name != "model" and (value is None or self._is_nothing(name, value))
        }
        if not body.values.get("tools"):
            changes |= _without_tools(body)
        changes |= self.always
        for name, make in self.plain.items():
            if (plain := make(body.values.get(name))) is not None:
                changes[name] = plain
        translated = as_openai(body.values.get("response_format"))
        if translated is not None:
            changes["response_format"] = translated
        return body.changed(changes)

    def _is_nothing(self, name: str, value: Any) -> bool:
        return name in self.closed and self.closed[name].asks_for_nothing(value)

    def _check_pairs(self, body: JsonObject) -> None:
        # The engine takes it for prompt_logprobs, the whole vocabulary for each prompt token.
        if body.values.get("echo") and body.values.get("logprobs") is not None:
            raise _refusal(body, "logprobs", "none beside echo")

    def _check_choices(self, body: JsonObject) -> None:
        choices, prompts = body.values.get("n") or 1, _prompts(body.values.get("prompt"))
        if choices * prompts > self.max_choices:
            expected = f"at most {self.max_choices} completions a request (n times prompts)"
            raise _refusal(body, "prompt" if prompts > 1 else "n", expected)
        field = "top_logprobs" if "top_logprobs" in body.values else "logprobs"
        wanted = body.values.get(field)
        # A chat's logprobs are true or false, which is the engine's to judge.
        each = wanted if type(wanted) is int else 0
        if choices * prompts * each > MOST_ALTERNATIVES:
            # An answer is held until it is whole, and each takes sixty bytes of it.
            most = f"at most {MOST_ALTERNATIVES} together for all completions (n times prompts)"
            raise _refusal(body, field, most)


def _unsendable(value: Any, written: str) -> str | None:
    """Half a surrogate pair is in JSON's reach, and in no engine's."""
    if not _MAY_BE_HALF.search(written):
        return None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "text without half surrogate pairs"
    except RecursionError:
        return "values that are not nested so deeply"
    return None


_MAY_BE_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _without_tools(body: JsonObject) -> dict[str, None]:
    """What says nothing where there is no tool; the engine would refuse it."""
    nothing: dict[str, list[object]] = {"tools": [[]], "tool_choice": ["none", "auto"]}
    return {n: None for n, values in nothing.items() if body.values.get(n) in values}


def _prompts(prompt: Any) -> int:
    """How many prompts: a list of token ids is one."""
    is_batch = isinstance(prompt, list) and any(isinstance(part, str | list) for part in prompt)
    return len(prompt) if is_batch else 1


def _refusal(body: JsonObject, name: str, expected: str) -> InvalidRequest:
    field = name[:64]
    return InvalidRequest(
        f"{field} has {shown(body.values[name])}; expected {expected}", param=field
    )
