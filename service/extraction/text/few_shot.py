"""A request's examples, for a model that takes any labels: as it would have answered them."""

from collections.abc import Mapping, Sequence

from service.errors import InvalidRequest
from service.models.registry import Served
from service.ner.fold import fold
from service.ner.prompt import Example
from service.ner.types import Label, Mention
from service.wire.requests import ExampleEntity, LabelledText


def examples(
    given: Sequence[LabelledText], served: Served, labels: Sequence[Label]
) -> tuple[Example, ...]:
    """Raises InvalidRequest when the model takes none, or when one cannot be an answer to its text
    by the request's labels."""
    if given and not served.is_open:
        raise InvalidRequest(
            f"examples has {len(given)} items; expected none, since {served.name} was tuned "
            "without; a model that takes any labels takes some",
            param="examples",
        )
    known = {label.name: label for label in labels}
    return tuple(_example(place, one, served, known) for place, one in enumerate(given))


def _example(
    place: int, given: LabelledText, served: Served, known: Mapping[str, Label]
) -> Example:
    for at, entity in enumerate(given.entities):
        where = f"examples[{place}].entities[{at}]"
        if entity.label not in known:
            raise InvalidRequest(
                f"{where}.label has {entity.label!r}; expected one of {', '.join(known)}",
                param="examples",
            )
        if entity.text not in given.text:
            raise InvalidRequest(
                f"{where}.text has {entity.text[:64]!r}; expected a part of the example's text",
                param="examples",
            )
    folded = fold(given.text)
    mentions = [
        Mention(entity.label, folded.text[slice(*folded.forth(*_place(entity, given)))])
        for entity in given.entities
    ]
    answer = served.format.encode(mentions, tuple(known.values()), folded.text)
    return Example(folded.text, answer)


def _place(entity: ExampleEntity, given: LabelledText) -> tuple[int, int]:
    start = given.text.index(entity.text)
    return start, start + len(entity.text)
