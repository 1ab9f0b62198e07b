"""The conversion refuses what is not the model it should be; run with the engine's Python."""

import subprocess
from pathlib import Path

import pytest

from deploy.pull.pull import CONVERT

WRITE_GGUF = """
import sys
from gguf import GGUFWriter, TokenType
path, architecture = sys.argv[1:]
writer = GGUFWriter(path, architecture)
words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "a", "b", "ab"]
writer.add_tokenizer_model("gpt2")
writer.add_token_list(words)
writer.add_token_types([TokenType.CONTROL] * 3 + [TokenType.NORMAL] * 3)
writer.add_token_merges(["a b"])
writer.add_pad_token_id(0)
writer.add_eos_token_id(2)
writer.add_chat_template("{{ messages[0]['content'] }}")
writer.add_context_length(64)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.close()
"""


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        ("llama", "the GGUF file holds a `llama` model, expected `qwen2`"),
        ("qwen2", "the tokenizer turns '浙商银行' into [], expected [100779, 32022, 100358]"),
    ],
)
def test_another_model_is_refused(
    engine_python: Path, tmp_path: Path, architecture: str, reason: str
) -> None:
    """With one sentence as the last line, and no weights written."""
    gguf, folder = tmp_path / "m.gguf", tmp_path / "checkpoint"
    folder.mkdir()
    subprocess.run([engine_python, "-c", WRITE_GGUF, gguf, architecture], check=True)
    done = subprocess.run(
        [engine_python, "-W", "ignore", CONVERT, gguf, folder], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == reason
    assert not list(folder.glob("*.safetensors"))
