"""The launcher's command on a GPU, parsed and made a configuration by vLLM itself; no GPU is used.

nvidia-smi is a stand-in, the model a config.json of Qwen2.5-7B-Instruct's shape.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.engine import launcher
from tests.support.adapter_folders import put_adapter
from tests.support.nvidia import A4000, H100, put_gpus
from tests.support.serving import free_port

BASE = "Qwen2.5-7B-Instruct"
SHAPE = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "torch_dtype": "bfloat16",
    "hidden_act": "silu",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "max_window_layers": 28,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "sliding_window": 131072,
    "tie_word_embeddings": False,
    "use_sliding_window": False,
    "vocab_size": 152064,
}
AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm", "zero_point": True,
       "modules_to_not_convert": None}  # fmt: skip

# What is said to the launcher, and what vLLM must have understood of it.
USUAL = {
    "dtype": "torch.bfloat16",
    "quantization": None,
    "served": BASE,
    "window": 2048,
    "generation": {"max_new_tokens": 1024},
    "rank": 64,
    "slots": 2,
    "kept": 64,
    "grammar": "guidance",
    "prefix_caching": True,
    "memory": 0.92,
    "eager": False,
    "gpus": 1,
    "shutdown_timeout": 30,
}
CASES: dict[str, tuple[list[str], dict[str, str], dict[str, Any]]] = {
    "as it comes": ([], {}, {}),
    "fp8": (["--weights", "fp8"], {}, {"quantization": "fp8_per_tensor"}),
    "awq": (["--weights", "awq"], {}, {"quantization": "auto_awq"}),
    "rank": (["--max-lora-rank", "auto"], {}, {"rank": 16}),
    "two GPUs": ([], {"ENGINE_FLAGS": "--tensor-parallel-size 2"}, {"gpus": 2}),
    "by variables": (
        [],
        {"NERVE_ENGINE_WEIGHTS": "fp8", "NERVE_MAX_LORA_RANK": "auto"},
        {"quantization": "fp8_per_tensor", "rank": 16},
    ),
    "the reference system's flags": (
        ["--max-model-len", "1024", "--", "--gpu-memory-utilization", "0.8"],
        {},
        {"window": 1024, "memory": 0.8},
    ),
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model, its AWQ form, and an adapter of rank 16 for it."""
    folder = tmp_path_factory.mktemp("machine")
    for name, more in ((BASE, {}), (f"{BASE}-AWQ", {"quantization_config": AWQ})):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(SHAPE | more))
    put_adapter(folder / "adapters", "clue", {"base": BASE, "rank": 16},
                {"base_model_name_or_path": BASE, "r": 16})  # fmt: skip
    return folder


Line = Callable[..., tuple[list[str], dict[str, str]]]


@pytest.fixture
def line(machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Line:
    """The launcher's command and what it adds to the environment, taken where it would become
    vLLM."""

    def run(*words: str, **variables: str) -> tuple[list[str], dict[str, str]]:
        put_gpus(monkeypatch, tmp_path, H100, H100)
        monkeypatch.setenv("CC", "true")  # a compiler that finds everything
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        options = {
            "--model": machine / BASE,
            "--served-name": BASE,
            "--adapters": machine / "adapters",
            "--store": tmp_path / "store",
            "--port": free_port(),
        }
        given = [str(word) for option in options.items() for word in option]
        became: list[tuple[list[str], dict[str, str]]] = []
        monkeypatch.setattr(os, "execvpe", lambda file, line, env: became.append((line, env)))
        launcher.main([*given, *words])
        return became[0]

    return run


def test_vllm_understands_every_line(
    engine_python: Path, line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One run of vLLM for all cases: importing it is what takes long."""
    words = []
    for given, variables, _ in CASES.values():
        with monkeypatch.context():
            made, environment = line(*given, **variables)
        for name in variables:
            monkeypatch.delenv(name)
        assert made[:6] == [
            sys.executable,
            "-P",
            "-m",
            "vllm.entrypoints.cli.main",
            "serve",
            made[5],
        ]
        assert environment["VLLM_USE_FLASHINFER_SAMPLER"] == "0"
        assert "VLLM_CPU_KVCACHE_SPACE" not in environment
        words.append(json.dumps(made[4:]))
    script = Path(__file__).with_name("parse_launch.py")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1",
           "VLLM_NO_USAGE_STATS": "1"}  # fmt: skip
    run = subprocess.run(
        [engine_python, script], input="\n".join(words) + "\n", env=env,
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    made_of = [json.loads(told[5:]) for told in run.stdout.splitlines() if told[:5] == "MADE "]
    assert len(made_of) == len(CASES)
    for (name, (_, _, expected)), told in zip(CASES.items(), made_of, strict=True):
        batch = told.pop("batch")
        assert batch >= 256, (name, batch)
        assert told == USUAL | expected, name


def test_a_user_who_wants_flashinfers_sampler_has_it(line: Line) -> None:
    """There may be an nvcc."""
    _, environment = line(VLLM_USE_FLASHINFER_SAMPLER="1")
    assert environment["VLLM_USE_FLASHINFER_SAMPLER"] == "1"


def test_too_small_a_gpu_is_refused_with_ways_out(
    machine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The 7B in bfloat16 on 16 GB; in 8 bits it would do."""
    put_gpus(monkeypatch, tmp_path, A4000)
    monkeypatch.setenv("CC", "true")
    monkeypatch.setattr(os, "execvpe", lambda file, line, env: 0)
    weights = machine / BASE / "model.safetensors"
    with weights.open("wb") as file:
        file.truncate(15_231_233_024)
    words = ["--model", str(machine / BASE), "--served-name", BASE, "--adapters",
             str(machine / "adapters"), "--store", str(tmp_path / "store"), "--port",
             str(free_port())]  # fmt: skip
    try:
        assert launcher.main(words) == 2
        refused = capsys.readouterr().err
        assert "needs about 18 GiB on each GPU, and NVIDIA RTX A4000 has 16" in refused
        assert launcher.main([*words, "--weights", "fp8", "--max-lora-rank", "auto"]) == 0
    finally:
        weights.unlink()
