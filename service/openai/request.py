"""What a caller may ask of a shared engine: which fields, and how much.

Fields that are not listed reach no engine. Types are the engine's to check, except where a limit
or the engine's safety hangs on them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.errors import InvalidRequest
from service.openai import responses
from service.openai.closed import CLOSED, Closed, refusal
from service.openai.rules import (
    MOST_LOGPROBS,
    Rule,
    a_name,
    a_seed,
    anything,
    few_items,
    few_stops,
    known_structure,
    known_switches,
    no_longer_than,
    text_only,
    up_to,
)
from service.openai.shapes import (
    a_tool_choice,
    as_openai,
    known_format,
    known_stream_options,
    known_tools,
)
from service.openai.sizes import (
    both,
    limits_of,
    small_format,
    small_structure,
    small_tools,
)
from service.settings import Settings
from service.wire.json_object import JsonObject
from service.wire.wording import shown

# Of OpenAI's reference and of vLLM's extras: what touches this request's own completion only.
_BOTH = (
    *("stream", "stream_interval", "user"),
    *("temperature", "top_p", "top_k", "min_p", "ignore_eos"),
    *("presence_penalty", "frequency_penalty", "repetition_penalty"),
    *("include_stop_str_in_output", "skip_special_tokens", "spaces_between_special_tokens"),
    *("truncate_prompt_tokens", "truncation_side", "add_special_tokens", "echo"),
    *("return_token_ids", "return_tokens_as_token_ids"),
)
_PER_TOKEN = ("logit_bias", "stop_token_ids", "bad_words", "allowed_token_ids")
_CHAT = (
    *("logprobs", "parallel_tool_calls", "reasoning_effort", "include_reasoning"),
    *("thinking_token_budget", "add_generation_prompt", "continue_final_message"),
    # OpenAI's own, without an effect on vLLM.
    *("metadata", "store", "service_tier", "safety_identifier", "verbosity", "prediction"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
)
_TOKENIZE = (
    *("model", "prompt", "messages", "tools", "chat_template_kwargs", "add_special_tokens"),
    *("add_generation_prompt", "continue_final_message"),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the engine's that callers may use, with a rule for each field they may send.

    ``closed`` are fields that clients know and that are not open; ``always`` is sent whatever they
    say.
    """

    path: str
    rules: Mapping[str, Rule]
    max_choices: int
    closed: Mapping[str, Closed] = field(default_factory=lambda: CLOSED)
    always: Mapping[str, object] = field(default_factory=dict)

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


def routes(settings: Settings) -> tuple[Route, ...]:
    """The routes that are open, with the limits of ``settings``."""
    chat, completions = _chat(settings), _completions(settings)
    tokenize = {name: (completions | chat)[name] for name in _TOKENIZE}
    rules: dict[str, dict[str, Rule]] = {
        "/v1/chat/completions": chat,
        "/v1/completions": completions,
        "/tokenize": {**tokenize, "return_token_strs": anything},
        "/detokenize": {"model": a_name, "tokens": anything},
    }
    answers = Route(
        responses.PATH, responses.rules(settings), 1, responses.NOT_OPEN, responses.ALWAYS
    )
    return (*(Route(path, rules[path], settings.max_choices) for path in rules), answers)


def _both(settings: Settings) -> dict[str, Rule]:
    most, limits = settings.max_grammar_bytes, limits_of(settings)
    return {
        "model": a_name,
        **dict.fromkeys(_BOTH, anything),
        **dict.fromkeys(_PER_TOKEN, few_items),
        "stream_options": known_stream_options,
        "seed": a_seed,
        "stop": few_stops,
        "n": up_to(settings.max_choices, least=1),
        "max_tokens": up_to(settings.max_tokens, least=1),
        "min_tokens": up_to(settings.max_tokens),
        "response_format": no_longer_than(most, both(known_format, small_format(limits))),
        "structured_outputs": no_longer_than(most, both(known_structure, small_structure(limits))),
    }


def _chat(settings: Settings) -> dict[str, Rule]:
    return {
        **_both(settings),
        **dict.fromkeys(_CHAT, anything),
        "messages": text_only,
        "max_completion_tokens": up_to(settings.max_tokens, least=1),
        "top_logprobs": up_to(MOST_LOGPROBS),
        "tools": no_longer_than(
            settings.max_grammar_bytes, both(known_tools, small_tools(limits_of(settings)))
        ),
        "tool_choice": a_tool_choice,
        "chat_template_kwargs": known_switches,
    }


def _completions(settings: Settings) -> dict[str, Rule]:
    logprobs = up_to(MOST_LOGPROBS)
    return {**_both(settings), "prompt": anything, "suffix": anything, "logprobs": logprobs}


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
