"""An adapter that takes any labels, beside the default that has its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ADAPTER, MANIFEST, Gateway, running

OPEN = "any"
OPEN_ENGINE_NAME = f"{OPEN}@01234567"

# As the one that the repository has: labels with descriptions, then the text.
PROMPT = 'system = """Find all entities.\\n{described}"""\nuser = "{text}"\n'
_GENERAL = MANIFEST.replace('name = "company"\nwritten = "公司"', 'name = "thing"').replace(
    'name = "name"\nwritten = "姓名"', 'name = "person"\ndescription = "people by name"'
)
OPEN_MANIFEST = (
    _GENERAL.replace(f'name = "{ADAPTER}"', f'name = "{OPEN}"\nopen = true')
    .replace('"zh-lines-1"', '"prompt.toml"')
    .replace('occurrences = "all"', 'occurrences = "as_read"')
)


def put_open(adapters: Path, name: str = OPEN, more: str = "") -> Path:
    """Write it; its folder. ``more`` is the end of its manifest."""
    folder = adapters / name
    folder.mkdir()
    (folder / "prompt.toml").write_text(PROMPT, encoding="utf-8")
    manifest = OPEN_MANIFEST.replace(f'name = "{OPEN}"', f'name = "{name}"') + more
    (folder / "adapter.toml").write_text(manifest, encoding="utf-8")
    return folder


@contextmanager
def open_gateway(adapters: Path, more: str = "", **settings: Any) -> Iterator[Gateway]:
    """A gateway whose default has the labels company and name; another takes any."""
    put_open(adapters, more=more)
    (adapters / ADAPTER).mkdir()
    (adapters / ADAPTER / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    (adapters / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    with running(adapters, **settings) as gateway:
        yield gateway
