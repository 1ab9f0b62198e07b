"""A base model taken from a folder as it is: for those whose files' sha256 are not known here."""

import shutil
from pathlib import Path

from deploy.pull.catalogue import BaseModel
from deploy.pull.errors import PullError
from deploy.pull.sources import Origins, places_of
from deploy.pull.store import ADDED_TOKENS, MARKER

_NEEDED = ("config.json", "tokenizer.json")
# Of a folder that Nerve pulled: they say what it was there, and are written anew.
_OURS = {MARKER, ADDED_TOKENS}


def adopt(model: BaseModel, checkpoint: Path, origins: Origins) -> None:
    """Copy every file of the caller's folder into ``checkpoint``, but for Nerve's own.

    Raises PullError where no folder is named, or it is not one of a model; OSError.
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
    checkpoint.mkdir()
    for file in sorted(path for path in found.iterdir() if path.is_file()):
        if file.name not in _OURS:
            shutil.copyfile(file, checkpoint / file.name)


def _is_a_model(folder: Path) -> bool:
    whole = all((folder / name).is_file() for name in _NEEDED)
    return whole and any(folder.glob("*.safetensors"))
