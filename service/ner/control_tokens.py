"""Control tokens in user text.

vLLM's chat endpoint turns ``<|im_end|>`` and the other added tokens of a tokenizer into control
tokens wherever they stand, the user's text included, and there is no switch for it. So the first
character of each is replaced by a look-alike, one code point for one: lengths and offsets stay.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

# Qwen2.5 and Qwen3. A pulled base model brings its own list (``nerve_added_tokens.json``).
QWEN_ADDED_TOKENS = (
    "</think>",
    "</tool_call>",
    "</tool_response>",
    "<think>",
    "<tool_call>",
    "<tool_response>",
    "<|box_end|>",
    "<|box_start|>",
    "<|endoftext|>",
    "<|file_sep|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|im_end|>",
    "<|im_start|>",
    "<|image_pad|>",
    "<|object_ref_end|>",
    "<|object_ref_start|>",
    "<|quad_end|>",
    "<|quad_start|>",
    "<|repo_name|>",
    "<|video_pad|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|vision_start|>",
)

_LOOK_ALIKES = {"<": "＜", "[": "［", "{": "｛"}
_ANY_OTHER = "\N{REPLACEMENT CHARACTER}"


def disarm(text: str, added_tokens: Sequence[str]) -> str:
    """``text`` with the first character of every added token replaced; of the same length."""
    pattern = _pattern(tuple(added_tokens))
    if pattern is None:
        return text
    return pattern.sub(_disarmed, text)


def _disarmed(match: re.Match[str]) -> str:
    token = match.group()
    return _LOOK_ALIKES.get(token[0], _ANY_OTHER) + token[1:]


@lru_cache(maxsize=8)
def _pattern(added_tokens: tuple[str, ...]) -> re.Pattern[str] | None:
    # Longest first, so that a token that begins another does not leave the longer one whole.
    words = sorted(filter(None, added_tokens), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words))) if words else None
