"""docs/howto/gpu.md: the reference system's command and alias fit what comes with Nerve."""

import re
import shutil
from pathlib import Path

import pytest

from service.models import registry
from tests.docs.test_bring_your_own import MANIFESTS, folder_of
from tests.support.tools import ROOT

PAGE = (ROOT / "docs" / "howto" / "gpu.md").read_text(encoding="utf-8")
((BASE, OURS),) = re.findall(r"NERVE_BASE_MODEL=(\S+) NERVE_DEFAULT_MODEL=(\S+) NERVE_MAX", PAGE)
(ALIAS,) = re.findall(r"```toml\n(\[aliases\].*?)```", PAGE, re.DOTALL)
((OTHER_BASE, THEIRS),) = re.findall(
    r"`NERVE_BASE_MODEL=(\S+) NERVE_DEFAULT_MODEL=([\w.-]+)`", PAGE
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The adapters that come with Nerve, the one that is brought, and the alias."""
    found = folder_of(OURS, tmp_path).parent
    (found / OURS / "prompt.toml").write_text('user = "{text}"\n', encoding="utf-8")
    for file in (*(ROOT / "adapters").glob("*.toml"), *(ROOT / "adapters").glob("*/*.toml")):
        target = found / file.relative_to(ROOT / "adapters")
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
    with (found / "registry.toml").open("a", encoding="utf-8") as names:
        names.write(f"\n{ALIAS}")
    return found


def test_the_reference_systems_clients_keep_their_name_for_it(folder: Path) -> None:
    """The one that is brought answers, by that name and without one."""
    assert OURS in MANIFESTS
    for default in (OURS, None):
        found = registry.load(folder, BASE, default)
        assert found.resolve(THEIRS).name == found.default == OURS


def test_the_base_of_before_can_be_served_beside_the_alias(folder: Path) -> None:
    """With the two variables that the page names."""
    found = registry.load(folder, OTHER_BASE, THEIRS)
    assert found.resolve(THEIRS).name == found.default == THEIRS
