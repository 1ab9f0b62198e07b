"""``python -m tests.growth.blanks FILE…``: what a blank between two ideographs means.

Labelled rows (spans, a JSON object a line): does the blank stand inside of an entity, at the edge
of one, or outside, by whether it stands between two single ideographs?
"""

import re
import sys
from collections import Counter
from pathlib import Path

from adapters.data.examples import Example
from adapters.data.readers import read
from service.ner.fold.scripts import IDEOGRAPHS

_BLANK = re.compile(f"(?<=[{IDEOGRAPHS}]) (?=[{IDEOGRAPHS}])")
_SINGLES = re.compile(f"(?<![{IDEOGRAPHS}])[{IDEOGRAPHS}] [{IDEOGRAPHS}](?![{IDEOGRAPHS}])")


def meanings(row: Example) -> list[tuple[str, str]]:
    """Between what, and where: of each such blank of a row."""
    found = []
    for place in (match.start() for match in _BLANK.finditer(row.text)):
        between = "single ideographs" if _SINGLES.match(row.text, place - 1) else "others"
        if any(e.start < place < e.end for e in row.entities):
            found.append((between, "inside"))
        elif any(place in (e.end, e.start - 1) for e in row.entities):
            found.append((between, "at an edge"))
        else:
            found.append((between, "outside"))
    return found


def main(paths: list[str]) -> None:
    """Print the table."""
    rows = [row for path in paths for row in read(Path(path), "spans", ()).examples]
    counts = Counter(meaning for row in rows for meaning in meanings(row))
    print("| between | inside an entity | at an edge | outside |\n|---|---|---|---|")
    for between in ("single ideographs", "others"):
        cells = (str(counts[between, where]) for where in ("inside", "at an edge", "outside"))
        print(f"| {between} | {' | '.join(cells)} |")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
