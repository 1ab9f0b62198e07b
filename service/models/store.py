"""The store: checked copies of adapters, each in a folder that has its engine name.

vLLM's filesystem resolver loads ``<store>/<engine name>`` when a request first names it, and reads
it again whenever it was pushed out of memory. A folder that is missing then kills the engine's
core, so nothing is ever taken away here. Standard library and the manifest only: the engine's
launcher fills the store, too.
"""

import json
import shutil
import tempfile
from pathlib import Path

from service.models.admission import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    AdapterRefused,
    check,
    config_of,
    only_refusals,
    sha256_of,
)
from service.models.manifest import Adapter


def has(store: Path, adapter: Adapter) -> bool:
    """Is there a copy of these weights? It appeared whole, so it is not looked into."""
    return (store / adapter.engine_name / WEIGHTS_FILE).is_file()


def put(store: Path, adapter: Adapter, model: str) -> Path:
    """Check the adapter and copy its two files to the store, unless they are there as they should.

    ``model`` is the engine's ``--model`` to the letter: its resolver passes over an adapter that
    names another base. Returns the absolute folder. Raises AdapterRefused, OSError.
    """
    check(adapter)
    target = store.absolute() / adapter.engine_name
    with only_refusals(adapter):
        config = _config(adapter, model)
    if _is_right(target, config, adapter.sha256):
        return target
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".copying-") as folder:
        copy = Path(folder) / adapter.engine_name
        copy.mkdir()
        shutil.copyfile(adapter.weights, copy / WEIGHTS_FILE)
        (copy / CONFIG_FILE).write_bytes(config)
        if not _is_right(copy, config, adapter.sha256):
            raise AdapterRefused(f"The weights of {adapter.name!r} changed while they were copied.")
        _move(copy, target)
    return target


def _config(adapter: Adapter, model: str) -> bytes:
    config = config_of(adapter) | {"base_model_name_or_path": model, "peft_type": "LORA"}
    return json.dumps(config, indent=2).encode()


def _is_right(folder: Path, config: bytes, sha256: str) -> bool:
    stored, weights = folder / CONFIG_FILE, folder / WEIGHTS_FILE
    if not (stored.is_file() and weights.is_file()):
        return False
    return stored.read_bytes() == config and sha256_of(weights) == sha256


def _move(copy: Path, target: Path) -> None:
    try:
        copy.rename(target)
    except OSError:
        # It is there: another process was faster, or it is damaged. File by file, so that an
        # engine which reads it in this moment finds the one or the other.
        target.mkdir(exist_ok=True)
        for file in copy.iterdir():
            file.replace(target / file.name)
