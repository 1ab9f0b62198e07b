"""How an input is to be read."""

from dataclasses import dataclass
from typing import Any

from deploy.bulk.inputs.kinds import Kind

TEXT = "text"
UTF_8 = "utf-8-sig"  # a byte order mark may be missing
_DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Source:
    """``field``: the column of the text, or the field, where ``data.text`` is the field ``text``
    within ``data``; ``encoding`` by Python's name; ``delimiter`` of CSV, None for the usual one;
    ``sheet`` of XLSX, None for the only one."""

    kind: Kind
    field: str = TEXT
    encoding: str = UTF_8
    delimiter: str | None = None
    sheet: str | None = None

    @property
    def between(self) -> str:
        """What stands between two cells."""
        return self.delimiter or _DELIMITERS.get(self.kind, ",")

    @property
    def told(self) -> dict[str, Any]:
        """What a run that goes on must have in common with the one before it."""
        more = {
            "encoding": None if self.encoding in ("utf-8", "utf-8-sig") else self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
        }
        chosen = {name: value for name, value in more.items() if value is not None}
        return {"kind": self.kind, "field": self.field, **chosen}
