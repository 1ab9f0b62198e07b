"""``nerve doctor`` before real files, a scripted engine and a real gateway."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typer.testing import Result

from deploy.pull.catalogue import read_catalogue
from deploy.pull.store import seal
from service.app import create_app
from service.manifest import load_all
from service.ner.guard import QWEN_ADDED_TOKENS
from tests.conftest import BASE, gateway_settings
from tests.deploy.test_cli import nerve
from tests.fake_engine import FakeEngine, answer
from tests.serving import free_port, serving
from tests.waiting import until

CONFIG = {
    "r": 64,
    "lora_alpha": 16,
    "target_modules": ["q_proj"],
    "base_model_name_or_path": BASE,
}
KEY = "sk-a-secret-of-ours"

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes an adapter of tmp_path/adapters; ``config`` and the manifest's keys can be changed."""

    def write(name: str = "clue", config: dict[str, Any] | None = None, **manifest: Any) -> Path:
        folder = tmp_path / "adapters" / name
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(b"weights")
        (folder / "adapter_config.json").write_text(json.dumps(CONFIG | (config or {})))
        fields = {
            "name": name,
            "base": BASE,
            "weights": "adapter_model.safetensors",
            "sha256": hashlib.sha256(b"weights").hexdigest(),
            "rank": 64,
            "prompt": "zh-lines-1",
            "format": "lines",
            "max_chars": 256,
        }
        rows = [f"{key} = {json.dumps(value)}" for key, value in (fields | manifest).items()]
        (folder / "adapter.toml").write_text("\n".join([*rows, '[[labels]]\nname = "name"\n']))
        return folder

    return write


@pytest.fixture
def engine() -> FakeEngine:
    """Serves the base model only, until more is put into ``models``."""
    return FakeEngine(BASE)


def doctor(tmp_path: Path, engine_url: str, url: str, *flags: str, **env: str) -> Result:
    """Run the command on tmp_path/adapters; the home is empty unless something was put there."""
    (tmp_path / "adapters").mkdir(exist_ok=True)
    known = {
        "NERVE_ADAPTERS": str(tmp_path / "adapters"),
        "NERVE_ENGINE_URL": engine_url,
        "NERVE_BASE_MODEL": BASE,
        "NERVE_HOME": str(tmp_path / "home"),
    }
    return nerve("doctor", "--url", url, *flags, env=known | env)


def lines(shown: Result) -> dict[str, tuple[str, str]]:
    """subject → (mark, text); every line of the output is one finding."""
    found = {}
    for line in shown.stdout.splitlines():
        mark, _, rest = line.partition(" ")
        assert mark in "✓!✗", line
        subject, _, text = rest.partition(": ")
        found[subject] = (mark, text)
    return found


@contextmanager
def service(tmp_path: Path, engine: FakeEngine) -> Iterator[tuple[str, str]]:
    """(engine's address, gateway's address); the engine serves the adapters, all is ready."""
    adapters = tmp_path / "adapters"
    engine.models += [one.engine_name for one in load_all(adapters)]
    with serving(engine) as engine_url:
        settings = gateway_settings(adapters, engine_url=engine_url, store=tmp_path / "store")
        app = create_app(settings)
        with serving(app) as url:
            ready = httpx2.URL(f"{url}/ready")
            until(lambda: httpx2.get(ready, trust_env=False).status_code == 200)
            yield engine_url, url


def test_all_well(tmp_path: Path, put: Put, engine: FakeEngine) -> None:
    """Status 0 and no line to act on."""
    put()
    (tmp_path / "adapters" / "registry.toml").write_text('default = "clue"\n')
    pulled(tmp_path, list(QWEN_ADDED_TOKENS))
    with service(tmp_path, engine) as (engine_url, url):
        shown = doctor(tmp_path, engine_url, url)
    assert shown.exit_code == 0, shown.output
    found = lines(shown)
    assert {mark for mark, _ in found.values()} == {"✓"}
    assert found["default"][1] == "clue answers requests that name no model"
    assert "keeps to a grammar" in found["engine, model clue"][1]
    assert {"adapter clue", f"engine, model {BASE}", "gateway"} <= set(found)


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


