"""``nerve adapter calibrate``: rows, a gateway whose engine says how sure it is, a manifest."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from service.models.decoding import Decoding
from service.models.manifest import load
from tests.conftest import ADAPTER, BASE, Gateway, error_of, running
from tests.deploy.adapter_cases import stand_in, written
from tests.deploy.commands.test_cli import nerve
from tests.engine.real_engine import home
from tests.support.fake_engine import fails, text_of
from tests.support.scoring import surely
from tests.support.waiting import until

COUNT = 60


def rows() -> list[dict[str, Any]]:
    """Sentences with a name each."""
    return [
        {"text": f"第{number}位是叶老桂", "label": {"name": {"叶老桂": [[-3, -1]]}}}
        for number in range(COUNT)
    ]


def placed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with places from the front."""
    end = len(row["text"])
    return {**row, "label": {"name": {"叶老桂": [[end - 3, end - 1]]}}}


async def half_right(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: a third is wrong, and of that the engine is less sure."""
    drawn = random.Random(text_of(body))
    wrong = drawn.random() < 0.35
    sure = drawn.uniform(0.3, 0.8) if wrong else drawn.uniform(0.5, 1.0)
    surface = "位是" if wrong else "叶老桂"
    await surely(f"姓名：{surface}", {"姓": sure})(body, receive, send)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The rows, as a file."""
    return str(written(tmp_path / "rows.json", [placed(row) for row in rows()]))


@pytest.fixture
def scored(tmp_path: Path, adapters: Path) -> Iterator[tuple[Gateway, Path]]:
    """A gateway over a copy of the adapters, and the adapter's folder there."""
    shutil.copytree(adapters, tmp_path / "adapters")
    with running(tmp_path / "adapters") as gateway:
        gateway.engine.script = half_right
        yield gateway, tmp_path / "adapters" / ADAPTER


def command(gateway: Gateway, folder: Path, file: str, place: Path, *more: str) -> Any:
    """The command's result."""
    env = {"NERVE_ADAPTERS": str(folder.parent), "NERVE_HOME": str(place)}
    asked = ("--model", folder.name, "--url", gateway.url, *more)
    return nerve("adapter", "calibrate", file, *asked, env=env)


@pytest.mark.engine
def test_raw_scores_become_confidences(scored: tuple[Gateway, Path], file: str) -> None:
    """With the trainer's Python; the running gateway has them without a restart."""
    gateway, folder = scored
    (folder / "README.md").write_text("# clue\n", encoding="utf-8")
    shown = command(gateway, folder, file, home(), "--held-out", "50")
    assert shown.exit_code == 0, shown.output
    assert f"{ADAPTER}, grounded: 50 entities in 50 sentences" in shown.stdout
    assert "expected calibration error: raw 0." in shown.stdout
    (found,) = load(folder).calibrations
    assert (found.sentences, found.split) == (50, "rows, 50 rows held out")
    assert found.f1 >= found.f1_before > 0.5
    assert (folder / "reliability-grounded.png").read_bytes().startswith(b"\x89PNG")
    assert "## Scores, constraint `grounded`" in (folder / "README.md").read_text(encoding="utf-8")
    series = f'nerve_entity_score_count{{adapter="{ADAPTER}"}}'

    def told() -> bool:
        return gateway.extract("叶老桂").json()["entities"][0]["score"] is not None

    gateway.engine.script = surely("姓名：叶老桂", {"姓": 0.9})
    until(told)
    answer = gateway.extract("叶老桂", min_score=0.01).json()
    assert answer["entities"][0]["score"] == round(found(0.9), 4)
    assert gateway.metric(series) > 0


def fits(home: Path, kept: Path, constraint: str, **more: object) -> Path:
    """A stand-in for the stage, which keeps what it was given and finds ``more``; its log."""
    result = {
        **{"parameters": [0.8, 0.6, -0.2], "sentences": COUNT, "entities": COUNT},
        **{"ece_before": 0.2, "ece_after": 0.02, "min_score": 0.3, "f1": 0.7, "f1_before": 0.6},
        **more,
    }
    pictures = f"reliability-{constraint}.png precision-recall-{constraint}.png"
    return stand_in(
        home,
        f'[ "$3" = calibrate ] || exit 0; cp "$4" {kept}; echo \'{json.dumps(result)}\' > "$5"\n'
        f'for one in {pictures}; do echo PNG > "$6/$one"; done',
    )


def test_reports_with_raw_scores_take_the_place_of_rows(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """Of several sets of rows, each with labels of its own: asked once, measured and fitted on."""
    gateway, folder = scored
    env = {"NERVE_ADAPTERS": str(folder.parent), "NERVE_HOME": str(tmp_path / "home")}
    fits(tmp_path / "home", tmp_path / "kept.json", "grounded")
    reports = []
    for name, more in (("one", ["--raw-scores"]), ("two", ["--raw-scores"]), ("calm", [])):
        out = str(tmp_path / f"{name}.json")
        rows = _other_rows(file, tmp_path) if name == "two" else file
        asked = ("adapter", "evaluate", rows, "--model", ADAPTER, "--url", gateway.url)
        assert nerve(*asked, "--split", name, "--out", out, *more, env=env).exit_code == 0
        reports += ["--report", out]
    calibrate = ("adapter", "calibrate", "--model", ADAPTER)
    calm = nerve(*calibrate, *reports[2:], env=env)
    assert "the report on calm has no raw scores" in calm.stderr
    shown = nerve(*calibrate, *reports[:4], env=env)
    assert shown.exit_code == 0, shown.output
    (kept,) = json.loads((tmp_path / "kept.json").read_text("utf-8"))
    assert (kept["end_bias"], len(kept["sentences"])) == (None, 2 * COUNT)
    (found,) = load(folder).calibrations
    assert found.split == f"one, {COUNT} rows; two, {COUNT} rows"
    wrong = nerve(*calibrate, *reports[:4], "--constraint", "none", env=env)
    assert "one.json is of constraint grounded; expected none" in wrong.stderr
    assert nerve(*calibrate, env=env).exit_code == 2


def test_what_was_fitted_is_put_beside_the_adapter(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """The stage gets what was observed, and none of the texts; its findings go to the manifest."""
    gateway, folder = scored
    kept = tmp_path / "kept.json"
    log = fits(tmp_path / "home", kept, "none")
    shown = command(gateway, folder, file, tmp_path / "home", "--constraint", "none")
    assert shown.exit_code == 0, shown.output
    assert "best F1 (spans): 0.7000 with min_score 0.3, 0.6000 without" in shown.stdout
    assert log.read_text(encoding="utf-8").splitlines()[-1].endswith("--constraint none")
    ((_, seen),) = (one.values() for one in json.loads(kept.read_text(encoding="utf-8")))
    assert [row["gold"] for row in seen] == [1] * COUNT
    assert 10 < sum(right for row in seen for _, right in row["found"]) < COUNT - 10
    (found,) = load(folder).calibrations
    assert (found.constraint, found.parameters) == ("none", (0.8, 0.6, -0.2))
    assert all(asked["logprobs"] and "structured_outputs" not in asked
               for asked in gateway.engine.asked)  # fmt: skip


CHOSEN = {
    **{"end_bias": -0.5, "min_score": 0.24, "tried": [-0.5, 0.0]},
    **{"gain": 0.012, "interval": [0.001, 0.02]},
}


def test_biases_are_tried_and_the_best_is_put(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """Each is asked for, 0 too; what the stage chooses is for requests that do not say."""
    gateway, folder = scored
    kept = tmp_path / "kept.json"
    fits(tmp_path / "home", kept, "grounded", chosen=CHOSEN)
    tried = ("--end-bias", "-0.5", "--end-bias", "-1")
    shown = command(gateway, folder, file, tmp_path / "home", *tried)
    assert shown.exit_code == 0, shown.output
    seen = {one["end_bias"]: one["sentences"] for one in json.loads(kept.read_text("utf-8"))}
    assert {bias: len(rows) for bias, rows in seen.items()} == dict.fromkeys((0, -0.5, -1), COUNT)
    biases = [set((asked.get("logit_bias") or {"": 0}).values()) for asked in gateway.engine.asked]
    assert [biases.count({bias}) for bias in (0, -0.5, -1)] == [COUNT] * 3
    assert "tried end_bias -0.5, 0 with thresholds" in shown.stdout
    assert "chosen for requests that do not say: end_bias -0.5, min_score 0.24" in shown.stdout
    assert "such a choice gains +0.0120 F1 (95 % from +0.0010 to +0.0200)" in shown.stdout
    assert load(folder).decoding == Decoding(end_bias=-0.5, min_score=0.24)


def test_reports_of_several_biases_are_chosen_from(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """Of the same rows each, 0 among them."""
    gateway, folder = scored
    env = {"NERVE_ADAPTERS": str(folder.parent), "NERVE_HOME": str(tmp_path / "home")}
    kept = tmp_path / "kept.json"
    fits(tmp_path / "home", kept, "grounded", chosen=CHOSEN)
    reports = {}
    for name, more in (
        ("none", ["--end-bias", "0"]),
        ("half", ["--end-bias", "-0.5"]),
        ("part", ["--end-bias", "-0.5", "--rows", "40"]),
        ("own", []),
        ("nested", ["--end-bias", "-0.5", "--overlaps", "all"]),
        ("other", ["--end-bias", "-0.5"]),
    ):
        reports[name] = str(tmp_path / f"{name}.json")
        rows = _other_rows(file, tmp_path) if name == "other" else file
        asked = ("adapter", "evaluate", rows, "--model", ADAPTER, "--url", gateway.url)
        more = [*more, "--raw-scores", "--out", reports[name]]
        assert nerve(*asked, *more, env=env).exit_code == 0

    def choose(*names: str) -> Any:
        words = (word for name in names for word in ("--report", reports[name]))
        return nerve("adapter", "calibrate", "--model", ADAPTER, *words, env=env)

    assert choose("none", "half").exit_code == 0
    assert [one["end_bias"] for one in json.loads(kept.read_text("utf-8"))] == [0, -0.5]
    assert "no report is of --end-bias 0" in choose("half").stderr
    for rows in ("part", "other"):
        assert "the biases were tried on other rows" in choose("none", rows).stderr
    assert "these rows are in another report, too" in choose("none", "half", "half").stderr
    assert "nested.json is of overlaps all; expected longest" in choose("none", "nested").stderr
    assert choose("none", "own").exit_code == 0  # its own is the manifest's, chosen by now


def _other_rows(file: str, folder: Path) -> str:
    """As many in a file of the same name, in another order: what a split is called by itself."""
    other = folder / "elsewhere" / Path(file).name
    other.parent.mkdir()
    lines = Path(file).read_text("utf-8").splitlines(keepends=True)
    other.write_text("".join([*lines[1:], lines[0]]), "utf-8")
    return str(other)


def test_a_bias_is_not_tried_on_reports(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.touch()
    report = ("--report", str(kept))
    shown = nerve("adapter", "calibrate", "--model", ADAPTER, *report, "--end-bias", "-1")
    assert shown.exit_code == 2, shown.output
    assert "--end-bias with --report: a report has the bias of its own" in shown.output


def test_a_bias_is_chosen_for_the_constraint_of_requests_that_do_not_say(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """The manifest has one for all constraints: another's would take its place."""
    gateway, folder = scored
    fits(tmp_path / "home", tmp_path / "kept.json", "schema")
    shown = command(
        gateway, folder, file, tmp_path / "home", "--constraint", "schema", "--end-bias", "-1"
    )
    assert shown.exit_code == 1, shown.output
    assert "expected none with --constraint schema" in shown.stderr
    assert gateway.engine.asked == []


def test_nothing_is_written_when_something_is_missing(
    scored: tuple[Gateway, Path], file: str, tmp_path: Path
) -> None:
    """Each with what is wrong: the environment, the adapter, the engine, the rows, the fit."""
    gateway, folder = scored
    before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())

    def says(place: Path, *more: str, adapter: Path = folder) -> str:
        shown = command(gateway, adapter, file, place, *more)
        assert shown.exit_code == 1, shown.output
        assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before
        return str(shown.stderr)

    assert "no engine's environment under" in says(tmp_path / "nowhere")
    assert gateway.engine.asked == []
    stand_in(tmp_path / "home", '[ "$3" != calibrate ] || exit 2')
    assert "has no adapter 'nope'; expected one of" in says(
        tmp_path / "home", adapter=folder.with_name("nope")
    )
    assert "right and" in says(tmp_path / "home", "--rows", "12")
    assert "the calibration was not fitted (status 2)" in says(tmp_path / "home")
    gateway.engine.script = fails(500, {"error": {"message": "a fault"}})
    assert "/extract answered 50" in says(tmp_path / "home")


def test_the_base_model_cannot_be_calibrated(scored: tuple[Gateway, Path], file: str) -> None:
    """There is no manifest to keep it in, so it has raw scores only."""
    gateway, folder = scored
    shown = command(gateway, folder.with_name(BASE), file, home())
    assert (shown.exit_code, f"has no adapter {BASE!r}" in shown.stderr) == (1, True)
    refused = gateway.extract("甲", model=BASE, min_score=0.5)
    assert error_of(refused)["message"].endswith("with the constraint grounded")
