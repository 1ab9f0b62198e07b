"""Tools are switched on where the base was taught to call them."""

import json
from pathlib import Path

import pytest

from deploy.engine.tool_calls import flags

ON = ["--enable-auto-tool-choice", "--tool-call-parser"]


def put_model(folder: Path, family: str, template: str) -> Path:
    """A base model's folder, as far as it tells of tools."""
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    (folder / "chat_template.jinja").write_text(template)
    return folder


@pytest.mark.parametrize(
    ("family", "template", "parser"),
    [
        ("qwen2", "{% if tools %}", ["hermes"]),
        ("llama", "{% if tools %}", ["llama3_json"]),
        ("qwen2", "{{ messages }}", None),
        ("gpt2", "{% if tools %}", None),
    ],
)
def test_by_family_and_template(
    tmp_path: Path, family: str, template: str, parser: list[str] | None
) -> None:
    """A template without tools would lose them in silence; the engine's refusal says so instead."""
    found = flags(put_model(tmp_path, family, template), ())
    assert found == ([*ON, *parser] if parser else [])


def test_the_users_parser_wins(tmp_path: Path) -> None:
    """Their flags come last, and ours would switch on what they may not want."""
    model = put_model(tmp_path, "qwen2", "{% if tools %}")
    for theirs in (("--tool-call-parser", "hf"), ("--tool-call-parser=hf",)):
        assert flags(model, theirs) == []


def test_a_template_in_the_tokenizers_configuration(tmp_path: Path) -> None:
    """Where checkpoints of before have it; and a folder without either."""
    assert flags(tmp_path, ()) == []
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen2"}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ tools }}"}))
    assert flags(tmp_path, ()) == [*ON, "hermes"]
