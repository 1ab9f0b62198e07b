"""Which of vLLM's parsers reads the tool calls of a base model. Standard library.

Without one, every request with tools is refused by the engine.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from deploy.engine import vllm_flags

# By the model_type of config.json: how each family was taught to write a call.
PARSERS = {"qwen2": "hermes", "qwen3": "hermes", "llama": "llama3_json"}


def flags(model: Path, extra: Sequence[str]) -> list[str]:
    """vLLM's flags for tools; none for a family that is not known, for a chat template that does
    not show the model its tools, and where ``extra``, the user's own flags, name a parser."""
    theirs = "--tool-call-parser" in vllm_flags.read(extra)
    parser = PARSERS.get(_family(model))
    if theirs or parser is None or not _shows_tools(model):
        return []
    return ["--enable-auto-tool-choice", "--tool-call-parser", parser]


def _family(model: Path) -> str:
    try:
        return str(json.loads((model / "config.json").read_text("utf-8"))["model_type"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _shows_tools(model: Path) -> bool:
    templates = (model / name for name in ("chat_template.jinja", "tokenizer_config.json"))
    found = (path.read_text("utf-8") for path in templates if path.is_file())
    return any("tools" in text for text in found)
