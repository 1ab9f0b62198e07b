"""The use case: a text in, typed entities out. Each step has one name, here and everywhere else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from service.completion import Completion, CompletionRequest
from service.engine import Engine
from service.errors import InvalidRequest, RequestTooLarge
from service.metrics import Metrics
from service.ner.align import Aligned, align
from service.ner.offsets import in_unit
from service.ner.prompt import Prompt, render
from service.ner.types import Dropped, Label
from service.protocol import (
    DroppedMention,
    ExtractRequest,
    ExtractResponse,
    FoundEntity,
    Usage,
)
from service.registry import Registry, Served
from service.settings import Settings

# What a chat template adds around two messages, at most, in tokens.
TEMPLATE_TOKENS = 32
# The longest token of Qwen's vocabularies has 128 characters, all of them spaces.
LONGEST_TOKEN = 128
# Less room than this for an answer is no room.
LEAST_ANSWER_TOKENS = 32

_NOTHING = Completion("", complete=True, prompt_tokens=0, completion_tokens=0)


@dataclass(frozen=True, slots=True)
class Extract:
    """What an extraction needs; called with a request, it answers. Raises NerveError."""

    settings: Settings
    registry: Registry
    engine: Engine
    metrics: Metrics

    async def __call__(self, request: ExtractRequest) -> ExtractResponse:
        """resolve, prompt, complete, decode, align, respond: see the README's table."""
        stage = self.metrics.stage
        with stage("resolve"):
            served, labels = self._resolve(request)
        if not request.text.strip():
            return _respond(request, served, Aligned((), ()), (), _NOTHING)
        deadline = self.engine.deadline()
        with stage("prompt"):
            prompt = render(served.template, labels, request.text, self.settings.added_tokens)
            # Before the grammar, whose size is the text's.
            max_tokens = await self._room(served, prompt, deadline)
            grammar = served.format.grammar(prompt.text, labels, request.constraint)
        with stage("complete"):
            completion = await self.engine.complete(
                CompletionRequest(served.engine_name, prompt.messages, grammar, max_tokens),
                deadline,
            )
        with stage("decode"):
            decoded = served.format.decode(completion.text, labels, complete=completion.complete)
        with stage("align"):
            aligned = align(prompt.text, decoded.mentions, served.occurrences)
        with stage("respond"):
            response = _respond(request, served, aligned, decoded.dropped, completion)
            self._count(response)
            return response

    def _resolve(self, request: ExtractRequest) -> tuple[Served, tuple[Label, ...]]:
        served = self.registry.resolve(request.model)
        if request.min_score > 0:
            raise InvalidRequest(
                f"min_score has {request.min_score}; expected 0, since {served.name} "
                "has no calibrated scores",
                param="min_score",
            )
        size, limit = len(request.text.encode()), self.settings.max_text_bytes
        if size > limit:
            raise RequestTooLarge(
                f"text has {size} bytes; the limit is {limit} bytes", param="text"
            )
        return served, served.choose(request.labels)

    async def _room(self, served: Served, prompt: Prompt, deadline: float) -> int:
        """Tokens that the completion may have; raises RequestTooLarge when the window is full."""
        size = len(prompt.text.encode())
        wanted = min(served.format.max_tokens(size), self.settings.max_tokens)
        window = self.settings.max_model_len
        # A token is a byte at least: most texts need no count by the engine.
        at_most = sum(len(message["content"].encode()) for message in prompt.messages)
        if at_most + TEMPLATE_TOKENS + wanted <= window:
            return wanted
        if len(prompt.text) > LONGEST_TOKEN * window:
            raise RequestTooLarge(
                f"text has {len(prompt.text)} characters; the model's window is {window} tokens",
                param="text",
            )
        used = await self.engine.count_tokens(served.engine_name, prompt.messages, deadline)
        if window - used < LEAST_ANSWER_TOKENS:
            raise RequestTooLarge(
                f"text makes a prompt of {used} tokens; the model's window is {window} tokens, "
                f"of which the answer needs {LEAST_ANSWER_TOKENS}",
                param="text",
            )
        return min(wanted, window - used)

    def _count(self, response: ExtractResponse) -> None:
        for dropped in response.dropped:
            self.metrics.dropped.labels(dropped.reason).inc()
        if response.truncated:
            self.metrics.truncated.inc()


def _respond(
    request: ExtractRequest,
    served: Served,
    aligned: Aligned,
    unread: Sequence[Dropped],
    completion: Completion,
) -> ExtractResponse:
    """The wire's answer; surfaces are cut from the text as received, not from the completion."""
    text = request.text
    edges = [edge for entity in aligned.entities for edge in (entity.start, entity.end)]
    unit = in_unit(text, edges, request.offsets)
    return ExtractResponse(
        id=f"ext-{uuid.uuid4().hex}",
        model=served.name,
        entities=[
            FoundEntity(
                label=entity.label,
                text=text[entity.start : entity.end],
                start=unit[entity.start],
                end=unit[entity.end],
                score=None,
            )
            for entity in aligned.entities
        ],
        dropped=[
            DroppedMention(label=mention.label, text=mention.text, reason=mention.reason)
            for mention in (*unread, *aligned.dropped)
        ],
        truncated=not completion.complete,
        usage=Usage(
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        ),
    )
