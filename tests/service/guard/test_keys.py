"""The file of api keys: what is refused, and that it is followed while requests run."""

import errno
import logging
import os
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands.cli import app
from deploy.commands.key_command import Scope
from service.guard.keys import SCOPES, Keys, KeysError, load, sha256_of
from service.settings import Settings, SettingsError
from tests.conftest import Gateway, running
from tests.support.waiting import until

pytestmark = pytest.mark.slow

SHA256 = sha256_of(b"secret")


def table(name: str, key: str, *scopes: str, more: str = "") -> str:
    """A table of the file."""
    return f'[keys.{name}]\nsha256 = "{sha256_of(key.encode())}"\nscopes = {list(scopes)}\n{more}\n'


def write(path: Path, content: str) -> None:
    """All at once, as an editor or Kubernetes does."""
    new = path.with_suffix(".new")
    new.write_text(content, encoding="utf-8")
    new.replace(path)


def status(gateway: Gateway, key: str) -> int:
    """Of an extraction with this key."""
    headers = {"authorization": f"Bearer {key}"}
    return gateway.client.post("/extract", json={"text": " "}, headers=headers).status_code


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "keys is missing; expected a table [keys.NAME] for each key"),
        ("[keys]", "keys = {}; expected a table [keys.NAME] for each key"),
        ("keys = 3", "keys = 3; expected a table [keys.NAME] for each key"),
        ("[keys.a]\nsha256 = 3\nscopes = []", "keys.a.sha256 has 1 characters; expected 64 hex"),
        (f'[keys.a]\nsha256 = "{SHA256}"', "keys.a.scopes is missing; expected a list of extract"),
        (table("a", "k"), "keys.a.scopes = []; expected a list of extract, openai, admin"),
        (table("a", "k", "all"), "keys.a.scopes.0 = 'all'; expected a list of extract"),
        (table("a", "k", "admin", more="rate = 0"), "keys.a.rate = 0; expected a whole number"),
        (table("a", "k", "admin", more="rate = true"), "keys.a.rate = True; expected a whole"),
        (table("a", "k", "admin", more="concurrency = 0.5"), "keys.a.concurrency = 0.5; expected"),
        (table("a", "k", "admin", more='key = "k"'), "keys.a.key is not known; expected sha256"),
        (table('"a b"', "k", "admin"), "keys has the name 'a b'; expected up to 64 letters"),
        ("[keys]\na = 3", "keys.a = 3; expected sha256, scopes, concurrency, rate"),
        (table("a", "k", "admin") + "[other]", "other is not known; expected keys"),
        (table("a", "k", "admin") * 2, "is not TOML"),
        (table("a", "", "admin"), "keys.a.sha256 is that of no key at all"),
        (table("a", "k", "admin") + table("b", "k", "admin"), "keys.b.sha256 is that of keys.a"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str, says: str) -> None:
    """The message names the file, the key, its value and what was expected."""
    path = tmp_path / "keys.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(KeysError) as refusal:
        load(path)
    assert str(path) in str(refusal.value)
    assert says in str(refusal.value)


def test_a_key_put_in_place_of_its_hash_is_not_told(tmp_path: Path) -> None:
    """Messages end in logs."""
    path = tmp_path / "keys.toml"
    path.write_text('[keys.a]\nsha256 = "hunter2"\nscopes = ["admin"]', encoding="utf-8")
    with pytest.raises(KeysError) as refusal:
        load(path)
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_gateway_does_not_start_with_a_broken_file(adapters: Path, tmp_path: Path) -> None:
    """It is a setting that cannot be used."""
    path = tmp_path / "keys.toml"
    path.write_text("[keys]", encoding="utf-8")
    with pytest.raises(SettingsError, match="keys"), running(adapters, api_keys_file=path):
        pass


