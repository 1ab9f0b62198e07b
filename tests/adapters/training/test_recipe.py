"""A recipe that cannot be used says so before anything is loaded."""

from pathlib import Path

import pytest

from adapters import recipe

RECIPE = Path(__file__).parents[1].joinpath("recipe.toml")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("rank = 64", "ranks = 64", "lora.ranks: not known; expected one of the keys rank, alpha"),
        ("rank = 64", "rank = 0", "lora.rank = 0: Input should be greater than 0"),
        ("rank = 64", "rank = 10000000000", "lora.rank = 10000000000: Input should be less than"),
        ("dropout = 0.0", "dropout = 1.0", "lora.dropout = 1.0: Input should be less than 1"),
        ('"v_proj"', '"v_porj"', "lora.targets.2 = 'v_porj': Input should be 'q_proj', 'k_proj'"),
        ('"v_proj"', '"q_proj"', "lora.targets = .*: Input should have each only once"),
        ("last_layer = 27", "last_layer = 7", "lora.last_layer = 7: .* be first_layer = 8 or more"),
        ("last_layer = 27", f"last_layer = {10**9}", "lora.last_layer = 1000000000: .* less than"),
        ("rate = 3e-4", "rate = inf", "train.learning_rate = inf: Input should be a finite"),
        ("rate = 3e-4", "rate = nan", "train.learning_rate = nan: Input should be a finite"),
        ("rate = 3e-4", "rate = 2.0", "train.learning_rate = 2.0: Input should be less than or"),
        ("clip = 1.0", "clip = nan", "train.clip = nan: Input should be a finite"),
        ("seed = 20", "", "train.seed: Field required"),
        ("seed = 20", f"seed = {2**64}", f"train.seed = {2**64}: Input should be less than"),
        ("seed = 20", f"seed = 0x{'f' * 5000}", "train.seed = .*: Input should be less than"),
        ("subset = 0.08", "subset = 8", "data.subset = 8: Input should be less than or equal to 1"),
        ("validate_every = 125", "validate_every = 0", "train.validate_every = 0: Input should be"),
        ('"int8"', '"fp32"', "train.frozen = 'fp32': Input should be 'int8', 'float32' or"),
        ('"as_read"', '"in_order"', "occurrences = 'in_order'; expected one of all, as_read"),
        ('written = "地址"', 'written = "地：址"', "labels.written = '地：址'; expected a label"),
        ('written = "地址"', 'writen = "地址"', "labels.writen: not known; expected one of the"),
        ("[lora]", "[other]", "lora = None; expected a table .lora."),
        ('prompt = "zh-lines-1"', 'prompt = "zh"', "prompt = 'zh'; expected one of zh-lines-1"),
        ('prompt = "zh-lines-1"', 'prompt = "own.toml"', "own.toml: no such file"),
        ('format = "lines"', 'format = "line"', "format = 'line'; expected one of json, lines"),
        ('base = "Qwen2.5-Coder-1.5B-Instruct"', "base = ", "Invalid value"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_why(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(recipe.RecipeError, match=complaint):
        recipe.load(path)
