"""Files of a corpus, on a disk or behind a URI that pyarrow knows (``s3://``, ``gs://``, …)."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.fs

from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.opening import Wanted, source_of
from deploy.bulk.inputs.rows import rows
from deploy.ray.extraction import Extraction, Piece


def pieces_of(file: str, field: str, extraction: Extraction) -> Iterator[Piece]:
    """All pieces of a file, read as ``nerve extract`` reads it. Raises BulkFailed, OSError."""
    system, place = pyarrow.fs.FileSystem.from_uri(file)
    with system.open_input_file(place) as opened:
        source = source_of(opened, Path(place), Wanted(field=field))
        for row in rows(opened, source):
            yield from extraction.pieces(file, row)


def check_new(folder: str) -> None:
    """Rows would be there twice; raises BulkFailed for a folder that has something in it."""
    system, place = pyarrow.fs.FileSystem.from_uri(folder)
    there = pyarrow.fs.FileSelector(place, allow_not_found=True)
    if system.get_file_info(place).is_file or system.get_file_info(there):
        raise BulkFailed(f"{folder} is there already; expected a new folder")


def place_of(text: str) -> str:
    """A URI as it is, a path made absolute: workers stand elsewhere."""
    return text if "://" in text else str(Path(text).absolute())
