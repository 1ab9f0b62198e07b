"""``python -m tests.growth.unseen MIX REPORT=LABELS…``: zero-shot F1 by what training has seen.

MIX is the folder of the sources that an open adapter was trained on, REPORT one of ``nerve adapter
evaluate --labels LABELS``. A label was seen when a source of MIX calls one of its own the same, by
natural name; its meaning there may be another one, and its texts are others in any case.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.data.label_file import read_labels
from adapters.measuring.report import load
from adapters.measuring.score import Counts


def trained_names(mix: Path) -> set[str]:
    """The natural names of all labels of the sources, without case."""
    files = (mix / "labels" / f"{one.stem}.json" for one in (mix / "train").glob("*.jsonl"))
    return {label.written.casefold() for file in files for label in read_labels(file)[1]}


def by_seen(report: Mapping[str, Any], labels: Path, names: set[str]) -> dict[bool, Counts]:
    """Seen or not → counts of spans, of all labels of its kind together."""
    written = {label.name: label.written.casefold() for label in read_labels(labels)[1]}
    predicted = Counter(one[0] for row in report["predicted"] for one in row["entities"])
    found = {True: Counts(), False: Counts()}
    for name, row in report["span"]["labels"].items():
        right = round(row["recall"] * row["support"])
        found[written.get(name, name) in names] += Counts(right, predicted[name], row["support"])
    return found


def main(mix: str, *pairs: str) -> None:
    """Print the table."""
    names = trained_names(Path(mix))
    print("| rows | labels seen: span F1 (gold) | labels not seen: span F1 (gold) |\n|---|---|---|")
    for report, labels in (pair.split("=", 1) for pair in pairs):
        found = load(Path(report))
        seen = by_seen(found, Path(labels), names)
        cells = (f"{seen[one].f1:.3f} ({seen[one].gold})" for one in (True, False))
        print(f"| {found['split']}, {found['sentences']} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
