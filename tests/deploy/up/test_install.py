"""Which base model is served, and which adapter its engine has to have."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.pull.store import PulledModel
from deploy.up.addresses import engine_address
from deploy.up.install import Installed, base_model, with_engine_key
from service.models import names
from service.settings import Settings
from tests.support.adapter_folders import BASE, put_adapter, put_alias

OTHER = "Qwen2.5-7B-Instruct"


def required(settings: Settings, base: str) -> list[str]:
    """What the launcher is told that it must have."""
    installed = Installed(Path("python"), base, PulledModel(Path("/model"), ()))
    words = installed.engine_command(settings, Path("/home"))
    return [words[at + 1] for at, word in enumerate(words) if word == "--require"]


def test_the_default_adapter_decides(tmp_path: Path) -> None:
    """By its name or by an alias, from the file or the setting."""
    put_adapter(tmp_path, "clue")
    put_alias(tmp_path, "production", "clue")
    by_setting = Settings(adapters=tmp_path, default_model="production")
    assert base_model(by_setting) == BASE
    assert required(by_setting, BASE) == ["clue"]
    names.set_default(tmp_path, "production")
    assert base_model(Settings(adapters=tmp_path)) == BASE
    assert required(Settings(adapters=tmp_path), BASE) == ["clue"]


def test_another_base_does_without_it(tmp_path: Path) -> None:
    """What `registry.toml` says of another base's adapters is left out."""
    put_adapter(tmp_path, "clue")
    names.set_default(tmp_path, "clue")
    settings = Settings(adapters=tmp_path, base_model=OTHER)
    assert base_model(settings) == OTHER
    assert required(settings, OTHER) == []


def test_a_gateway_lets_in_what_its_device_takes(tmp_path: Path) -> None:
    """On a GPU hundreds; what the user set stays."""
    model = PulledModel(Path("/model"), ())
    settings = Settings(adapters=tmp_path, request_concurrency=3)
    on_cpu = Installed(Path("python"), BASE, model).gateway_env(settings, tmp_path)
    on_gpu = Installed(Path("python"), BASE, model, "cuda").gateway_env(settings, tmp_path)
    assert on_gpu.keys() - on_cpu.keys() == {"NERVE_MAX_IN_FLIGHT"}
    assert int(on_gpu["NERVE_MAX_IN_FLIGHT"]) >= 256
    assert "NERVE_REQUEST_CONCURRENCY" not in on_gpu


def test_the_key_of_vllms_own_variable_is_the_gateways_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine reads it from the shell; Nerve's own variable wins."""
    monkeypatch.setenv("VLLM_API_KEY", "of the shell")
    installed = Installed(Path("python"), BASE, PulledModel(Path("/model"), ()))
    for given, key in ((None, "of the shell"), (SecretStr("ours"), "ours")):
        settings = with_engine_key(Settings(adapters=tmp_path, engine_api_key=given))
        assert installed.engine_env(settings)["VLLM_API_KEY"] == key
        assert installed.gateway_env(settings, tmp_path)["NERVE_ENGINE_API_KEY"] == key


@pytest.mark.parametrize(
    ("url", "port"), [("http://[::1]", 80), ("https://x", 443), ("https://x:8000", 8000)]
)
def test_an_address_without_a_port_has_its_schemes(tmp_path: Path, url: str, port: int) -> None:
    """As the gateway, which asks there, reads it."""
    assert engine_address(Settings(adapters=tmp_path, engine_url=url))[1] == port
