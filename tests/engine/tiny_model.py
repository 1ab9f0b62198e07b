"""A tiny Qwen2 with random weights, and adapters that each say one letter, built in seconds.

Run with the engine's Python: ``python tests/engine/tiny_model.py FOLDER`` makes ``FOLDER/model``
and ``FOLDER/adapters``. Its tokens are the 256 bytes and Qwen2.5's added tokens. Every adapter has
rank 64 on all seven linear modules; whatever it is asked, adapter ``tiny-a`` says ``AAAA…``,
``tiny-b`` ``BBBB…`` and so on, and the base model says none of these letters. So an answer that
reached the wrong caller is seen at once.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)

BASE = "tiny-qwen2"
LETTERS = "ABCDE"
RANK = 64
# vLLM's CPU attention needs heads of 64; the vocabulary is padded, as Qwen's is.
HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, HEAD, VOCABULARY = 256, 512, 2, 4, 2, 64, 288
SHAPES = {
    "self_attn.q_proj": (HEADS * HEAD, HIDDEN),
    "self_attn.k_proj": (KV_HEADS * HEAD, HIDDEN),
    "self_attn.v_proj": (KV_HEADS * HEAD, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HEADS * HEAD),
    "mlp.gate_proj": (INNER, HIDDEN),
    "mlp.up_proj": (INNER, HIDDEN),
    "mlp.down_proj": (HIDDEN, INNER),
}

# Qwen2.5's, in its order; the first three are special.
ADDED_TOKENS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
    "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>",
    "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>",
)  # fmt: skip
NOT_SPECIAL = ADDED_TOKENS[14:]

# Qwen2.5's, in short on tools.
CHAT_TEMPLATE = (
    "{%- if messages[0]['role'] != 'system' %}"
    "{{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    "<|im_end|>\n' }}{%- endif %}"
    "{%- if tools %}{{- '<tools>' + (tools | tojson) + '</tools>\n' }}{%- endif %}"
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\n' + (message['content'] or '') }}"
    "{%- for call in message.tool_calls or [] %}{{- '<tool_call>' + (call.function | tojson) }}"
    "{%- endfor %}{{- '<|im_end|>\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)

MANIFEST = """\
name = "{name}"
base = "{base}"
weights = "adapter_model.safetensors"
sha256 = "{sha256}"
rank = {rank}
prompt = "zh-lines-1"
format = "{format}"
max_chars = 256
occurrences = "all"

[[labels]]
name = "company"
written = "公司"

