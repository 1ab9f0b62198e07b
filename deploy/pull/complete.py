"""Is a folder a checkpoint that has come whole? By what its own files say. Standard library.

A shard that the index names may be missing, a file cut short, or a Git LFS pointer in its place.
"""

import json
import re
from pathlib import Path
from typing import Any

_INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"(.+)-\d{5}-of-(\d{5})\.safetensors")
_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100_000_000  # as the library has it


class Incomplete(Exception):
    """One sentence that names the file."""


def check(folder: Path) -> None:
    """Raises Incomplete, OSError."""
    _object(folder / "config.json")
    if not isinstance(_object(folder / "tokenizer.json").get("added_tokens"), list):
        raise Incomplete("tokenizer.json has no list added_tokens")
    here = {path.name for path in folder.glob("*.safetensors")}
    missing = sorted(_named(folder, here) - here)
    if missing:
        others = f", nor are {len(missing) - 1} others" if len(missing) > 1 else ""
        raise Incomplete(f"{missing[0]} is not there{others}")
    for name in sorted(here):
        _check_size(folder / name)


def _named(folder: Path, here: set[str]) -> set[str]:
    """The weights that the index names, or where it is not there (yet) the shards' own names."""
    if (folder / _INDEX).exists():
        weights = _object(folder / _INDEX).get("weight_map")
        if not isinstance(weights, dict) or not weights:
            raise Incomplete(f"{_INDEX} has no weight_map")
        return set(map(str, weights.values()))
    shards = {(found[1], found[2]) for name in here if (found := _SHARD.fullmatch(name))}
    return {
        f"{stem}-{number:05}-of-{count}.safetensors"
        for stem, count in shards
        for number in range(1, int(count) + 1)
    }


def _check_size(file: Path) -> None:
    size = file.stat().st_size
    with file.open("rb") as handle:
        start = handle.read(8)
        length = int.from_bytes(start, "little")
        if start == _POINTER[:8]:
            raise Incomplete(_pointer(file.name))
        header = handle.read(length) if length <= _LONGEST_HEADER else b""
    try:
        tensors = json.loads(header)
        ends = [one["data_offsets"][1] for name, one in tensors.items() if name != "__metadata__"]
        expected = 8 + length + max(ends, default=0)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Incomplete(f"{file.name} is not a file of safetensors, or was cut short") from None
    if size != expected:
        raise Incomplete(f"{file.name} has {size:,} bytes; by its header expected {expected:,}")


def _object(file: Path) -> dict[str, Any]:
    text = file.read_bytes()
    if text.startswith(_POINTER):
        raise Incomplete(_pointer(file.name))
    try:
        value = json.loads(text)
    except ValueError as exc:
        raise Incomplete(f"{file.name} is not JSON ({exc})") from exc
    if not isinstance(value, dict):
        raise Incomplete(f"{file.name} is {type(value).__name__}, expected an object of JSON")
    return value


def _pointer(name: str) -> str:
    return f"{name} is a Git LFS pointer, expected the file itself (git lfs pull brings it)"
