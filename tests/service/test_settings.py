"""Settings from the environment: what is refused, and in which words."""

import pytest

from service.settings import Settings, SettingsError


def test_the_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """NERVE_ + the name of the setting."""
    monkeypatch.setenv("NERVE_PORT", "9090")
    monkeypatch.setenv("NERVE_ADDED_TOKENS", '["<x>"]')
    settings = Settings.read()
    assert (settings.port, settings.added_tokens) == (9090, ("<x>",))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NERVE_PORT", "80808", "NERVE_PORT = '80808'; expected less than or equal to 65535"),
        ("NERVE_PORT", "web", "NERVE_PORT = 'web'; expected a valid integer"),
        ("NERVE_DEADLINE_S", "0", "NERVE_DEADLINE_S = '0'; expected greater than 0"),
        ("NERVE_ENGINE_URL", "localhost:8000", "NERVE_ENGINE_URL = 'localhost:8000'; expected an"),
        ("NERVE_ENGINE_URL", "http://127.0.0.1:8000/v1", "expected the address without /v1"),
        ("NERVE_DRAIN_S", "inf", "NERVE_DRAIN_S = 'inf'; expected"),
        ("NERVE_DEADLINE_S", "nan", "NERVE_DEADLINE_S = 'nan'; expected"),
        ("NERVE_RECEIVE_S", "1e9", "NERVE_RECEIVE_S = '1e9'; expected"),
        ("NERVE_ENGINE_URL", "ftp://me:pw@h", "NERVE_ENGINE_URL = 'ftp://…@h'; expected"),
        ("NERVE_ENGINE_URL", "http://me:pw@h/v1", "NERVE_ENGINE_URL = 'http://…@h/v1'; expected"),
        ("NERVE_ENGINE_CA", "/nope", "NERVE_ENGINE_CA = '/nope'; expected a file"),
        ("NERVE_ENGINE_API_KEY", "密", "NERVE_ENGINE_API_KEY has other characters"),
        ("NERVE_ENGINE_API_KEY", "a\tb", "expected printable ASCII only"),
        ("NERVE_ADAPTERS", "/nope", "NERVE_ADAPTERS = '/nope'; expected a folder"),
        ("NERVE_MAX_HELD_BYTES", "9", "NERVE_MAX_HELD_BYTES = 9; expected NERVE_MAX_BODY_BYTES"),
        ("NERVE_MAX_BODY_BYTES", "99999999", "expected NERVE_MAX_BODY_BYTES = 99999999 or more"),
        ("NERVE_HOST", "0.0.0.0", "NERVE_HOST = '0.0.0.0'; expected a loopback address"),
        ("NERVE_ADDED_TOKENS", "<x>", "NERVE_ADDED_TOKENS"),
        ("NERVE_CORS_ORIGINS", '["https://page.example/"]', "expected * or http(s)://HOST"),
        ("NERVE_DEADLIN_S", "3", "NERVE_DEADLIN_S is not a setting; did you mean NERVE_DEADLINE_S"),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """The message names the setting, its value and what was expected."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="NERVE_") as refusal:
        Settings.read()
    assert says in str(refusal.value)
    assert "pw" not in str(refusal.value)


def test_listening_for_everybody_without_keys_has_to_be_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There are no api keys yet."""
    monkeypatch.setenv("NERVE_HOST", "0.0.0.0")
    monkeypatch.setenv("NERVE_ALLOW_NO_KEYS", "true")
    assert Settings.read().host == "0.0.0.0"


def test_a_key_ends_before_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """`echo` and most editors put a break behind it."""
    for name in ("NERVE_ENGINE_API_KEY", "NERVE_ADMIN_KEY"):
        monkeypatch.setenv(name, " sk-1\n")
    found = Settings.read()
    assert found.engine_api_key and found.engine_api_key.get_secret_value() == "sk-1"
    assert found.admin_key and found.admin_key.get_secret_value() == "sk-1"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a log nor in a traceback."""
    monkeypatch.setenv("NERVE_ENGINE_API_KEY", "hunter2")
    assert "hunter2" not in repr(Settings.read())
