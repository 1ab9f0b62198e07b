"""GET, POST and DELETE /adapters: what they do, and what they refuse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.models import names, store
from service.models.manifest import load
from tests.conftest import error_of
from tests.support.adapter_folders import BASE, engine_name, put_adapter, put_alias
from tests.support.resolving_engine import BROKEN, MODEL
from tests.support.resolving_gateway import AdapterGateway, gateways
from tests.support.waiting import until

pytestmark = pytest.mark.slow

YE, ZHU = "姓名：叶老桂".encode(), "姓名：朱老板".encode()
TEXT = "叶老桂和朱老板"


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """A folder with a default adapter, and one for another base."""
    folder = tmp_path / "adapters"
    put_adapter(folder, "one", weights=YE)
    put_adapter(folder, "foreign", {"base": "Qwen3-8B"})
    names.set_default(folder, "one")
    return folder


@pytest.fixture
def gateway(adapters: Path, tmp_path: Path) -> Iterator[AdapterGateway]:
    """A gateway that may be changed."""
    with gateways(adapters, tmp_path / "store") as (one,):
        yield one


def test_what_there_is_is_listed(gateway: AdapterGateway, adapters: Path) -> None:
    """Each adapter of the folder with what its manifest says; no key is asked."""
    put_alias(adapters, "live", "one")
    gateway.load("one")
    until(lambda: gateway.states()["one"] == "loaded")
    listed = gateway.listed()
    assert (listed["default"], listed["aliases"], listed["problems"]) == (
        "one",
        {"live": "one"},
        {},
    )
    foreign, one = listed["adapters"]
    assert (foreign["name"], foreign["state"]) == ("foreign", "other base")
    assert one == {
        "name": "one",
        "engine_name": engine_name("one", YE),
        "base": BASE,
        "rank": 64,
        "open": False,
        "labels": ["name"],
        "format": "lines",
        "prompt": "zh-lines-1",
        "evaluation": [],
        "default": True,
        "aliases": ["live"],
        "state": "loaded",
    }


def test_an_adapter_is_loaded_and_answers(gateway: AdapterGateway, adapters: Path) -> None:
    """It is checked, stored and warm before the first request reaches it."""
    put_adapter(adapters, "two", weights=ZHU)
    answer = gateway.load("two")
    assert (answer.status_code, answer.json()["state"]) == (200, "loaded")
    assert engine_name("two", ZHU) in gateway.engine.models
    assert gateway.found(TEXT, model="two") == ("two", ["朱老板"])
    assert gateway.found(TEXT) == ("one", ["叶老桂"])


def test_new_weights_answer_under_the_old_name(gateway: AdapterGateway, adapters: Path) -> None:
    """They are another model to the engine, so no cache of the old ones is used."""
    put_adapter(adapters, "one", weights=ZHU)
    assert gateway.load("one").json()["engine_name"] == engine_name("one", ZHU)
    assert gateway.found(TEXT) == ("one", ["朱老板"])


def test_what_was_loaded_already_may_be_loaded_again(gateway: AdapterGateway) -> None:
    """Nothing changes."""
    assert gateway.load("one").status_code == 200
    assert gateway.load("one").status_code == 200
    assert gateway.found(TEXT) == ("one", ["叶老桂"])


def test_loading_again_mends_a_damaged_copy(
    gateway: AdapterGateway, adapters: Path, tmp_path: Path
) -> None:
    """The engine would read it the next time that it has pushed the adapter out."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")
    copy = tmp_path / "store" / engine_name("two", ZHU) / "adapter_model.safetensors"
    copy.write_bytes(b"damaged")
    assert gateway.load("two").status_code == 200
    assert copy.read_bytes() == ZHU


def test_a_removed_adapter_is_unknown_and_stays_so(
    gateway: AdapterGateway, adapters: Path, tmp_path: Path
) -> None:
    """Here at once, after a restart too; loading brings it back."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")
    assert gateway.remove("two").json() == {"name": "two", "deleted": True}
    refused = gateway.extract(TEXT, model="two")
    assert (refused.status_code, error_of(refused)["param"]) == (404, "model")
    assert gateway.states()["two"] == "disabled"
    with gateways(adapters, tmp_path / "store") as (restarted,):
        assert restarted.extract(TEXT, model="two").status_code == 404
    assert gateway.load("two").status_code == 200
    assert gateway.found(TEXT, model="two") == ("two", ["朱老板"])
    assert names.read(adapters).disabled == frozenset()


TRICKS = (
    "../adapters/one", "..", ".", "/etc", "one/", "one/../one", "%2e%2e", "a\\b", "one\0", "",
    "nothing", "x" * 200,
)  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_only_names_of_folders_there_are_loaded(gateway: AdapterGateway, name: str) -> None:
    """Whatever the name looks like, no path is made of it; the answer lists what there is."""
    answer = gateway.load(name)
    error = error_of(answer)
    assert (answer.status_code, error["param"], error["type"]) == (404, "name", "not_found_error")
    assert "foreign, one" in error["message"] and len(error["message"]) < 300


@pytest.mark.parametrize("name", ["nothing", "foreign", BASE, "%2e%2e%2fone", "..%2fone"])
def test_only_what_is_served_is_removed(gateway: AdapterGateway, name: str) -> None:
    """The base model is not an adapter."""
    assert gateway.remove(name).status_code == 404
    assert not names.read(gateway_folder(gateway)).disabled


def gateway_folder(gateway: AdapterGateway) -> Path:
    """The adapters folder beside the engine's store."""
    return gateway.engine.store.parent / "adapters"


