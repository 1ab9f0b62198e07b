"""Fixtures without vLLM: a gateway and a scripted engine, each on a real socket."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest

from service.settings import Settings
from tests.support import tools
from tests.support.fake_engine import FakeEngine
from tests.support.serving import client_of, serving
from tests.support.waiting import until

# No deadlines: beside other work an example takes as long as it takes.
hypothesis.settings.register_profile("whole", deadline=None)
hypothesis.settings.register_profile("quick", max_examples=15, deadline=None)
hypothesis.settings.load_profile("whole")

# Folders whose tests all have one mark: they start processes, try very many inputs, need an engine.
MARKED_FOLDERS = {
    "deploy": "slow",
    "docs": "slow",
    "faults": "slow",
    "fuzz": "slow",
    "engine": "engine",
    "model": "model",
    "playground": "browser",
}
# The same for a module.
MARKED_MODULE = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)

# A run in the background of a script ignores SIGINT, and so would the processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

BASE = "Qwen2.5-Coder-1.5B-Instruct"
SHA256 = "0123456789abcdef" * 4
ADAPTER = "clue"
ENGINE_NAME = "clue@01234567"

# How often a gateway that many tests share looks at its engine, its keys and its adapters: as often
# as the others look, each of them would take a twentieth of a core from the first test to the last.
SELDOM = {"probe_interval_s": 60}

MANIFEST = f"""
name = "{ADAPTER}"
base = "{BASE}"
weights = "adapter_model.safetensors"
sha256 = "{SHA256}"
rank = 64
prompt = "zh-lines-1"
format = "lines"
max_chars = 256
occurrences = "all"

[[labels]]
name = "company"
written = "公司"

[[labels]]
name = "name"
written = "姓名"
"""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is deselected as a whole is not even imported: that is half of a run's imports."""
    if collection_path.is_dir():
        inside = collection_path.parent == Path(__file__).parent
        mark = MARKED_FOLDERS.get(collection_path.name) if inside else None
    else:
        marked = MARKED_MODULE.search(collection_path.read_text(encoding="utf-8"))
        mark = marked and marked[1]
    left_out = str(config.option.markexpr).split(" and ")
    return True if mark and f"not {mark}" in left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """``make check`` leaves out what is slow; ``make test`` leaves out nothing of it."""
    here = Path(__file__).parent
    for item in items:
        mark = MARKED_FOLDERS.get(item.path.relative_to(here).parts[0])
        if mark:
            item.add_marker(mark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out for want of a program, and how to have it, in one line."""
    if tools.missing:
        packages = " ".join(sorted(tools.missing))
        terminalreporter.write_line(f"skipped tests run after: apt-get install {packages}")


@dataclass(frozen=True)
class Gateway:
    """A running gateway: its address, a client for it, and the engine behind it."""

    url: str
    client: httpx2.Client
    engine: FakeEngine

    def extract(self, text: object, **fields: object) -> httpx2.Response:
        """POST /extract."""
        return self.client.post("/extract", json={"text": text, **fields})

    def metric(self, series: str) -> float:
        """The value of one series of /metrics."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no series {series}")

    def wait_until_ready(self) -> None:
        """Return when /ready says so."""
        until(lambda: self.client.get("/ready").status_code == 200)


def error_of(response: httpx2.Response) -> dict[str, Any]:
    """The envelope's content; it has these four fields, whatever went wrong."""
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.fixture(scope="session")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapters folder with one adapter, which is the default."""
    folder = tmp_path_factory.mktemp("adapters") / ADAPTER
    folder.mkdir()
    (folder / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    (folder.parent / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    return folder.parent


@contextmanager
def running(adapters: Path, **settings: Any) -> Iterator[Gateway]:
    """A gateway that is ready, with these settings, in front of a scripted engine."""
    # Half of this file's imports, which what hands the tests out would wait for and never use.
    from service.app import create_app

    engine = FakeEngine(BASE, ENGINE_NAME)
    with serving(engine) as engine_url:
        app = create_app(gateway_settings(adapters, engine_url=engine_url, **settings))
        with serving(app) as url, client_of(url) as client:
            gateway = Gateway(url, client, engine)
            gateway.wait_until_ready()
            yield gateway


def gateway_settings(adapters: Path, **settings: Any) -> Settings:
    """Settings of a gateway in a test: looks at its engine often."""
    defaults = {"base_model": BASE, "probe_interval_s": 0.05, "deadline_s": 10}
    return Settings(adapters=adapters, **{**defaults, **settings})


@pytest.fixture(scope="session")
def shared_gateway(adapters: Path) -> Iterator[Gateway]:
    """One gateway for all tests that need no settings of their own."""
    with running(adapters, **SELDOM) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    """The shared gateway, its engine as new."""
    shared_gateway.engine.reset()
    return shared_gateway


def folder_of(adapters: Path, rule: str) -> Path:
    """An adapters folder whose default adapter has this rule of occurrences."""
    manifest = MANIFEST.replace('occurrences = "all"', f'occurrences = "{rule}"')
    (adapters / ADAPTER).mkdir()
    (adapters / ADAPTER / "adapter.toml").write_text(manifest, encoding="utf-8")
    (adapters / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    return adapters


@pytest.fixture(scope="module")
def shared_reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose adapter gives a mention the place where it is read."""
    with running(folder_of(tmp_path_factory.mktemp("adapters"), "as_read"), **SELDOM) as gateway:
        yield gateway


@pytest.fixture
def reading(shared_reading: Gateway) -> Gateway:
    """It, its engine as new."""
    shared_reading.engine.reset()
    return shared_reading
