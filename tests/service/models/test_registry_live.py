"""The registry follows its files, requests or no requests; what cannot be used changes nothing."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from service.models import names
from service.models.registry import RegistryError
from tests.conftest import gateway_settings
from tests.support.adapter_folders import BASE, engine_name, put_adapter, put_alias
from tests.support.resolving_engine import BROKEN
from tests.support.resolving_gateway import AdapterGateway, gateways
from tests.support.waiting import until

pytestmark = pytest.mark.slow

YE, ZHU = "姓名：叶老桂".encode(), "姓名：朱老板".encode()
TEXT = "叶老桂和朱老板"
PROBLEMS = "nerve_registry_problems"


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """A folder with a default adapter."""
    folder = tmp_path / "adapters"
    put_adapter(folder, "one", weights=YE)
    names.set_default(folder, "one")
    return folder


@pytest.fixture
def gateway(adapters: Path, tmp_path: Path) -> Iterator[AdapterGateway]:
    """A gateway that follows the folder."""
    with gateways(adapters, tmp_path / "store") as (one,):
        yield one


def test_what_the_store_lacks_is_put_there_at_the_start(
    gateway: AdapterGateway, tmp_path: Path
) -> None:
    """The engine may have been started before the adapter was there."""
    assert (tmp_path / "store" / engine_name("one", YE)).is_dir()
    assert gateway.found(TEXT) == ("one", ["叶老桂"])


def test_an_adapter_that_appears_is_served(gateway: AdapterGateway, adapters: Path) -> None:
    """Not before the engine has answered with it."""
    put_adapter(adapters, "two", weights=ZHU)
    until(lambda: gateway.extract(TEXT, model="two").status_code == 200)
    assert gateway.found(TEXT, model="two") == ("two", ["朱老板"])


@pytest.mark.parametrize("reader", ["names.read", "load"])
def test_a_file_that_could_not_be_read_is_read_again(
    gateway: AdapterGateway, adapters: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    """With the files as they are, once there are file descriptors again."""
    failed = threading.Event()

    def fails(_: Path) -> None:
        failed.set()
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as full:
        full.setattr(f"service.models.folder.{reader}", fails)
        put_adapter(adapters, "two", weights=ZHU)
        assert failed.wait(30)
        until(lambda: gateway.metric(PROBLEMS) > 0)
    until(lambda: gateway.extract(TEXT, model="two").status_code == 200)
    until(lambda: gateway.metric(PROBLEMS) == 0)


def test_new_weights_and_an_adapter_that_goes_away(gateway: AdapterGateway, adapters: Path) -> None:
    """Both by file alone."""
    put_adapter(adapters, "two", weights=YE)
    until(lambda: "two" in gateway.states())
    put_adapter(adapters, "two", weights=ZHU)
    until(lambda: gateway.found(TEXT, model="two")[1] == ["朱老板"])
    shutil.rmtree(adapters / "two")
    until(lambda: gateway.extract(TEXT, model="two").status_code == 404)


def test_a_manifest_may_change_without_its_weights(gateway: AdapterGateway, adapters: Path) -> None:
    """The same model in the engine, read with another format."""
    put_adapter(adapters, "one", {"format": "json"}, weights=YE)
    until(lambda: gateway.listed()["adapters"][0]["format"] == "json")
    assert gateway.found(TEXT) == ("one", [])


SPOILED: dict[str, tuple[dict[str, Any], str]] = {
    "a manifest": ({"manifest": {"format": "xml"}, "weights": YE}, "format = 'xml'"),
    "new weights": ({"weights": BROKEN}, "The engine cannot load"),
    "a digest": ({"manifest": {"sha256": "0" * 64}, "weights": YE}, "has the sha256"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_cannot_be_used_leaves_what_is_served(
    gateway: AdapterGateway, adapters: Path, spoiled: str
) -> None:
    """It is shown, counted, and holds up no other; once mended, it is used."""
    change, says = SPOILED[spoiled]
    put_adapter(adapters, "one", **change)
    until(lambda: says in gateway.listed()["problems"].get("one", ""))
    assert gateway.metric(PROBLEMS) == 1
    put_adapter(adapters, "two", weights=ZHU)
    until(lambda: gateway.extract(TEXT, model="two").status_code == 200)
    assert gateway.found(TEXT) == ("one", ["叶老桂"])
    put_adapter(adapters, "one", weights=ZHU)
    until(lambda: not gateway.listed()["problems"])
    assert gateway.found(TEXT) == ("one", ["朱老板"])
    assert gateway.metric(PROBLEMS) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("default = ", "not a TOML file"),
        ('default = "nobody"', "the default model is 'nobody'"),
        ('default = "one"\n[aliases]\nlive = "nobody"', "stands for 'nobody'"),
        ('default = "two"\ndisabled = ["two"]', "expected others than default"),
        (None, "registry.toml has gone"),
    ],
)
def test_a_registry_file_that_cannot_be_used_changes_nothing(
    gateway: AdapterGateway, adapters: Path, text: str | None, says: str
) -> None:
    """Not even by half: an adapter that it disables beside its mistake is still served."""
    path = adapters / "registry.toml"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    until(lambda: says in gateway.listed()["problems"].get("registry.toml", ""))
    assert gateway.found(TEXT) == ("one", ["叶老桂"])
    path.write_text(f'default = "{BASE}"')
    until(lambda: not gateway.listed()["problems"])
    assert gateway.found(TEXT)[0] == BASE


def test_a_problem_is_logged_once(
    gateway: AdapterGateway, adapters: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However often the files are looked at, and whatever else changes in them."""
    put_adapter(adapters, "two", {"format": "xml"})
    until(lambda: "two" in gateway.listed()["problems"])
    for name in ("three", "four"):
        put_adapter(adapters, name, weights=ZHU)
        until(lambda: gateway.extract(TEXT, model=name).status_code == 200)  # noqa: B023
    assert caplog.text.count("format = 'xml'") == 1


