"""``nerve adapter evaluate`` and ``promote``, with made-up rows and a real gateway."""

import json
import shutil
from pathlib import Path

import pytest

from service.models.registry import default_of
from tests.conftest import ADAPTER, BASE, Gateway
from tests.deploy.adapter_cases import RECIPE, knows_a_name
from tests.deploy.commands.test_cli import nerve
from tests.support.adapter_folders import put_alias
from tests.support.fake_engine import completes
from tests.support.open_adapter import OPEN, open_gateway
from tests.support.serving import free_port


def test_evaluate_prints_everything_that_was_measured(
    gateway: Gateway, rows: str, tmp_path: Path
) -> None:
    """Both metrics, errors, drops, speed, tokens; and a report without a text of the rows."""
    gateway.engine.script = knows_a_name
    out = tmp_path / "reports" / "dev.json"
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", str(out))
    assert shown.exit_code == 0, shown.output
    for part in (
        f"{ADAPTER}, rows, grounded, text: micro F1 0.8000 (95 % from 0.",
        f"{ADAPTER}, rows, grounded, span: micro F1 0.8571 (95 % from 0.",
        "boundary 0, label 0, both 0, spurious 0, missed 1, dropped 2",
        "not_in_text 2; truncated completions: 0",
        "sentences per second",
        "tokens per sentence   15.0",
    ):
        assert part in shown.stdout
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["model"], found["split"], found["constraint"]) == (ADAPTER, "rows", "grounded")


def test_evaluate_takes_part_of_the_rows(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """Held-out rows, the first of them; a constraint and labels are passed on."""
    gateway.engine.script = knows_a_name
    out = tmp_path / "part.json"
    part = ("--held-out", "2", "--rows", "1", "--constraint", "none", "--label", "name")
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", str(out), *part)
    assert shown.exit_code == 0, shown.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["sentences"], found["split"]) == (1, "rows, 2 rows held out")
    (asked,) = gateway.engine.asked
    assert "structured_outputs" not in asked
    assert "company" not in found["text"]["labels"]


