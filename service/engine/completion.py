"""What is asked of the engine, and the parts of its answers that are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, NonNegativeInt

from service.errors import EngineError, EngineUnavailable
from service.ner.prompt import TEMPLATE_ARGUMENTS, Message
from service.ner.score import Token


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What is asked of the engine; ``model`` is the engine's name for it, ``logprobs`` whether
    each token's probability is wanted, which costs it time; ``bias`` is added to the logits of
    these tokens, and probabilities are told without it."""

    model: str
    messages: Sequence[Message]
    grammar: str | None
    max_tokens: int
    logprobs: bool = False
    bias: Mapping[int, float] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The body of a chat completion request."""
        fields: dict[str, Any] = {
            "model": self.model,
            "messages": list(self.messages),
            "chat_template_kwargs": dict(TEMPLATE_ARGUMENTS),
            "temperature": 0,
            # vLLM takes a penalty from the model's generation_config.json unless told otherwise;
            # a text's words are to be repeated.
            "repetition_penalty": 1.0,
            "max_tokens": self.max_tokens,
        }
        if self.grammar is not None:
            fields["structured_outputs"] = {"grammar": self.grammar}
        if self.bias:
            fields["logit_bias"] = {str(token): value for token, value in self.bias.items()}
        if self.logprobs:
            fields["logprobs"] = True  # of the tokens that were chosen; others are not asked for
        return fields


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote; ``complete`` is False when it ran out of room, ``tokens`` None when
    the engine was not asked for their probabilities, or did not tell them."""

    text: str
    complete: bool
    prompt_tokens: int
    completion_tokens: int
    tokens: tuple[Token, ...] | None = None


class Usage(BaseModel):
    """Tokens that the engine counted."""

    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt


class _Message(BaseModel):
    content: str


class _Token(BaseModel):
    token: str
    logprob: float = -9999.0  # vLLM's word for nothing at all, which a stream leaves out


class Told(BaseModel):
    """The tokens' probabilities."""

    content: tuple[_Token, ...] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str
    logprobs: Told | None = None


class ChatAnswer(BaseModel):
    """chat completion"""

    choices: tuple[_Choice, ...]
    usage: Usage

    def completion(self) -> Completion:
        """The one completion; raises EngineError, EngineUnavailable."""
        if len(self.choices) != 1:
            raise EngineError(f"the engine answered with {len(self.choices)} choices, expected 1")
        (choice,) = self.choices
        text, tokens = choice.message.content, tokens_of(choice.logprobs)
        return completion(text, choice.finish_reason, self.usage, tokens)


def completion(
    text: str, reason: str, usage: Usage, tokens: tuple[Token, ...] | None
) -> Completion:
    """What the model wrote, if the ``reason`` why it ended is one of those that leave something;
    raises EngineError, EngineUnavailable."""
    if reason == "abort":
        raise EngineUnavailable("the engine aborted the request; it is stopping")
    if reason not in ("stop", "length"):
        raise EngineError(f"the engine ended the completion with {reason!r}")
    return Completion(
        text=text,
        complete=reason == "stop",
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        tokens=tokens,
    )


def tokens_of(told: Told | None) -> tuple[Token, ...] | None:
    """The tokens; None where they are not told."""
    if told is None or told.content is None:
        return None
    return tuple(Token(one.token, one.logprob) for one in told.content)


class TokenCount(BaseModel):
    """token count"""

    count: NonNegativeInt


class Tokens(BaseModel):
    """list of tokens"""

    tokens: tuple[NonNegativeInt, ...]


class _Model(BaseModel):
    id: str
    max_model_len: int | None = None
    root: str | None = None


class ModelList(BaseModel):
    """list of models"""

    data: tuple[_Model, ...]