def test_what_needs_the_engine_waits_for_it(gateway: AdapterGateway, adapters: Path) -> None:
    """No file has to be touched again."""
    there, gateway.engine.store = gateway.engine.store, adapters / "elsewhere"
    put_adapter(adapters, "two", weights=ZHU)
    until(lambda: "does not find two" in gateway.listed()["problems"].get("two", ""))
    gateway.engine.store = there
    until(lambda: gateway.extract(TEXT, model="two").status_code == 200)
    assert not gateway.listed()["problems"]


def test_an_engine_that_restarts_misses_no_adapter(gateway: AdapterGateway, adapters: Path) -> None:
    """It finds each in its store when it is first asked; nobody has to tell it."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")
    gateway.engine.restart()
    assert gateway.found(TEXT, model="two") == ("two", ["朱老板"])
    assert gateway.found(TEXT) == ("one", ["叶老桂"])


def test_a_request_in_flight_finishes_on_the_old_weights(
    gateway: AdapterGateway, adapters: Path
) -> None:
    """While new requests are answered by the new ones already."""
    released = gateway.engine.held[engine_name("one", YE)] = threading.Event()
    with ThreadPoolExecutor() as pool:
        old = pool.submit(gateway.found, TEXT)
        assert gateway.engine.holding.wait(5)
        put_adapter(adapters, "one", weights=ZHU)
        assert gateway.load("one").status_code == 200
        assert gateway.found(TEXT) == ("one", ["朱老板"])
        released.set()
        assert old.result(5) == ("one", ["叶老桂"])


def test_a_request_in_flight_outlives_its_adapter(gateway: AdapterGateway, adapters: Path) -> None:
    """What was accepted is answered."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")
    released = gateway.engine.held[engine_name("two", ZHU)] = threading.Event()
    with ThreadPoolExecutor() as pool:
        old = pool.submit(gateway.found, TEXT, model="two")
        assert gateway.engine.holding.wait(5)
        assert gateway.remove("two").status_code == 200
        released.set()
        assert old.result(5) == ("two", ["朱老板"])
    assert gateway.extract(TEXT, model="two").status_code == 404


def test_an_alias_moves_without_a_failed_request(gateway: AdapterGateway, adapters: Path) -> None:
    """Each answer names the adapter that gave it, and is that adapter's."""
    put_adapter(adapters, "two", weights=ZHU)
    put_alias(adapters, "live", "one")
    until(lambda: gateway.listed()["aliases"] == {"live": "one"} and "two" in gateway.states())
    says = {"one": ["叶老桂"], "two": ["朱老板"]}
    seen: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            name, found = gateway.found(TEXT, model="live")  # raises when a request fails
            assert found == says[name]
            seen.append(name)

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for name in ("two", "one", "two"):
            put_alias(adapters, "live", name)
            until(lambda: seen[-4:] == [name] * 4)  # noqa: B023
        over.set()
        for one in asking:
            one.result(5)
    assert {"one", "two"} == set(seen)


def test_gateways_that_share_the_folder_converge(adapters: Path, tmp_path: Path) -> None:
    """Whichever was asked to change it."""
    with gateways(adapters, tmp_path / "store", count=2) as (first, second):
        put_adapter(adapters, "two", weights=YE)
        first.load("two")
        until(lambda: second.extract(TEXT, model="two").status_code == 200)
        put_adapter(adapters, "two", weights=ZHU)
        second.load("two")
        until(lambda: first.found(TEXT, model="two")[1] == ["朱老板"])
        first.remove("two")
        until(lambda: second.extract(TEXT, model="two").status_code == 404)
        second.load("two")
        until(lambda: first.extract(TEXT, model="two").status_code == 200)


def test_a_gateway_starts_without_what_is_broken(adapters: Path, tmp_path: Path) -> None:
    """A restart at night is no time to stop all others for one; the default has to be there."""
    put_adapter(adapters, "two", {"format": "xml"})
    with gateways(adapters, tmp_path / "store") as (gateway,):
        assert gateway.found(TEXT) == ("one", ["叶老桂"])
        assert "format = 'xml'" in gateway.listed()["problems"]["two"]
    put_adapter(adapters, "one", {"format": "xml"})
    with pytest.raises(RegistryError, match="the default model is 'one'"):
        create_app(gateway_settings(adapters))


def test_weights_that_are_torn_at_the_start_are_not_served(adapters: Path, tmp_path: Path) -> None:
    """404 for its callers, not 503 for ever; the list says why."""
    torn = put_adapter(adapters, "two", weights=ZHU)
    (torn / "adapter_model.safetensors").write_bytes(b"torn")
    with gateways(adapters, tmp_path / "store") as (gateway,):
        until(lambda: gateway.extract(TEXT, model="two").status_code == 404)
        assert gateway.states()["two"] == "refused"
        assert "sha256" in gateway.listed()["problems"]["two"]
        assert gateway.found(TEXT) == ("one", ["叶老桂"])


def test_a_registry_that_cannot_be_written_is_said(
    gateway: AdapterGateway, adapters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder, say: 500, and the adapter is still served."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(names, "set_disabled", refuse)
    answer = gateway.remove("two")
    assert answer.status_code == 500 and "Read-only file system" in answer.text
    assert gateway.found(TEXT, model="two") == ("two", ["朱老板"])