def test_engine_and_gateway_down(tmp_path: Path, put: Put) -> None:
    """Both are named with their addresses; the files are looked at all the same."""
    put()
    engine_url, url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    shown = doctor(tmp_path, engine_url, url)
    assert shown.exit_code == 1
    found = lines(shown)
    assert found["adapter clue"][0] == "✓"
    assert found["engine"][0] == found["gateway"][0] == "✗"
    assert found["engine"][1].startswith(f"{engine_url}: the engine cannot be reached")
    assert found["gateway"][1].startswith(f"none answers at {url}")


def without_adapters(engine: FakeEngine) -> ASGIApp:
    """An engine that does not find the adapter it is asked for, as vLLM says it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = json.loads(message.get("body") or b"{}")
        if body.get("model", BASE) != BASE:
            await answer(send, {"error": {"message": "The model does not exist."}}, 404)
            return

        async def again() -> Message:
            return message

        await engine(scope, again, send)

    return app


def test_an_engine_that_does_not_find_an_adapter(
    tmp_path: Path, put: Put, engine: FakeEngine
) -> None:
    """What to do; and the others are tried all the same."""
    put()
    with serving(without_adapters(engine)) as engine_url:
        found = lines(doctor(tmp_path, engine_url, engine_url))
    mark, text = found["engine, model clue"]
    assert mark == "✗"
    assert "NERVE_STORE" in text
    assert "--max-lora-rank 64 or more: `nerve engine` sees to both" in text
    assert found[f"engine, model {BASE}"][0] == "✓"


def test_an_engine_that_cannot_ground_or_is_too_small(tmp_path: Path, engine: FakeEngine) -> None:
    """In the gateway's own words."""
    engine.grounds = False
    with serving(engine) as engine_url:
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))[f"engine, model {BASE}"]
        assert (mark, text.partition(";")[0]) == ("✗", "the engine does not keep to a grammar")
        engine.window = 1024
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))[f"engine, model {BASE}"]
    assert mark == "✗"
    assert text.startswith("the engine's window is 1024 tokens")


def guarded(engine: FakeEngine) -> ASGIApp:
    """The engine behind an api key, as vLLM answers without it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != (
            f"Bearer {KEY}".encode()
        ):
            await answer(send, {"error": "Unauthorized"}, 401)
        else:
            await engine(scope, receive, send)

    return app


def test_the_engines_api_key(tmp_path: Path, engine: FakeEngine) -> None:
    """Taken or refused, it is never shown."""
    with serving(guarded(engine)) as engine_url:
        right = doctor(tmp_path, engine_url, engine_url, NERVE_ENGINE_API_KEY=KEY)
        other = doctor(tmp_path, engine_url, engine_url, NERVE_ENGINE_API_KEY=f"{KEY}x")
    assert lines(right)["engine"] == ("✓", f"{engine_url} answers; its api key is right")
    assert lines(right)[f"engine, model {BASE}"][0] == "✓"
    assert lines(other)["engine"][0] == "✗"
    assert "refuses the api key; set NERVE_ENGINE_API_KEY" in lines(other)["engine"][1]
    assert KEY not in right.output + other.output


def test_something_else_is_no_gateway(tmp_path: Path, engine: FakeEngine) -> None:
    """A program that answers JSON, but not ours."""
    with serving(guarded(engine)) as url:
        found = lines(doctor(tmp_path, url, url))
    assert found["gateway"] == (
        "✗",
        f"what answers at {url} is not a Nerve gateway; --url names another address",
    )


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


def test_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    """The gateway is asked all the same."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    shown = doctor(tmp_path, nowhere, nowhere, NERVE_PORT="web")
    assert shown.exit_code == 1
    assert list(lines(shown)) == ["settings", "gateway"]
    assert lines(shown)["settings"][1].startswith("NERVE_PORT = 'web'; expected a valid integer")


def pulled(tmp_path: Path, added_tokens: list[str]) -> None:
    """A base model as `nerve pull` leaves it, as far as this command looks."""
    folder = tmp_path / "home" / "models" / BASE
    folder.mkdir(parents=True)
    tokens = [{"content": token} for token in added_tokens]
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}))
    seal(read_catalogue().model(BASE), folder)


def test_added_tokens_that_texts_are_not_guarded_against(tmp_path: Path) -> None:
    """The pulled tokenizer decides."""
    pulled(tmp_path, ["<|im_end|>", "<|secret|>"])
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
