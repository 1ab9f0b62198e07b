"""A calibration in the adapter's folder: its table in the manifest, its section on the card."""

import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.calibrating.sentences import CalibrateError
from adapters.measuring.replacing import replacing
from adapters.registering.card import calibration_section, pictures_of
from adapters.registering.toml_text import assignments
from service.models import manifest
from service.models.calibration import BETA
from service.ner.types import Constraint

CARD = "README.md"
# What is fitted and measured; the rest of what ``calibrate`` says is for the pictures.
_MEASURED = ("parameters", "sentences", "entities", "ece_before", "ece_after")
_CHOSEN = ("min_score", "f1", "f1_before")
# Of what is chosen, that which requests get that do not say.
_DECODING = ("end_bias", "min_score")


def put(
    adapter: manifest.Adapter,
    constraint: Constraint,
    found: Mapping[str, Any],
    split: str,
    drawn: Path,
) -> manifest.Adapter:
    """Record ``found``, as of ``calibrate``, for ``adapter`` as it was when it was asked, in place
    of what was there for ``constraint``. ``drawn`` has the pictures. ``split`` says which rows
    these were.

    The manifest is changed last, each file by rename. Raises CalibrateError, also when the folder
    has other weights by now, ManifestError.
    """
    folder = adapter.folder
    now = manifest.load(folder).version
    if now != adapter.version:
        raise CalibrateError(
            f"{folder} has the weights {now} now; {adapter.version} were asked: calibrate once more"
        )
    path, table = folder / manifest.FILE_NAME, _table(adapter, found, split)
    tables: dict[str, Mapping[str, Any]] = {f"calibration.{constraint}": table}
    if "chosen" in found:
        tables["decoding"] = _decoding(path, found["chosen"])
    text = with_tables(path, tables)
    for picture in pictures_of(constraint):
        with replacing(folder / picture) as part:
            shutil.copyfile(drawn / picture, part)
    _put_on_card(folder / CARD, calibration_section(constraint, table, pictures_of(constraint)))
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return manifest.load(folder)


def _table(adapter: manifest.Adapter, found: Mapping[str, Any], split: str) -> dict[str, Any]:
    """The ``[calibration.CONSTRAINT]`` for these weights."""
    table: dict[str, Any] = {
        "method": BETA,
        "sha256": adapter.sha256[:16],
        "split": split,
        "date": datetime.now(UTC).date().isoformat(),
    }
    table |= {key: found[key] for key in (*_MEASURED, *_CHOSEN)}
    if "chosen" in found:
        table["end_bias"] = found["chosen"]["end_bias"]
    return table


def _decoding(path: Path, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The ``[decoding]`` that there is, with what is chosen; what would change nothing left out."""
    there = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("decoding", {})
    values = {**there, **{key: chosen[key] for key in _DECODING}}
    return {key: value for key, value in values.items() if value}


def with_tables(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The manifest's text with each of ``tables`` under its header, an empty one taken away; all
    else stays as it was written. Raises CalibrateError when it is written in a way that cannot be
    changed like that."""
    old = path.read_text(encoding="utf-8-sig")
    new, wanted = old, tomllib.loads(old)
    for name, table in tables.items():
        header = rf"^\[{re.escape(name)}\]"
        kept = re.sub(rf"(?ms){header}[^\n]*\n.*?(?=^\[|\Z)", "", new).rstrip("\n") + "\n"
        block = f"[{name}]\n{assignments(table)}"
        new = f"{kept}\n{block}" if table else kept
        _set(wanted, name.split("."), table)
        try:
            same = tomllib.loads(new) == wanted
        except tomllib.TOMLDecodeError:
            same = False
        if not same:
            raise CalibrateError(
                f"{path}: the table [{name}] cannot be put in; expected it under a header of its "
                f"own, or not at all. Write by hand:\n{block}"
            )
    return new


def _set(values: dict[str, Any], keys: Sequence[str], table: Mapping[str, Any]) -> None:
    """``table`` under ``keys``; nothing there when it is empty."""
    *above, last = keys
    for key in above:
        values = values.setdefault(key, {})
    values.pop(last, None)
    if table:
        values[last] = dict(table)


def _put_on_card(card: Path, section: str) -> None:
    """An adapter that somebody else made may have none."""
    if card.exists():
        with replacing(card) as part:
            part.write_text(_with_section(card.read_text(encoding="utf-8"), section), "utf-8")


def _with_section(card: str, section: str) -> str:
    """The card with ``section`` in place of the one with its heading, else at the end."""
    heading = re.escape(section.partition("\n")[0])
    found = re.search(rf"(?ms)^{heading}\n.*?(?=^## |\Z)", card)
    if found is None:
        return f"{card.rstrip()}\n\n{section}"
    return f"{card[: found.start()]}{section}\n{card[found.end() :]}".rstrip() + "\n"
