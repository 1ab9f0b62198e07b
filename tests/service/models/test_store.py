"""The store: checked copies of adapters under their engine names."""

import json
from pathlib import Path

import pytest

from service.models import store
from service.models.admission import AdapterRefused
from service.models.manifest import load
from tests.support.adapter_folders import put_adapter

MODEL = "/models/base"
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """An empty adapters folder."""
    return tmp_path / "adapters"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the store is to be."""
    return tmp_path / "store"


def test_an_adapter_is_stored_under_its_content(adapters: Path, place: Path) -> None:
    """In <store>/<name>@<first 8 digits of sha256>, and nothing else is left there."""
    adapter = load(put_adapter(adapters, weights=b"abc"))
    assert not store.has(place, adapter)
    folder = store.put(place, adapter, MODEL)
    assert folder == place / "clue@ba7816bf"
    assert (folder / WEIGHTS).read_bytes() == b"abc"
    assert [path.name for path in place.iterdir()] == ["clue@ba7816bf"]
    assert store.has(place, adapter)


def test_the_copy_names_the_engines_model_and_is_a_lora(adapters: Path, place: Path) -> None:
    """vLLM's resolver passes over any other; the adapter's own folder stays as it is."""
    folder = put_adapter(adapters, config={"peft_type": None, "base_model_name_or_path": None})
    before = (folder / CONFIG).read_bytes()
    config = json.loads((store.put(place, load(folder), MODEL) / CONFIG).read_text())
    assert (config["base_model_name_or_path"], config["peft_type"], config["r"]) == (
        MODEL,
        "LORA",
        64,
    )
    assert (folder / CONFIG).read_bytes() == before


def test_new_weights_are_a_new_folder_and_the_old_one_stays(adapters: Path, place: Path) -> None:
    """A running engine reads the old one again whenever it was pushed out of memory."""
    old = store.put(place, load(put_adapter(adapters, weights=b"old")), MODEL)
    new = store.put(place, load(put_adapter(adapters, weights=b"new")), MODEL)
    assert new != old
    assert (old / WEIGHTS).read_bytes() == b"old"
    assert (new / WEIGHTS).read_bytes() == b"new"


@pytest.mark.parametrize(("name", "damage"), [(WEIGHTS, b"wei"), (CONFIG, b"{}"), (WEIGHTS, None)])
def test_a_damaged_copy_is_mended_in_its_place(
    adapters: Path, place: Path, name: str, damage: bytes | None
) -> None:
    """The folder itself never goes away: that would kill an engine which reads it."""
    adapter = load(put_adapter(adapters))
    folder = store.put(place, adapter, MODEL)
    inode = folder.stat().st_ino
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage)
    assert store.put(place, adapter, MODEL) == folder
    assert (folder / WEIGHTS).read_bytes() == b"weights"
    assert json.loads((folder / CONFIG).read_text())["r"] == 64
    assert folder.stat().st_ino == inode


def test_another_path_of_the_model_changes_the_copys_configuration(
    adapters: Path, place: Path
) -> None:
    """A base model that was moved is still the adapter's base."""
    adapter = load(put_adapter(adapters))
    store.put(place, adapter, MODEL)
    folder = store.put(place, adapter, "/elsewhere")
    config = json.loads((folder / CONFIG).read_text())
    assert config["base_model_name_or_path"] == "/elsewhere"


def test_what_is_refused_is_not_stored(adapters: Path, place: Path) -> None:
    """Weights that are not those of the manifest."""
    folder = put_adapter(adapters)
    (folder / WEIGHTS).write_bytes(b"others")
    with pytest.raises(AdapterRefused, match="has the sha256"):
        store.put(place, load(folder), MODEL)
    assert not place.exists()
