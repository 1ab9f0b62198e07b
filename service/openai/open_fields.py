"""What a caller may ask of a shared engine: which routes, which fields, and how much.

Fields that are not listed reach no engine. Types are the engine's to check, except where a limit
or the engine's safety hangs on them.
"""

from service.openai import items, responses
from service.openai.messages import text_only
from service.openai.request import Route
from service.openai.rules import (
    MOST_LOGPROBS,
    SAMPLING,
    Rule,
    a_name,
    a_number,
    a_prompt,
    a_seed,
    anything,
    few_biases,
    few_stops,
    few_tokens,
    few_words,
    known_structure,
    known_switches,
    no_longer_than,
    some_tokens,
    up_to,
)
from service.openai.shapes import a_tool_choice, known_format, known_stream_options, known_tools
from service.openai.sizes import both, limits_of, small_format, small_structure, small_tools
from service.settings import Settings

# Of OpenAI's reference and of vLLM's extras: what touches this request's own completion only.
_BOTH = (
    *("stream", "user", "ignore_eos"),
    *("include_stop_str_in_output", "skip_special_tokens", "spaces_between_special_tokens"),
    *("truncation_side", "add_special_tokens", "echo"),
    *("return_token_ids", "return_tokens_as_token_ids"),
)
_NUMBERS = (*SAMPLING, "stream_interval", "truncate_prompt_tokens")
_CHAT = (
    *("logprobs", "parallel_tool_calls", "reasoning_effort", "include_reasoning"),
    *("add_generation_prompt", "continue_final_message"),
    # OpenAI's own, without an effect on vLLM.
    *("metadata", "store", "service_tier", "safety_identifier", "verbosity", "prediction"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
)
_TOKENIZE = (
    *("model", "prompt", "messages", "tools", "chat_template_kwargs", "add_special_tokens"),
    *("add_generation_prompt", "continue_final_message"),
)


def routes(settings: Settings) -> tuple[Route, ...]:
    """The routes that are open, with the limits of ``settings``."""
    chat, completions = _chat(settings), _completions(settings)
    tokenize = {name: (completions | chat)[name] for name in _TOKENIZE}
    rules: dict[str, dict[str, Rule]] = {
        "/v1/chat/completions": chat,
        "/v1/completions": completions,
        "/tokenize": {**tokenize, "return_token_strs": anything},
        "/detokenize": {"model": a_name, "tokens": some_tokens},
    }
    answers = Route(
        responses.PATH,
        responses.rules(settings),
        1,
        responses.NOT_OPEN,
        responses.ALWAYS,
        {"input": items.plain},
    )
    return (*(Route(path, rules[path], settings.max_choices) for path in rules), answers)


def _both(settings: Settings) -> dict[str, Rule]:
    most, limits = settings.max_grammar_bytes, limits_of(settings)
    return {
        "model": a_name,
        **dict.fromkeys(_BOTH, anything),
        **dict.fromkeys(_NUMBERS, a_number),
        **dict.fromkeys(("stop_token_ids", "allowed_token_ids"), few_tokens),
        "logit_bias": few_biases,
        "stream_options": known_stream_options,
        "seed": a_seed,
        "stop": few_stops,
        "bad_words": few_words,
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
        "thinking_token_budget": a_number,
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
    return {**_both(settings), "prompt": a_prompt, "suffix": anything, "logprobs": logprobs}
