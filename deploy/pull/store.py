"""Pulled models on this disk: whole and marked, or not there at all."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.pull import complete
from deploy.pull.catalogue import BaseModel
from deploy.pull.errors import PullRunning

MARKER = "nerve_pull.json"
# Not `added_tokens.json`: transformers reads a file of that name, and expects something else.
ADDED_TOKENS = "nerve_added_tokens.json"
CONVERTER = 1  # raise it when convert.py writes something else: checkpoints are then made anew


@dataclass(frozen=True)
class PulledModel:
    """A base model on this disk, ready for the engine.

    `path` is its absolute folder; `added_tokens` are all that its tokenizer has, special or not:
    the words that a prompt must not take from a text.
    """

    path: Path
    added_tokens: tuple[str, ...]


def find(model: BaseModel, models: Path) -> PulledModel | None:
    """The model if it lies whole in `models/<name>`, by its marker and its files' sizes, and one
    whose sha256 are not known here by what its files say."""
    path = models / model.name
    try:
        marker = json.loads((path / MARKER).read_text(encoding="utf-8"))
        sizes = {name: (path / name).stat().st_size for name in marker["sizes"]}
        added_tokens = json.loads((path / ADDED_TOKENS).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if marker != _marker(model, sizes):
        return None
    if model.format == "folder" and not _is_complete(path):
        return None
    return PulledModel(path, tuple(added_tokens))


def _is_complete(path: Path) -> bool:
    try:
        complete.check(path)
    except (complete.Incomplete, OSError):
        return False
    return True


def _marker(model: BaseModel, sizes: dict[str, int]) -> dict[str, Any]:
    return {
        "model": model.name,
        "converter": CONVERTER if model.format == "gguf" else None,
        "sha256": {file.name: file.sha256 for file in model.files},
        "sizes": sizes,
    }


def seal(model: BaseModel, folder: Path) -> None:
    """Add the list of added tokens and the marker to a whole model, and get it onto the disk."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokens = sorted(token["content"] for token in tokenizer["added_tokens"])
    (folder / ADDED_TOKENS).write_text(json.dumps(tokens, ensure_ascii=False), encoding="utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    (folder / MARKER).write_text(json.dumps(_marker(model, sizes), indent=1), encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)
        with path.open("rb") as handle:
            os.fsync(handle.fileno())


def publish(folder: Path, target: Path) -> None:
    """Move a sealed model to its place; one that lies there is moved aside, next to `folder`."""
    if target.exists():
        target.rename(folder.with_name(f"replaced-{time.time_ns()}"))
    folder.rename(target)


@contextmanager
def lock(path: Path, name: str) -> Iterator[None]:
    """Hold the file `path` alone; raises PullRunning, with the process, when another holds it."""
    # The kernel drops the lock with its process, however that ends.
    with path.open("a+") as handle:
        handle.seek(0)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = handle.read().strip() or "another one"
            raise PullRunning(f"{name} is being pulled already, by process {holder}") from exc
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
