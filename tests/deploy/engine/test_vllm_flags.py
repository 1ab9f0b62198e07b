"""The user's own flags for vLLM, in every spelling that vLLM takes."""

from pathlib import Path

import pytest

from deploy.engine import drafts, tool_calls, vllm_flags, weights
from deploy.engine.admission import LaunchRefused
from deploy.engine.launcher import main
from tests.deploy.commands.test_cli import nerve


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["--max_lora_rank", "8"], {"--max-lora-rank": "8"}),
        (["--max_lora_rank=8", "--max-lora-rank", "16"], {"--max-lora-rank": "16"}),
        (["-tp", "2", "-pp=3"], {"--tensor-parallel-size": "2", "--pipeline-parallel-size": "3"}),
        (["-q", "fp8"], {"--quantization": "fp8"}),
        (["--a_b.key_c", "v"], {"--a-b.key_c": "v"}),
        (["--enforce_eager", "--seed", "-1"], {"--enforce-eager": "", "--seed": "-1"}),
        (["--dtype", "float", "--", "-"], {"--dtype": "float"}),
    ],
)
def test_a_name_has_one_spelling(words: list[str], read: dict[str, str]) -> None:
    """What follows a dot is a key, and stays."""
    assert vllm_flags.read(words) == read


@pytest.mark.parametrize("own", [("--tool_call_parser", "x"), ("--tool-call-parser=x",)])
def test_another_parser_of_tool_calls_is_the_only_one(own: tuple[str, ...], tmp_path: Path) -> None:
    """However it is spelt."""
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    (tmp_path / "chat_template.jinja").write_text("{{ tools }}")
    assert tool_calls.flags(tmp_path, ())
    assert tool_calls.flags(tmp_path, own) == []


@pytest.mark.parametrize(
    "own",
    [("-q", "x"), ("-qx",), ("--quantization=x",), ("--dtype=float32",), ("--dtype", "float")],
)
def test_another_precision_is_the_only_one(own: tuple[str, ...], tmp_path: Path) -> None:
    """Ours steps back."""
    (tmp_path / "cpuinfo").write_text("flags : avx2\n")
    assert weights.choose("auto", "cpu", (), tmp_path / "cpuinfo") == "int8"
    assert weights.choose("auto", "cpu", own, tmp_path / "cpuinfo") == "checkpoint"


def test_only_what_speaks_of_drafts_ends_ours() -> None:
    """Not every name that begins like it."""
    assert drafts.flags(["--specialize_active_lora"])
    assert drafts.flags(["--speculative_config", "None"]) == []


GATEWAYS = [
    (["--port", "9000"], "--port is not taken among vLLM's flags: NERVE_ENGINE_URL"),
    (["--port=9000"], "--port is not taken"),
    (["--por", "9000"], "--por is not taken"),
    (["--host", "0.0.0.0"], "--host is not taken among vLLM's flags: NERVE_ENGINE_URL"),
    (["--uds", "/s"], "--uds is not taken"),
    (["--served_model_name", "x"], "--served-model-name is not taken .*NERVE_BASE_MODEL"),
    (["--model", "x"], "--model is not taken among vLLM's flags: NERVE_BASE_MODEL"),
    (["--api-key", "k"], "--api-key is not taken among vLLM's flags: NERVE_ENGINE_API_KEY"),
]


@pytest.mark.parametrize(("words", "says"), GATEWAYS)
def test_what_the_gateway_must_know_is_said_by_settings(words: list[str], says: str) -> None:
    """A flag of vLLM's alone would move the engine to where nobody asks."""
    with pytest.raises(LaunchRefused, match=says):
        vllm_flags.check(words)


def test_other_flags_that_begin_so_are_taken() -> None:
    """The prefix of a name is not the name."""
    vllm_flags.check(["--model-impl", "auto", "--api-server-count", "2", "--hf-token", "x"])


@pytest.mark.parametrize("command", ["up", "engine"])
def test_commands_refuse_it_at_once(command: str, tmp_path: Path) -> None:
    """Before anything is downloaded, and not after minutes at the wrong port."""
    shown = nerve(command, "--home", str(tmp_path), "--", "--port", "9000")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("nerve: --port is not taken among vLLM's flags")
    assert list(tmp_path.iterdir()) == []


def test_the_launcher_refuses_it_of_a_container_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Flags of ENGINE_FLAGS are vLLM's as well."""
    monkeypatch.setenv("ENGINE_FLAGS", "--served_model_name=x")
    words = ["--model", str(tmp_path), "--served-name", "m", "--adapters", str(tmp_path)]
    assert main([*words, "--store", str(tmp_path)]) == 2
    assert "--served-model-name is not taken" in capsys.readouterr().err
