"""The adapters folder as it is at one moment; what cannot be read is named, not raised."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.models import names
from service.models.manifest import FILE_NAME, Adapter, ManifestError, load
from service.models.names import Names

# What an adapter consists of. Pictures and cards beside it change nothing.
_PARTS = ("*/*.toml", "*/*.json", "*/*.safetensors", names.FILE_NAME)

Fingerprint = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """``adapters`` by name; ``problems``: the file or folder, and why it cannot be used;
    ``has_names``: is there a registry.toml? ``unread``: a file could not be read this time, which
    may pass with the file as it is."""

    names: Names
    has_names: bool
    adapters: Mapping[str, Adapter]
    problems: Mapping[str, str]
    unread: bool


def read(folder: Path) -> Found:
    """Every manifest that can be used. Raises ManifestError when registry.toml cannot, OSError."""
    named = names.read(folder)
    adapters, problems, unread = {}, {}, False
    for manifest in sorted(folder.glob(f"*/{FILE_NAME}")):
        name = manifest.parent.name
        try:
            adapters[name] = load(manifest.parent)
        except ManifestError as exc:
            problems[name] = str(exc)
        except OSError as exc:
            problems[name], unread = str(exc), True
        except Exception as exc:
            # One folder's oddity, whatever it is, is that folder's: the others are served.
            problems[name] = f"{manifest}: cannot be read ({type(exc).__name__})"
    return Found(named, (folder / names.FILE_NAME).exists(), adapters, problems, unread)


def fingerprint(folder: Path) -> Fingerprint:
    """Changes when a file is written, replaced, put there or taken away. Opens none."""
    rows = []
    for pattern in _PARTS:
        for path in sorted(folder.glob(pattern)):
            try:
                stat = path.stat()
            except FileNotFoundError:  # it went away since
                continue
            rows.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(rows)
