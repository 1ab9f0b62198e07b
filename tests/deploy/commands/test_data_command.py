"""``nerve adapter data``: rows are read, checked, counted, and written for other trainers."""

import json
from pathlib import Path

from adapters import recipe
from adapters.data.examples import leaked, split
from adapters.data.readers import read
from tests.deploy.adapter_cases import RECIPE, ROWS, holding_out, written
from tests.deploy.commands.test_cli import nerve


def test_data_counts_rows_and_labels(rows: str) -> None:
    """Without a recipe any label is taken."""
    shown = nerve("adapter", "data", rows)
    assert shown.exit_code == 0, shown.output
    assert "3 rows, 1 of them without an entity; longest text 8 characters" in shown.stdout
    assert all(
        row in shown.stdout for row in ("│ company │ 1 ", "│ name    │ 3 ", "│ all     │ 4 ")
    )


def test_data_names_a_bad_row_or_skips_it(tmp_path: Path) -> None:
    """The file, the line, what is wrong."""
    file = str(written(tmp_path / "rows.json", ROWS, "{}\n"))
    shown = nerve("adapter", "data", file)
    assert (shown.exit_code, shown.stderr) == (
        1,
        f"nerve: {file}:4: text is missing; there are no fields\n",
    )
    shown = nerve("adapter", "data", file, "--skip-bad")
    assert shown.exit_code == 0
    assert "1 bad rows skipped" in shown.stdout
    assert f"{file}:4: text is missing; there are no fields" in shown.stdout


def test_data_counts_what_annotators_did_not_accept(tmp_path: Path) -> None:
    """Prodigy's rows that were rejected are no gold."""
    row = {"text": "狗", "spans": [{"label": "dog", "start": 0, "end": 1}]}
    rows = [{**row, "answer": answer} for answer in ("accept", "reject")]
    shown = nerve("adapter", "data", str(written(tmp_path / "rows.json", rows)))
    assert shown.exit_code == 0
    assert "1 rows, 0 of them without an entity" in shown.stdout
    assert "1 rows left out: their annotators did not accept them" in shown.stdout
    assert 'rows.json:2: answer is "reject"' in shown.stdout


def test_data_counts_texts_that_stand_twice(tmp_path: Path) -> None:
    """Label Studio's JSON-MIN has a row for each annotator, whose gold may differ."""
    rows = [
        {
            "id": n,
            "text": f"狗{n}",
            "label": [{"start": 0, "end": 1, "text": "狗", "labels": [said]}],
        }
        for n in range(20)
        for said in ("dog", "animal" if n % 2 else "dog")
    ]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    shown = nerve("adapter", "data", str(file))
    told = "20 rows repeat the text of an earlier one, 10 of them with other gold"
    assert told in shown.stdout, shown.output
    (tmp_path / "adapters").mkdir()
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters")}
    made = nerve("adapter", "new", "mine", str(file), "--start", "none", env=env)
    assert (made.exit_code, told in made.stderr) == (0, True), made.output


def test_data_knows_the_labels_of_a_recipe(tmp_path: Path) -> None:
    """A label that the recipe has not is an error."""
    file = str(
        written(tmp_path / "rows.json", [{"text": "狗", "label": {"dog": {"狗": [[0, 0]]}}}])
    )
    assert nerve("adapter", "data", file).exit_code == 0
    shown = nerve("adapter", "data", file, "--recipe", RECIPE)
    assert shown.exit_code == 1
    assert "label 'dog'; expected one of address" in shown.stderr


def test_data_finds_leakage(rows: str, tmp_path: Path) -> None:
    """Status 1, with the texts."""
    clean = str(written(tmp_path / "dev.json", [{"text": "别的", "label": {}}]))
    assert nerve("adapter", "data", rows, "--against", clean).exit_code == 0
    shown = nerve("adapter", "data", rows, "--against", rows)
    assert shown.exit_code == 1
    assert "leakage: 3 of the 3 texts" in shown.stdout
    assert "  叶老桂说叶老桂" in shown.stdout


def test_data_reads_both_files_as_it_is_told(rows: str, tmp_path: Path) -> None:
    """The one for evaluation in the same encoding where nothing else is said."""
    said = ("--kind", "cluener", "--encoding", "cp500")
    ascii_rows = "".join(json.dumps(row) + "\n" for row in ROWS)
    mine, dev = tmp_path / "mine.json", tmp_path / "dev.json"
    for file in (mine, dev):
        file.write_text(ascii_rows, encoding="cp500")
    both = nerve("adapter", "data", str(mine), *said, "--against", str(dev))
    assert (both.exit_code, "leakage: 3 of the 3 texts" in both.stdout) == (1, True), both.output
    other = ("--against", rows, "--against-encoding", "utf-8")
    shown = nerve("adapter", "data", str(mine), *said, *other)
    assert "leakage: 3 of the 3 texts" in shown.stdout, shown.output


def test_data_writes_rows_for_other_trainers(rows: str, tmp_path: Path) -> None:
    """What was written is read back."""
    out = tmp_path / "alpaca.jsonl"
    to = ("--recipe", holding_out(tmp_path, 0), "--to", "alpaca", "--out", str(out))
    shown = nerve("adapter", "data", rows, *to)
    assert f"3 rows written to {out}" in shown.stdout
    labels = recipe.load(Path(RECIPE)).labels
    both = read(out, "alpaca", labels).examples, read(Path(rows), "cluener", labels).examples
    assert both[0] == both[1]
    assert leaked(*both)
    assert nerve("adapter", "data", rows, "--to", "alpaca").exit_code == 2


def test_data_writes_what_may_be_trained_on(tmp_path: Path) -> None:
    """Who trains elsewhere and measures with --held-out measures on rows that nobody has seen."""
    rows = [{"text": f"叶老桂{n}", "label": {"name": {"叶老桂": [[0, 2]]}}} for n in range(150)]
    file, out = written(tmp_path / "rows.json", rows), tmp_path / "alpaca.jsonl"
    to = ("--recipe", holding_out(tmp_path, 15), "--to", "alpaca", "--out", str(out))
    shown = nerve("adapter", "data", str(file), *to)
    assert f"135 rows written to {out}" in shown.stdout, shown.output
    assert "15 rows left out: the recipe holds them out, to measure on" in shown.stdout
    labels = recipe.load(Path(RECIPE)).labels
    training, _ = split(read(file, "cluener", labels).examples, 15)
    assert read(out, "alpaca", labels).examples == training
    to = ("--recipe", holding_out(tmp_path, 150), "--to", "chat", "--out", str(tmp_path / "none"))
    shown = nerve("adapter", "data", str(file), *to)
    assert (shown.exit_code, "none is left to train on" in shown.stderr) == (1, True)
    assert not (tmp_path / "none").exists()


def test_data_writes_over_nothing(rows: str, tmp_path: Path) -> None:
    """Least of all over the rows that it reads."""
    before = Path(rows).read_bytes()
    for out in (rows, str(written(tmp_path / "mine.jsonl", ROWS))):
        shown = nerve("adapter", "data", rows, "--recipe", RECIPE, "--to", "chat", "--out", out)
        assert shown.exit_code == 1
        assert shown.stderr == f"nerve: {out} is there already; expected a new name\n"
        assert Path(out).read_bytes() == before
