"""Two reports on the same sentences: paired differences, labels, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.measuring.report import ReportError
from adapters.measuring.score import Counts, Difference, paired
from deploy.report.axes import Scale
from deploy.report.bars import METRICS, row_of, shown_interval, whisker
from deploy.report.markup import (
    dot,
    element,
    key,
    label,
    line,
    paragraph,
    picture,
    section,
    shortened,
    table,
)

WIDTH, LEFT = 760, 170


@dataclass(frozen=True, slots=True)
class Changes:
    """Sentences that are answered differently, and those with more or fewer right entities; the
    entities that only one of the two found, right and wrong."""

    sentences: int
    better: int
    worse: int
    old_right: int
    old_wrong: int
    new_right: int
    new_wrong: int


def same_rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raises ReportError unless both were made on the same sentences, and hold their counts."""
    for one in (old, new):
        if not all("counts" in row for row in one["predicted"]):
            raise ReportError(
                f"the report on {one.get('split')!r} has no counts: evaluate once more"
            )
    if [row["text"] for row in old["predicted"]] != [row["text"] for row in new["predicted"]]:
        raise ReportError("the two reports were made on different sentences")
    wanted = [[row["counts"]["span"][2] for row in one["predicted"]] for one in (old, new)]
    if wanted[0] != wanted[1]:
        raise ReportError("the two reports were made with different labels: gold differs")


def difference(old: Mapping[str, Any], new: Mapping[str, Any], metric: str) -> Difference:
    """New minus old micro F1, by the paired bootstrap."""
    before, after = (
        [Counts(*row["counts"][metric]) for row in one["predicted"]] for one in (old, new)
    )
    return paired(before, after)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """What is counted; entities are compared by label and place."""
    rows = [
        (_judged(before), _judged(after))
        for before, after in zip(old["predicted"], new["predicted"], strict=True)
    ]
    gain = [sum(after.values()) - sum(before.values()) for before, after in rows]
    only_old = [was for before, after in rows for one, was in before.items() if one not in after]
    only_new = [was for before, after in rows for one, was in after.items() if one not in before]
    return Changes(
        sentences=sum(before != after for before, after in rows),
        better=sum(more > 0 for more in gain),
        worse=sum(more < 0 for more in gain),
        old_right=sum(only_old),
        old_wrong=len(only_old) - sum(only_old),
        new_right=sum(only_new),
        new_wrong=len(only_new) - sum(only_new),
    )


def _judged(row: Mapping[str, Any]) -> dict[tuple[str, int, int], bool]:
    pairs = zip(row["entities"], row["right"], strict=True)
    return {(entity[0], entity[1], entity[2]): right for entity, right in pairs}


def comparison(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The section; raises ReportError when the two cannot be compared."""
    same_rows(old, new)
    return section(
        "Against the other report",
        paragraph(f"old: {_named(old)}. new: {_named(new)}."),
        _differences(old, new),
        element("div", *_changed(changes(old, new)), class_="tables"),
        _labels(old, new),
    )


def _changed(found: Changes) -> tuple[str, str]:
    sentences = (
        ["answered differently", str(found.sentences)],
        ["more entities right", str(found.better)],
        ["fewer entities right", str(found.worse)],
    )
    entities = (
        ["only the old", str(found.old_right), str(found.old_wrong)],
        ["only the new", str(found.new_right), str(found.new_wrong)],
    )
    return (
        table(["", "sentences"], sentences),
        table(["entities that only one found", "right", "wrong"], entities),
    )


def _named(found: Mapping[str, Any]) -> str:
    return f"{found['model']}, {found['split']}, {found['constraint']}, {found['date']}"


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Both differences with their intervals, beside no difference."""
    found = {metric: difference(old, new, metric) for metric in METRICS}
    bounds = [abs(bound) for one in found.values() for bound in one.interval]
    reach = max([*bounds, 0.01]) * 1.1
    x = Scale(-reach, reach, LEFT, WIDTH - 230)
    parts = [line((x(0), 4), (x(0), 88), "zero")]
    for value in x.ticks():
        parts.append(line((x(value), 10), (x(value), 84), "grid"))
        parts.append(label(x(value), 102, f"{value:+g}" if value else "0", "middle"))
    for place, (metric, one) in enumerate(found.items()):
        y = 28 + place * 36
        says = f"{one.f1:+.4f} ({one.interval[0]:+.4f} to {one.interval[1]:+.4f})"
        parts.append(label(LEFT - 10, y + 4, f"{metric} F1, new - old", "end"))
        parts.append(whisker({"interval": one.interval}, x, y))
        parts.append(dot((x(one.f1), y), metric, f"{metric}: {says}", 5))
        parts.append(label(x.end + 10, y + 4, says))
    words = "Micro F1, new minus old, with the 95 % interval of the paired bootstrap."
    return paragraph(words) + picture(WIDTH, 110, words, *parts)


def _labels(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Span F1 of each label, old and new."""
    names = sorted({*old["span"]["labels"], *new["span"]["labels"]})
    x, height = Scale(0, 1, LEFT, WIDTH - 110), 26 * len(names) + 30
    parts = [line((x(value), 8), (x(value), height - 22), "grid") for value in x.ticks()]
    parts += [label(x(value), height - 6, f"{value:g}", "middle") for value in x.ticks()]
    for place, name in enumerate(names):
        parts.append(_pair(name, row_of(old, "span", name), row_of(new, "span", name), x, place))
    words = "Span F1 by label"
    return (
        paragraph(f"{words}; the number is new minus old.")
        + key(("old", "old"), ("span", "new"))
        + picture(WIDTH, height, words, *parts)
    )


def _pair(
    name: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    x: Scale,
    place: int,
) -> str:
    y = 20 + 26 * place
    parts = [label(LEFT - 10, y + 4, shortened(name), "end")]
    both: Sequence[tuple[str, Mapping[str, Any] | None]] = (("old", old), ("span", new))
    if old and new:
        parts.append(line((x(old["f1"]), y), (x(new["f1"]), y), "whisker"))
        parts.append(label(x.end + 10, y + 4, f"{new['f1'] - old['f1']:+.4f}"))
    for class_, row in both:
        if row:
            says = f"{name}: {row['f1']:.4f}{shown_interval(row)}"
            parts.append(dot((x(row["f1"]), y), class_, says, 5))
    return "".join(parts)
