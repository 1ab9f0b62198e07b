"""Made-up rows, a script of an engine that knows a name, and a stand-in for the engine's Python."""

import json
from pathlib import Path
from typing import Any

from starlette.types import Receive, Send

from deploy.pull.catalogue import read_catalogue
from deploy.pull.store import seal
from tests.conftest import BASE
from tests.support.fake_engine import completes

ROOT = Path(__file__).resolve().parents[2]
RECIPE = str(ROOT / "tests" / "adapters" / "recipe.toml")
# As its weights' adapter_config.json says.
TRAINED: dict[str, Any] = {
    "r": 64,
    "lora_alpha": 128,
    "target_modules": ["v_proj", "q_proj", "o_proj", "k_proj"],
    "layers_to_transform": [*range(8, 28)],
    "base_model_name_or_path": BASE,
}
ROWS: list[dict[str, Any]] = [
    {
        "text": "浙商银行的叶老桂",
        "label": {"company": {"浙商银行": [[0, 3]]}, "name": {"叶老桂": [[5, 7]]}},
    },
    {"text": "没有", "label": {}},
    {"text": "叶老桂说叶老桂", "label": {"name": {"叶老桂": [[0, 2], [4, 6]]}}},
]


def written(path: Path, rows: list[dict[str, Any]], extra: str = "") -> Path:
    """Rows in CLUENER's form."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines + extra, encoding="utf-8")
    return path


def holding_out(folder: Path, rows: int) -> str:
    """The file of a recipe that holds out so many."""
    file, text = folder / "recipe.toml", Path(RECIPE).read_text(encoding="utf-8")
    file.write_text(text.replace("held_out = 500", f"held_out = {rows}"), encoding="utf-8")
    return str(file)


async def knows_a_name(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: one name found, one invented."""
    known = "叶老桂" in body["messages"][-1]["content"]
    await completes("姓名：叶老桂\n姓名：张三" if known else "无")(body, receive, send)


def stand_in(home: Path, script: str) -> Path:
    """``script`` (a shell's) in the place of the engine's Python; its log of arguments."""
    python = home / "engine-env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    log = home / "asked.txt"
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{script}\n', encoding="utf-8")
    python.chmod(0o755)
    return log


def pulled(home: Path, *added_tokens: str) -> Path:
    """A base model as `nerve pull` leaves it, as far as it is looked at."""
    folder = home / "models" / BASE
    folder.mkdir(parents=True)
    tokens = [{"content": token} for token in added_tokens]
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}))
    seal(read_catalogue().model(BASE), folder)
    return folder
