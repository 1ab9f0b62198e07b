"""One HTML page with displaCy's marks: no script, and nothing from anywhere else."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, TextIO

from deploy.bulk.formats.pieces import pieces

# Dark text is readable on each; labels take them in the order in which they are met.
COLOURS = (
    "#7aecec", "#bfeeb7", "#feca74", "#ff9561", "#aa9cfc", "#c887fb",
    "#9cc9cc", "#ffeb80", "#ff8197", "#f0d0ff", "#bfe1d9", "#e4e7d2",
)  # fmt: skip

HEAD = """\
<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Entities</title>
<style>
body { font: 16px system-ui, sans-serif; color: #111; background: #fff; margin: 2rem; }
figure { margin: 0 0 1.5rem; }
figcaption { color: #555; font-size: .8em; }
.entities { line-height: 2.5; white-space: pre-wrap; overflow-wrap: anywhere; }
.entity { color: #111; padding: .35em .5em; margin: 0 .2em; border-radius: .35em; line-height: 1; }
.entity span { font-size: .7em; font-weight: bold; margin-left: .5em; user-select: none; }
</style>
</head>
<body>
"""


def write(answers: Iterable[dict[str, Any]], file: TextIO) -> None:
    """A figure a row. Raises BulkFailed, see ``pieces``."""
    colours: dict[str, str] = {}
    file.write(HEAD)
    for answer in answers:
        named = f" · {answer['id']}" if answer.get("id") is not None else ""
        caption = escape(f"{answer['row']}{named}")
        marked = "".join(
            _mark(piece, entity, colours) if entity else escape(piece)
            for piece, entity in pieces(answer)
        )
        file.write(
            f'<figure id="row-{answer["row"]}"><figcaption>{caption}</figcaption>'
            f'<div class="entities">{marked}</div></figure>\n'
        )
    file.write("</body>\n</html>\n")


def _mark(surface: str, entity: Mapping[str, Any], colours: dict[str, str]) -> str:
    label = entity["label"]
    colour = colours.setdefault(label, COLOURS[len(colours) % len(COLOURS)])
    score = entity.get("score")
    told = f"[{entity['start']}, {entity['end']})" + (f" {score:.2f}" if score is not None else "")
    return (
        f'<mark class="entity" style="background: {colour}" title="{told}">{escape(surface)}'
        f"<span>{escape(label)}</span></mark>"
    )
