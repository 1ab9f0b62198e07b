"""Which adapters the launcher admits; no engine is started."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.engine.admission import Admitted, LaunchRefused, admit, lora_rank
from tests.support.adapter_folders import BASE, engine_name, put_adapter

MODEL = "/models/base"
Run = Callable[..., list[Admitted]]


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """An empty adapters folder."""
    return tmp_path / "adapters"


@pytest.fixture
def admitted(adapters: Path, tmp_path: Path) -> Run:
    """``admit`` on the adapters that were put."""

    def run(**options: Any) -> list[Admitted]:
        adapters.mkdir(exist_ok=True)
        return admit(adapters, tmp_path / "store", base=BASE, model=MODEL, **options)

    return run


def test_adapters_are_checked_and_stored(adapters: Path, admitted: Run, tmp_path: Path) -> None:
    """Under their engine names, with the model's path as the engine is told it."""
    put_adapter(adapters)
    [adapter] = admitted()
    assert (adapter.engine_name, adapter.rank) == (engine_name("clue"), 64)
    assert adapter.folder == tmp_path / "store" / engine_name("clue")
    config = json.loads((adapter.folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == MODEL


@pytest.mark.parametrize(
    ("manifest", "config", "says"),
    [
        ({"rank": 8}, {}, "its manifest says rank 8"),
        ({"format": "xml"}, {}, "format = 'xml'"),
        ({"sha256": "0" * 64}, {}, "has the sha256"),
    ],
)
def test_one_that_cannot_be_served_stops_no_other(
    adapters: Path, admitted: Run, manifest: dict[str, Any], config: dict[str, Any], says: str
) -> None:
    """It is left out, and the reason is said; unless it is the one that is required."""
    put_adapter(adapters, "good")
    put_adapter(adapters, "bad", manifest, config)
    said: list[str] = []
    assert [one.engine_name for one in admitted(say=said.append)] == [engine_name("good")]
    assert len(said) == 1 and said[0].startswith("left out: adapter bad: ") and says in said[0]
    with pytest.raises(LaunchRefused, match="bad"):
        admitted(required={"bad"})


def test_a_broken_registry_file_is_refused(adapters: Path, admitted: Run) -> None:
    """It says which adapter has to be there."""
    put_adapter(adapters)
    (adapters / "registry.toml").write_text("default = 3")
    with pytest.raises(LaunchRefused, match="default = 3"):
        admitted()


def test_a_registry_file_that_cannot_be_read_is_refused(adapters: Path, admitted: Run) -> None:
    """As a mount leaves it whose file is missing: a folder of that name."""
    (adapters / "registry.toml").mkdir(parents=True)
    with pytest.raises(LaunchRefused, match=r"registry\.toml"):
        admitted()


def test_an_adapter_for_another_base_is_left_out_and_said(adapters: Path, admitted: Run) -> None:
    """Its weights need not even be there."""
    put_adapter(adapters, "clue")
    other = put_adapter(adapters, "other", {"base": "Qwen3-8B"})
    (other / "adapter_model.safetensors").unlink()
    said: list[str] = []
    assert [adapter.engine_name.partition("@")[0] for adapter in admitted(say=said.append)] == [
        "clue"
    ]
    assert said == [f"left out: adapter other is for Qwen3-8B, not for {BASE}."]


def test_a_required_adapter_must_be_there_and_for_this_base(adapters: Path, admitted: Run) -> None:
    """The registry's default cannot be left out in silence."""
    put_adapter(adapters, "other", {"base": "Qwen3-8B"})
    with pytest.raises(LaunchRefused, match="was tuned for 'Qwen3-8B'"):
        admitted(required={"other"})
    with pytest.raises(LaunchRefused, match=r"'third' is asked for .*there: other"):
        admitted(required={"third"})


@pytest.mark.parametrize(
    ("asked", "needed", "rank"),
    [(64, 0, 64), (64, 64, 64), (64, 65, 128), (64, 8, 64), (64, 200, 256), (64, 257, 320),
     (64, 512, 512), (16, 64, 64), (100, 8, 128), (8, 8, 8)],
)  # fmt: skip
def test_the_engines_rank_is_the_next_that_vllm_allows(asked: int, needed: int, rank: int) -> None:
    """Never smaller than an adapter needs; and it is said when it is not what was asked for."""
    said: list[str] = []
    assert lora_rank(asked, needed, said.append) == rank
    assert bool(said) == (asked != rank)


def test_a_rank_above_vllms_largest_is_refused() -> None:
    """512 is the most that it knows."""
    with pytest.raises(LaunchRefused, match="513 is above vLLM's largest, 512"):
        lora_rank(64, 513)