def test_evaluate_writes_over_a_report_alone(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """Not over its rows, nor over the report that it compares with: before the work."""
    old = tmp_path / "old.json"
    asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--out")
    for _ in range(2):
        assert nerve(*asked, str(old)).exit_code == 0
    gateway.engine.reset()
    link = tmp_path / "link.json"
    link.symlink_to(old)
    for out, more in ((rows, ()), (str(old), ("--compare", str(link)))):
        before = Path(out).read_bytes()
        shown = nerve(*asked, out, *more)
        assert (shown.exit_code, gateway.engine.asked) == (1, [])
        assert shown.stderr == f"nerve: {out} is there already; expected a new name\n"
        assert Path(out).read_bytes() == before


def test_evaluate_compares_with_a_report(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """The paired interval for both metrics, and the sentences that changed."""
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")
    asked = ("adapter", "evaluate", rows, "--url", gateway.url)
    assert nerve(*asked, "--out", old).exit_code == 0
    gateway.engine.script = knows_a_name
    shown = nerve(*asked, "--out", new, "--compare", old)
    assert shown.exit_code == 0, shown.output
    again = nerve("adapter", "compare", old, new, "--data", rows)
    for part in (
        "text F1, new - old: +0.8000 (95 % from +",
        "span F1, new - old: +0.8571 (95 % from +",
        "2 sentences changed, all of them:",
        "  + 5–8  name  叶老桂  (right)",
    ):
        assert part in shown.stdout
        assert part in again.stdout


def test_compare_takes_labels_as_evaluate_does(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """What is said of a label is no part of its name."""
    gateway.engine.script = knows_a_name
    out = str(tmp_path / "out.json")
    asked = ("--label", "name", "--url", gateway.url, "--out", out)
    assert nerve("adapter", "evaluate", rows, *asked).exit_code == 0
    same = nerve("adapter", "compare", out, out, "--data", rows, "--label", "name=人名")
    assert same.exit_code == 0, same.output
    assert "0 sentences changed" in same.stdout
    other = nerve("adapter", "compare", out, out, "--data", rows)
    assert other.exit_code == 1
    assert "was made with other labels (name)" in other.stderr


def test_rows_that_an_adapter_was_trained_on_are_not_held_out(
    rows: str, tmp_path: Path, adapters: Path
) -> None:
    """Its recipe says how many are."""
    folder = tmp_path / "adapters"
    shutil.copytree(adapters, folder)
    shutil.copyfile(RECIPE, folder / ADAPTER / "recipe.toml")
    put_alias(folder, "latest", ADAPTER)
    few = ("--held-out", "501", "--url", f"http://127.0.0.1:{free_port()}")
    for model in (ADAPTER, "latest"):
        for named in (("--model", model), ("--model", BASE, "--compare", model)):
            asked = ("adapter", "evaluate", rows, *named, *few)
            shown = nerve(*asked, env={"NERVE_ADAPTERS": str(folder)})
            assert shown.exit_code == 1
            assert "501 rows held out: clue was trained on all but 500" in shown.stderr


def test_evaluate_compares_with_another_model(gateway: Gateway, rows: str) -> None:
    """Which is asked for the same rows."""
    gateway.engine.script = knows_a_name
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--compare", BASE)
    assert shown.exit_code == 0, shown.output
    assert f"old: {BASE}, new: {ADAPTER}, 3 sentences" in shown.stdout


@pytest.mark.parametrize("name", ["old.json", "OLD.JSON"])
def test_evaluate_takes_the_name_of_a_report_for_no_model(
    gateway: Gateway, rows: str, name: str
) -> None:
    """One that is not there is a wrong command line."""
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--compare", name)
    assert (shown.exit_code, gateway.engine.asked) == (2, [])
    assert f"file '{name}' does not exist" in shown.stderr


def test_evaluate_refuses_a_report_on_other_rows_before_it_asks(
    gateway: Gateway, rows: str, tmp_path: Path
) -> None:
    """Not after an hour."""
    out = str(tmp_path / "out.json")
    assert nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", out).exit_code == 0
    gateway.engine.reset()
    few = ("--rows", "1", "--compare", out)
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, *few)
    assert shown.exit_code == 1
    assert "was made on other sentences" in shown.stderr
    assert gateway.engine.asked == []


def test_promote_sets_the_default_or_says_why_not(
    gateway: Gateway, rows: str, tmp_path: Path, adapters: Path
) -> None:
    """Only with the report of the present default, and only if the new one is no worse."""
    home = tmp_path / "adapters"
    home.mkdir()
    (home / ADAPTER).symlink_to(adapters / ADAPTER)
    bad, good = str(tmp_path / "bad.json"), str(tmp_path / "good.json")
    asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--out")
    assert nerve(*asked, bad).exit_code == 0
    gateway.engine.script = knows_a_name
    assert nerve(*asked, good).exit_code == 0
    env = {"NERVE_ADAPTERS": str(home)}
    elsewhere = env | {"NERVE_BASE_MODEL": "another"}
    other = nerve("adapter", "promote", ADAPTER, "--new", good, "--data", rows, env=elsewhere)
    assert (other.exit_code, default_of(home)) == (1, None)
    assert f"clue is for {BASE}; expected an adapter of another" in other.stdout
    first = nerve("adapter", "promote", ADAPTER, "--new", good, "--data", rows, env=env)
    assert (first.exit_code, first.stdout) == (
        0,
        "clue is the default now; there was none before\n",
    )
    assert default_of(home) == ADAPTER
    alone = nerve("adapter", "promote", ADAPTER, "--new", bad, "--data", rows, env=env)
    assert alone.exit_code == 1
    assert "the default is clue: expected its report to compare with" in alone.stdout
    with_old = ("--new", bad, "--old", good, "--data", rows)
    worse = nerve("adapter", "promote", ADAPTER, *with_old, env=env)
    assert worse.exit_code == 1
    assert "2 of these sentences have an entity; expected 20 or more" in worse.stdout
    unknown = nerve("adapter", "promote", "nope", "--new", good, "--data", rows, env=env)
    assert unknown.exit_code == 1
    assert f"has no adapter 'nope'; expected one of {ADAPTER}" in unknown.stderr


LABELS = """
[labels.company]
name = "银行"
description = "吸收存款的企业"
[labels.name]
name = "人物"
"""


def test_evaluate_asks_by_the_names_of_a_file(rows: str, tmp_path: Path) -> None:
    """The rows' labels are ids; an open adapter reads names and descriptions; the report has ids
    again, and can be compared under the same file."""
    labels, out = tmp_path / "labels.toml", tmp_path / "out.json"
    labels.write_text(LABELS, encoding="utf-8")
    (tmp_path / "adapters").mkdir()
    with open_gateway(tmp_path / "adapters") as gateway:
        gateway.engine.script = completes("银行：浙商银行\n人物：叶老桂")
        env = {"NERVE_ADAPTERS": str(tmp_path / "adapters")}
        asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--labels", str(labels))
        shown = nerve(*asked, "--out", str(out), env=env)
        assert shown.exit_code == 0, shown.output
        prompt = gateway.engine.asked[0]["messages"][0]["content"]
    assert prompt.endswith("- 银行: 吸收存款的企业\n- 人物")
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["model"], found["labels"]) == (OPEN, ["company", "name"])
    assert found["span"]["labels"]["company"]["f1"] == 1.0
    compared = ("adapter", "compare", str(out), str(out), "--data", rows, "--labels", str(labels))
    assert "0 sentences changed" in nerve(*compared, env=env).stdout


def test_rows_have_to_have_what_is_asked_for(rows: str, tmp_path: Path) -> None:
    """Found out before anything is asked."""
    labels = tmp_path / "labels.json"
    labels.write_text('{"weather": "rain and sun"}', encoding="utf-8")
    nowhere = f"http://127.0.0.1:{free_port()}"
    shown = nerve("adapter", "evaluate", rows, "--url", nowhere, "--labels", str(labels))
    assert shown.exit_code == 1
    assert "nothing that is asked for (weather); it has" in shown.stderr
    for few in (("--rows", "-1"), ("--held-out", "-1")):
        assert nerve("adapter", "evaluate", rows, "--url", nowhere, *few).exit_code == 2
    both = ("--labels", str(labels), "--label", "name")
    assert nerve("adapter", "evaluate", rows, "--url", nowhere, *both).exit_code == 2
