"""The reference system's adapter at a tiny size: its names, config, template, rank and answers.

Run with the engine's Python: ``python tests/engine/launch/reference.py TINY FOLDER`` takes the
model and an adapter of tiny_model.py in TINY and makes of them, in FOLDER,
``Qwen2.5-7B-Instruct`` and
``adapters/clue-ner-lora-sft-peft`` as PEFT left it: alpha 16 at rank 64, all seven modules, a base
named as ModelScope names its folders. Whatever it is asked, it says ``BBBB…``, as tiny-b does.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file

BASE, NAME = "Qwen2.5-7B-Instruct", "clue-ner-lora-sft-peft"
RANK, ALPHA = 64, 16
LABELS = (
    "name", "organization", "scene", "company", "movie", "book", "government", "position",
    "address", "game",
)  # fmt: skip
INSTRUCTION = "你是一个文本实体识别领域的专家，擅长从给定的句子中识别并提取出相关的实体。"
QUESTION = "请从给定的句子中识别并提取出以下指定类别的实体。\n句子：{text}"

# What Qwen2.5-7B-Instruct's config.json has beside its sizes.
CONFIG = {
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "max_window_layers": 28,
    "rope_theta": 1000000.0,
    "sliding_window": 131072,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.43.1",
    "use_cache": True,
    "use_sliding_window": False,
}
# What PEFT leaves beside the weights, other than tiny-b's.
ADAPTER_CONFIG = {
    "base_model_name_or_path": "/data/modelscope/Qwen/Qwen2___5-7B-Instruct",
    "r": RANK,
    "lora_alpha": ALPHA,
    "lora_dropout": 0.1,
    "inference_mode": True,
    "init_lora_weights": True,
    "rank_pattern": {},
    "alpha_pattern": {},
    "modules_to_save": None,
    "use_dora": False,
    "use_rslora": False,
    "revision": None,
}
# Its chat template, but for the half on tools.
TEMPLATE = """\
{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful \
assistant.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or \
(message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""


def build(tiny: Path, folder: Path) -> None:
    """Base model and adapter."""
    base = shutil.copytree(tiny / "model", folder / BASE)
    _change(base / "config.json", CONFIG)
    _change(base / "tokenizer_config.json", {"chat_template": TEMPLATE})
    adapter = folder / "adapters" / NAME
    adapter.mkdir(parents=True)
    weights = _weights(tiny / "adapters" / "tiny-b", adapter)
    _manifest(weights, adapter)
    _write(folder / "adapters" / "registry.toml", f'default = "{NAME}"\n')


def _weights(tiny: Path, adapter: Path) -> Path:
    """The file of the weights, with its configuration beside it."""
    tensors = load_file(tiny / "adapter_model.safetensors")
    # The engine multiplies by alpha / rank = 1/4.
    for name, tensor in tensors.items():
        if "lora_B" in name:
            tensor *= RANK / ALPHA
    weights = adapter / "adapter_model.safetensors"
    save_file(tensors, weights, metadata={"format": "pt"})
    config = shutil.copyfile(tiny / "adapter_config.json", adapter / "adapter_config.json")
    _change(config, ADAPTER_CONFIG)
    return weights


def _manifest(weights: Path, adapter: Path) -> None:
    """With a prompt of its own."""
    prompt = {"system": INSTRUCTION, "user": QUESTION}
    _write(
        adapter / "prompt.toml",
        "".join(
            f"{key} = {json.dumps(text, ensure_ascii=False)}\n" for key, text in prompt.items()
        ),
    )
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    labels = ", ".join(f'{{ name = "{label}" }}' for label in LABELS)
    _write(
        adapter / "adapter.toml",
        f'name = "{NAME}"\nbase = "{BASE}"\nweights = "{weights.name}"\n'
        f'sha256 = "{digest}"\nrank = {RANK}\nprompt = "prompt.toml"\nformat = "json"\n'
        f"max_chars = 128\nlabels = [{labels}]\n",
    )


def _change(file: Path, fields: Mapping[str, object]) -> None:
    whole = json.loads(file.read_text(encoding="utf-8")) | fields
    _write(file, json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
