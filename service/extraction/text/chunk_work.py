"""One chunk's way: prompt, complete, decode, align. What is common to all chunks is ``Asked``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from service.engine.client import Engine
from service.engine.completion import Completion, CompletionRequest
from service.errors import RequestTooLarge
from service.extraction.aside import LONG, aside
from service.extraction.text.asked import Asked
from service.extraction.text.room import Room
from service.models.metrics import AdapterMetrics
from service.ner.align import align
from service.ner.chunk import Chunk
from service.ner.incremental import Incremental
from service.ner.placing import Aligned, TooManyEntities
from service.ner.placing_rules import placing_of
from service.ner.prompt import Prompt, render
from service.ner.score import Token
from service.ner.types import Decoded, Dropped, Entity
from service.observe.metrics import Metrics
from service.settings import Settings


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
        """Raises EngineFailure, Overloaded, and RequestTooLarge when the window is too small, or
        for more entities than a text can have."""
        prepared = await self.prepare(asked, chunk, deadline)
        with self.metrics.stage("complete"):
            completion = await self.engine.complete(prepared.request, deadline)
        return await self.read(asked, prepared, completion)

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
        return await self.read(asked, prepared, completion)

    async def prepare(self, asked: Asked, chunk: Chunk, deadline: float) -> Prepared:
        """prompt. Raises as the call does, since the engine may have to count tokens."""
        served, added_tokens = asked.served, self.settings.added_tokens
        for error in asked.too_large:
            raise RequestTooLarge(error.message, param=error.param)
        with self.metrics.stage("prompt"):
            prompt = render(served.template, asked.labels, chunk.text, added_tokens, asked.examples)
            # Before the grammar, whose size is the text's.
            max_tokens = await Room(self.settings, self.engine).of(asked, prompt, deadline)
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

    async def read(self, asked: Asked, prepared: Prepared, completion: Completion) -> Extracted:
        """decode and align; counts what came of the completion. Raises RequestTooLarge for more
        entities than a text can have."""
        served, scoring, stage = asked.served, asked.scoring, self.metrics.stage
        is_long = len(completion.text) > LONG
        with stage("decode"):
            decode = partial(served.format.decode, complete=completion.complete)
            decoded = await aside(is_long, decode, completion.text, asked.labels)
        # Every mention may stand in every place.
        is_much = is_long or len(prepared.prompt.text) * len(decoded.mentions) > LONG
        try:
            with stage("align"):
                aligned = await aside(is_much, _aligned, asked, prepared, completion, decoded)
        except TooManyEntities as exc:
            self.adapter_metrics.count(served, completion, decoded, Aligned((), ()))
            raise RequestTooLarge(
                f"overlaps is all, and makes {len(prepared.prompt.text)} characters more than "
                f"{exc.most} entities; expected fewer labels, or longest",
                param="overlaps",
            ) from exc
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


def _aligned(asked: Asked, prepared: Prepared, completion: Completion, decoded: Decoded) -> Aligned:
    """Where the mentions stand. Raises TooManyEntities."""
    scoring = asked.scoring
    return align(
        prepared.prompt.text,
        decoded.mentions,
        asked.served.occurrences,
        scoring.scores(completion, decoded) if scoring else None,
        asked.overlaps,
        asked.titles,
        scoring.is_good if scoring else None,
    )
