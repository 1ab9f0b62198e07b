"""An adapter that a person names."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.models.manifest import Adapter


def registered(adapters: Path, name: str) -> "Adapter":
    """The adapter of that name in the folder ``adapters``; raises ManifestError, where there is
    none with the names that there are."""
    from service.models.manifest import FILE_NAME, ManifestError, load

    there = sorted(file.parent.name for file in adapters.glob(f"*/{FILE_NAME}"))
    if name not in there:
        raise ManifestError(
            f"{adapters} has no adapter {name!r}; expected one of {', '.join(there) or 'none'}"
        )
    return load(adapters / name)
