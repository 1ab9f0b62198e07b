"""What a Ray job is asked for is checked before an engine starts."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.ray.admitted import REFUSALS, Sought, admitted
from tests.support.adapter_folders import BASE, put_adapter
from tests.support.fake_engine import IM_END, token_ids


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A base model's folder."""
    folder = tmp_path / "models" / BASE
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def test_a_good_adapter_is_asked_for_all_of_its_labels(model: Path, tmp_path: Path) -> None:
    """The engine has room for the highest rank of its matrices."""
    folder = put_adapter(tmp_path, config={"rank_pattern": {"q_proj": 128}})
    found = admitted(Sought(folder), model)
    assert [label.name for label in found.labels] == ["name"]
    assert (found.wanted, found.bias, found.adapter.rank) == (None, {}, 128)
    assert admitted(Sought(folder, ("name",)), model).wanted == frozenset({"name"})


@pytest.mark.parametrize(
    ("manifest", "config", "message"),
    [
        ({"sha256": "0" * 64}, {}, r"has the sha256 .* and its manifest says 0000"),
        ({}, {"r": 8}, r"says rank 64 and .* says r = 8"),
        (
            {"base": "Qwen2.5-7B-Instruct"},
            {"base_model_name_or_path": "Qwen/Qwen2.5-7B-Instruct"},
            f"was tuned for Qwen2.5-7B-Instruct, and --model is {BASE}; expected that base",
        ),
    ],
)
def test_what_the_launcher_refuses_is_refused(
    model: Path, tmp_path: Path, manifest: dict[str, Any], config: dict[str, Any], message: str
) -> None:
    """Weights that are not the registered ones, another rank, another base."""
    folder = put_adapter(tmp_path, manifest=manifest, config=config)
    with pytest.raises(REFUSALS, match=message):
        admitted(Sought(folder), model)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """vLLM would look for it on the hub."""
    with pytest.raises(REFUSALS, match=r"There is no model in .*/nowhere"):
        admitted(Sought(put_adapter(tmp_path)), tmp_path / "nowhere")


@pytest.mark.parametrize("name", [BASE.replace(".", "___"), f"{BASE}-AWQ", f"models--Qwen--{BASE}"])
def test_a_base_is_known_by_the_names_of_its_folders(
    model: Path, tmp_path: Path, name: str
) -> None:
    """ModelScope's, the 4-bit checkpoint's, the hub's cache; else by --base."""
    model = model.rename(model.with_name(name))
    assert admitted(Sought(put_adapter(tmp_path)), model)
    model = model.rename(model.with_name("base"))
    assert admitted(Sought(tmp_path / "clue"), model, BASE)


def test_an_open_adapter_takes_any_label(model: Path, tmp_path: Path) -> None:
    """A tuned one only its own."""
    opened = put_adapter(tmp_path, "open", manifest={"open": True})
    found = admitted(Sought(opened, ("药品",)), model)
    assert ([label.name for label in found.labels], found.wanted) == (["药品"], None)
    with pytest.raises(REFUSALS, match="--label: labels has '药品'; expected labels of clue: name"):
        admitted(Sought(put_adapter(tmp_path), ("药品",)), model)


class _Tokenizer:
    """A token a character, and IM_END behind each message, as the scripted engine."""

    @staticmethod
    def from_pretrained(folder: str, local_files_only: bool) -> "_Tokenizer":
        return _Tokenizer()

    def apply_chat_template(self, messages: list[dict[str, str]], **how: Any) -> str:
        return "".join(f"{message['content']}{chr(IM_END)}\n" for message in messages)

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        return token_ids({"prompt": text})


def test_an_end_bias_is_on_what_ends_an_answer(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the tokenizer of the model's folder."""
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(AutoTokenizer=_Tokenizer))
    folder = put_adapter(tmp_path)
    manifest = folder / "adapter.toml"
    manifest.write_text(manifest.read_text("utf-8") + "[decoding]\nend_bias = -1.5\n", "utf-8")
    assert admitted(Sought(folder), model).bias == {ord("无"): -1.5, IM_END: -1.5}
