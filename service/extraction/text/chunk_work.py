"""One chunk's way: prompt, complete, decode, align. What is common to all chunks is ``Asked``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.engine.client import Engine
from service.engine.completion import Completion, CompletionRequest
from service.errors import RequestTooLarge
from service.extraction.text.scoring import Scoring
from service.models.metrics import AdapterMetrics
from service.models.registry import Served
from service.ner.align import align
from service.ner.chunk import Chunk
from service.ner.incremental import Incremental
from service.ner.narrowing import narrowed
from service.ner.placing import placing_of
from service.ner.prompt import Example, Prompt, render
from service.ner.score import Token
from service.ner.types import Constraint, Dropped, Entity, Label, Overlaps
from service.observe.metrics import Metrics
from service.settings import Settings

# What a chat template adds around two messages, at most, and around each message more, in tokens.
TEMPLATE_TOKENS = 32
MESSAGE_TOKENS = 8
# The longest token of Qwen's vocabularies has 128 characters, all of them spaces.
LONGEST_TOKEN = 128
# Less room than this for an answer is no room.
LEAST_ANSWER_TOKENS = 32


@dataclass(frozen=True)  # without slots, for what is derived once for all chunks
class Asked:
    """What is sought, by which model, how: the same for every chunk of a request.

    ``labels`` are those of the prompt; ``wanted`` the names of those that go into the answer, None
    for all of them. ``scoring`` is None when there are no scores. ``end_bias`` is added to the
    logits of what ends an answer.
    """

    served: Served
    labels: tuple[Label, ...]
    constraint: Constraint = "grounded"
    overlaps: Overlaps = "longest"
    examples: tuple[Example, ...] = ()
    scoring: Scoring | None = None
    wanted: frozenset[str] | None = None
    end_bias: float = 0.0

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The labels that take a title in 《》 whole: by the manifest, or by their description."""
        return self.served.decoding.titles_of(self.labels)

    @cached_property
    def wants(self) -> Callable[[Entity | Dropped], bool]:
        """Does it go into the answer?"""
        return narrowed(self.labels, self.wanted)

    def fills_most(self, text_bytes: int) -> tuple[str, str]:
        """The request's field that makes most of a prompt whose text has so many bytes, and its
        share in words. The labels of a tuned model are not the request's."""
        labels = (label.written + label.description for label in self.labels)
        examples = (example.text + example.completion for example in self.examples)
        sizes = {
            "text": text_bytes,
            "labels": sum(len(one.encode()) for one in labels) if self.served.is_open else 0,
            "examples": sum(len(one.encode()) for one in examples),
        }
        shares = {
            "text": "text makes",
            "labels": "labels and their descriptions make most of",
            "examples": "examples make most of",
        }
        field = max(sizes, key=sizes.__getitem__)
        return field, shares[field]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk's prompt, and what the engine is asked because of it."""

    prompt: Prompt
    request: CompletionRequest


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came of one chunk. Entities have offsets in the chunk, sorted by start."""

    entities: tuple[Entity, ...]
    dropped: tuple[Dropped, ...]
    truncated: bool
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class ChunkWork:
    """Called with a chunk, it gives what came of it; ``prepare`` and ``read`` are its two ends."""

    settings: Settings
    engine: Engine
    metrics: Metrics
    adapter_metrics: AdapterMetrics

    async def __call__(self, asked: Asked, chunk: Chunk, deadline: float) -> Extracted:
        """Raises EngineFailure, Overloaded, and RequestTooLarge when the window is too small."""
        prepared = await self.prepare(asked, chunk, deadline)
        with self.metrics.stage("complete"):
            completion = await self.engine.complete(prepared.request, deadline)
        return self.read(asked, prepared, completion)

    async def stream(
        self, asked: Asked, chunk: Chunk, deadline: float, tell: Callable[[Entity], None]
    ) -> Extracted:
        """As the call; ``tell`` has each entity that is certain before the chunk is done."""
        prepared, served = await self.prepare(asked, chunk, deadline), asked.served
        placing = placing_of(served.occurrences)(prepared.prompt.text, asked.overlaps, asked.titles)
        incremental = Incremental(served.format.reader(asked.labels), placing, asked.scoring)

        def hear(piece: str, tokens: Sequence[Token]) -> None:
            for entity in filter(asked.wants, incremental.feed(piece, tokens)):
                tell(entity)

        with self.metrics.stage("complete"):
            completion = await self.engine.stream(prepared.request, deadline, hear)
        return self.read(asked, prepared, completion)

    async def prepare(self, asked: Asked, chunk: Chunk, deadline: float) -> Prepared:
        """prompt. Raises as the call does, since the engine may have to count tokens."""
        served, added_tokens = asked.served, self.settings.added_tokens
        with self.metrics.stage("prompt"):
            prompt = render(served.template, asked.labels, chunk.text, added_tokens, asked.examples)
            # Before the grammar, whose size is the text's.
            max_tokens = await self._room(asked, prompt, deadline)
            grammar = served.format.grammar(prompt.text, asked.labels, asked.constraint)
        request = CompletionRequest(
            served.engine_name,
            prompt.messages,
            grammar,
            max_tokens,
            logprobs=asked.scoring is not None,
            bias=await self._bias(asked, deadline),
        )
        return Prepared(prompt, request)

    def read(self, asked: Asked, prepared: Prepared, completion: Completion) -> Extracted:
        """decode and align; counts what came of the completion. Never raises."""
        served, scoring, stage = asked.served, asked.scoring, self.metrics.stage
        with stage("decode"):
            decoded = served.format.decode(
                completion.text, asked.labels, complete=completion.complete
            )
        with stage("align"):
            scores = scoring.scores(completion, decoded) if scoring else None
            aligned = align(
                prepared.prompt.text,
                decoded.mentions,
                served.occurrences,
                scores,
                asked.overlaps,
                asked.titles,
                scoring.is_good if scoring else None,
            )
        if scoring and scoring.calibration:  # raw scores are no confidence
            self.adapter_metrics.count_scores(served, aligned)
        self.adapter_metrics.count(served, completion, decoded, aligned)
        return Extracted(
            entities=tuple(filter(asked.wants, aligned.entities)),
            dropped=tuple(filter(asked.wants, (*decoded.dropped, *aligned.dropped))),
            truncated=not completion.complete,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )

    async def _bias(self, asked: Asked, deadline: float) -> dict[int, float]:
        """token → what is added to its logit."""
        served, empty = asked.served, asked.served.format.EMPTY
        if not asked.end_bias or empty is None:
            return {}
        tokens = await self.engine.endings(served.engine_name, empty, deadline)
        return dict.fromkeys(tokens, asked.end_bias)

    async def _room(self, asked: Asked, prompt: Prompt, deadline: float) -> int:
        """Tokens that the completion may have; raises RequestTooLarge when the window is full."""
        served, size = asked.served, len(prompt.text.encode())
        wanted = min(served.format.max_tokens(size), self.settings.max_tokens)
        window = self.settings.max_model_len
        # A token is a byte at least: most texts need no count by the engine.
        at_most = sum(len(message["content"].encode()) for message in prompt.messages)
        around = TEMPLATE_TOKENS + MESSAGE_TOKENS * max(len(prompt.messages) - 2, 0)
        if at_most + around + wanted <= window:
            return wanted
        if len(prompt.text) > LONGEST_TOKEN * window:
            raise RequestTooLarge(
                f"text has {len(prompt.text)} characters; the model's window is {window} tokens",
                param="text",
            )
        used = await self.engine.count_tokens(served.engine_name, prompt.messages, deadline)
        if window - used < LEAST_ANSWER_TOKENS:
            field, takes = asked.fills_most(size)
            raise RequestTooLarge(
                f"{takes} a prompt of {used} tokens; the model's window is {window} tokens, "
                f"of which the answer needs {LEAST_ANSWER_TOKENS}",
                param=field,
            )
        return min(wanted, window - used)
