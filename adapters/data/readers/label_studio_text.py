"""Which field of a Label Studio task is the text that was labelled: an export does not say so.

It is the one that has every mark's surface at its place. Where several have, or nothing is marked,
it is the one that has them in all rows of the file, which are of one project.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.data.readers.entity import in_utf16
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import field, string

# Of a task in JSON-MIN, beside its data.
_ABOUT = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
_USUAL = "text"
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Marked:
    """A task's ``data``, and the ``marks`` in one of its fields, each as a region's value; ``name``
    is what the project calls this text, which often is the field's name, too."""

    data: Mapping[str, Any]
    marks: Sequence[Mapping[str, Any]]
    name: str = _USUAL

    @property
    def strings(self) -> dict[str, str]:
        """What may be the text, by the field's name, dots leading further in."""
        data = {one: value for one, value in self.data.items() if one not in _ABOUT}
        return dict(_strings(data, _DEEPEST))

    @property
    def fitting(self) -> dict[str, str]:
        """Those of them that have every mark's surface at its place."""
        return {one: text for one, text in self.strings.items() if _fits(text, self.marks)}


def text_field(rows: Iterable[Marked]) -> str | None:
    """The field that can be the text in all rows with marks, as far as these tell."""
    common: set[str] | None = None
    names = set[str]()
    for row in rows:
        if row.marks and (fitting := row.fitting):
            common = {*fitting} if common is None else common & fitting.keys()
            names.add(row.name)
    there = common or set()
    likely = (there, there & names, there & {_USUAL})
    return next((one.pop() for one in likely if len(one) == 1), None)


def text_of(task: Marked, usual: str | None) -> str:
    """Raises BadRow where no field, or more than one, can be it."""
    strings, fitting = task.strings, task.fitting
    if not strings:
        return string(field(task.data, _USUAL), _USUAL)
    among = fitting or strings
    if usual in among:
        return string(among[usual], usual)
    if len(set(among.values())) > 1:
        raise BadRow(f"data has {', '.join(among)}; {_why(task)}")
    return string(next(iter(among.values())), "data")


def _strings(data: Mapping[str, Any], deep: int) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict) and deep:
            yield from ((f"{name}.{one}", text) for one, text in _strings(value, deep - 1))


def _why(task: Marked) -> str:
    if not task.marks:
        return "no mark, here or in other rows, tells which is the text; expected one string"
    which = "more than one has" if task.fitting else "none has"
    return f"{which} what is marked at its places; expected one that has"


def _fits(text: str, marks: Iterable[Mapping[str, Any]]) -> bool:
    return all(_has(text, one.get("start"), one.get("end"), one.get("text")) for one in marks)


def _has(text: str, start: Any, end: Any, surface: Any) -> bool:
    if type(start) is not int or type(end) is not int:
        return False
    start, end = in_utf16(text, start, end, surface)
    return 0 <= start < end <= len(text) and surface in (None, text[start:end])
