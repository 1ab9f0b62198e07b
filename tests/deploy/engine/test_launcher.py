"""The launcher's command line and its refusals; no engine is started."""

import json
import os
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.engine.admission import Admitted
from deploy.engine.launcher import main
from deploy.engine.vllm_command import Launch, command, environment
from tests.support.adapter_folders import BASE, engine_name, put_adapter
from tests.support.nvidia import H100, P100, put_gpus

ROOT = Path(__file__).resolve().parents[3]


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
    assert json.loads(values["--override-generation-config"]) == {"max_new_tokens": 1024}
    assert values["--max-lora-rank"] == "64"
    assert values["--max-loras"] == "3" and values["--max-cpu-loras"] == "32"
    assert values["--block-size"] == "32"
    assert {"--enable-lora", "--enable-prefix-caching", "--enforce-eager"} <= set(words)
    # An adapter that cannot be loaded at the start would end the engine.
    assert "--lora-modules" not in words
    assert words[-2:] == ["--seed", "1"]


def test_a_gpu_is_started_by_vllm_serve() -> None:
    """The older way in is deprecated; the model is its argument."""
    words = command(_launch(device="cuda"), _adapters(2), "/env/bin/python")
    assert words[:6] == ["/env/bin/python", "-P", "-m", "vllm.entrypoints.cli.main", "serve", "/m"]
    assert "--model" not in words and "--enforce-eager" not in words


@pytest.mark.parametrize(
    ("device", "count", "slots", "kept"),
    [("cpu", 0, "2", "32"), ("cpu", 6, "4", "32"), ("cuda", 6, "7", "64"), ("cuda", 90, "8", "64")],
)
def test_slots_are_bounded(device: str, count: int, slots: str, kept: str) -> None:
    """One more than there are adapters, at least two, at most what memory can take."""
    words = command(_launch(device=device), _adapters(count), "python")
    assert _values(words)["--max-loras"] == slots
    assert _values(words)["--max-cpu-loras"] == kept
    assert ("--enforce-eager" in words) == (device == "cpu")
    assert ("--speculative-config" in words) == (device == "cpu")


@pytest.mark.parametrize(
    "own", [("--speculative-config", "None"), ("--spec-method=ngram",), ("-sc", "{}")]
)
def test_the_users_own_speculation_is_the_only_one(own: tuple[str, ...]) -> None:
    """None is vLLM's word for none at all."""
    words = command(_launch(device="cpu", extra=own), _adapters(1), "python")
    assert [word for word in words if word.startswith(("--spec", "-sc"))] == [own[0]]


CPU_PLUGINS = ("nerve_cpu_lora", "nerve_cpu_int8", "nerve_cpu_wait", "nerve_cpu_draft")
RESOLVER = {
    "VLLM_LORA_RESOLVER_CACHE_DIR": "/store",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
}


