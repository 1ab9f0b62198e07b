"""What a manifest says of decoding holds in the Ray job as in the gateway, and so do labels."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.ray.extraction import Extraction
from deploy.ray.reading import pieces_of
from service.models.manifest import load
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from tests.conftest import ADAPTER, MANIFEST, SELDOM, Gateway, running
from tests.support.fake_engine import IM_END, completes

DECODING = """
[[labels]]
name = "book"
written = "书名"

[[labels]]
name = "game"
written = "游戏"
description = "游戏，含书名号"

[decoding]
end_bias = -1.0
titles = ["book"]
"""
TEXT = "叶老桂读了《红楼梦》，玩《原神》，在浙商银行工作。"
COMPLETION = "书名：红楼梦\n游戏：原神\n姓名：叶老桂\n公司：招商银行"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapters folder with one adapter, whose manifest has a table of decoding."""
    adapters = tmp_path_factory.mktemp("adapters")
    (adapters / ADAPTER).mkdir()
    (adapters / ADAPTER / "adapter.toml").write_text(MANIFEST + DECODING, encoding="utf-8")
    (adapters / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    return adapters


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Gateway]:
    """A gateway for it."""
    with running(folder, **SELDOM) as one:
        yield one


def asked_and_found(
    folder: Path, tmp_path: Path, wanted: list[str] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job's request for the text, and the line that it makes of the completion."""
    adapter = load(folder / ADAPTER)
    extraction = Extraction(
        adapter,
        adapter.labels,
        QWEN_ADDED_TOKENS,
        wanted=frozenset(wanted) if wanted else None,
        bias={ord("无"): -1.0, IM_END: -1.0},
    )
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    (piece,) = pieces_of(str(file), "text", extraction)
    made = {"generated_text": COMPLETION, "num_generated_tokens": 9, "num_input_tokens": 90}
    return extraction.request(piece), extraction.line(piece, made)


@pytest.mark.parametrize("wanted", [None, ["book"], ["company", "game"]])
def test_it_answers_as_the_gateway_does(
    gateway: Gateway, folder: Path, tmp_path: Path, wanted: list[str] | None
) -> None:
    """Titles have their 《》, an answer ends later, and some labels are a part of the answer."""
    gateway.engine.script = completes(COMPLETION)
    answer = gateway.extract(TEXT, **({"labels": wanted} if wanted else {})).json()
    asked = gateway.engine.asked[-1]
    request, line = asked_and_found(folder, tmp_path, wanted)
    assert request["messages"] == asked["messages"]
    bias = {str(token): value for token, value in request["sampling_params"]["logit_bias"].items()}
    assert bias == asked["logit_bias"]
    assert {name: line[name] for name in ("entities", "dropped")} == {
        name: answer[name] for name in ("entities", "dropped")
    }
    assert wanted or {"《红楼梦》", "《原神》"} < {entity["text"] for entity in line["entities"]}
