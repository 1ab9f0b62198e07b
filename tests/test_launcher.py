"""The launcher's command line and its refusals; no engine is started."""

import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.engine.admission import Admitted, admit, lora_rank
from deploy.engine.checks import LaunchRefused
from deploy.engine.launcher import Launch, command, environment, main

ROOT = Path(__file__).resolve().parents[1]
BASE = "Qwen2.5-Coder-1.5B-Instruct"
CONFIG = {
    "r": 64,
    "lora_alpha": 16,
    "target_modules": ["q_proj", "v_proj"],
    "bias": "none",
    "base_model_name_or_path": f"Qwen/{BASE}",
}

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes an adapter: ``put(name, manifest={…}, config={…}, weights=b"…")``; gives its folder.

    A value of None leaves a key out.
    """

    def write(
        name: str = "clue",
        manifest: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        weights: bytes = b"weights",
    ) -> Path:
        folder = tmp_path / "adapters" / name
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(weights)
        (folder / "adapter_config.json").write_text(json.dumps(_merged(CONFIG, config)))
        keys = {
            "name": name,
            "base": BASE,
            "weights": "adapter_model.safetensors",
            "sha256": hashlib.sha256(weights).hexdigest(),
            "rank": 64,
            "prompt": "zh-lines-1",
            "format": "lines",
            "max_chars": 256,
        }
        rows = [f"{key} = {json.dumps(value)}" for key, value in _merged(keys, manifest).items()]
        (folder / "adapter.toml").write_text("\n".join([*rows, '[[labels]]\nname = "name"\n']))
        return folder

    return write


def _merged(first: dict[str, Any], second: dict[str, Any] | None) -> dict[str, Any]:
    both = {**first, **(second or {})}
    return {key: value for key, value in both.items() if value is not None}


@pytest.fixture
def admitted(tmp_path: Path) -> Callable[..., list[Admitted]]:
    """``admit`` on the adapters that were put."""

    def run(**options: Any) -> list[Admitted]:
        (tmp_path / "adapters").mkdir(exist_ok=True)
        return admit(tmp_path / "adapters", tmp_path / "store", base=BASE, **options)

    return run


Run = Callable[..., list[Admitted]]


def test_an_adapter_is_stored_under_its_content(put: Put, admitted: Run, tmp_path: Path) -> None:
    """Its weights and configuration are copied to <store>/<name>@<first 8 digits of sha256>."""
    put(weights=b"abc")
    [adapter] = admitted()
    assert adapter.engine_name == "clue@ba7816bf"
    assert adapter.folder == tmp_path / "store" / "clue@ba7816bf"
    assert (adapter.folder / "adapter_model.safetensors").read_bytes() == b"abc"
    assert json.loads((adapter.folder / "adapter_config.json").read_text())["r"] == 64
    assert [path.name for path in adapter.folder.parent.iterdir()] == ["clue@ba7816bf"]


def test_new_weights_are_a_new_folder_and_the_old_one_stays(put: Put, admitted: Run) -> None:
    """A running engine may still read the old one."""
    folder = put(weights=b"old")
    [old] = admitted()
    (folder / "adapter_model.safetensors").write_bytes(b"new")
    manifest = folder / "adapter.toml"
    before, after = (hashlib.sha256(content).hexdigest() for content in (b"old", b"new"))
    manifest.write_text(manifest.read_text().replace(before, after))
    [new] = admitted()
    assert new.engine_name != old.engine_name
    assert (old.folder / "adapter_model.safetensors").read_bytes() == b"old"
    assert (new.folder / "adapter_model.safetensors").read_bytes() == b"new"


def test_a_damaged_copy_is_made_again(put: Put, admitted: Run) -> None:
    """And so is one whose configuration has changed since."""
    put()
    [adapter] = admitted()
    weights = adapter.folder / "adapter_model.safetensors"
    for name, damage in (("adapter_model.safetensors", b"wei"), ("adapter_config.json", b"{}")):
        (adapter.folder / name).write_bytes(damage)
        assert admitted() == [adapter]
        assert weights.read_bytes() == b"weights"
        assert json.loads((adapter.folder / "adapter_config.json").read_text())["r"] == 64


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
        ({"format": "xml"}, {}, "format = 'xml'; expected one of"),
    ],
)
def test_what_vllm_would_refuse_is_refused_before_it_starts(
    put: Put, admitted: Run, manifest: dict[str, Any], config: dict[str, Any], words: str
) -> None:
    """In one sentence that names the adapter and says what to do."""
    put(manifest=manifest, config=config)
    with pytest.raises(LaunchRefused) as refusal:
        admitted()
    assert words in str(refusal.value)
    assert "clue" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_or_broken_configuration_is_refused(put: Put, admitted: Run) -> None:
    """Without adapter_config.json vLLM cannot load an adapter."""
    config = put() / "adapter_config.json"
    for content, words in ((b"{", "is not JSON"), (b"[]", "is not a JSON object")):
        config.write_bytes(content)
        with pytest.raises(LaunchRefused, match=words):
            admitted()
    config.unlink()
    with pytest.raises(LaunchRefused, match=r"adapter_config\.json is missing"):
        admitted()


@pytest.mark.parametrize(
    "config",
    [
        {"modules_to_save": ["classifier", "score"]},
        {"modules_to_save": []},
        {"init_lora_weights": "gaussian"},
        {"base_model_name_or_path": None},
        {"base_model_name_or_path": f"/data/models/{BASE.lower()}/"},
        {"use_rslora": True},
    ],
)
def test_what_vllm_accepts_is_accepted(put: Put, admitted: Run, config: dict[str, Any]) -> None:
    """Refusing too much would be no better."""
    put(config=config)
    assert [adapter.rank for adapter in admitted()] == [64]


def test_the_rank_is_that_of_the_largest_module(put: Put, admitted: Run) -> None:
    """A rank pattern can ask for more than r."""
    put(config={"rank_pattern": {"q_proj": 128, "v_proj": 8}})
    assert [adapter.rank for adapter in admitted()] == [128]


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


def test_an_adapter_for_another_base_is_left_out_and_said(put: Put, admitted: Run) -> None:
    """Its weights need not even be there."""
    put("clue")
    (put("other", {"base": "Qwen3-8B"}) / "adapter_model.safetensors").unlink()
    said: list[str] = []
    assert [adapter.engine_name.partition("@")[0] for adapter in admitted(say=said.append)] == [
        "clue"
    ]
    assert said == [f"left out: adapter other is for Qwen3-8B, not for {BASE}."]


def test_a_required_adapter_must_be_there_and_for_this_base(put: Put, admitted: Run) -> None:
    """The registry's default cannot be left out in silence."""
    put("other", {"base": "Qwen3-8B"})
    with pytest.raises(LaunchRefused, match="was tuned for 'Qwen3-8B'"):
        admitted(required={"other"})
    with pytest.raises(LaunchRefused, match=r"'third' is asked for .*there: other"):
        admitted(required={"third"})