[[labels]]
name = "name"
written = "姓名"
"""


def build(folder: Path) -> None:
    """Write the base model, one adapter per letter, and a registry whose default is the first."""
    tokenizer = build_tokenizer()
    weights = build_base(tokenizer)
    write_base(folder / "model", tokenizer, weights)
    for position, letter in enumerate(LETTERS):
        direction = weights["lm_head.weight"][tokenizer.token_to_id(letter)]
        tensors = build_adapter(direction / direction.norm(), seed=100 + position)
        answer_format = ("lines", "json")[position % 2]
        name = f"tiny-{letter.lower()}"
        write_adapter(folder / "adapters" / name, tensors, answer_format)
    registry = folder / "adapters" / "registry.toml"
    registry.write_text('default = "tiny-a"\n', encoding="utf-8")


def build_tokenizer() -> Any:
    """One token per byte, then the added tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {character: number for number, character in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(
        [
            AddedToken(token, special=token not in NOT_SPECIAL, normalized=False)
            for token in ADDED_TOKENS
        ]
    )
    return tokenizer


def build_base(tokenizer: Any) -> dict[str, Any]:
    """Random weights; the adapters' letters and the added tokens are what it says last."""
    random = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> Any:
        return torch.randn(*shape, generator=random) / shape[-1] ** 0.5

    weights = {
        "model.embed_tokens.weight": normal(VOCABULARY, HIDDEN) * 16,
        "model.norm.weight": torch.ones(HIDDEN),
        "lm_head.weight": normal(VOCABULARY, HIDDEN),
    }
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for module, shape in SHAPES.items():
            weights[f"{prefix}{module}.weight"] = normal(*shape)
            if module[-6:] in ("q_proj", "k_proj", "v_proj"):
                weights[f"{prefix}{module}.bias"] = torch.zeros(shape[0])
        weights[f"{prefix}input_layernorm.weight"] = torch.ones(HIDDEN)
        weights[f"{prefix}post_attention_layernorm.weight"] = torch.ones(HIDDEN)
    for letter in LETTERS:
        weights["lm_head.weight"][tokenizer.token_to_id(letter)] *= 0.3
    weights["lm_head.weight"][tokenizer.token_to_id(ADDED_TOKENS[0]) :] = 0
    return weights


def build_adapter(direction: Any, seed: int) -> dict[str, Any]:
    """A LoRA whose last layer adds a large positive multiple of ``direction``, whatever it reads.

    A linear map of a random input has a random sign. But a gate of z times a value of z, for z
    and for -z, is z²(σ(z) + σ(-z)) = z²; and the sum over 32 random z is never near 0.
    """
    random = torch.Generator().manual_seed(seed)
    tensors = {}
    for layer in range(LAYERS):
        for module, (outs, ins) in SHAPES.items():
            prefix = f"base_model.model.model.layers.{layer}.{module}"
            tensors[f"{prefix}.lora_A.weight"] = torch.randn(RANK, ins, generator=random) / 50
            tensors[f"{prefix}.lora_B.weight"] = torch.randn(outs, RANK, generator=random) / 50
    last = f"base_model.model.model.layers.{LAYERS - 1}.mlp"
    reading = torch.randn(32, HIDDEN, generator=random) / HIDDEN**0.5
    for module in ("gate_proj", "up_proj"):
        tensors[f"{last}.{module}.lora_A.weight"][:32] = reading
        for unit in range(32):
            tensors[f"{last}.{module}.lora_B.weight"][2 * unit, unit] = 4.0
            tensors[f"{last}.{module}.lora_B.weight"][2 * unit + 1, unit] = -4.0
    tensors[f"{last}.down_proj.lora_A.weight"][0, :64] = 1.0
    tensors[f"{last}.down_proj.lora_B.weight"][:, 0] = 4.0 * direction
    return tensors


def write_base(folder: Path, tokenizer: Any, weights: dict[str, Any]) -> None:
    """A checkpoint as the hub has it."""
    folder.mkdir(parents=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        tokenizer_class="PreTrainedTokenizerFast",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
    )
    write_json(
        folder / "config.json",
        architectures=["Qwen2ForCausalLM"],
        model_type="qwen2",
        dtype="float32",
        hidden_act="silu",
        hidden_size=HIDDEN,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
        max_position_embeddings=4096,
        rms_norm_eps=1e-6,
        rope_theta=1e6,
        tie_word_embeddings=False,
        use_sliding_window=False,
        vocab_size=VOCABULARY,
        eos_token_id=tokenizer.token_to_id("<|im_end|>"),
    )


def write_adapter(folder: Path, tensors: dict[str, Any], answer_format: str) -> None:
    """The two files that PEFT would write, and our manifest."""
    folder.mkdir(parents=True)
    weights = folder / "adapter_model.safetensors"
    save_file(tensors, weights, metadata={"format": "pt"})
    write_json(
        folder / "adapter_config.json",
        peft_type="LORA",
        task_type="CAUSAL_LM",
        base_model_name_or_path=BASE,
        r=RANK,
        lora_alpha=RANK,
        lora_dropout=0.0,
        bias="none",
        target_modules=sorted(module.split(".")[1] for module in SHAPES),
    )
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    manifest = MANIFEST.format(
        name=folder.name, base=BASE, sha256=sha256, rank=RANK, format=answer_format
    )
    (folder / "adapter.toml").write_text(manifest, encoding="utf-8")


def write_json(path: Path, **fields: Any) -> None:
    """One JSON object, readable."""
    path.write_text(json.dumps(fields, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
