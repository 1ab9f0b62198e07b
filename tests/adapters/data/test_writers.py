"""Rows for other trainers: what is written can be read back."""

import json
from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.data.readers import read
from adapters.data.writers import write
from service.ner.formats import FORMATS
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Entity
from tests.adapters.conftest import LABELS
from tests.adapters.data.labelled import GOLD, TEXT


def test_rows_for_a_prompt_without_system_message(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, "alpaca", [GOLD], LABELS, Template("", "找实体：{text}"), "lines")
    (row,) = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (row["instruction"], row["input"]) == ("", f"找实体：{TEXT}")


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_is_written_as_alpaca_is_read_back(format_name: str, tmp_path: Path) -> None:
    twice = Example("叶老桂说叶老桂", (Entity("name", 0, 3), Entity("name", 4, 7)))
    rows = [GOLD, Example("没有", ()), twice]
    path = tmp_path / "out.jsonl"
    assert write(path, "alpaca", rows, LABELS, BUILT_IN["zh-lines-1"], format_name) == 3
    assert read(path, "alpaca", LABELS).examples == rows


def test_rows_that_a_format_cannot_write_are_left_out(tmp_path: Path) -> None:
    """Inline tags have no place for mentions that overlap."""
    path = tmp_path / "out.jsonl"
    nested = Example("浙商银行", (Entity("company", 0, 4), Entity("name", 0, 2)))
    template = BUILT_IN["zh-lines-1"]
    assert write(path, "chat", [GOLD, nested], LABELS, template, "inline_tags") == 1
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_chat_rows_hold_the_prompt_and_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, "chat", [GOLD], LABELS, BUILT_IN["zh-lines-1"], "lines")
    (row,) = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][0]["content"].endswith("类别：公司、姓名、景点")
    assert row["messages"][1]["content"] == TEXT
    assert row["messages"][2]["content"] == "公司：浙商银行\n姓名：叶老桂"
