"""Label Studio's exports: JSON (tasks with annotations) and JSON-MIN."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity, in_utf16
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import field, items, string, table, whole
from service.ner.types import Entity, Label


def read(row: Any, labels: Sequence[Label]) -> Example:
    """A task's ground truth, else its last annotation that was not skipped. Relations, choices and
    the like are passed over. Raises BadRow."""
    task = table(row, "the row")
    if "data" not in task:
        return _short(task, labels)
    return _example(table(task["data"], "data"), _regions(task), labels)


def _regions(task: Mapping[str, Any]) -> list[Any]:
    name = "completions" if "completions" in task else "annotations"
    given = [table(one, name) for one in items(field(task, name), name)]
    made = [one for one in given if not one.get("was_cancelled") and not one.get("skipped")]
    truth = [one for one in made if one.get("ground_truth")]
    if not made:
        raise BadRow(f"task {task.get('id')} has no annotation; expected one")
    chosen = (truth or made)[-1]
    return items(field(chosen, "result"), f"{name}.result")


def _example(data: Mapping[str, Any], regions: Sequence[Any], labels: Sequence[Label]) -> Example:
    listed = [table(one, "result") for one in regions]
    spans = [one for one in listed if one.get("type") in ("labels", "hypertextlabels")]
    text = string(field(data, _text_field(data, spans)), "data")
    values = [table(field(one, "value"), "value") for one in spans]
    return Example(text, _sorted(entity for value in values for entity in _of(text, value, labels)))


def _text_field(data: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> str:
    """What a region calls its text by, where the data do, too; else the only string there is."""
    named = {str(one.get("to_name")) for one in spans} & data.keys()
    strings = [name for name, value in data.items() if isinstance(value, str)]
    if len(named) == 1:
        return named.pop()
    if isinstance(data.get("text"), str):
        return "text"
    if len(strings) != 1:
        raise BadRow(f"data has {', '.join(data)}; expected text, or one string")
    return strings[0]


def _short(task: Mapping[str, Any], labels: Sequence[Label]) -> Example:
    found = [name for name, value in task.items() if isinstance(value, list) and _are_spans(value)]
    text = string(field(task, "text"), "text")
    values = [value for name in found for value in task[name]]
    return Example(text, _sorted(one for value in values for one in _of(text, value, labels)))


def _are_spans(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(one, dict) and "start" in one for one in values)


def _of(text: str, value: Mapping[str, Any], labels: Sequence[Label]) -> list[Entity]:
    names = items(value.get("labels", value.get("hypertextlabels")), "labels")
    start, end = whole(field(value, "start"), "start"), whole(field(value, "end"), "end")
    start, end = in_utf16(text, start, end, value.get("text"))
    return [entity(text, labels, name, start, end, value.get("text")) for name in names]


def _sorted(found: Any) -> tuple[Entity, ...]:
    return tuple(sorted(set(found), key=lambda one: (one.start, one.end, one.label)))
