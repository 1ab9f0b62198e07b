"""Run with the engine's Python: a text's training row, and what the engine makes of its messages.

``python tests/model/rendered.py BASE`` reads ``{"text", "messages", "arguments"}`` (the last two as
a request has them) from standard input, and writes ``{"ids", "given", "prompt", "engine"}``: the
row's ids and how many of them are given, its prompt, and the same prompt as vLLM renders it.
"""

import json
import sys
from pathlib import Path

from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from adapters.data.examples import Example  # noqa: E402
from adapters.training.template import Encoder  # noqa: E402
from service.ner.prompt import BUILT_IN  # noqa: E402
from service.ner.types import Entity, Label  # noqa: E402

LABELS = (Label("company", "公司"), Label("name", "姓名"))


def main() -> None:
    """One text; its first four characters are a company."""
    asked = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    encoder = Encoder(tokenizer, BUILT_IN["zh-lines-1"], "lines")
    row = encoder.row(Example(asked["text"], (Entity("company", 0, 4),)), LABELS)
    engine = tokenizer.apply_chat_template(
        asked["messages"], add_generation_prompt=True, tokenize=False, **asked["arguments"]
    )
    written = {
        "ids": row.ids,
        "given": row.prompt,
        "prompt": tokenizer.decode(row.ids[: row.prompt]),
        "engine": engine,
    }
    print(json.dumps(written))


if __name__ == "__main__":
    main()
