"""Runs ``nerve doctor`` before real files, a scripted engine and a real gateway."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from typer.testing import Result

from service.app import create_app
from service.models.manifest import load_all
from tests.conftest import BASE, gateway_settings
from tests.deploy.commands.test_cli import nerve
from tests.support.fake_engine import FakeEngine
from tests.support.serving import serving
from tests.support.waiting import until

CONFIG = {
    "r": 64,
    "lora_alpha": 16,
    "target_modules": ["q_proj"],
    "base_model_name_or_path": BASE,
}
KEY = "sk-a-secret-of-ours"

Put = Callable[..., Path]


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
