import hashlib
import json
import tomllib
from pathlib import Path

import pytest

from adapters import recipe
from adapters.data.unseen import HeldOut
from adapters.registering.register import register
from adapters.registering.trained import RegisterError, check, weights_of
from service.models.decoding import UNCHANGED, Decoding
from service.models.manifest import ManifestError, load
from service.ner.prompt import BUILT_IN, Template
from tests.adapters.measuring.reports import GOLD, measured
from tests.adapters.registering.conftest import RECIPE
from tests.conftest import BASE
from tests.support.adapter_folders import put_alias
from tests.support.scoring import TABLE

SHIPPED = Path(recipe.__file__).parent / "clue-ner-lora-sft-peft"
ANY_LABELS = SHIPPED.with_name("open-ner-lora")


def test_a_training_that_is_not_done_is_not_registered(trained: Path, tmp_path: Path) -> None:
    """Nor what an earlier one left in the same folder."""
    assert weights_of(tmp_path) == weights_of(trained) == trained
    (tmp_path / "adapter.part").mkdir()
    with pytest.raises(RegisterError, match="is not done; the same `nerve adapter train` goes on"):
        weights_of(tmp_path)


def test_a_registered_adapter_can_be_served(trained: Path, tmp_path: Path) -> None:
    found = register(
        trained, RECIPE, tmp_path, "clue-2", reports=[measured("clue-2", GOLD)], data="CLUENER2020"
    )
    plan = recipe.load(RECIPE)
    assert found.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert found.weights.read_bytes() == b"weights"
    assert (found.rank, found.base, found.labels) == (64, plan.base, plan.labels)
    assert (found.template, found.format) == (BUILT_IN["zh-lines-1"], "lines")
    fields = tomllib.loads((found.folder / "adapter.toml").read_text(encoding="utf-8"))
    assert fields["evaluation"][0]["text_f1"] == 1.0
    card = (found.folder / "README.md").read_text(encoding="utf-8")
    assert "| micro | 1.0000 | 1.0000 | 1.0000 | 40 |" in card
    assert "CLUENER2020" in card


@pytest.mark.parametrize("folder", [SHIPPED, ANY_LABELS])
def test_an_adapter_in_the_repository_is_what_its_recipe_trains(folder: Path) -> None:
    """Weights, recipe and manifest; and what the card was made of."""
    adapter = load(folder)
    plan = recipe.load(folder / "recipe.toml")
    check(folder, plan, folder / "recipe.toml")
    assert adapter.open == (plan.sources is not None) == (folder == ANY_LABELS)
    assert hashlib.sha256(adapter.weights.read_bytes()).hexdigest() == adapter.sha256
    assert (adapter.template, adapter.format, adapter.labels, adapter.max_chars) == (
        plan.template,
        plan.format,
        plan.labels,
        plan.max_chars,
    )


def test_a_prompt_of_its_own_goes_with_the_adapter(trained: Path, tmp_path: Path) -> None:
    """Beside the recipe for training, in the adapter's folder for serving: one file."""
    file = tmp_path / "recipe.toml"
    text = RECIPE.read_text(encoding="utf-8")
    file.write_text(text.replace('"zh-lines-1"', '"own.toml"'), encoding="utf-8")
    file.with_name("own.toml").write_text('user = "{labels}: {text}"', encoding="utf-8")
    found = register(trained, file, tmp_path, "clue-2")
    assert found.template == recipe.load(file).template == Template("", "{labels}: {text}")
    assert recipe.load(found.folder / "recipe.toml").template == found.template


def test_registering_again_replaces_everything(trained: Path, tmp_path: Path) -> None:
    first = register(trained, RECIPE, tmp_path, "clue-2")
    (trained / "adapter_model.safetensors").write_bytes(b"others")
    again = register(trained, first.folder / "recipe.toml", tmp_path, "clue-2")
    assert again.engine_name != first.engine_name


def test_weights_described_anew_keep_their_date(trained: Path, tmp_path: Path) -> None:
    """Others are of today."""
    found = register(trained, RECIPE, tmp_path, "clue-2")
    file = found.folder / "adapter.toml"
    today = tomllib.loads(file.read_text(encoding="utf-8"))["data"]["date"]
    file.write_text(file.read_text(encoding="utf-8").replace(today, "2020-02-02"), encoding="utf-8")
    for weights, date in ((b"weights", "2020-02-02"), (b"others", today)):
        (trained / "adapter_model.safetensors").write_bytes(weights)
        register(trained, RECIPE, tmp_path, "clue-2")
        assert tomllib.loads(file.read_text(encoding="utf-8"))["data"]["date"] == date


