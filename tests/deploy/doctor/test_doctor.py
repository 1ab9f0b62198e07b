"""``nerve doctor`` on adapters, flags, settings and models on disk."""

from pathlib import Path
from typing import Any

import pytest

from service.ner.control_tokens import QWEN_ADDED_TOKENS
from tests.conftest import BASE
from tests.deploy.adapter_cases import pulled
from tests.deploy.doctor.cases import Put, doctor, lines, service
from tests.support.fake_engine import FakeEngine
from tests.support.serving import free_port, serving


def test_all_well(tmp_path: Path, put: Put, engine: FakeEngine) -> None:
    """Status 0 and no line to act on."""
    put()
    (tmp_path / "adapters" / "registry.toml").write_text('default = "clue"\n')
    pulled(tmp_path / "home", *QWEN_ADDED_TOKENS)
    with service(tmp_path, engine) as (engine_url, url):
        shown = doctor(tmp_path, engine_url, url)
    assert shown.exit_code == 0, shown.output
    found = lines(shown)
    assert {mark for mark, _ in found.values()} == {"✓"}
    assert found["default"][1] == "clue answers requests that name no model"
    assert "keeps to a grammar" in found["engine, model clue"][1]
    assert {"adapter clue", f"engine, model {BASE}", "gateway"} <= set(found)


def test_who_takes_any_labels_is_told(tmp_path: Path, put: Put, engine: FakeEngine) -> None:
    """Beside the default, which does not."""
    put()
    put("any", open=True)
    (tmp_path / "adapters" / "registry.toml").write_text('default = "clue"\n')
    with service(tmp_path, engine) as (engine_url, url):
        told = lines(doctor(tmp_path, engine_url, url))["default"][1]
    assert told.endswith("; any those with labels that it does not know")


def test_a_rank_of_128_is_worth_knowing(tmp_path: Path, put: Put, engine: FakeEngine) -> None:
    """The launcher serves it; an engine that somebody else starts has to be told."""
    put(rank=128, config={"r": 128})
    with service(tmp_path, engine) as (engine_url, url):
        shown = doctor(tmp_path, engine_url, url)
        refused = doctor(tmp_path, engine_url, url, "--", "--max-lora-rank=64")
    assert shown.exit_code == 0
    assert "! adapter clue: has rank 128: `nerve engine` raises --max-lora-rank to 128" in (
        shown.stdout
    )
    assert refused.exit_code == 1
    assert lines(refused)["flag --max-lora-rank"] == ("✗", "is 64 and an adapter has rank 128")


def test_the_highest_rank_of_an_adapter_counts(
    tmp_path: Path, put: Put, engine: FakeEngine
) -> None:
    """One of its matrices may have a rank of its own, and the engine has to have room for it."""
    put(config={"rank_pattern": {"q_proj": 128}})
    with service(tmp_path, engine) as (engine_url, url):
        refused = doctor(tmp_path, engine_url, url, "--", "--max-lora-rank=64")
    assert lines(refused)["flag --max-lora-rank"] == ("✗", "is 64 and an adapter has rank 128")


@pytest.mark.parametrize(
    ("config", "manifest", "says"),
    [
        ({"r": 128}, {}, "its manifest says rank 64 and adapter_config.json says r = 128"),
        ({"r": 1024}, {"rank": 1024}, "rank 1024 is above vLLM's"),
        ({"base_model_name_or_path": "Qwen3-8B"}, {}, "says it was trained on 'Qwen3-8B'"),
        ({"use_dora": True}, {}, "DoRA (use_dora), which vLLM refuses"),
        ({}, {"weights": "elsewhere.safetensors"}, "elsewhere.safetensors is missing"),
        ({}, {"sha256": "0" * 64}, "has the sha256"),
        ({}, {"prompt": "zh"}, "prompt = 'zh'; expected one of"),
        ({}, {"format": "xml"}, "format = 'xml'; expected one of"),
    ],
)
def test_a_faulty_adapter_fails_with_its_reason(
    config: dict[str, Any],
    manifest: dict[str, Any],
    says: str,
    tmp_path: Path,
    put: Put,
    engine: FakeEngine,
) -> None:
    """One line for it, and its neighbour is looked at all the same."""
    put("broken", config, **manifest)
    put("clue")
    with serving(engine) as engine_url:
        shown = doctor(tmp_path, engine_url, engine_url)
    assert shown.exit_code == 1
    mark, text = lines(shown)["adapter broken"]
    assert mark == "✗"
    assert says in text
    assert lines(shown)["adapter clue"][0] == "✓"


