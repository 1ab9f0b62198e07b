"""F1 by label as bars with 95 % intervals, and the table beside them; wrong spans by class."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.measuring.score import Metric
from deploy.report.axes import Scale
from deploy.report.markup import (
    element,
    key,
    label,
    line,
    paragraph,
    picture,
    section,
    shortened,
    table,
    words,
)

METRICS: tuple[Metric, ...] = ("text", "span")
LEFT, RIGHT, WIDTH, ROW = 170, 110, 760, 38


def by_label(found: Mapping[str, Any]) -> str:
    """The section: most frequent labels first, micro and macro below."""
    names = _names(found)
    return section(
        "F1 by label",
        paragraph(
            "text: label and surface, once a sentence; span: label and place. The whisker is the "
            "95 % interval, by bootstrap over sentences."
        ),
        key(("text", "text"), ("span", "span")),
        _picture(found, [*names, "micro", "macro"]),
        _table(found, [*names, "micro", "macro"]),
    )


def _names(found: Mapping[str, Any]) -> list[str]:
    labels = found["span"]["labels"] | found["text"]["labels"]
    return sorted(labels, key=lambda name: -labels[name]["support"])


def row_of(found: Mapping[str, Any], metric: str, name: str) -> Mapping[str, Any] | None:
    """The figures of a label, or of micro and macro; the micro ones with their interval.

    Looked for among the labels first: one may be called micro.
    """
    figures = found[metric]
    if name in figures["labels"]:
        row: Mapping[str, Any] = figures["labels"][name]
        return row
    if name == "micro":
        return {**figures["micro"], "interval": figures["interval"]}
    return figures["macro"] if name == "macro" else None


def _picture(found: Mapping[str, Any], names: Sequence[str]) -> str:
    height = ROW * len(names) + 30
    x = Scale(0, 1, LEFT, WIDTH - RIGHT)
    parts = []
    for value in x.ticks():
        parts.append(line((x(value), 8), (x(value), height - 22), "grid"))
        parts.append(label(x(value), height - 6, f"{value:g}", "middle"))
    for place, name in enumerate(names):
        parts.append(_row(found, name, x, 10 + place * ROW))
    above_micro = 8 + (len(names) - 2) * ROW
    parts.append(line((20, above_micro), (x.end, above_micro), "rule"))
    return picture(WIDTH, height, "F1 by label", *parts)


def _row(found: Mapping[str, Any], name: str, x: Scale, top: float) -> str:
    parts = [label(LEFT - 10, top + 20, shortened(name), "end")]
    for place, metric in enumerate(METRICS):
        row = row_of(found, metric, name)
        if row is not None:
            parts.append(_bar(metric, name, row, x, top + 3 + place * 14))
    return element("g", *parts)


def _bar(metric: str, name: str, row: Mapping[str, Any], x: Scale, top: float) -> str:
    says = f"{name}, {metric}: F1 {row['f1']:.4f}{shown_interval(row)}, support {row['support']}"
    size = {"x": x.start, "y": top, "width": x(row["f1"]) - x.start, "height": 12}
    bar = element("rect", element("title", words(says)), class_=metric, **size)
    return bar + whisker(row, x, top + 6) + label(x.end + 10, top + 11, f"{row['f1']:.4f}")


def whisker(row: Mapping[str, Any], x: Scale, y: float) -> str:
    """The interval as a line with ends, where there is one."""
    if "interval" not in row:
        return ""
    low, high = (x(bound) for bound in row["interval"])
    ends = (line((place, y - 3), (place, y + 3), "whisker") for place in (low, high))
    return line((low, y), (high, y), "whisker") + "".join(ends)


def shown_interval(row: Mapping[str, Any]) -> str:
    """ " (0.7 to 0.8)", or nothing."""
    return " ({:.4f} to {:.4f})".format(*row["interval"]) if "interval" in row else ""


def _table(found: Mapping[str, Any], names: Sequence[str]) -> str:
    head = ["label"]
    for metric in METRICS:
        head += [f"{metric}: support", "precision", "recall", "F1", "95 % of F1"]
    rows = [[name, *(cell for m in METRICS for cell in _cells(found, m, name))] for name in names]
    return table(head, rows, "figures")


def _cells(found: Mapping[str, Any], metric: str, name: str) -> list[str]:
    row = row_of(found, metric, name)
    if row is None:
        return [""] * 5
    ratios = [f"{row[ratio]:.4f}" for ratio in ("precision", "recall", "f1")]
    interval = "{:.3f}–{:.3f}".format(*row["interval"]) if "interval" in row else ""
    return [str(row["support"]), *ratios, interval]


def wrong_spans(found: Mapping[str, Any]) -> str:
    """The section: every wrong span in one class, and mentions that were dropped."""
    meaning = {
        "boundary": "overlaps an entity of its label",
        "label": "right place, another label",
        "both": "overlaps an entity of another label",
        "spurious": "touches no entity",
        "missed": "an entity that nothing was matched with",
        "dropped": "mentions that could not be used",
    }
    most = max([*found["errors"].values(), 1])
    rows = [
        element(
            "tr",
            element("th", words(name), scope="row"),
            element("td", words(number)),
            element("td", element("i", class_="bar", style=f"width: {100 * number / most:.1f}%")),
            element("td", words(meaning.get(name, "")), class_="says"),
        )
        for name, number in found["errors"].items()
    ]
    reasons = ", ".join(f"{reason} {number}" for reason, number in found["dropped"].items())
    return section(
        "What is wrong",
        element("div", element("table", element("tbody", *rows), class_="errors"), class_="wide"),
        paragraph(
            f"Dropped, by reason: {reasons or 'none'}. Truncated completions: {found['truncated']}."
        ),
    )
