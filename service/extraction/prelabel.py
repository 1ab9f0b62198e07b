"""Tasks of Label Studio, labelled before a person looks at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from service.errors import InvalidRequest, NerveError
from service.extraction.aside import MANY, aside
from service.extraction.extract import Extract
from service.extraction.shapes import check_room
from service.extraction.side_by_side import side_by_side
from service.extraction.text.asked import Asked
from service.extraction.text.long_text import Budget
from service.models.registry import Served
from service.ner.types import Entity, Label
from service.wire.label_config import TextField
from service.wire.label_studio import (
    Config,
    NoText,
    Prediction,
    Region,
    RegionValue,
    TaskTexts,
)
from service.wire.request_errors import request_error
from service.wire.requests import Options

_REGION, _VALUE = set(Region.model_fields), set(RegionValue.model_fields)


@dataclass(frozen=True, slots=True)
class Planned:
    """A text of the config, and how it is extracted; ``shown`` is what the config calls a label."""

    field: TextField
    asked: Asked
    shown: Mapping[str, str]

    def regions(self, text: str, entities: Sequence[Entity]) -> list[Region]:
        """The entities of ``text``, as the config's labels."""
        return [self._region(place, text, entity) for place, entity in enumerate(entities)]

    def _region(self, place: int, text: str, entity: Entity) -> Region:
        label = self.shown[entity.label]
        # Unchecked, as entities are; see ``respond``.
        return Region.model_construct(
            _REGION,
            id=f"{self.field.name}-{place}",
            from_name=self.field.labels[label].control,
            to_name=self.field.name,
            value=RegionValue.model_construct(
                _VALUE,
                start=entity.start,
                end=entity.end,
                text=text[entity.start : entity.end],
                labels=[label],
            ),
            score=entity.score,
        )


@dataclass(frozen=True, slots=True)
class Prelabel:
    """An extraction of each task's texts, with the labels of the project's config."""

    extract: Extract

    def plan(self, config: Config, model: str | None) -> list[Planned]:
        """Raises ModelNotFound, and InvalidRequest for labels that the model cannot find."""
        try:
            return [self._planned(field, model) for field in config.texts]
        except InvalidRequest as exc:  # which calls it labels, as our own requests do
            raise InvalidRequest(f"{config.field}: {exc.message}", param=config.field) from exc

    def served(self, model: str | None) -> Served:
        """Raises ModelNotFound."""
        return self.extract.registry.resolve(model)

    def version(self, plans: Sequence[Planned]) -> str:
        """What answers: a name that differs when the weights do."""
        return ", ".join(dict.fromkeys(plan.asked.served.engine_name for plan in plans))

    async def __call__(
        self, tasks: Sequence[TaskTexts], config: Config, model: str | None
    ) -> list[Prediction | NerveError]:
        """A prediction or an error for each task, in order; raises as ``plan``, and the first error
        when no task could be extracted. All have one deadline."""
        plans, budget = self.plan(config, model), self.extract.budget()

        async def one(texts: Sequence[str]) -> Sequence[Region] | NerveError:
            try:
                return await self._regions(texts, plans, budget) or ()
            except NerveError as exc:
                return exc

        at_once = self.extract.settings.request_concurrency
        whole = [texts for texts in tasks if not isinstance(texts, NoText)]
        found = await side_by_side(one, whole, at_once)
        results = await aside(len(tasks) > MANY, _results, tasks, found, self.version(plans))
        errors = [result for result in results if isinstance(result, NerveError)]
        if errors and len(errors) == len(results):
            raise errors[0]
        return results

    async def _regions(
        self, texts: Sequence[str], plans: Sequence[Planned], budget: Budget
    ) -> list[Region]:
        """Raises as ``Extract.find``, and for a text of which a part could not be extracted or
        whose entities may not all be there: once there is a prediction, Label Studio does not ask
        again."""
        regions: list[Region] = []
        for text, plan in zip(texts, plans, strict=True):
            found = await self.extract.find(text, plan.asked, budget)
            if found.failed:
                raise found.failed[0].error
            check_room(found.truncated)
            is_much = len(found.entities) > MANY
            regions += await aside(is_much, plan.regions, text, found.entities)
        return regions

    def _planned(self, field: TextField, model: str | None) -> Planned:
        served = self.served(model)
        known = _known(field, served)
        if not known:
            served = self.extract.registry.resolve(model, _described(field))
        if known:  # the model's own, however many it has
            options = Options.model_construct(None, model=model, labels=[*known])
            return Planned(field, self.extract.resolve(options), known)
        labels = _described(field) if served.is_open else [*field.labels]
        try:
            asked = self.extract.resolve(Options(model=model, labels=labels))
        except ValidationError as exc:
            problems = [{**one, "loc": ("options", *one["loc"])} for one in exc.errors()]
            raise request_error(problems) from exc
        return Planned(field, asked, {name: name for name in field.labels})


def _results(
    tasks: Sequence[TaskTexts], found: Sequence[Sequence[Region] | NerveError], version: str
) -> list[Prediction | NerveError]:
    """A prediction takes thirty times a short task's bytes: made when nothing is waited for."""
    rest = iter(found)
    results: list[Prediction | NerveError] = []
    for place, texts in enumerate(tasks):
        one = texts.error(place) if isinstance(texts, NoText) else next(rest)
        results.append(one if isinstance(one, NerveError) else Prediction.of([*one], version))
    return results


def _known(field: TextField, served: Served) -> dict[str, str]:
    """The adapter's name of each label of the config, and the config's; empty if one is unknown.
    Raises InvalidRequest for two that are one."""
    if served.is_open:
        return {}
    found = {name: _label(name, served.labels) for name in field.labels}
    known = dict[str, str]()
    for name, label in found.items():
        if label and known.setdefault(label.name, name) != name:
            both = f"labels has {known[label.name]!r} and {name!r}"
            raise InvalidRequest(
                f"{both}, which are both {label.name} of {served.name}; expected one of them",
                param="labels",
            )
    return known if len(known) == len(found) else {}


def _label(name: str, labels: Sequence[Label]) -> Label | None:
    """By its name or its written form; people write ``Company`` where an adapter has company."""
    word = name.strip().casefold()
    return next(
        (one for one in labels if word in (one.name.casefold(), one.written.casefold())), None
    )


def _described(field: TextField) -> dict[str, str]:
    return {name: label.hint for name, label in field.labels.items()}
