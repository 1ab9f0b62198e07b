"""Which files a run keeps, and in which format the entities are written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from deploy.bulk.errors import BulkFailed

Format = Literal["jsonl", "csv", "conll", "brat", "displacy", "doccano", "label_studio"]
FORMATS: tuple[Format, ...] = get_args(Format)

_BY_SUFFIX: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".conll": "conll",
    ".bio": "conll",
    ".brat": "brat",
    ".html": "displacy",
}


@dataclass(frozen=True, slots=True)
class Files:
    """``out`` is what was asked for. Only JSON lines can be appended to, so every other format is
    written from ``rows`` once the run is done: a run that is killed goes on with ``rows``."""

    out: Path
    format: Format = "jsonl"

    @property
    def rows(self) -> Path:
        """A line for each row that is done."""
        return self.out if self.format == "jsonl" else self._beside(".rows.jsonl")

    @property
    def failed(self) -> Path:
        """A line for each row that was given up."""
        return self._beside(".failed.jsonl")

    @property
    def state(self) -> Path:
        """What the others belong to."""
        return self._beside(".state.json")

    def _beside(self, ending: str) -> Path:
        return self.out.with_name(self.out.name + ending)


def format_of(out: Path) -> Format:
    """By its name; raises BulkFailed where that says nothing."""
    found = _BY_SUFFIX.get(out.suffix.lower())
    if found is None:
        raise BulkFailed(
            f"--out has {out.name!r}; expected a name that ends in {', '.join(_BY_SUFFIX)}, "
            f"or --format {'|'.join(FORMATS)}"
        )
    return found


def check_folder(out: Path) -> None:
    """Raises BulkFailed where there is none that ``out`` could stand in."""
    if not out.parent.is_dir():
        raise BulkFailed(
            f"--out has {str(out)!r}, and {out.parent} is no folder; expected one that is there"
        )
