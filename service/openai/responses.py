"""What may be asked of ``/v1/responses``: one answer each, and nothing kept between two of them.

The engine could store answers and work in the background; neither is open, whatever it was started
with.
"""

from collections.abc import Mapping
from typing import Any

from service.openai.closed import CLOSED, Closed
from service.openai.items import only_text
from service.openai.rules import (
    MOST_LOGPROBS,
    SAMPLING,
    Rule,
    a_name,
    a_number,
    a_seed,
    anything,
    few_biases,
    few_stops,
    few_tokens,
    known_structure,
    known_switches,
    no_longer_than,
    up_to,
)
from service.openai.shapes import CHOICES, SCHEMA_KEYS, has_only, is_function
from service.openai.sizes import both, limits_of, small_functions, small_structure, small_text
from service.settings import Settings

PATH = "/v1/responses"
# The engine's default is to keep the answer, and OpenAI's.
ALWAYS: Mapping[str, object] = {"store": False}

_KEPT = "nothing is kept here; send all that was said in input"
_CLOSED_HERE = {
    "previous_response_id": Closed(_KEPT),
    "conversation": Closed(_KEPT),
    "previous_input_messages": Closed(_KEPT, ([],)),
    "background": Closed("nothing is kept here, so nothing goes on in the background", (False,)),
    "background_options": Closed("nothing goes on in the background", ({},)),
    "prompt": Closed("no prompts are kept here; send it in instructions and input"),
    "context_management": Closed("the context is the caller's", ([],)),
    "enable_response_messages": Closed("the prompt's tokens are the engine's own", (False,)),
    "access_programs": Closed("there are none here"),
    "image": Closed("the model reads and writes text"),
    "messages": Closed("its name is input on this route"),
    "max_tokens": Closed("its name is max_output_tokens on this route"),
    "max_completion_tokens": Closed("its name is max_output_tokens on this route"),
    "max_new_tokens": Closed("its name is max_output_tokens on this route"),
    "best_of": Closed("there is one answer on this route", (1,)),
    "response_format": Closed("its name is text.format on this route"),
    "reasoning_effort": Closed("its name is reasoning.effort on this route"),
    "n": Closed("there is one answer on this route", (1,)),
}
NOT_OPEN: Mapping[str, Closed] = {**CLOSED, **_CLOSED_HERE}

_FREE = (
    *("stream", "ignore_eos"),
    *("include_stop_str_in_output", "skip_special_tokens", "include_reasoning", "include"),
    *("instructions", "reasoning", "parallel_tool_calls", "truncation"),
    # Without an effect on vLLM.
    *("metadata", "store", "service_tier", "safety_identifier", "user", "stream_options"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
)
_FORMATS = {
    "text": ("type",),
    "json_object": ("type",),
    "json_schema": ("type", *SCHEMA_KEYS),
}


def rules(settings: Settings) -> dict[str, Rule]:
    """A rule for each field that callers may send."""
    most, limits = settings.max_grammar_bytes, limits_of(settings)
    return {
        "model": a_name,
        "input": only_text,
        **dict.fromkeys(_FREE, anything),
        **dict.fromkeys((*SAMPLING, "max_tool_calls"), a_number),
        "seed": a_seed,
        "stop_token_ids": few_tokens,
        "logit_bias": few_biases,
        "stop": few_stops,
        "max_output_tokens": up_to(settings.max_tokens, least=1),
        "top_logprobs": up_to(MOST_LOGPROBS),
        "text": no_longer_than(most, both(known_text, small_text(limits))),
        "structured_outputs": no_longer_than(most, both(known_structure, small_structure(limits))),
        "tools": no_longer_than(most, both(known_functions, small_functions(limits))),
        "tool_choice": a_choice,
        "chat_template_kwargs": known_switches,
    }


def known_text(value: Any, _: str) -> str | None:
    """How the answer is written."""
    if not has_only(value, ("format", "verbosity")):
        return "an object of format and verbosity"
    wanted = value.get("format")
    if wanted is None:
        return None
    keys = _FORMATS.get(str(wanted.get("type"))) if isinstance(wanted, dict) else None
    is_fine = keys is not None and has_only(wanted, keys)
    if not is_fine or (wanted["type"] == "json_schema" and not _is_schema(wanted)):
        return (
            'a format of type text, json_object, or json_schema with a name and an object "schema"'
        )
    return None


def known_functions(tools: Any, _: str) -> str | None:
    """Functions: no other kind of tool is here."""
    is_fine = isinstance(tools, list) and all(map(_is_flat_function, tools))
    return (
        None if is_fine else 'a list of {"type": "function", "name", "description", "parameters"}'
    )


def a_choice(value: Any, _: str) -> str | None:
    """Whether, or which, tool is called."""
    is_name = has_only(value, ("type", "name")) and value.get("type") == "function"
    is_fine = value in CHOICES if isinstance(value, str) else is_name
    return None if is_fine else f'{", ".join(CHOICES)}, or {{"type": "function", "name": …}}'


def _is_schema(wanted: dict[str, Any]) -> bool:
    return isinstance(wanted.get("name"), str) and isinstance(wanted.get("schema"), dict)


def _is_flat_function(tool: Any) -> bool:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return False
    return is_function({name: value for name, value in tool.items() if name != "type"})
