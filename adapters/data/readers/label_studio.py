"""Label Studio's exports: JSON (tasks with annotations) and JSON-MIN."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity, in_utf16
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import field, items, table, whole
from adapters.data.readers.label_studio_text import Marked, text_field, text_of
from service.ner.types import Entity, Label

_SPANS = ("labels", "hypertextlabels")


def read(row: Any, labels: Sequence[Label], usual: str | None = None) -> Example:
    """A task's ground truth, else its last annotation that was not skipped. What is said of a whole
    text, or of a mark beside its label, is passed over. ``usual``: the field that is the text where
    a task does not tell. Raises BadRow."""
    task = _marked(row)
    text = text_of(task, usual)
    return Example(text, _sorted(one for mark in task.marks for one in _of(text, mark, labels)))


def usual_field(rows: Iterable[Any]) -> str | None:
    """The field that is the text, by what is marked in all of these rows."""

    def readable() -> Iterator[Marked]:
        for row in rows:
            with suppress(BadRow):
                yield _marked(row)

    return text_field(readable())


def _marked(row: Any) -> Marked:
    """Raises BadRow."""
    task = table(row, "the row")
    if "data" not in task:
        found = [mark for value in task.values() if _are_spans(value) for mark in value]
        return Marked(task, found)
    regions = _regions(task)
    _refuse_others(regions)
    spans = [one for one in regions if one.get("type") in _SPANS]
    names = dict.fromkeys(str(one.get("to_name")) for one in spans)
    if len(names) > 1:
        raise BadRow(f"several texts are marked ({', '.join(names)}); expected marks in one")
    marks = [table(field(one, "value"), "value") for one in spans]
    return Marked(table(task["data"], "data"), marks, *names)


def _regions(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    name = "completions" if "completions" in task else "annotations"
    given = [table(one, name) for one in items(field(task, name), name)]
    made = [one for one in given if not one.get("was_cancelled") and not one.get("skipped")]
    truth = [one for one in made if one.get("ground_truth")]
    if not made:
        raise BadRow(f"task {task.get('id')} has no annotation; expected one")
    chosen = (truth or made)[-1]
    return [table(one, "result") for one in items(field(chosen, "result"), f"{name}.result")]


def _refuse_others(regions: Sequence[Mapping[str, Any]]) -> None:
    """Raises BadRow for a mark that has no label here: it would be lost. What a project asks for
    beside a mark's label has the mark's place, too."""
    values = [(one.get("type"), one.get("value")) for one in regions]
    places = [(kind, _place(value)) for kind, value in values if isinstance(value, dict)]
    labelled = [place for kind, place in places if kind in _SPANS]
    for kind, place in places:
        if place is not None and kind not in _SPANS and place not in labelled:
            raise BadRow(f"a mark has the type {kind}; expected {' or '.join(_SPANS)}")


def _place(value: Mapping[str, Any]) -> tuple[Any, ...] | None:
    keys = ("start", "end", "startOffset", "endOffset")
    return tuple(value.get(key) for key in keys) if "start" in value else None


def _are_spans(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(one, dict) and "start" in one for one in value)


def _of(text: str, value: Mapping[str, Any], labels: Sequence[Label]) -> list[Entity]:
    names = items(value.get("labels", value.get("hypertextlabels")), "labels")
    start, end = whole(field(value, "start"), "start"), whole(field(value, "end"), "end")
    start, end = in_utf16(text, start, end, value.get("text"))
    return [entity(text, labels, name, start, end, value.get("text")) for name in names]


def _sorted(found: Any) -> tuple[Entity, ...]:
    return tuple(sorted(set(found), key=lambda one: (one.start, one.end, one.label)))
