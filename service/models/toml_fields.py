"""A TOML file's keys, read with checks. Standard library only."""

import re
import reprlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.wire.wording import why_unusable

Interval = tuple[float, float]


# What is written in hexadecimal digits may be a number that Python refuses to print.
_MOST = 10**9
# Values of a file may be as large and as deep as their writer likes; a message is not.
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 200
_REPR.maxlevel, _REPR.maxlist, _REPR.maxdict = 3, 20, 20


def shown(value: object) -> str:
    """A value in a message: as Python has it, cut where it is long, and whatever it is."""
    try:
        return _REPR.repr(value)
    except ValueError:  # of a number that Python refuses to print
        return "too many digits"


class ManifestError(Exception):
    """A manifest that cannot be used: names the file, the key, the value, what was expected."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys of a file or of a table in it, each read with a check that knows how to complain.

    ``where`` stands before a key in what is said of it. All raise ManifestError.
    """

    path: Path
    values: dict[str, Any]
    where: str = ""

    @classmethod
    def read(cls, path: Path, what: str = "a manifest") -> "Fields":
        """The keys of a file, which is ``what`` it should be."""
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except FileNotFoundError as exc:
            raise ManifestError(f"{path}: no such file; expected {what}") from exc
        except (ValueError, RecursionError) as exc:  # of numbers and arrays without end, too
            raise ManifestError(f"{path}: not a TOML file: {why_unusable(exc)[:200]}") from exc

    def wrong(self, key: str, value: object, expected: str) -> ManifestError:
        """The error about a key."""
        said = f"{self.where}{key} = {shown(value)}"
        return ManifestError(f"{self.path}: {said}; expected {expected}")

    def text(self, key: str, pattern: re.Pattern[str] = re.compile(r"(?s).+")) -> str:
        """A string that is not empty and, as a whole, as the pattern has it."""
        value = self.values.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            kind = "a non-empty string" if pattern.pattern == "(?s).+" else pattern.pattern
            raise self.wrong(key, value, kind)
        return value

    def table(self, key: str) -> "Fields":
        """A table's keys; left out, none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a [{self.where}{key}] table")
        return Fields(self.path, value, f"{self.where}{key}.")

    def positive(self, key: str) -> int:
        """A whole number above 0, of up to nine digits."""
        value = self.values.get(key)
        if type(value) is not int or not 1 <= value < _MOST:
            raise self.wrong(key, value, "a whole number above 0, of up to nine digits")
        return value

    def number(self, key: str) -> float | None:
        """A number, None where there is none."""
        value = self.values.get(key)
        if value is not None and not _is_number(value):
            raise self.wrong(key, value, "a number")
        return value

    def interval(self, key: str) -> Interval | None:
        """A list of two numbers, None where there is none."""
        match self.values.get(key):
            case None:
                return None
            case [low, high] if _is_number(low) and _is_number(high):
                return low, high
            case value:
                raise self.wrong(key, value, "a list of two numbers")

    def ratio(self, key: str) -> float:
        """A number from 0 to 1."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise self.wrong(key, value, "a number from 0 to 1")
        return float(value)

    def flag(self, key: str) -> bool:
        """true or false; left out, false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def one_of(self, key: str, words: tuple[str, ...], default: str | None = None) -> Any:
        """One of these words."""
        value = self.values.get(key, default)
        if value not in words:
            raise self.wrong(key, value, f"one of {', '.join(words)}")
        return value


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and -_MOST < value < _MOST  # type: ignore[operator]
