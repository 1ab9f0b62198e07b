"""What the scores of a report are worth: reliability, and precision over recall."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.calibrating.calibrate import Bin, Point, bins, curve, error
from deploy.report.axes import framed
from deploy.report.markup import curve as drawn
from deploy.report.markup import dot, element, key, line, paragraph, picture, section

SIZE = 370


def scores(found: Mapping[str, Any]) -> str:
    """The section; without scores it says so."""
    pairs = _scored(found)
    entities = sum(len(row["entities"]) for row in found["predicted"])
    if not pairs:
        return section(
            "Scores",
            paragraph(
                "The entities have no scores: the model has no calibration for this constraint "
                "(nerve adapter calibrate), or the report is older than they are."
            ),
        )
    values, right = [score for score, _ in pairs], [was for _, was in pairs]
    gold = sum(row["counts"]["span"][2] for row in found["predicted"])
    binned, points = bins(values, right), curve(values, right, gold)
    best = max(points, key=lambda point: point.f1)
    return section(
        "Scores",
        paragraph(
            f"{len(pairs)} of {entities} entities have one. Expected calibration error, in bins "
            f"with as many entities each: {error(binned):.4f}. The best F1 on spans of these rows: "
            f"{best.f1:.4f} with min_score {best.min_score:g}, {points[0].f1:.4f} without; it is "
            "chosen on the rows that it is measured on."
        ),
        element("div", _reliability(binned), _precision_recall(points, best), class_="beside"),
    )


def _scored(found: Mapping[str, Any]) -> list[tuple[float, bool]]:
    return [
        (entity[3], right)
        for row in found["predicted"]
        for entity, right in zip(row["entities"], row.get("right", ()), strict=False)
        if len(entity) > 3
    ]


def _reliability(binned: Sequence[Bin]) -> str:
    axes = framed(SIZE, SIZE, (0, 1), (0, 1))
    places = [axes.at(one.score, one.right) for one in binned]
    dots = (
        dot(place, "text", f"score {one.score:.3f}: {one.right:.3f} right of {one.entities}")
        for place, one in zip(places, binned, strict=True)
    )
    return element(
        "figure",
        picture(
            *(SIZE, SIZE, "Reliability"),
            axes.drawn("score", "share that is right"),
            line(axes.at(0, 0), axes.at(1, 1), "ideal"),
            drawn(places, "text"),
            *dots,
        ),
        key(("ideal", "as it should be"), ("text", "measured")),
    )


def _precision_recall(points: Sequence[Point], best: Point) -> str:
    axes = framed(SIZE, SIZE, (0, 1), (0, 1))
    marks = (
        dot(axes.at(one.recall, one.precision), class_, _says(one))
        for one, class_ in ((points[0], "text"), (best, "span"))
    )
    return element(
        "figure",
        picture(
            *(SIZE, SIZE, "Precision over recall"),
            axes.drawn("recall (spans)", "precision (spans)"),
            drawn((axes.at(one.recall, one.precision) for one in points), "text"),
            *marks,
        ),
        key(("text", _says(points[0])), ("span", _says(best))),
    )


def _says(point: Point) -> str:
    return f"min_score {point.min_score:g}: F1 {point.f1:.4f}"
