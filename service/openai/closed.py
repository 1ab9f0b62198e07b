"""Fields that clients send and that are not open: when they ask for nothing, and what is said else.

A value that asks for nothing is left out of what the engine gets; any other is refused in one
sentence. Null asks for nothing whatever the field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.wire.wording import meant


@dataclass(frozen=True, slots=True)
class Closed:
    """A field that is not open: ``reason`` says why or what to send, ``nothing`` the values that
    ask for nothing."""

    reason: str
    nothing: tuple[Any, ...] = ()

    def asks_for_nothing(self, value: Any) -> bool:
        """Would the answer be the same without it?"""
        return any(type(value) is type(one) and value == one for one in self.nothing)


_TEXT_ONLY = "the model reads and writes text"
_OLD = {
    "guided_json": 'structured_outputs {"json": …}',
    "guided_regex": 'structured_outputs {"regex": …}',
    "guided_choice": 'structured_outputs {"choice": …}',
    "guided_grammar": 'structured_outputs {"grammar": …}',
    "guided_whitespace_pattern": 'structured_outputs {"whitespace_pattern": …}',
    "functions": "tools",
    "function_call": "tool_choice",
    "max_new_tokens": "max_tokens",
}
_OPERATORS = {
    "priority": (0,),
    "cache_salt": ("",),
    "chat_template": ("",),
    "chat_template_content_format": ("auto",),
    "mm_processor_kwargs": ({},),
    "media_io_kwargs": ({},),
    "kv_transfer_params": (),
    "ec_transfer_params": (),
    "vllm_xargs": ({},),
    "request_id": (),
    "session_id": (),
    "prompt_embeds": (),
}

CLOSED: Mapping[str, Closed] = {
    **{name: Closed(f"its name is {now} today") for name, now in _OLD.items()},
    "guided_decoding_backend": Closed("the backend is the operator's choice"),
    "functions": Closed("its name is tools today", ([],)),
    "function_call": Closed("its name is tool_choice today", ("none", "auto")),
    **{name: Closed("that is the operator's to say", no) for name, no in _OPERATORS.items()},
    "best_of": Closed("n says how many completions there are", (1,)),
    "use_beam_search": Closed("a beam is many completions; n says how many", (False,)),
    "length_penalty": Closed("it is for beams, and there are none", (1, 1.0)),
    "prompt_logprobs": Closed("that is the whole vocabulary for each token of the prompt"),
    "documents": Closed("put them into the messages", ([],)),
    "modalities": Closed(_TEXT_ONLY, (["text"], [])),
    "audio": Closed(_TEXT_ONLY),
    "web_search_options": Closed("nothing is searched for here", ({},)),
    "moderation": Closed("nothing is moderated here"),
    "extra_body": Closed("it is the openai package's: send what is in it beside the others", ({},)),
}


def refusal(name: str, known: Iterable[str], closed: Mapping[str, Closed]) -> str:
    """What was expected of a field that is not among the ``known``."""
    if name in closed:
        return f"none: {closed[name].reason}"
    return f"none: there is no such field{meant(name, [*known, *closed])}"