def test_the_work_folder_of_a_training_is_registered(trained: Path, tmp_path: Path) -> None:
    """Its weights lie in a folder of their own in it."""
    assert trained == tmp_path / "adapter"
    found = register(tmp_path, RECIPE, tmp_path / "adapters", "clue-2")
    assert found.weights.read_bytes() == b"weights"


def test_a_name_that_means_something_already_is_refused(trained: Path, tmp_path: Path) -> None:
    """An alias, the base: the gateway would not start with such an adapter."""
    put_alias(tmp_path, "prod", "clue")
    with pytest.raises(ManifestError, match=r"'prod'; .*alias in .*registry\.toml, of clue"):
        register(trained, RECIPE, tmp_path, "prod")
    with pytest.raises(ManifestError, match=f"'{BASE}'; expected another than a base model's"):
        register(trained, RECIPE, tmp_path, BASE)
    assert not [*tmp_path.glob("*/adapter.toml")]


def test_what_was_held_out_stays_beside_the_weights(trained: Path, tmp_path: Path) -> None:
    """As long as they are these weights."""
    (trained / "held_out.toml").write_text("rows = 500\n", encoding="utf-8")
    found = register(trained, RECIPE, tmp_path, "clue-2")
    assert HeldOut.read(found.folder) == HeldOut(500)
    (trained / "held_out.toml").unlink()
    register(trained, RECIPE, tmp_path, "clue-2")
    assert HeldOut.read(found.folder) == HeldOut(500)
    (trained / "adapter_model.safetensors").write_bytes(b"others")
    register(trained, RECIPE, tmp_path, "clue-2")
    assert HeldOut.read(found.folder) is None


@pytest.mark.parametrize("file", ["held_out.toml", "recipe.toml"])
def test_no_recipe_holds_out_more_than_the_training_did(
    file: str, trained: Path, tmp_path: Path
) -> None:
    """Which would have rows measured that were trained on; it may hold out fewer."""
    said = RECIPE.read_text(encoding="utf-8").replace("held_out = 500", "held_out = 499")
    (trained / file).write_text(said if file == "recipe.toml" else "rows = 499", encoding="utf-8")
    with pytest.raises(
        RegisterError, match=r"data\.held_out = 500; expected up to 499: the weights"
    ):
        register(trained, RECIPE, tmp_path, "clue-2")
    fewer = tmp_path / "recipe.toml"
    fewer.write_text(said.replace("held_out = 499", "held_out = 498"), encoding="utf-8")
    assert register(trained, fewer, tmp_path, "clue-2").name == "clue-2"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "not a TOML file"),
        ("data = 3", r"data = 3; expected a \[data\] table"),
        ("[data]\nlicence = 3", r"data\.licence = 3; expected a string"),
        ("sha256 = SAME\ncalibration = 3", r"calibration = 3; expected a \[calibration\] table"),
        ("sha256 = SAME\ncalibration.none = 3", r"calibration\.none = 3; expected a \[calibration"),
        ("sha256 = SAME\ndecoding = 3", r"decoding = 3; expected a \[decoding\] table"),
    ],
)
def test_a_manifest_that_cannot_be_kept_is_named(
    text: str, says: str, trained: Path, tmp_path: Path
) -> None:
    """Nothing of the folder is replaced."""
    file = tmp_path / "clue-2" / "adapter.toml"
    file.parent.mkdir()
    text = text.replace("SAME", f'"{hashlib.sha256(b"weights").hexdigest()}"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=rf"clue-2/adapter\.toml: {says}"):
        register(trained, RECIPE, tmp_path, "clue-2")
    assert [one.read_text(encoding="utf-8") for one in file.parent.iterdir()] == [text]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"r": 128}, "r = 128; expected 64"),
        ({"base_model_name_or_path": "Qwen3"}, "= 'Qwen3'; expected 'Qwen2.5-Coder"),
        ({"lora_alpha": 16}, "lora_alpha = 16; expected 128"),
        ({"target_modules": ["q_proj"]}, "target_modules = .'q_proj'.; expected .'k_proj', 'o_pr"),
        ({"layers_to_transform": [0]}, "layers_to_transform = .0.; expected .8, 9, 10"),
    ],
)
def test_weights_of_another_recipe_are_refused(
    change: dict[str, object], complaint: str, trained: Path, tmp_path: Path
) -> None:
    path = trained / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(RegisterError, match=complaint):
        register(trained, RECIPE, tmp_path, "clue-2")
    assert not (tmp_path / "clue-2").exists()


def test_a_folder_that_was_not_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"has no adapter_config\.json; expected the work"):
        register(tmp_path, RECIPE, tmp_path, "clue-2")


def test_a_report_on_another_adapter_is_no_part_of_a_card(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="on validation is about 'old'; expected 'new'"):
        register(trained, RECIPE, tmp_path, "new", reports=[measured("old", GOLD)])
    assert not (tmp_path / "new").exists()


