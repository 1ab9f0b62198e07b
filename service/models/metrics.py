"""What the models' completions yield, by adapter; the base model counts as one.

Labels come from the manifests. An open model takes any labels, so callers invent them: its entities
are counted under one word.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.engine.completion import Completion
from service.models.registry import Served
from service.ner.formats import FORMATS
from service.ner.placing import Aligned
from service.ner.prompt import BUILT_IN
from service.ner.types import Decoded, Reason
from service.observe.facts import Facts
from service.observe.metrics import Metrics

OPEN = "open"
_TENTHS = tuple(number / 10 for number in range(1, 11))


class AdapterMetrics:
    """The series of extraction's quality and cost."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # What a label's value finds is kept: the library would look for it behind a lock.
        self._series: Callable[..., Any] = cache(lambda metric, *labels: metric.labels(*labels))

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, ("adapter", *labels), registry=registry)

        self.completions = counter("nerve_completions", "Completions that were read.")
        self.truncated = counter("nerve_completions_truncated", "Completions that ran out of room.")
        self.repaired = counter(
            "nerve_completions_repaired",
            "Completions of which a part could not be read and the rest was kept.",
        )
        self.prompt_tokens = counter("nerve_prompt_tokens", "Tokens that the engine read.")
        self.completion_tokens = counter("nerve_completion_tokens", "Tokens that the engine wrote.")
        self.entities = counter("nerve_entities", "Entities found, by label.", "label")
        self.dropped = counter(
            "nerve_mentions_dropped",
            "Mentions that the model wrote and that could not be used, by reason.",
            "reason",
        )
        self.scores = Histogram(
            "nerve_entity_score",
            "Calibrated scores of entities, those below min_score too.",
            ("adapter",),
            buckets=_TENTHS,
            registry=registry,
        )
        self.info = Facts(
            "nerve_adapter_info",
            "1 for each model that is served, the base model too.",
            ("adapter", "engine_name", "base", "rank", "f1", "prompt", "format"),
            registry,
        )
        self.problems = Gauge(
            "nerve_registry_problems",
            "Files of the adapters folder that cannot be used; what was served before them stays.",
            registry=registry,
            multiprocess_mode="livemax",
        )

    def show(self, models: Iterable[Served]) -> None:
        """The models that are served from now on, each with all its series.

        A series that appears with its first event hides that event from rate().
        """
        models = list(models)
        self.info.tell(_info(served) for served in models)
        for served in models:
            for counter in (
                self.completions,
                self.truncated,
                self.repaired,
                self.prompt_tokens,
                self.completion_tokens,
            ):
                counter.labels(served.name)
            if served.adapter and served.adapter.calibrations:
                self.scores.labels(served.name)
            for label in served.labels:
                self.entities.labels(served.name, _shown(served, label.name))
            for reason in get_args(Reason):
                self.dropped.labels(served.name, reason)

    def count(
        self, served: Served, completion: Completion, decoded: Decoded, aligned: Aligned
    ) -> None:
        """One completion and what came of it."""
        name, series = served.name, self._series
        series(self.completions, name).inc()
        series(self.prompt_tokens, name).inc(completion.prompt_tokens)
        series(self.completion_tokens, name).inc(completion.completion_tokens)
        labels = Counts(_shown(served, entity.label) for entity in aligned.entities)
        for label, number in labels.items():
            series(self.entities, name, label).inc(number)
        for dropped in (*decoded.dropped, *aligned.dropped):
            series(self.dropped, name, dropped.reason).inc()
        if not completion.complete:
            series(self.truncated, name).inc()
        if decoded.mentions and any(item.reason == "malformed" for item in decoded.dropped):
            series(self.repaired, name).inc()

    def count_scores(self, served: Served, aligned: Aligned) -> None:
        """The calibrated scores of a completion's entities, too low ones as well."""
        for entity in (*aligned.entities, *aligned.too_low):
            if entity.score is not None:
                self._series(self.scores, served.name).observe(entity.score)


def every_series() -> CollectorRegistry:
    """All series that a gateway has, with nothing counted: for what is made from them."""
    registry = Metrics().registry
    AdapterMetrics(registry)
    return registry


def _shown(served: Served, label: str) -> str:
    return OPEN if served.is_open else label


def _info(served: Served) -> dict[str, str]:
    """What its manifest says of it; a base model has neither rank nor F1."""
    adapter = served.adapter
    rows = adapter.evaluation if adapter else ()
    f1 = next((row.text_f1 for row in rows if row.text_f1 is not None), None)
    built_in = (name for name, template in BUILT_IN.items() if template == served.template)
    return {
        "adapter": served.name,
        "engine_name": served.engine_name,
        "base": adapter.base if adapter else served.name,
        "rank": str(adapter.rank) if adapter else "",
        "f1": "" if f1 is None else f"{f1:.4f}",
        "prompt": adapter.prompt if adapter else next(built_in, ""),
        "format": next(name for name, answer in FORMATS.items() if answer is served.format),
    }
