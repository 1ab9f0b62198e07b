"""The confusion matrix: label against label on the same span."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.report.markup import element, paragraph, section, shortened, words

NOTHING = "nothing"
Pair = tuple[str | None, str | None]


def matrix(found: Mapping[str, Any]) -> str:
    """The section: rows are gold, columns predicted; the shade is the share of the row."""
    if "confusion" not in found:
        return section("Confusion", paragraph("This report is older than the confusion matrix."))
    counts = {(gold, predicted): number for gold, predicted, number in found["confusion"]}
    names: list[str | None] = sorted({name for pair in counts for name in pair if name is not None})
    names.append(None)
    head = element("tr", element("td"), *(_heading(name, "col") for name in names))
    rows = (_row(name, names, counts) for name in names)
    return section(
        "Confusion",
        paragraph(
            "Rows: gold; columns: predicted, on exactly the same span. The last column is what was "
            "not found at its span, the last row what was found where there is nothing; a wrong "
            "boundary counts in both."
        ),
        element(
            "div",
            element("table", element("thead", head), element("tbody", *rows), class_="matrix"),
            class_="wide",
        ),
    )


def _heading(name: str | None, scope: str) -> str:
    shown = NOTHING if name is None else name
    return element("th", element("span", words(shortened(shown)), title=shown), scope=scope)


def _row(name: str | None, names: Sequence[str | None], counts: Mapping[Pair, int]) -> str:
    numbers = [counts.get((name, other), 0) for other in names]
    total = max(sum(numbers), 1)
    cells = (
        _cell(number, number / total, name == other)
        for number, other in zip(numbers, names, strict=True)
    )
    return element("tr", _heading(name, "row"), *cells)


def _cell(number: int, share: float, right: bool) -> str:
    kind = "right" if right else "wrong"
    shade = f"--share: {round(100 * share)}%"
    return element("td", words(number) if number else "", class_=kind, style=shade)
