"""``--encoding`` and ``--skip-bad``: rows that one command reads, all of them read."""

import json
from pathlib import Path

import pytest

from tests.conftest import ADAPTER, Gateway
from tests.deploy.adapter_cases import RECIPE, knows_a_name, pulled, stand_in
from tests.deploy.commands.test_cli import nerve

READ = ("--kind", "spans", "--encoding", "cp500", "--skip-bad")
COUNT = 24


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """In an encoding that bytes do not tell, with a bad row behind the others."""
    entity = {"label": "name", "start": 0, "end": 3}
    rows = [{"text": f"叶老桂{number}", "entities": [entity]} for number in range(COUNT)]
    content = "".join(json.dumps(row) + "\n" for row in (*rows, {}))
    file = tmp_path / "rows.jsonl"
    file.write_text(content, encoding="cp500")
    return str(file)


def test_they_are_read_by_every_command(
    gateway: Gateway, adapters: Path, tmp_path: Path, damaged: str
) -> None:
    """From the recipe to the promotion; how many were left out is said, not so without a reason."""
    gateway.engine.script = knows_a_name
    home, folder = tmp_path / "home", tmp_path / "adapters"
    folder.mkdir()
    (folder / ADAPTER).symlink_to(adapters / ADAPTER)
    asked, base = stand_in(home, "exit 0"), pulled(home)
    report = str(tmp_path / "report.json")
    env = {"NERVE_ADAPTERS": str(folder), "NERVE_HOME": str(home), "NERVE_URL": gateway.url}
    commands = {
        "new": ("mine", damaged, "--start", "none"),
        "evaluate": (damaged, "--out", report),
        "compare": (report, report, "--data", damaged),
        "promote": (ADAPTER, "--new", report, "--data", damaged),
        "calibrate": (damaged, "--model", ADAPTER),
    }
    for command, arguments in commands.items():
        for less in (READ[:2], READ[:4]):
            refused = nerve("adapter", command, *arguments, *less, env=env)
            assert refused.exit_code == 1
            assert refused.stderr.startswith(f"nerve: {damaged}"), (command, less)
        gateway.engine.reset()
        gateway.engine.script = knows_a_name
        shown = nerve("adapter", command, *arguments, *READ, env=env)
        assert f"rows left out: 1 that cannot be read; the first: {damaged}:25" in shown.stderr
        if command == "calibrate":  # this engine has no scores
            assert len(gateway.engine.asked) == COUNT
            continue
        assert shown.exit_code == 0, shown.output
        if command == "new":
            assert f" adapter train {folder}/mine/recipe.toml {damaged} {' '.join(READ)}" in (
                shown.stdout
            )
    assert nerve("adapter", "train", RECIPE, damaged, *READ, env=env).exit_code == 0
    work = home / "training" / Path(RECIPE).parent.name
    assert asked.read_text(encoding="utf-8").splitlines()[-1] == (
        f"-m adapters train {RECIPE} {damaged} {base} {work} "
        "--kind spans --skip-bad --encoding cp500"
    )
