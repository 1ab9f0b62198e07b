"""What vLLM would refuse of an adapter is refused before, in our words."""

from pathlib import Path
from typing import Any

import pytest

from service.models.admission import AdapterRefused, check
from service.models.manifest import load
from tests.support.adapter_folders import BASE, put_adapter


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """An empty adapters folder."""
    return tmp_path / "adapters"


@pytest.mark.parametrize(
    ("manifest", "config", "words"),
    [
        ({"rank": 8}, {}, "its manifest says rank 8 and adapter_config.json says r = 64"),
        ({}, {"r": 32}, "its manifest says rank 64 and adapter_config.json says r = 32"),
        ({"sha256": "0" * 64}, {}, "has the sha256"),
        ({"weights": "elsewhere.safetensors"}, {}, "elsewhere.safetensors is missing"),
        ({"weights": "adapter_model.bin"}, {}, "is not a .safetensors file"),
        ({}, {"r": None}, "has no 'r'"),
        ({}, {"target_modules": []}, "has no 'target_modules'"),
        ({}, {"use_dora": True}, "DoRA (use_dora), which vLLM refuses"),
        ({}, {"lora_bias": True}, "LoRA bias (lora_bias), which vLLM refuses"),
        ({}, {"bias": "all"}, "bias = 'all', which vLLM refuses"),
        ({}, {"modules_to_save": ["embed_tokens"]}, "['embed_tokens']), which vLLM refuses"),
        ({}, {"init_lora_weights": "pissa_niter_4"}, "changed its base, which vLLM refuses"),
        ({}, {"layer_replication": [[0, 4]]}, "layer replication (layer_replication)"),
        ({}, {"rank_pattern": {"q_proj": "big"}}, "has the ranks [64, 'big']"),
        ({}, {"base_model_name_or_path": "Qwen/Qwen3-8B"}, "was trained on 'Qwen/Qwen3-8B'"),
        ({}, {"peft_type": "IA3"}, "peft_type = 'IA3' is not LORA"),
        ({"rank": 1024}, {"r": 1024}, "rank 1024 is above vLLM's 512"),
    ],
)
def test_what_vllm_would_refuse_is_refused_before_it_sees_it(
    adapters: Path, manifest: dict[str, Any], config: dict[str, Any], words: str
) -> None:
    """In one sentence that names the adapter and says what to do."""
    folder = put_adapter(adapters, manifest=manifest, config=config)
    with pytest.raises(AdapterRefused) as refusal:
        check(load(folder))
    assert words in str(refusal.value)
    assert "clue" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_or_broken_configuration_is_refused(adapters: Path) -> None:
    """Without adapter_config.json vLLM cannot load an adapter."""
    folder = put_adapter(adapters)
    config = folder / "adapter_config.json"
    for content, words in ((b"{", "is not JSON"), (b"[]", "is not a JSON object")):
        config.write_bytes(content)
        with pytest.raises(AdapterRefused, match=words):
            check(load(folder))
    config.unlink()
    with pytest.raises(AdapterRefused, match=r"adapter_config\.json is missing"):
        check(load(folder))


@pytest.mark.parametrize(
    "config",
    [
        {"modules_to_save": ["classifier", "score"]},
        {"modules_to_save": []},
        {"init_lora_weights": "gaussian"},
        {"base_model_name_or_path": None},
        {"base_model_name_or_path": f"/data/models/{BASE.lower()}/"},
        {"base_model_name_or_path": f"/root/.cache/modelscope/hub/Qwen/{BASE.replace('.', '___')}"},
        {"use_rslora": True},
        {"peft_type": None},
    ],
)
def test_what_vllm_accepts_is_accepted(adapters: Path, config: dict[str, Any]) -> None:
    """Refusing too much would be no better."""
    assert check(load(put_adapter(adapters, config=config))) == 64


def test_the_rank_is_that_of_the_largest_module(adapters: Path) -> None:
    """A rank pattern can ask for more than r."""
    pattern = {"rank_pattern": {"q_proj": 128, "v_proj": 8}}
    assert check(load(put_adapter(adapters, config=pattern))) == 128
