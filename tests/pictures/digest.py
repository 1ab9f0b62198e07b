"""What a picture of the playground shows: its files. Made again when they differ."""

from hashlib import sha256
from pathlib import Path

from service.routes.playground import FOLDER

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
KEPT = PICTURES / "playground.sha256"


def of_page() -> str:
    """The digest of the page's files, by name."""
    found = sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in (".html", ".css", ".js"):
            name = path.relative_to(FOLDER).as_posix()
            found.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()
