"""``nerve adapter report``: a page beside the report."""

from pathlib import Path

from tests.conftest import ADAPTER, Gateway
from tests.deploy.adapter_cases import ROWS, knows_a_name, written
from tests.deploy.commands.test_cli import nerve
from tests.deploy.report.seen import Page


def test_the_command_writes_a_page_beside_the_report(gateway: Gateway, tmp_path: Path) -> None:
    """With the log of the adapter's folder; status 1 where the rows are others."""
    rows = str(written(tmp_path / "rows.json", ROWS))
    gateway.engine.script = knows_a_name
    asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--out")
    good, few = str(tmp_path / "good.json"), str(tmp_path / "few.json")
    assert nerve(*asked, good).exit_code == 0
    assert nerve(*asked, few, "--rows", "1").exit_code == 0
    folder = tmp_path / "adapters" / ADAPTER
    folder.mkdir(parents=True)
    log = '{"step": 1, "loss": 2}\n{"step": 2, "loss": 1, "validation_loss": 0.75}\n'
    log_file = str(folder / "log.jsonl")
    Path(log_file).write_text(log, encoding="utf-8")
    env = {"NERVE_ADAPTERS": str(folder.parent)}
    shown = nerve("adapter", "report", good, "--compare", good, env=env)
    assert (shown.exit_code, shown.stdout) == (0, f"{tmp_path / 'good.html'}\n"), shown.output
    text = Page((tmp_path / "good.html").read_text(encoding="utf-8")).text
    assert "validation loss 0.7500 at step 2" in text
    assert "+0.0000 (+0.0000 to +0.0000)" in text
    other = nerve("adapter", "report", good, "--compare", few, "--out", str(tmp_path / "x.html"))
    assert (other.exit_code, "made on different sentences" in other.stderr) == (1, True)
    assert not (tmp_path / "x.html").exists()

    assert nerve("adapter", "report", good, env=env).exit_code == 0  # a page of ours is replaced
    assert "validation loss" in (tmp_path / "good.html").read_text(encoding="utf-8")
    named_so = tmp_path / "named-so.html"
    named_so.write_bytes(Path(good).read_bytes())
    for report, *to in ((good, "--out", good), (str(named_so),), (good, "--out", log_file)):
        taken = Path(to[1] if to else report)
        before = taken.read_bytes()
        shown = nerve("adapter", "report", report, *to, env=env)
        assert shown.exit_code == 1
        assert shown.stderr == f"nerve: {taken} is there already; expected a new name\n"
        assert taken.read_bytes() == before
