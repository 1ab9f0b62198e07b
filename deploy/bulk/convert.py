"""From the JSON lines of a run to the other formats: whole or not at all, a row at a time."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Format, check_folder
from deploy.bulk.formats import annotators, brat, conll, displacy, table
from deploy.bulk.torn import is_torn
from service.wire.wording import shown, why_unusable

Tell = Callable[[str], None]
Writer = Callable[[Iterable[dict[str, Any]], TextIO], None]

# One file each; brat's is a folder.
WRITERS: Mapping[str, Writer] = {
    "csv": table.write,
    "conll": conll.write,
    "displacy": displacy.write,
    "doccano": annotators.write_doccano,
    "label_studio": annotators.write_label_studio,
}
# Without a byte order mark Excel takes UTF-8 for the system's code page.
ENCODINGS: Mapping[str, str] = {"csv": "utf-8-sig"}


def convert(rows: Path, out: Path, to: Format, tell: Tell | None = None) -> None:
    """Write ``out`` anew from the file ``rows``, see ``answers``; raises BulkFailed, OSError."""
    write(answers(rows, tell), out, to)


def write(rows: Iterable[dict[str, Any]], out: Path, to: Format) -> None:
    """Write ``out`` anew; raises BulkFailed, OSError.

    A file takes its name when it is whole, and what is refused in the middle leaves none. A folder
    is filled in place: what is cut off in the middle, the next call writes again.
    """
    if to == "brat":
        brat.write(rows, out)
        return
    check_folder(out)
    half = out.with_name(out.name + ".tmp")
    file = half.open("w", encoding=ENCODINGS.get(to, "utf-8"), newline="")
    try:
        with file:
            WRITERS[to](rows, file)
        half.replace(out)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def answers(rows: Path, tell: Tell | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a run's JSON lines; a torn last line is told and passed over, or an error where
    nobody hears of it. Raises BulkFailed, OSError."""
    with rows.open("rb") as file:
        for number, line in enumerate(file, 1):
            place = f"{rows}:{number}"
            if tell and is_torn(line):
                tell(f"{place} breaks off in the middle, and was passed over")
            else:
                yield _checked(line, place)


def _checked(line: bytes, place: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
        int(found["row"])
        size = len(found["text"])
        for entity in found["entities"]:
            if not entity["label"] or not 0 <= entity["start"] < entity["end"] <= size:
                raise ValueError(f"an entity has {shown(entity)}")
    except (ValueError, KeyError, TypeError) as exc:
        raise BulkFailed(
            f"{place} is no line of `nerve extract --out`: {why_unusable(exc)}"
        ) from exc
    return found
