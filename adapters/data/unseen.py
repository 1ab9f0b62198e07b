"""What weights have not seen: ``held_out.toml`` beside them, as their training wrote it.

``rows`` texts were held out, up to the SHA-256 ``largest``: the split takes the smallest, so a
number alone says nothing of a sample of the rows, or of a file that was cleaned.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.data.examples import Example, digests
from adapters.data.readers import DataError
from service.models.toml_fields import Fields

FILE_NAME = "held_out.toml"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """``largest`` is None where it is not known, or where each of many sources has its own."""

    rows: int
    largest: str | None = None

    @classmethod
    def of(cls, examples: Sequence[Example], rows: int) -> "HeldOut":
        """Of a training on these, of which ``rows`` texts were held out."""
        return cls(rows, digests(examples)[:rows][-1] if rows else None)

    @classmethod
    def read(cls, folder: Path) -> "HeldOut | None":
        """What lies beside the weights in ``folder``, if anything does. Raises ManifestError."""
        path = folder / FILE_NAME
        if not path.is_file():
            return None
        fields = Fields.read(path, "what a training held out")
        rows = fields.values.get("rows")
        if type(rows) is not int or rows < 0:
            raise fields.wrong("rows", rows, "a whole number")
        return cls(rows, fields.text("largest", _SHA256) if "largest" in fields.values else None)

    @classmethod
    def of_all(cls, found: Iterable["HeldOut"]) -> "HeldOut | None":
        """What none of several weights has seen, as far as it is known; None of none."""
        all_of_them = list(found)
        if not all_of_them:
            return None
        known = [one.largest for one in all_of_them if one.largest is not None]
        return cls(min(one.rows for one in all_of_them), min(known, default=None))

    def write(self, folder: Path) -> None:
        """Beside the weights in ``folder``."""
        largest = "" if self.largest is None else f'largest = "{self.largest}"\n'
        (folder / FILE_NAME).write_text(f"rows = {self.rows}\n{largest}", encoding="utf-8")


def most(folder: Path, examples: Sequence[Example], rows: int) -> int:
    """How many of the ``rows`` first texts of ``examples`` the weights in ``folder`` have not seen,
    as far as it is known. Raises ManifestError."""
    held_out = HeldOut.read(folder)
    if held_out is None or held_out.largest is None:
        return rows
    return sum(digest <= held_out.largest for digest in digests(examples)[:rows])


def refuse_seen(folder: Path, examples: Sequence[Example], rows: int) -> None:
    """Raises DataError when the weights in ``folder`` may have been trained on one of the ``rows``
    first texts of ``examples``, which are to be held out; ManifestError."""
    asked = min(rows, len(digests(examples)))
    unseen = most(folder, examples, asked)
    if unseen < asked:
        raise DataError(
            f"{asked} rows held out: {folder.name} may have been trained on {asked - unseen} of "
            f"them ({folder / FILE_NAME}: their SHA-256 is above that of all that was held out "
            f"then); expected up to {unseen} of these rows"
        )
