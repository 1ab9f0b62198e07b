"""Rules for single fields of an OpenAI request: each says what it expects of a value it refuses."""

import re
from collections.abc import Callable, Iterable
from typing import Any

# A value and how it was written -> None, or what was expected.
Rule = Callable[[Any, str], str | None]

MOST_LOGPROBS = 20  # OpenAI's limit and the engine's default
MOST_ALTERNATIVES = 100  # of logprobs, a token, in all completions of a request
MOST_STOPS = 4  # likewise
MOST_ITEMS = 1024
MOST_VALUES = 64
MOST_WORDS = 128  # the engine's default
LONGEST_WORD = 256  # characters

SAMPLING = (
    *("temperature", "top_p", "top_k", "min_p"),
    *("presence_penalty", "frequency_penalty", "repetition_penalty"),
)
# What may be switched in a chat template. Other names reach the tokenizer, whose `padding` and
# `max_length` could be made to fill the memory.
SWITCHES = ("enable_thinking", "preserve_thinking", "thinking")
# `structural_tag` is not one: vLLM compiles it in its server's own process.
STRUCTURED = (
    *("json", "json_object", "regex", "choice", "grammar"),
    *("disable_any_whitespace", "disable_additional_properties", "whitespace_pattern"),
)


# The engine's own types hold no more, and what does not fit is a fault to it, not a refusal.
_MOST_NUMBER = 2**31
_MOST_SEED = 2**63
_DIGITS = re.compile("[0-9]{1,10}")


def anything(value: Any, _: str) -> str | None:
    """The engine's to judge, but for what it cannot hold: large numbers, and lists or objects of
    many values, each of which it may tell of before it refuses."""
    if not is_few(value, MOST_VALUES):
        return f"at most {MOST_VALUES} values"
    return _no_large_number(value if isinstance(value, list) else [value])


def a_number(value: Any, _: str) -> str | None:
    """As JSON has them: the engine would read a string as a number, too, as large as it says."""
    return None if _is_number(value) else f"a number below {_MOST_NUMBER}"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _MOST_NUMBER


def _no_large_number(values: Iterable[Any]) -> str | None:
    is_fine = all(_is_number(one) for one in values if type(one) in (int, float))
    return None if is_fine else f"numbers below {_MOST_NUMBER}"


def is_few(value: Any, most: int) -> bool:
    """Has a value no more than so many within it, however deep?"""
    left, inside = most, [value]
    while inside:
        one = inside.pop()
        if isinstance(one, list | dict):
            left -= len(one)
            if left < 0:
                return False
            inside.extend(one.values() if isinstance(one, dict) else one)
    return True


def a_prompt(value: Any, _: str) -> str | None:
    """Texts or their tokens, one or several; how many several are is judged with n."""
    many = value if isinstance(value, list) else [value]
    if all(isinstance(one, str) for one in many) or _are_tokens(many):
        return None
    if all(isinstance(one, list) and _are_tokens(one) for one in many):
        return None
    return f"a string, strings, or tokens as whole numbers from 0 and below {_MOST_NUMBER}"


def some_tokens(value: Any, _: str) -> str | None:
    """A list of them."""
    is_fine = isinstance(value, list) and _are_tokens(value)
    return None if is_fine else f"a list of whole numbers from 0 and below {_MOST_NUMBER}"


def _are_tokens(values: list[Any]) -> bool:
    return all(type(one) is int and 0 <= one < _MOST_NUMBER for one in values)


def a_seed(value: Any, _: str) -> str | None:
    """A whole number that an engine can hold, or none."""
    is_fine = type(value) is int and abs(value) < _MOST_SEED
    return None if is_fine else f"a whole number below {_MOST_SEED}"


def a_name(value: Any, _: str) -> str | None:
    """Of a model; whether there is such a one is the registry's to say."""
    return None if isinstance(value, str) else "the name of a model, as a string"


def up_to(most: int, least: int = 0) -> Rule:
    """A whole number."""

    def rule(value: Any, _: str) -> str | None:
        is_fine = type(value) is int and least <= value <= most
        return None if is_fine else f"a whole number from {least} to {most}"

    return rule


def no_longer_than(most: int, other: Rule = anything) -> Rule:
    """As written, in bytes of UTF-8: what the engine compiles costs it more with its length."""

    def rule(value: Any, written: str) -> str | None:
        return f"at most {most} bytes" if len(written.encode()) > most else other(value, written)

    return rule


def few_stops(value: Any, _: str) -> str | None:
    """A string, or a short list."""
    is_fine = not isinstance(value, list) or len(value) <= MOST_STOPS
    return None if is_fine else f"at most {MOST_STOPS} strings"


def few_tokens(value: Any, written: str) -> str | None:
    """A list that the engine works through for each token."""
    if isinstance(value, list) and len(value) > MOST_ITEMS:
        return f"at most {MOST_ITEMS} items"
    return some_tokens(value, written)


def few_biases(value: Any, _: str) -> str | None:
    """Likewise an object, of tokens to what is added to their logits."""
    is_fine = isinstance(value, dict) and len(value) <= MOST_ITEMS
    if is_fine and all(_is_token(key) and _is_number(bias) for key, bias in value.items()):
        return None
    return (
        f"an object of at most {MOST_ITEMS} items, from tokens as whole numbers from 0 and below "
        f"{_MOST_NUMBER} to numbers below it"
    )


def _is_token(key: str) -> bool:
    return _DIGITS.fullmatch(key) is not None and int(key) < _MOST_NUMBER


def few_words(value: Any, _: str) -> str | None:
    """The engine tokenizes each, twice, in the process that writes everybody's answers."""
    is_fine = isinstance(value, list) and len(value) <= MOST_WORDS
    if is_fine and all(isinstance(one, str) and len(one) <= LONGEST_WORD for one in value):
        return None
    return f"a list of at most {MOST_WORDS} strings of up to {LONGEST_WORD} characters"


def known_switches(value: Any, _: str) -> str | None:
    """Switches of a chat template."""
    is_fine = isinstance(value, dict) and all(
        name in SWITCHES and isinstance(setting, bool) for name, setting in value.items()
    )
    return None if is_fine else f"an object of {', '.join(SWITCHES)} to true or false"


def known_structure(value: Any, _: str) -> str | None:
    """One of vLLM's constraints, and its options."""
    is_fine = isinstance(value, dict) and set(value) <= set(STRUCTURED)
    return None if is_fine else f"an object of {', '.join(STRUCTURED)}"
