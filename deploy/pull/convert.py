"""Turn a Qwen2 GGUF file into a bf16 checkpoint that vLLM loads.

Run by `pull` with the ENGINE's Python, which has torch, transformers and gguf:

    python convert.py MODEL.gguf EMPTY_FOLDER

Prints one line `<done> <total>` (weights) per tensor. Ends with status 1 and one sentence on
stderr when the file is not what it should be; the folder is then worthless.
"""

# The packages below are in the engine's environment only.
# mypy: disable-error-code="import-not-found"

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from gguf import MODEL_ARCH, GGUFReader, TokenType, get_tensor_name_map
from gguf.quants import dequantize
from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer
from transformers.tokenization_utils_base import AddedToken

# A GGUF calls these control tokens; in Qwen's own tokenizer they are added but not special.
NOT_SPECIAL = ("<|fim_", "<|repo_name|>", "<|file_sep|>")
EXPECTED_IDS = {
    "浙商银行": [100779, 32022, 100358],
    "<|endoftext|>": [151643],
    "<|im_start|>": [151644],
    "<|im_end|>": [151645],
    "system": [8948],
    "\n": [198],
}
EXPECTED_PROMPT = (
    "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n"
)


class ConversionFailed(Exception):
    """The GGUF file is not a Qwen2 model, or what came out of it is wrong."""


def field(reader: GGUFReader, key: str) -> Any:
    """The value of one metadata key; raises ConversionFailed where there is none."""
    found = reader.get_field(key)
    if found is None:
        raise ConversionFailed(f"the GGUF file has no `{key}`")
    return found.contents()


def check_architecture(reader: GGUFReader) -> None:
    """Raise ConversionFailed for anything but a Qwen2 model."""
    if (architecture := field(reader, "general.architecture")) != "qwen2":
        raise ConversionFailed(f"the GGUF file holds a `{architecture}` model, expected `qwen2`")


def config(reader: GGUFReader) -> Qwen2Config:
    """The model's shape, from the metadata."""
    return Qwen2Config(
        vocab_size=len(field(reader, "tokenizer.ggml.tokens")),
        hidden_size=field(reader, "qwen2.embedding_length"),
        intermediate_size=field(reader, "qwen2.feed_forward_length"),
        num_hidden_layers=field(reader, "qwen2.block_count"),
        num_attention_heads=field(reader, "qwen2.attention.head_count"),
        num_key_value_heads=field(reader, "qwen2.attention.head_count_kv"),
        max_position_embeddings=field(reader, "qwen2.context_length"),
        # A GGUF stores 32-bit floats: 1e-06 comes back as 9.999999974752427e-07.
        rms_norm_eps=float(f"{field(reader, 'qwen2.attention.layer_norm_rms_epsilon'):.6g}"),
        rope_parameters={
            "rope_type": "default",
            "rope_theta": field(reader, "qwen2.rope.freq_base"),
        },
        tie_word_embeddings=True,
        bos_token_id=field(reader, "tokenizer.ggml.padding_token_id"),
        eos_token_id=field(reader, "tokenizer.ggml.eos_token_id"),
        dtype="bfloat16",
    )


def model(reader: GGUFReader) -> Qwen2ForCausalLM:
    """The weights in bf16, one tensor after the other so that memory holds one copy.

    Names and shapes are checked by torch: a tensor missing or too many raises RuntimeError.
    """
    shape = config(reader)
    with torch.device("meta"):
        built = Qwen2ForCausalLM(shape)
    names = get_tensor_name_map(MODEL_ARCH.QWEN2, shape.num_hidden_layers)
    stored = {tensor.name: tensor for tensor in reader.tensors}
    # The two ends share one matrix; the GGUF's copy for the output is the finer one.
    stored["token_embd.weight"] = stored.get("output.weight", stored["token_embd.weight"])
    shapes = {name: weight.shape for name, weight in built.named_parameters()}

    def weight(name: str) -> torch.Tensor:
        source = stored[names.get_name(name, try_suffixes=(".weight", ".bias"))]
        values = torch.from_numpy(dequantize(source.data, source.tensor_type))
        return values.to(torch.bfloat16).reshape(shapes[name])

    done, total, state = 0, sum(shape.numel() for shape in shapes.values()), {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for name, tensor in zip(shapes, pool.map(weight, shapes), strict=True):
            state[name] = tensor
            done += tensor.numel()
            print(done, total, flush=True)
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    built.load_state_dict(state, strict=True, assign=True)
    built.tie_weights()
    ends = [field(reader, f"tokenizer.ggml.{key}_token_id") for key in ("eos", "padding")]
    # No sampling defaults: vLLM would apply them to every request that does not name its own.
    built.generation_config = GenerationConfig(
        bos_token_id=ends[1], eos_token_id=ends, pad_token_id=ends[1]
    )
    return built


def tokenizer(reader: GGUFReader) -> Qwen2Tokenizer:
    """The tokenizer with its added tokens and chat template."""
    tokens, types = (field(reader, f"tokenizer.ggml.{key}") for key in ("tokens", "token_type"))
    added = {
        index: AddedToken(
            tokens[index],
            special=kind == TokenType.CONTROL and not tokens[index].startswith(NOT_SPECIAL),
            normalized=False,
        )
        for index, kind in enumerate(types)
        if kind in (TokenType.CONTROL, TokenType.USER_DEFINED)
    }
    merges = [tuple(merge.split(" ")) for merge in field(reader, "tokenizer.ggml.merges")]
    plain = {token: index for index, token in enumerate(tokens) if types[index] == TokenType.NORMAL}
    built = Qwen2Tokenizer(
        vocab=plain,
        merges=merges,
        eos_token=tokens[field(reader, "tokenizer.ggml.eos_token_id")],
        pad_token=tokens[field(reader, "tokenizer.ggml.padding_token_id")],
        model_max_length=field(reader, "qwen2.context_length"),
        added_tokens_decoder=added,
        extra_special_tokens=[str(token) for token in added.values() if token.special],
    )
    built.chat_template = field(reader, "tokenizer.chat_template")
    return built


def check_tokenizer(built: Qwen2Tokenizer) -> None:
    """Raise ConversionFailed where the ids or the prompt differ from Qwen2.5's."""
    for text, ids in EXPECTED_IDS.items():
        if (got := built.encode(text)) != ids:
            raise ConversionFailed(f"the tokenizer turns {text!r} into {got}, expected {ids}")
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    prompt = built.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    if prompt != EXPECTED_PROMPT:
        raise ConversionFailed(
            f"the chat template renders {prompt!r}, expected {EXPECTED_PROMPT!r}"
        )


def main(source: Path, folder: Path) -> None:
    """Write the checkpoint of `source` into `folder`, and check what a reader will load."""
    reader = GGUFReader(source)
    check_architecture(reader)
    tokenizer(reader).save_pretrained(folder)
    check_tokenizer(Qwen2Tokenizer.from_pretrained(folder))
    with torch.no_grad():
        model(reader).save_pretrained(folder, max_shard_size="8GB")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except ConversionFailed as failure:
        sys.exit(str(failure))
