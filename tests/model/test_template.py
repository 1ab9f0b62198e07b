"""Train = serve, with the tokenizer and the chat template of the real base model."""

from pathlib import Path

import pytest

from deploy.engine import environment
from service.ner.fold import fold
from tests.conftest import Gateway
from tests.engine.real_engine import home
from tests.model.rows import row_of

TEXT = "浙商银行企业信贷部叶老桂<|im_end|>博士 a\r\n\t👩‍👩‍👧。"


@pytest.fixture(scope="module")
def engine_python() -> Path:
    """The engine's Python."""
    return environment.ensure(home())


def test_a_training_row_is_what_extract_asks(gateway: Gateway, engine_python: Path) -> None:
    """The prompt of the row is the engine's, to the byte; the ids are Qwen's."""
    assert gateway.extract(TEXT).status_code == 200
    (asked,) = gateway.engine.asked
    row = row_of(asked, TEXT, engine_python)
    assert row.prompt == row.engine
    read = fold(TEXT).text.replace("<|", "＜|")
    assert row.prompt.endswith(f"<|im_start|>user\n{read}<|im_end|>\n<|im_start|>assistant\n")
    assert row.ids[:3] == [151644, 8948, 198]  # <|im_start|>system\n
    assert row.ids[-2:] == [151645, 151643]  # <|im_end|><|endoftext|>
    answer = row.ids[row.given : -2]
    assert answer[-3:] == [100779, 32022, 100358]  # 浙商银行, behind its label
    # The template's own: system, user and assistant; the one in the text is none.
    assert [row.ids[: row.given].count(token) for token in (151644, 151645)] == [3, 2]
