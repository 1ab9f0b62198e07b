"""A base model taken from a folder as it is: for those whose files' sha256 are not known here."""

import shutil
from pathlib import Path

from deploy.pull import complete
from deploy.pull.catalogue import BaseModel
from deploy.pull.errors import PullError
from deploy.pull.sources import Origins, places_of
from deploy.pull.store import ADDED_TOKENS, MARKER

_NEEDED = ("config.json", "tokenizer.json")
# Of a folder that Nerve pulled: they say what it was there, and are written anew.
_OURS = {MARKER, ADDED_TOKENS}


def folder_of(model: BaseModel, origins: Origins) -> Path:
    """The caller's folder of the model, which has come whole.

    Raises PullError where none is named, it is not one of a model, or lacks a part; OSError.
    """
    if origins.folder is None:
        raise PullError(
            f"{model.name} is not downloaded: the sha256 of its files are not known here. Bring "
            "its folder, from the hub or from ModelScope, and name it: NERVE_MODEL_FOLDER=<folder>"
        )
    folders = places_of(model.name, origins.folder)
    found = next((folder for folder in folders if _is_a_model(folder)), None)
    if found is None:
        raise PullError(
            f"NERVE_MODEL_FOLDER = {str(origins.folder)!r}; expected the folder of {model.name}, "
            f"with {', '.join(_NEEDED)} and its .safetensors"
        )
    try:
        complete.check(found)
    except complete.Incomplete as exc:
        raise PullError(
            f"{found} is not a whole {model.name}: {exc}; bring it, and pull again"
        ) from exc
    return found


def size(folder: Path) -> int:
    """What ``adopt`` copies of it, in bytes."""
    return sum(file.stat().st_size for file in _files(folder))


def adopt(folder: Path, checkpoint: Path) -> None:
    """Copy every file of ``folder`` into ``checkpoint``, but for Nerve's own. Raises OSError."""
    checkpoint.mkdir()
    for file in _files(folder):
        shutil.copyfile(file, checkpoint / file.name)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in _OURS)


def _is_a_model(folder: Path) -> bool:
    whole = all((folder / name).is_file() for name in _NEEDED)
    return whole and any(folder.glob("*.safetensors"))
