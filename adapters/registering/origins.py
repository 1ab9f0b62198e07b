"""Where the rows of a recipe with sources came from: ``sources.toml`` beside it, and on the card.

A table a source: ``repository`` (of GitHub, ``owner/name@commit``), ``language``, ``licence`` as it
is stated there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.recipe import Recipe
from service.models.toml_fields import Fields

FILE_NAME = "sources.toml"


@dataclass(frozen=True, slots=True)
class Origin:
    """Of one source; ``rows`` of it are seen in an epoch."""

    repository: str
    language: str
    licence: str
    rows: int


def origins_file(plan: Recipe, *folders: Path) -> list[Path]:
    """The file, in the first of the folders that has it; none for a recipe without sources."""
    if plan.sources is None:
        return []
    return [folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()][:1]


def read_origins(path: Path, plan: Recipe) -> Mapping[str, Origin]:
    """By source, those that ``plan`` takes rows of; nothing where the file is missing or the recipe
    has no sources. Raises ManifestError."""
    if plan.sources is None or not path.exists():
        return {}
    tables = Fields.read(path, "a table a source")
    found = {}
    for name, values in tables.values.items():
        if not isinstance(values, dict):
            raise tables.wrong(name, values, "a table")
        one = Fields(path, values, f"{name}.")
        repository, language, licence = map(one.text, ("repository", "language", "licence"))
        rows = plan.sources.rows.get(name, plan.data.rows)
        found[name] = Origin(repository, language, licence, rows)
    wanted = (name for name, rows in plan.sources.rows.items() if rows)
    missing = next((name for name in wanted if name not in found), None)
    if missing is not None:
        raise tables.wrong(missing, None, "a table of it, since the recipe takes its rows")
    return {name: one for name, one in found.items() if one.rows}


def section(origins: Mapping[str, Origin]) -> str:
    """The card's section, "" where nothing is known."""
    if not origins:
        return ""
    rows = [
        "## Sources\n",
        f"{len(origins)} sources, up to {sum(one.rows for one in origins.values())} rows an epoch; "
        "licences as the repositories state them. No row is in this repository.\n",
        "| source | language | rows | repository | licence |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {name} | {one.language} | {one.rows} | {_linked(one.repository)} | {one.licence} |"
        for name, one in sorted(origins.items())
    ]
    return "\n".join(rows) + "\n"


def _linked(repository: str) -> str:
    name, _, commit = repository.partition("@")
    return f"[{name}](https://github.com/{name}) `{commit}`" if commit else repository
