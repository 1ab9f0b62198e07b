"""A request's examples, for a model that takes any labels: as it would have answered them."""

from collections.abc import Iterator, Mapping, Sequence

from service.errors import InvalidRequest
from service.models.registry import Served
from service.ner.fold import Folded, fold
from service.ner.prompt import Example
from service.ner.spans import Span
from service.ner.types import Label, Mention
from service.wire.requests import ExampleEntity, LabelledText


def examples(
    given: Sequence[LabelledText], served: Served, labels: Sequence[Label]
) -> tuple[Example, ...]:
    """Raises InvalidRequest when the model takes none, or when one cannot be an answer to its text
    by the request's labels."""
    if given and not served.is_open:
        raise _refused(
            f"examples has {len(given)} items; expected none, since {served.name} was tuned "
            "without; a model that takes any labels takes some"
        )
    known = {label.name: label for label in labels}
    return tuple(_example(place, one, served, known) for place, one in enumerate(given))


def _example(
    place: int, given: LabelledText, served: Served, known: Mapping[str, Label]
) -> Example:
    for at, entity in enumerate(given.entities):
        where = f"examples[{place}].entities[{at}]"
        if entity.label not in known:
            raise _refused(
                f"{where}.label has {entity.label!r}; expected one of {', '.join(known)}"
            )
        if entity.text not in given.text:
            raise _refused(
                f"{where}.text has {entity.text[:64]!r}; expected a part of the example's text"
            )
    folded = fold(given.text)
    mentions = _mentions(place, given, folded)
    try:
        answer = served.format.encode(mentions, tuple(known.values()), folded.text)
    except ValueError as exc:
        raise _refused(
            f"examples[{place}].entities cannot be an answer of {served.name}: {exc}; expected "
            "entities that do not overlap, none more often than it stands in the text"
        ) from exc
    return Example(folded.text, answer)


def _mentions(place: int, given: LabelledText, folded: Folded) -> list[Mention]:
    """In the order of the text; of two that begin at one place the longer is first."""
    placed = [(folded.forth(*span), entity) for span, entity in _placed(given)]
    for at, ((start, end), entity) in enumerate(placed):
        if not folded.text[start:end].strip():
            raise _refused(
                f"examples[{place}].entities[{at}].text has {entity.text[:64]!r}, of which the "
                "model reads nothing; expected more than blanks and hidden characters"
            )
    placed.sort(key=lambda one: (one[0][0], -one[0][1]))
    return [Mention(entity.label, folded.text[slice(*span)]) for span, entity in placed]


def _placed(given: LabelledText) -> Iterator[tuple[Span, ExampleEntity]]:
    """Where each entity stands; one that is there again is at its next place, if it has one."""
    ends: dict[str, int] = {}
    for entity in given.entities:
        start = given.text.find(entity.text, ends.get(entity.text, 0))
        start = given.text.index(entity.text) if start < 0 else start
        ends[entity.text] = start + len(entity.text)
        yield (start, ends[entity.text]), entity


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="examples")