def _launch(**options: Any) -> Launch:
    return Launch(**{"model": Path("/m"), "served_name": BASE, "device": "cpu", **options})


def _adapters(count: int) -> list[Admitted]:
    return [Admitted(f"a{n}@01234567", Path(f"/store/a{n}@01234567"), 64) for n in range(count)]


def _values(words: list[str]) -> dict[str, str]:
    return {flag: value for flag, value in pairwise(words) if flag[:2] == "--"}


def test_the_command_has_every_flag_that_serving_needs() -> None:
    """The flags of ARCHITECTURE, the user's last."""
    words = command(_launch(extra=("--seed", "1")), _adapters(2), "/env/bin/python")
    values = _values(words)
    assert words[:4] == ["/env/bin/python", "-P", "-m", "vllm.entrypoints.openai.api_server"]
    assert values["--model"] == "/m" and values["--served-model-name"] == BASE
    assert values["--host"] == "127.0.0.1" and values["--port"] == "8000"
    assert values["--max-model-len"] == "2048"
    assert values["--structured-outputs-config.backend"] == "guidance"
    assert int(values["--shutdown-timeout"]) > 0
    assert values["--max-lora-rank"] == "64"
    assert values["--max-loras"] == "2" and values["--max-cpu-loras"] == "2"
    assert values["--block-size"] == "32"
    assert {"--enable-lora", "--enable-prefix-caching", "--enforce-eager"} <= set(words)
    modules = words.index("--lora-modules")
    assert words[modules + 1 : modules + 3] == [
        "a0@01234567=/store/a0@01234567",
        "a1@01234567=/store/a1@01234567",
    ]
    assert words[-2:] == ["--seed", "1"]


@pytest.mark.parametrize(
    ("device", "count", "slots", "kept"),
    [("cpu", 0, "1", "1"), ("cpu", 6, "4", "6"), ("cuda", 6, "6", "6"), ("cuda", 90, "8", "64")],
)
def test_slots_are_bounded(device: str, count: int, slots: str, kept: str) -> None:
    """As many as there are adapters, at least one, at most what memory can take."""
    words = command(_launch(device=device), _adapters(count), "python")
    assert _values(words)["--max-loras"] == slots
    assert _values(words)["--max-cpu-loras"] == kept
    assert ("--lora-modules" in words) == bool(count)
    assert ("--enforce-eager" in words) == (device == "cpu")


def test_the_users_environment_wins() -> None:
    """Except that a list of allowed plugins is given ours, without which answers get mixed up."""
    assert environment({}, "cpu", 16) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "2",
    }
    given = {"VLLM_CPU_KVCACHE_SPACE": "8", "HF_HUB_OFFLINE": "0", "VLLM_PLUGINS": "theirs"}
    assert environment(given, "cpu", 16) == {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_PLUGINS": "theirs,nerve_cpu_lora",
    }
    assert "VLLM_CPU_KVCACHE_SPACE" not in environment({}, "cuda", 2)
    assert environment({}, "cpu", 2)["VLLM_CPU_NUM_OF_RESERVED_CPU"] == "0"


def _arguments(tmp_path: Path, port: int) -> list[str]:
    (tmp_path / "adapters").mkdir(exist_ok=True)
    options = {
        "--model": tmp_path / "model",
        "--served-name": BASE,
        "--adapters": tmp_path / "adapters",
        "--store": tmp_path / "store",
        "--port": port,
    }
    return [str(word) for option in options.items() for word in option]


def test_a_missing_model_and_a_taken_port_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and the sentence on standard error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = _arguments(tmp_path, listener.getsockname()[1])
        assert main(arguments) == 2
        assert "There is no model in" in capsys.readouterr().err
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "config.json").write_text("{}")
        assert main(arguments) == 2
        assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err


def test_it_prints_the_exact_command_and_becomes_it(tmp_path: Path, put: Put) -> None:
    """Tried with a Python that has no vLLM: what it printed is what then failed."""
    put()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    line = [sys.executable, "-m", "deploy.engine.launcher", *_arguments(tmp_path, 0)]
    run = subprocess.run(
        [*line, "--", "--seed", "7"], cwd=ROOT, env={}, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 1
    assert "No module named 'vllm'" in run.stderr
    printed = run.stdout.strip()
    assert printed.startswith("HF_HUB_OFFLINE=1 ")
    assert printed.endswith("--seed 7")
    assert f"clue@{hashlib.sha256(b'weights').hexdigest()[:8]}=" in printed
