"""A gateway in front of a real engine, and what it is asked in tests."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from service.app import create_app
from service.settings import Settings
from tests.engine.real_engine import RealEngine
from tests.support.serving import client_of, serving
from tests.support.waiting import until

KEY = {"authorization": "Bearer admin-secret"}


@contextmanager
def gateway(engine: RealEngine, adapters: Path | None = None) -> Iterator[httpx2.Client]:
    """A client of a gateway that is ready; its adapters are the engine's, else ``adapters``.

    The engine is started if a test has killed it.
    """
    if not engine.alive:
        engine.start()
    settings = Settings(
        engine_url=engine.url,
        base_model=engine.base,
        adapters=adapters or engine.adapters,
        store=engine.store,
        admin_key=SecretStr("admin-secret"),
        probe_interval_s=0.2,
        deadline_s=90,
        max_in_flight=256,
    )
    with serving(create_app(settings)) as url, client_of(url, timeout_s=180) as client:
        client.headers.update(KEY)
        until(lambda: client.get("/ready").status_code == 200, 120)
        yield client


def say(client: httpx2.Client, model: str, text: str, tokens: int = 8) -> str:
    """What a model answers through the gateway; fails unless it is 200 under the model's name."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "temperature": 0,
        "max_tokens": tokens,
    }
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"] == model
    return str(answer.json()["choices"][0]["message"]["content"])


def give_weights(target: Path, source: Path) -> None:
    """Give the adapter in folder ``target`` the weights of another; the manifest comes last."""
    target.mkdir(exist_ok=True)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        shutil.copyfile(source / name, target / name)
    digest = hashlib.sha256((target / "adapter_model.safetensors").read_bytes()).hexdigest()
    manifest = (source / "adapter.toml").read_text(encoding="utf-8")
    manifest = re.sub(r'^name = "tiny-.*"$', f'name = "{target.name}"', manifest, flags=re.M)
    manifest = re.sub(r'^sha256 = ".*"$', f'sha256 = "{digest}"', manifest, flags=re.M)
    part = target / "adapter.toml.part"
    part.write_text(manifest, encoding="utf-8")
    part.replace(target / "adapter.toml")
