"""The writers: training rows for other trainers, with our prompt and our answer format."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from adapters.data.examples import Example, as_read, writable
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from service.ner.formats import FORMATS
from service.ner.prompt import Template, render
from service.ner.types import Label

Kind = Literal["alpaca", "chat"]


def write(
    path: Path,
    kind: Kind,
    examples: Sequence[Example],
    labels: Sequence[Label],
    template: Template,
    format_name: str,
) -> int:
    """Write one JSON object a line, the whole file or nothing, and return their number.

    ``alpaca``: ``{"instruction", "input", "output"}``. ``chat``: ``{"messages": […]}``. Examples
    that the format cannot write are left out (``examples.writable``).
    """
    rows = writable(examples, FORMATS[format_name], labels)
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        for example in rows:
            row = _row(kind, example, labels, template, format_name)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(path)
    return len(rows)


def _row(
    kind: Kind, example: Example, labels: Sequence[Label], template: Template, format_name: str
) -> dict[str, Any]:
    read = as_read(example)
    answer = FORMATS[format_name].encode(read.mentions, labels, read.text)
    messages = render(template, labels, read.text, QWEN_ADDED_TOKENS).messages
    if kind == "alpaca":
        *system, user = (message["content"] for message in messages)
        return {"instruction": "".join(system), "input": user, "output": answer}
    return {"messages": [*messages, {"role": "assistant", "content": answer}]}