def test_a_file_of_keys_lets_it_listen_for_everybody(tmp_path: Path) -> None:
    """Without NERVE_ALLOW_NO_KEYS."""
    path = tmp_path / "keys.toml"
    path.write_text(table("a", "one", "extract"), encoding="utf-8")
    assert Settings(host="0.0.0.0", api_keys_file=path).host == "0.0.0.0"


def test_keys_are_rotated_without_a_restart(adapters: Path, tmp_path: Path) -> None:
    """The new key beside the old one, then alone."""
    path = tmp_path / "keys.toml"
    old, new = table("old", "one", "extract"), table("new", "two", "extract")
    write(path, old)
    with running(adapters, api_keys_file=path) as gateway:
        assert (status(gateway, "one"), status(gateway, "two")) == (200, 401)
        write(path, old + new)
        until(lambda: status(gateway, "two") == 200)
        assert status(gateway, "one") == 200
        write(path, new)
        until(lambda: status(gateway, "one") == 401)
        assert status(gateway, "two") == 200


def test_a_broken_or_missing_file_keeps_the_old_keys(
    adapters: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says once what is wrong with it; the next good file holds."""
    path = tmp_path / "keys.toml"
    good = table("a", "one", "extract")
    write(path, good)
    with caplog.at_level(logging.ERROR, "nerve"), running(adapters, api_keys_file=path) as gateway:
        write(path, good.replace("extract", "everything"))
        until(lambda: "keys.a.scopes.0 = 'everything'; expected a list" in caplog.text)
        assert status(gateway, "one") == 200
        path.unlink()
        until(lambda: f"{path} cannot be read" in caplog.text)
        assert status(gateway, "one") == 200
        write(path, table("b", "two", "extract"))
        until(lambda: status(gateway, "two") == 200)
        assert status(gateway, "one") == 401
    assert len([record for record in caplog.records if "stay as they were" in record.message]) == 2


def test_a_file_that_could_not_be_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As it is: a key that was taken out of it does not hold on because one read has failed."""
    path = tmp_path / "keys.toml"
    write(path, table("a", "one", "extract"))
    keys = Keys(Settings(api_keys_file=path))
    write(path, table("b", "two", "extract"))

    def fails(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as full:
        full.setattr(Path, "read_text", fails)
        keys.look(path)
        keys.look(path)
    assert keys.find(b"one")
    assert caplog.text.count("Too many open files") == 1
    keys.look(path)
    assert keys.find(b"one") is None
    assert keys.find(b"two")


def test_the_command_makes_a_key_and_its_table(tmp_path: Path) -> None:
    """The key goes to the terminal, the table to where standard output goes."""
    options = ["--scope", "extract", "--scope", "openai", "--rate", "600", "--concurrency", "8"]
    made = CliRunner().invoke(app, ["key", "partner", *options])
    assert made.exit_code == 0
    key = next(line for line in made.stderr.splitlines() if line.startswith("nerve-"))
    path = tmp_path / "keys.toml"
    path.write_text(made.stdout, encoding="utf-8")
    found = load(path)["partner"]
    assert found.sha256 == sha256_of(key.encode())
    assert (found.scopes, found.concurrency, found.rate) == (["extract", "openai"], 8, 600)
    assert key not in made.stdout
    other = CliRunner().invoke(app, ["key", "partner", *options])
    assert tomllib.loads(other.stdout) != tomllib.loads(made.stdout)


def test_the_command_knows_the_gateways_scopes() -> None:
    """It does not import them, to start quickly."""
    assert tuple(Scope) == SCOPES


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["partner"], "--scope"),
        (["partner", "--scope", "all"], "'all' is not one of"),
        (["partner", "--scope", "extract", "--rate", "0"], "greater than or equal to 1"),
        (["a b", "--scope", "extract"], "expected up to 64 letters"),
    ],
)
def test_the_command_refuses(arguments: list[str], says: str) -> None:
    """It names what is wrong, and makes no key."""
    refused = CliRunner().invoke(app, ["key", *arguments], env={"COLUMNS": "200"})
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert "nerve-" not in refused.output