def test_the_users_environment_wins() -> None:
    """Except where it would take the adapters away, or the plugin that keeps answers apart."""
    assert environment({}, "cpu", 16, Path("/store")) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_ENFORCE_STRICT_TOOL_CALLING": "0",
        "VLLM_CPU_KVCACHE_SPACE": "2",
        **RESOLVER,
    }
    given = {"VLLM_CPU_KVCACHE_SPACE": "8", "HF_HUB_OFFLINE": "0", "VLLM_PLUGINS": "theirs"}
    given |= {"VLLM_LORA_RESOLVER_CACHE_DIR": "/theirs"}
    assert environment(given, "cpu", 16, Path("/store")) == {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_ENFORCE_STRICT_TOOL_CALLING": "0",
        "VLLM_PLUGINS": ",".join(("theirs", "lora_filesystem_resolver", *CPU_PLUGINS)),
        **RESOLVER,
    }
    on_gpu = environment({"VLLM_PLUGINS": ""}, "cuda", 2, Path("/store"))
    assert on_gpu["VLLM_PLUGINS"] == "lora_filesystem_resolver"
    assert on_gpu["VLLM_USE_FLASHINFER_SAMPLER"] == "0"
    assert on_gpu["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    theirs = environment({"CUDA_DEVICE_ORDER": "FASTEST_FIRST"}, "cuda", 2, Path("/store"))
    assert "CUDA_DEVICE_ORDER" not in theirs
    theirs = environment({"VLLM_USE_FLASHINFER_SAMPLER": "1"}, "cuda", 2, Path("/store"))
    assert "VLLM_USE_FLASHINFER_SAMPLER" not in theirs
    assert "VLLM_CPU_KVCACHE_SPACE" not in on_gpu
    assert environment({}, "cpu", 2, Path("/s"))["VLLM_CPU_NUM_OF_RESERVED_CPU"] == "0"


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


def test_a_port_that_is_none_and_a_store_that_cannot_be_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence, too, not in a traceback."""
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    assert main(_arguments(tmp_path, 99_999)) == 2
    assert "cannot listen on 127.0.0.1:99999 (a port is" in capsys.readouterr().err
    (tmp_path / "store").write_text("")
    assert main(_arguments(tmp_path, 0)) == 2
    assert "store cannot be made (File exists)" in capsys.readouterr().err


def test_a_host_of_another_machine_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing listens there that could be stopped, and no other port would do."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    assert main([*_arguments(tmp_path, 0), "--host", "192.0.2.7"]) == 2
    said = capsys.readouterr().err
    assert "cannot listen on 192.0.2.7:0 (Cannot assign requested address)" in said
    assert "--host" in said and "NERVE_ENGINE_URL" in said and "--port" not in said


@pytest.fixture
def has_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with one, on a CPU; what the launcher would become is not begun."""
    monkeypatch.setattr(os, "execvpe", lambda file, line, env: 0)
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")


@pytest.mark.usefixtures("has_a_model")
def test_a_folder_of_adapters_that_is_none_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its path: a mistyped one would serve the base model alone."""
    assert main([*_arguments(tmp_path, 0), "--adapters", str(tmp_path / "nowhere")]) == 0
    assert f"there is no folder {tmp_path}/nowhere; --adapters" in capsys.readouterr().out


@pytest.mark.usefixtures("has_a_model")
def test_an_untuned_base_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The engine starts, and its log begins with what to expect of it."""
    assert main(_arguments(tmp_path, 0)) == 0
    assert capsys.readouterr().out.startswith("warning: requests that name no model are answered")
    put_adapter(tmp_path / "adapters")
    assert main(_arguments(tmp_path, 0)) == 0
    assert "warning:" not in capsys.readouterr().out


def test_flags_of_a_container_come_before_those_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the latter win; a quote that is never closed is refused."""
    monkeypatch.setattr(os, "execvpe", lambda file, line, env: 0)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    monkeypatch.setenv("ENGINE_FLAGS", "--seed 1 --chat-template 'a b'")
    assert main([*_arguments(tmp_path, 0), "--", "--seed", "7"]) == 0
    assert capsys.readouterr().out.endswith("--seed 1 --chat-template 'a b' --seed 7\n")
    monkeypatch.setenv("ENGINE_FLAGS", "--seed '1")
    assert main(_arguments(tmp_path, 0)) == 2
    assert 'ENGINE_FLAGS = "--seed \'1": No closing quotation' in capsys.readouterr().err


def test_a_gpu_that_vllm_cannot_use_is_not_the_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the user's own words name it."""
    given: list[dict[str, str]] = []

    def become(file: str, line: list[str], env: dict[str, str]) -> int:
        given.append(env)
        return 0

    monkeypatch.setattr(os, "execvpe", become)
    put_gpus(monkeypatch, tmp_path, P100, H100)
    monkeypatch.setenv("CC", "true")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    assert main(_arguments(tmp_path, 0)) == 0
    assert given[0]["CUDA_VISIBLE_DEVICES"] == "GPU-11ab"
    assert "CUDA_VISIBLE_DEVICES=GPU-11ab " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "adapter", "rank"), [("auto", True, "64"), ("auto", False, "16"), ("8", True, "64")]
)
def test_the_rank_may_be_the_adapters(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    adapter: bool,
    rank: str,
) -> None:
    """The highest that there is; vLLM's own default where there is none."""
    monkeypatch.setattr(os, "execvpe", lambda file, line, env: 0)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    if adapter:
        put_adapter(tmp_path / "adapters")
    assert main([*_arguments(tmp_path, 0), "--max-lora-rank", given]) == 0
    assert f" --max-lora-rank {rank} " in capsys.readouterr().out


def test_it_prints_the_exact_command_and_becomes_it(tmp_path: Path) -> None:
    """Tried with a Python that has no vLLM: what it printed is what then failed."""
    put_adapter(tmp_path / "adapters")
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
    assert f"VLLM_LORA_RESOLVER_CACHE_DIR={tmp_path}/store " in printed
    assert (tmp_path / "store" / engine_name("clue") / "adapter_config.json").is_file()


def test_a_path_that_the_terminal_cannot_say_ends_nothing(tmp_path: Path) -> None:
    """It is told as Python tells it in errors."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    arguments = [*_arguments(tmp_path, 0), "--store", str(tmp_path / "存储")]
    run = subprocess.run(
        [sys.executable, "-m", "deploy.engine.launcher", *arguments],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii", "NERVE_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "No module named 'vllm'" in run.stderr
    assert r"/\u5b58\u50a8" in run.stdout