@pytest.mark.parametrize("fields", [{}, {"name": 3}, {"name": None}, {"name": "one", "path": "/"}])
def test_the_body_is_checked(gateway: AdapterGateway, fields: dict[str, Any]) -> None:
    """422 names the field; what is no JSON is 400."""
    headers = {"authorization": "Bearer admin-secret"}
    answer = gateway.client.post("/adapters", json=fields, headers=headers)
    wrong = "path" if "path" in fields else "name"
    assert (answer.status_code, error_of(answer)["param"]) == (422, wrong)
    assert gateway.client.post("/adapters", content=b"{", headers=headers).status_code == 400


def test_an_adapter_of_another_base_is_refused(gateway: AdapterGateway) -> None:
    """It says which base it is for, and which is served."""
    answer = gateway.load("foreign")
    assert answer.status_code == 422
    assert "Qwen3-8B; expected " + BASE in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"manifest": {"rank": 8}}, "its manifest says rank 8"),
        ({"manifest": {"format": "xml"}}, "format = 'xml'"),
        ({"manifest": {"sha256": "0" * 64}}, "has the sha256"),
        ({"config": {"use_dora": True}}, "DoRA"),
        ({"weights": BROKEN}, "The engine cannot load"),
    ],
)
def test_an_adapter_that_cannot_be_served_changes_nothing(
    gateway: AdapterGateway, adapters: Path, change: dict[str, Any], says: str
) -> None:
    """422 with the reason; the old weights answer as before, and there is no new model."""
    for name in ("one", "two"):
        put_adapter(adapters, name, **change)
        answer = gateway.load(name)
        assert (answer.status_code, error_of(answer)["param"]) == (422, "name")
        assert says in error_of(answer)["message"]
    assert gateway.found(TEXT) == ("one", ["叶老桂"])
    assert gateway.extract(TEXT, model="two").status_code == 404


def test_a_registry_that_cannot_be_used_is_left_as_it_is(
    gateway: AdapterGateway, adapters: Path
) -> None:
    """Not changed first and refused then: a person has to mend it."""
    for name in ("two", "three"):
        put_adapter(adapters, name, weights=ZHU)
    gateway.load("two")
    text = 'default = "one"\ndisabled = ["three"]\n[aliases]\nprod = "nobody"\n'
    (adapters / "registry.toml").write_text(text, encoding="utf-8")
    for answer in (gateway.load("three"), gateway.remove("two")):
        assert answer.status_code == 422
        assert "the alias 'prod' stands for 'nobody'" in error_of(answer)["message"]
        assert (adapters / "registry.toml").read_text(encoding="utf-8") == text


def test_the_default_and_what_an_alias_stands_for_cannot_be_removed(
    gateway: AdapterGateway, adapters: Path
) -> None:
    """422: a client would not mend it by trying again."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.load("two")
    put_alias(adapters, "live", "two")
    for name, says in (("one", "it is the default"), ("two", "the alias live stands for it")):
        answer = gateway.remove(name)
        assert (answer.status_code, error_of(answer)["type"]) == (422, "invalid_request_error")
        assert says in error_of(answer)["message"]
    assert gateway.found(TEXT, model="live") == ("two", ["朱老板"])


def test_a_manifest_without_weights_here_is_the_engines_affair(
    gateway: AdapterGateway, adapters: Path, tmp_path: Path
) -> None:
    """503 says what is missing until the engine has it."""
    folder = put_adapter(adapters, "two", weights=ZHU)
    (folder / "adapter_model.safetensors").unlink()
    answer = gateway.load("two")
    assert (answer.status_code, error_of(answer)["type"]) == (503, "engine_unavailable")
    assert "adapter_model.safetensors" in error_of(answer)["message"]
    elsewhere = put_adapter(tmp_path / "elsewhere", "two", weights=ZHU)
    store.put(tmp_path / "store", load(elsewhere), MODEL)
    assert gateway.load("two").status_code == 200


def test_an_engine_that_looks_elsewhere_is_told(gateway: AdapterGateway, adapters: Path) -> None:
    """Gateway and engine have to share the store."""
    put_adapter(adapters, "two", weights=ZHU)
    gateway.engine.store = gateway.engine.store.parent / "elsewhere"
    answer = gateway.load("two")
    assert answer.status_code == 503
    assert "expected its store to be this gateway's" in error_of(answer)["message"]


@pytest.mark.parametrize("key", [None, "wrong", "", "ädmin"])
def test_changes_need_the_admin_key(gateway: AdapterGateway, key: str | None) -> None:
    """401, before anything else is looked at."""
    for answer in (gateway.load("nothing", key), gateway.remove("nothing", key)):
        assert (answer.status_code, error_of(answer)["type"]) == (401, "authentication_error")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "admin-secret" not in answer.text


def test_another_scheme_is_no_key(gateway: AdapterGateway) -> None:
    """Only Bearer is understood."""
    headers = {"authorization": "Basic admin-secret"}
    assert gateway.client.delete("/adapters/one", headers=headers).status_code == 401


def test_without_an_admin_key_nothing_can_be_changed(adapters: Path, tmp_path: Path) -> None:
    """403, whatever key is given; reading is free."""
    with gateways(adapters, tmp_path / "store", admin_key=None) as (gateway,):
        for key in (None, "admin-secret"):
            for answer in (gateway.load("one", key), gateway.remove("one", key)):
                assert (answer.status_code, error_of(answer)["type"]) == (403, "permission_error")
        until(lambda: gateway.states()["one"] == "loaded")
