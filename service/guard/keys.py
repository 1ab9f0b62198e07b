"""Api keys: named, stored as hashes in a TOML file, which is followed without a restart.

[keys.partner]
sha256 = "…"                    # of the key; `nerve key partner` makes both
scopes = ["extract", "openai"]
concurrency = 8                 # requests at a time; left out: no limit of its own
rate = 600                      # requests per minute; left out: no limit of its own
"""

import asyncio
import hashlib
import hmac
import logging
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.settings import Settings, SettingsError

logger = logging.getLogger("nerve")

Scope = Literal["extract", "openai", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
NAME = r"^[A-Za-z0-9_-]{1,64}$"

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
_EXPECTED = {
    "keys": "a table [keys.NAME] for each key",
    "sha256": "64 hexadecimal digits, as `nerve key` prints them",
    "scopes": f"a list of {', '.join(SCOPES)}",
    "concurrency": "a whole number from 1",
    "rate": "a whole number from 1",
}

Fingerprint = tuple[int, int, int]


class KeysError(SettingsError):
    """A file of keys that cannot be used; names the file, the key, its value, what was expected."""


class Key(BaseModel):
    """What the file says of one key. ``rate`` is in requests per minute."""

    model_config = _STRICT

    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    scopes: list[Scope] = Field(min_length=1)
    concurrency: int | None = Field(None, ge=1)
    rate: int | None = Field(None, ge=1)


class _File(BaseModel):
    model_config = _STRICT

    keys: dict[Annotated[str, Field(pattern=NAME)], Key] = Field(min_length=1)


def sha256_of(key: bytes) -> str:
    """What is stored of a key. No salt: keys are random, not words that somebody could guess."""
    return hashlib.sha256(key).hexdigest()


_OF_NOTHING = sha256_of(b"")


def load(path: Path) -> dict[str, Key]:
    """The keys of a file by name; raises KeysError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        found = _File.model_validate(content).keys
    except OSError as exc:
        raise KeysError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValidationError as exc:
        # Without its cause: that would show the values, a key among them perhaps.
        raise KeysError(f"{path}: {_problem(dict(exc.errors()[0]))}") from None
    except ValueError as exc:
        raise KeysError(f"{path} is not TOML in UTF-8: {exc}") from exc
    names: dict[str, str] = {}
    for name, key in found.items():
        if key.sha256.lower() == _OF_NOTHING:
            raise KeysError(f"{path}: keys.{name}.sha256 is that of no key at all; expected one")
        other = names.setdefault(key.sha256.lower(), name)
        if other != name:
            raise KeysError(f"{path}: keys.{name}.sha256 is that of keys.{other}; expected another")
    return found


def _problem(error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    if location[-1] == "[key]":
        return f"keys has the name {location[1]!r}; expected up to 64 letters, digits, - and _"
    where = ".".join(location)
    if error["type"] == "extra_forbidden":
        fields = ", ".join(Key.model_fields) if len(location) > 1 else "keys"
        return f"{where} is not known; expected {fields}"
    field = next((part for part in reversed(location) if part in _EXPECTED), "keys")
    expected = _EXPECTED[field] if len(location) != 2 else ", ".join(Key.model_fields)
    if error["type"] == "missing":
        return f"{where} is missing; expected {expected}"
    if field == "sha256":  # it may be the key itself, put there by mistake
        return f"{where} has {len(str(error['input']))} characters; expected {expected}"
    return f"{where} = {error['input']!r}; expected {expected}"


class Keys:
    """The keys that hold now: those of ``NERVE_API_KEYS_FILE``, and ``NERVE_ADMIN_KEY``.

    ``needed``: whether callers need one at all. Raises KeysError when the file cannot be used at
    start; later such a file leaves the keys as they were.
    """

    def __init__(self, settings: Settings) -> None:
        self._path, self._interval_s = settings.api_keys_file, settings.probe_interval_s
        self.needed = self._path is not None
        self._always: dict[str, Key] = {}
        if settings.admin_key:
            digest = sha256_of(settings.admin_key.get_secret_value().encode())
            self._always["NERVE_ADMIN_KEY"] = Key(sha256=digest, scopes=["admin"])
        self._seen = _fingerprint(self._path) if self._path else None
        self._told = ""
        self._now = self._always | (load(self._path) if self._path else {})

    def none_for(self, scope: Scope) -> bool:
        """Has no key this scope?"""
        return not any(scope in key.scopes for key in self._now.values())

    def are_several(self) -> bool:
        """Do the callers of more than one key need places?"""
        return (
            sum("extract" in one.scopes or "openai" in one.scopes for one in self._now.values()) > 1
        )

    def find(self, given: bytes) -> tuple[str, Key] | None:
        """The key's name and what is known of it; in a time that tells nothing of the others."""
        if not given:
            return None
        digest, found = sha256_of(given), None
        for name, key in self._now.items():
            if hmac.compare_digest(key.sha256.lower(), digest):
                found = name, key
        return found

    async def watch(self) -> None:
        """Follow the file for ever; cancelled at shutdown."""
        while self._path is not None:
            await asyncio.sleep(self._interval_s)
            try:
                await asyncio.to_thread(self.look, self._path)
            except Exception:
                logger.exception("the file of api keys cannot be followed")

    def look(self, path: Path) -> None:
        """Read the file again if it has changed, or could not be read; a problem is logged once."""
        seen = _fingerprint(path)
        if seen == self._seen:
            return
        try:
            self._now = self._always | load(path)
        except KeysError as exc:
            if not isinstance(exc.__cause__, OSError):  # that may pass with the file as it is
                self._seen = seen
            if self._told != str(exc):
                self._told = str(exc)
                logger.error("the api keys stay as they were: %s", exc)
        else:
            self._seen, self._told = seen, ""
            logger.info("api keys: %s", ", ".join(self._now))


def _fingerprint(path: Path) -> Fingerprint | None:
    """Differs when the file does; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