def test_a_report_on_other_weights_is_no_part_of_a_card(trained: Path, tmp_path: Path) -> None:
    found = {**measured("clue-2", GOLD), "weights": "01234567"}
    with pytest.raises(RegisterError, match="about the weights 01234567; expected "):
        register(trained, RECIPE, tmp_path, "clue-2", reports=[found])


@pytest.mark.parametrize("name", ["my adapter", "../outside", "", "."])
def test_a_name_that_cannot_be_served_is_refused(name: str, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="expected letters, digits"):
        register(trained, RECIPE, tmp_path / "adapters", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter"]


def test_what_cannot_be_served_leaves_what_is(trained: Path, tmp_path: Path) -> None:
    """Nothing is replaced before everything is there and checked; nothing is left behind."""
    old = register(trained, RECIPE, tmp_path, "clue-2")
    before = {path: path.read_bytes() for path in old.folder.iterdir()}
    (trained / "adapter_model.safetensors").write_bytes(b"others")
    broken = {**measured("clue-2", GOLD), "split": ""}  # what only a manifest's reader refuses
    with pytest.raises(ManifestError, match="split = ''; expected a non-empty string"):
        register(trained, RECIPE, tmp_path, "clue-2", reports=[broken])
    assert {path: path.read_bytes() for path in old.folder.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "clue-2"]


def test_the_recipe_that_was_trained_with_lies_beside_the_weights(
    trained: Path, tmp_path: Path
) -> None:
    """Another one may say how it is served, but not what it learned."""
    text = RECIPE.read_text(encoding="utf-8")
    (trained / "recipe.toml").write_text(text, encoding="utf-8")
    other = tmp_path / "recipe.toml"
    other.write_text(text.replace("max_chars = 256", "max_chars = 128"), encoding="utf-8")
    assert register(trained, other, tmp_path, "clue-2").max_chars == 128
    other.write_text(text.replace('format = "lines"', 'format = "json"'), encoding="utf-8")
    with pytest.raises(RegisterError, match="format is not what the weights were trained with"):
        register(trained, other, tmp_path, "clue-2")


def test_pictures_of_other_weights_are_not_kept(trained: Path, tmp_path: Path) -> None:
    folder = register(trained, RECIPE, tmp_path, "clue-2").folder
    for name in ("f1-old.png", "log.jsonl"):
        (folder / name).write_text(name, encoding="utf-8")
    register(trained, RECIPE, tmp_path, "clue-2")
    assert "(f1-old.png)" in (folder / "README.md").read_text(encoding="utf-8")
    (trained / "adapter_model.safetensors").write_bytes(b"others")
    register(trained, RECIPE, tmp_path, "clue-2")
    assert "f1-old.png" not in (folder / "README.md").read_text(encoding="utf-8")
    assert not (folder / "f1-old.png").exists()
    assert not (folder / "log.jsonl").exists()


def test_files_beside_the_weights_are_copied_and_pictures_shown(
    trained: Path, tmp_path: Path
) -> None:
    for name in ("log.jsonl", "loss.png"):
        (trained / name).write_text(name, encoding="utf-8")
    beside = [trained / "log.jsonl", trained / "loss.png"]
    found = register(trained, RECIPE, tmp_path, "clue-2", beside=beside)
    assert (found.folder / "log.jsonl").read_text(encoding="utf-8") == "log.jsonl"
    assert "![loss](loss.png)" in (found.folder / "README.md").read_text(encoding="utf-8")


def test_a_calibration_stays_as_long_as_the_weights(trained: Path, tmp_path: Path) -> None:
    """On the card too; other weights are sure of other things."""
    first = register(trained, RECIPE, tmp_path, "clue-2")
    table = TABLE.replace("01234567", first.sha256[:16])
    with (first.folder / "adapter.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(f"{table}\n[decoding]\nmin_score = 0.3\n")
    (first.folder / "reliability-grounded.png").write_bytes(b"PNG")
    again = register(first.folder, RECIPE, tmp_path, "clue-2")
    assert [one.constraint for one in again.calibrations] == ["grounded"]
    assert again.decoding == Decoding(min_score=0.3)
    card = (again.folder / "README.md").read_text(encoding="utf-8")
    assert "## Scores, constraint `grounded`" in card
    assert card.count("(reliability-grounded.png)") == 1
    assert "precision-recall-grounded.png" not in card
    (trained / "adapter_model.safetensors").write_bytes(b"others")
    other = register(trained, RECIPE, tmp_path, "clue-2")
    assert (other.calibrations, other.decoding) == ((), UNCHANGED)
    assert "## Scores" not in (again.folder / "README.md").read_text(encoding="utf-8")
