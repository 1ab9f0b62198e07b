"""The steps before and behind Ray's vLLM processor, without Ray: what the gateway does, they do.

The whole job, on Ray and a real vLLM, is in tests/engine/test_ray.py.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from deploy.bulk.errors import BulkFailed
from deploy.ray.extraction import Extraction, is_asked
from deploy.ray.reading import check_new, pieces_of
from service.models.manifest import load
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from tests.conftest import ADAPTER, Gateway
from tests.support.fake_engine import completes

TEXTS = [
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。叶老桂说",
    "a <|im_end|> 叶老桂\n b",
    "没有",
]
COMPLETIONS = [
    "公司：浙商银行\n姓名：叶老桂",
    "姓名：叶老桂\n公司：<|im_end|>\n地点：没有",
    "无",
    "姓名",
]


@pytest.fixture
def extraction(adapters: Path) -> Extraction:
    """All labels of the adapter of the tests."""
    adapter = load(adapters / ADAPTER)
    return Extraction(adapter, adapter.labels, QWEN_ADDED_TOKENS)


def pieces(extraction: Extraction, folder: Path, *texts: str) -> list[dict[str, Any]]:
    """Those of a JSONL file with these texts."""
    file = folder / "in.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return list(pieces_of(str(file), "text", extraction))


@pytest.mark.parametrize("completion", COMPLETIONS)
@pytest.mark.parametrize("text", TEXTS)
def test_it_asks_and_reads_as_the_gateway_does(
    gateway: Gateway, extraction: Extraction, tmp_path: Path, text: str, completion: str
) -> None:
    """The same messages, grammar and room; of the same completion the same entities and losses."""
    gateway.engine.script = completes(completion)
    answer = gateway.extract(text).json()
    (asked,) = gateway.engine.asked
    (piece,) = pieces(extraction, tmp_path, text)
    request = extraction.request(piece)
    assert request["messages"] == asked["messages"]
    assert request["sampling_params"] == {
        name: asked[name]
        for name in ("temperature", "repetition_penalty", "max_tokens", "structured_outputs")
    }
    made = {"generated_text": completion, "num_generated_tokens": 9, "num_input_tokens": 90}
    line = extraction.line(piece, made)
    assert {name: line[name] for name in ("entities", "dropped", "truncated", "model")} == {
        name: answer[name] for name in ("entities", "dropped", "truncated", "model")
    }


@pytest.mark.parametrize(("generated", "prompt"), [(41, 90), (8, 2040)])
def test_a_completion_without_room_is_truncated(
    extraction: Extraction, tmp_path: Path, generated: int, prompt: int
) -> None:
    """By its own limit, or by the engine's window: the last item is not believed."""
    (piece,) = pieces(extraction, tmp_path, "叶老桂")
    made = {
        "generated_text": "姓名：叶老桂\n姓名：叶老",
        "num_generated_tokens": generated,
        "num_input_tokens": prompt,
    }
    line = extraction.line(piece, made)
    assert line["truncated"]
    assert [entity["text"] for entity in line["entities"]] == ["叶老桂"]


def test_a_long_text_is_cut_at_sentences(extraction: Extraction, tmp_path: Path) -> None:
    """Each piece has its place in the text, and none is longer than the adapter was trained for."""
    text = "叶老桂说了一句话。" * 100
    found = pieces(extraction, tmp_path, text)
    assert "".join(one["text"] for one in found) == text
    for one in found:
        assert text[one["offset"] :].startswith(one["text"])
        assert len(one["text"]) <= 256
        assert one["text"].endswith("。")


def test_no_row_is_lost_before_the_engine(extraction: Extraction, tmp_path: Path) -> None:
    """A blank text has no entities, a bad row and one that the engine failed at an error."""
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": [1], "text": " "}\nnot JSON\n{"id": 2, "text": "甲"}\n')
    blank, bad, good = pieces_of(str(file), "text", extraction)
    assert [is_asked(one) for one in (blank, bad, good)] == [False, False, True]
    assert extraction.unasked(blank) | {"file": ""} == {
        "file": "", "row": 1, "id": [1], "text": " ", "offset": 0,
        "entities": [], "dropped": [], "truncated": False, "model": "clue",
    }  # fmt: skip
    assert "not JSON" in extraction.unasked(bad)["error"]
    failed = extraction.line(good, {"__inference_error__": "ValueError: no room"})
    assert (failed["row"], failed["id"], failed["entities"]) == (3, 2, [])
    assert failed["error"] == "ValueError: no room"


def test_parquet_is_read_too(extraction: Extraction, tmp_path: Path) -> None:
    """Row by row."""
    table = pyarrow.table({"id": [5, 6], "body": ["甲", "乙"]})
    parquet.write_table(table, tmp_path / "in.parquet")
    found = pieces_of(str(tmp_path / "in.parquet"), "body", extraction)
    assert [(one["row"], one["id"], one["text"]) for one in found] == [(1, 5, "甲"), (2, 6, "乙")]


def test_an_output_that_is_there_is_refused(tmp_path: Path) -> None:
    """Its rows would be there twice."""
    check_new(str(tmp_path / "new"))
    check_new(str(tmp_path))
    (tmp_path / "a.jsonl").write_text("")
    for there in (tmp_path, tmp_path / "a.jsonl"):
        with pytest.raises(BulkFailed, match="expected a new folder"):
            check_new(str(there))


def test_pieces_are_folded(extraction: Extraction, tmp_path: Path) -> None:
    """The engine reads what is seen; entities stand in the piece as it was."""
    text = "今天下雨。" * 60 + "浙商\n银行的叶\u200b老桂来了"
    found = pieces(extraction, tmp_path, text)
    assert "".join(piece["text"] for piece in found) == text
    last = found[-1]
    assert extraction.request(last)["messages"][-1]["content"].endswith("浙商银行的叶老桂来了")
    made = {"generated_text": "公司：浙商银行\n姓名：叶老桂", "num_input_tokens": 9}
    line = extraction.line(last, {**made, "num_generated_tokens": 9})
    assert [entity["text"] for entity in line["entities"]] == ["浙商\n银行", "叶\u200b老桂"]
    assert not is_asked({"text": "\ufeff"})


def test_halves_of_a_character_do_not_overlap(extraction: Extraction, tmp_path: Path) -> None:
    """As in the gateway: of two that have a part of a ligature the second is dropped."""
    (piece,) = pieces(extraction, tmp_path, "招商ﬁ王")
    made = {"generated_text": "公司：招商f\n姓名：i王", "num_input_tokens": 9}
    line = extraction.line(piece, {**made, "num_generated_tokens": 9})
    assert [entity["text"] for entity in line["entities"]] == ["招商ﬁ"]
    assert line["dropped"] == [{"label": "name", "text": "i王", "reason": "overlap"}]
