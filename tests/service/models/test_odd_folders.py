"""One odd adapter folder is that adapter's fault: the others are served, and told so."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from service.models import registry
from service.models.admission import AdapterRefused, check
from service.models.folder import read
from service.models.manifest import load
from service.models.store import put
from tests.support.adapter_folders import BASE, put_adapter

Spoil = Callable[[Path], object]


def in_manifest(line: str) -> Spoil:
    """The manifest with a line more at its top."""

    def spoil(folder: Path) -> None:
        file = folder / "adapter.toml"
        file.write_text(line + "\n" + file.read_text("utf-8"), "utf-8")

    return spoil


def in_rank(value: str) -> Spoil:
    """The manifest with another rank."""

    def spoil(folder: Path) -> None:
        file = folder / "adapter.toml"
        file.write_text(file.read_text("utf-8").replace("rank = 64", f"rank = {value}"), "utf-8")

    return spoil


UNREADABLE: dict[str, Spoil] = {
    "nested arrays": in_manifest("x = " + "[" * 5000 + "]" * 5000),
    "a number of 5,000 digits": in_manifest("x = " + "9" * 5000),
    "a rank of 5,000 hexadecimal digits": in_rank("0x" + "f" * 5000),
    "a rank of 4,000 digits": in_rank("9" * 4000),
    "a table of tables": in_manifest(".".join(["a"] * 1500) + " = 1"),
    "not UTF-8": lambda folder: (folder / "adapter.toml").write_bytes(b"\xff"),
    "weights elsewhere": lambda folder: put_adapter(
        folder.parent, folder.name, {"weights": "../../x.safetensors"}
    ),
}


@pytest.mark.parametrize("oddity", UNREADABLE)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, oddity: str) -> None:
    """It is named, in a message of some length; the other is there, at the start too."""
    put_adapter(tmp_path, "fine")
    UNREADABLE[oddity](put_adapter(tmp_path, "odd"))
    found = read(tmp_path)
    # Tables without end are a manifest like any other to Python's reader.
    assert set(found.adapters) - {"odd"} == {"fine"}
    assert all(len(problem) < 2000 for problem in found.problems.values())
    assert "odd" in found.problems or oddity == "a table of tables"
    assert "fine" in registry.load(tmp_path, BASE, None).models


DEEP = "[" * 5000 + "]" * 5000
CONFIGS = {
    "modules_to_save": '{"r": 64, "lora_alpha": 16, "target_modules": ["q"], "modules_to_save": 1}',
    "deep": '{"r": 64, "lora_alpha": 16, "target_modules": ' + DEEP + "}",
    "digits": '{"r": ' + "9" * 5000 + "}",
    "a rank that is a list": '{"r": [64], "lora_alpha": 16, "target_modules": ["q"]}',
    "a base that is a list": json.dumps(
        {"r": 64, "lora_alpha": 1, "target_modules": ["q"], "base_model_name_or_path": ["\0"]}
    ),
    "a list": "[]",
    "patterns": json.dumps({"r": 64, "lora_alpha": 1, "target_modules": 1, "rank_pattern": [[]]}),
}


@pytest.mark.parametrize("oddity", CONFIGS)
def test_a_configuration_that_nobody_writes(tmp_path: Path, oddity: str) -> None:
    """It is refused, as every adapter that vLLM would refuse: nothing else is raised."""
    folder = put_adapter(tmp_path / "adapters", "odd")
    (folder / "adapter_config.json").write_text(CONFIGS[oddity])
    for refuse in (check, lambda adapter: put(tmp_path / "store", adapter, BASE)):
        with pytest.raises(AdapterRefused, match="odd") as refusal:
            refuse(load(folder))
        assert len(str(refusal.value)) < 2000


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
def test_a_link_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """It is not followed, and nothing is told of what it leads to; one inside of it is."""
    folder = put_adapter(tmp_path / "adapters", "odd")
    secret = tmp_path / "secret"
    (folder / name).rename(secret)
    (folder / name).symlink_to(secret)
    with pytest.raises(AdapterRefused, match="a link that leaves"):
        check(load(folder))
    (folder / "..data").mkdir()
    secret.rename(folder / "..data" / name)
    (folder / name).unlink()
    (folder / name).symlink_to(Path("..data", name))
    assert check(load(folder)) == 64
