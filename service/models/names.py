"""``registry.toml``: which adapter is the default, which takes any labels, aliases, and what is
disabled.

Changed under a lock and by rename, so that readers see the file before or after, and everything
else in it stays as a person wrote it. Standard library only.
"""

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.models.manifest import ManifestError, is_name
from service.wire.wording import why_unusable

FILE_NAME = "registry.toml"


@dataclass(frozen=True, slots=True)
class Names:
    """``default`` answers requests that name no model; ``open`` those of them whose labels the
    default does not know, None: the first open adapter by name; ``aliases`` are other names of
    adapters; ``disabled`` adapters are not served."""

    default: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    open: str | None = None

    def resolved(self, name: str | None = None) -> str | None:
        """What ``name``, or without one the default, stands for: itself, unless it is an alias."""
        wanted = name or self.default
        return self.aliases.get(wanted, wanted) if wanted else None


def read(folder: Path) -> Names:
    """What ``folder/registry.toml`` says; without the file, nothing. Raises ManifestError."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Names()
    except UnicodeDecodeError as exc:
        raise ManifestError(f"{path}: not a TOML file: {why_unusable(exc)}") from exc
    if not text:  # so is a file that is about to be written
        raise ManifestError(f"{path} is empty; expected a default, or no such file")
    return _names(path, text)


def _names(path: Path, text: str) -> Names:
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ManifestError(f"{path}: not a TOML file: {exc}") from exc
    default, opened = (_adapter(path, fields, key) for key in ("default", "open"))
    disabled = fields.get("disabled", [])
    if not isinstance(disabled, list) or not all(isinstance(name, str) for name in disabled):
        raise ManifestError(f"{path}: disabled = {disabled!r}; expected a list of adapters' names")
    aliases = _aliases(path, fields)
    for name in disabled:
        who = {default: "default", opened: "open"}.get(name)
        who = who or ("what an alias stands for" if name in aliases.values() else None)
        if who:
            raise ManifestError(f"{path}: disabled has {name!r}; expected others than {who}")
    return Names(default, aliases, frozenset(disabled), opened)


def _adapter(path: Path, fields: Mapping[str, Any], key: str) -> str | None:
    name = fields.get(key)
    if name is not None and not isinstance(name, str):
        raise ManifestError(f"{path}: {key} = {name!r}; expected the name of an adapter")
    return name or None


def _aliases(path: Path, fields: Mapping[str, Any]) -> dict[str, str]:
    aliases = fields.get("aliases", {})
    if not isinstance(aliases, dict):
        raise ManifestError(f"{path}: aliases = {aliases!r}; expected a table")
    for alias, name in aliases.items():
        if not is_name(alias) or not isinstance(name, str):
            raise ManifestError(f"{path}: aliases.{alias} = {name!r}; expected an adapter's name")
        if name in aliases:
            raise ManifestError(
                f"{path}: aliases.{alias} = {name!r}; expected an adapter, not another alias"
            )
    return aliases


def refuse_taken(folder: Path, name: str, bases: Collection[str]) -> None:
    """Raises ManifestError for an adapter's ``name`` that is one of ``bases``, or that
    ``folder/registry.toml`` gives another adapter: of two meanings no gateway would start."""
    if name in bases:
        raise ManifestError(f"name {name!r}; expected another than a base model's")
    if (adapter := read(folder).aliases.get(name)) is not None:
        raise ManifestError(
            f"name {name!r}; expected another: it is an alias in {folder / FILE_NAME}, of {adapter}"
        )


def set_default(folder: Path, name: str) -> None:
    """Make ``name`` the default. Raises ManifestError, OSError, as does the other below."""
    with _changed(folder) as file:
        file.assign("default", name)


def set_disabled(folder: Path, name: str, disabled: bool) -> None:
    """Put ``name`` on the list of disabled adapters, or take it off."""
    with _changed(folder) as file:
        listed = file.values().get("disabled", [])
        if (name in listed) != disabled:
            others = [one for one in listed if one != name]
            file.assign("disabled", [*others, name] if disabled else others)


@dataclass(slots=True)
class _File:
    """The file as statements: each the lines of one key, comment or table header."""

    statements: list[str]

    @classmethod
    def parse(cls, text: str) -> "_File":
        statements, open_lines = [], ""
        # Not splitlines, which also splits where TOML does not end a line.
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            open_lines += line
            if _parses(open_lines):
                statements.append(open_lines if open_lines.endswith("\n") else open_lines + "\n")
                open_lines = ""
        if open_lines:
            raise ManifestError(f"{FILE_NAME}: {open_lines!r} is not understood; write it by hand")
        return cls(statements)

    def values(self) -> dict[str, Any]:
        return tomllib.loads("".join(self.statements))

    def assign(self, key: str, value: object) -> None:
        """Set a key of the file itself, above its first table; all other values stay."""
        wanted = self.values() | {key: value}
        places = range(len(self.statements))
        end = next((at for at in places if _is_header(self.statements[at])), len(places))
        own = (at for at in places[:end] if set(tomllib.loads(self.statements[at])) == {key})
        there = next(own, None)
        # JSON's strings and lists of them are TOML's too.
        statement = f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        if there is None:
            self.statements.insert(end, statement)
        else:
            self.statements[there] = statement
        if not _parses("".join(self.statements)) or self.values() != wanted:
            raise ManifestError(f"{FILE_NAME}: {key} cannot be set; write it by hand")


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _is_header(statement: str) -> bool:
    return statement.lstrip().startswith("[")


@contextmanager
def _changed(folder: Path) -> Iterator[_File]:
    """The file, to be changed: written when the block ends well, whole or not at all."""
    path = folder / FILE_NAME
    with _locked(folder):
        read(folder)  # a file that cannot be used is mended by a person
        # As bytes, so that line ends stay.
        file = _File.parse(path.read_bytes().decode("utf-8-sig") if path.exists() else "")
        before = list(file.statements)
        yield file
        if file.statements == before:
            return  # the folder may be one that cannot be written to
        text = "".join(file.statements)
        _names(path, text)
        part = folder / f".{FILE_NAME}.part"
        part.write_bytes(text.encode())
        part.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