def test_an_adapter_of_another_base_is_left_out(
    tmp_path: Path, put: Put, engine: FakeEngine
) -> None:
    """No fault of its own, unless it is the default."""
    put(base="Qwen3-8B", config={"base_model_name_or_path": "Qwen3-8B"})
    with service(tmp_path, engine) as (engine_url, url):
        assert lines(doctor(tmp_path, engine_url, url))["adapter clue"] == (
            "!",
            f"is for the base Qwen3-8B, so it is left out: the engine's base is {BASE} "
            "(NERVE_BASE_MODEL names another)",
        )
        shown = doctor(tmp_path, engine_url, url, NERVE_DEFAULT_MODEL="clue")
    assert shown.exit_code == 1
    assert lines(shown)["default"][1].startswith("the default model is 'clue'; expected one of")


@pytest.mark.parametrize(
    ("flags", "subject", "mark", "says"),
    [
        (["--disable-log-requests"], "flag --disable-log-requests", "✗", "--enable-log-requests"),
        (
            ["--structured-outputs-config.backend", "xgrammar"],
            "flag --structured-outputs-config.backend",
            "✗",
            "xgrammar cannot ground",
        ),
        (
            ["--structured_outputs_config.backend=xgrammar"],
            "flag --structured-outputs-config.backend",
            "✗",
            "xgrammar cannot ground",
        ),
        (["--guided_decoding_backend", "x"], "flag --guided-decoding-backend", "✗", "no longer"),
        (["--max_lora_rank=8"], "flag --max-lora-rank", "✗", "is 8 and an adapter has rank 64"),
        (["--max-model-len", "512"], "flag --max-model-len", "✗", "NERVE_MAX_MODEL_LEN = 2048"),
        (["--port", "9000"], "flag --port", "✗", "NERVE_ENGINE_URL says it"),
        (["--served_model_name", "x"], "flag --served-model-name", "✗", "NERVE_BASE_MODEL says it"),
        ([], "flag --max-loras", "✓", ", for 2 adapters"),
        (["--max-loras", "1"], "flag --max-loras", "!", "2 adapters share 1 slots of a batch"),
    ],
)
def test_flags_for_vllm(
    flags: list[str], subject: str, mark: str, says: str, tmp_path: Path, put: Put
) -> None:
    """Those that the reference's command line had, and those that break something."""
    put("one")
    put("two")
    nowhere = f"http://127.0.0.1:{free_port()}"
    found = lines(doctor(tmp_path, nowhere, nowhere, "--", *flags))
    assert found[subject][0] == mark
    assert says in found[subject][1]


def test_flags_of_a_container_are_looked_at(tmp_path: Path) -> None:
    """The launcher takes them with the others; a quote that is never closed is a finding."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    found = lines(doctor(tmp_path, nowhere, nowhere, ENGINE_FLAGS="--max_model_len=8"))
    assert found["flag --max-model-len"][0] == "✗"
    found = lines(doctor(tmp_path, nowhere, nowhere, ENGINE_FLAGS="--seed '1"))
    assert found["ENGINE_FLAGS"] == (
        "✗",
        'ENGINE_FLAGS = "--seed \'1": No closing quotation; expected flags for vLLM.',
    )


def test_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    """The gateway is asked all the same."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    shown = doctor(tmp_path, nowhere, nowhere, NERVE_PORT="web")
    assert shown.exit_code == 1
    assert list(lines(shown)) == ["settings", "gateway"]
    assert lines(shown)["settings"][1].startswith("NERVE_PORT = 'web'; expected a valid integer")


def test_added_tokens_that_texts_are_not_guarded_against(tmp_path: Path) -> None:
    """The pulled tokenizer decides."""
    pulled(tmp_path / "home", "<|im_end|>", "<|secret|>")
    nowhere = f"http://127.0.0.1:{free_port()}"
    mark, text = lines(doctor(tmp_path, nowhere, nowhere))[f"base model {BASE}"]
    assert mark == "✗"
    assert text.startswith("NERVE_ADDED_TOKENS lacks <|secret|>, so")


def test_a_folder_that_was_not_registered_yet(tmp_path: Path, put: Put) -> None:
    """Weights without a manifest."""
    (put() / "adapter.toml").unlink()
    nowhere = f"http://127.0.0.1:{free_port()}"
    mark, text = lines(doctor(tmp_path, nowhere, nowhere))["adapter clue"]
    assert (mark, "`nerve adapter register` it" in text) == ("!", True)


@pytest.mark.parametrize("name", ["NERVE_API_KEYS_FILE", "NERVE_LABEL_NAMES", "NERVE_ENGINE_CA"])
def test_a_file_that_the_gateway_would_refuse(tmp_path: Path, put: Put, name: str) -> None:
    """It and its setting are named; engine and gateway have their lines all the same."""
    put()
    broken = tmp_path / "broken.file"
    broken.write_text("= nothing", encoding="utf-8")
    address = f"http://127.0.0.1:{free_port()}"
    found = lines(doctor(tmp_path, address, address, **{name: str(broken)}))
    assert found["settings"][0] == "✗"
    assert name in found["settings"][1]
    assert str(broken) in found["settings"][1]
    assert found["engine"][0] == found["gateway"][0] == "✗"
