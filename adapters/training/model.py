"""The base model with its LoRA matrices: loading, freezing, saving in PEFT's layout."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn
from transformers import AutoModelForCausalLM

from adapters.recipe_tables import Frozen, Lora
from adapters.training import attention, weights
from adapters.training.packing import Batch
from adapters.training.work_folder import CONFIG, WEIGHTS


def device() -> torch.device:
    """The first NVIDIA GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def with_lora(base: Path, lora: Lora, frozen: Frozen) -> Any:
    """The base model of folder ``base``, frozen, with fresh float32 LoRA matrices (a PeftModel).

    Raises ValueError where 8-bit products are asked for on a CPU that gets them wrong, and for
    layers and matrices that the base does not have.
    """
    where = device()
    if frozen == "int8" and where.type == "cpu":
        _check_int8()
    whole = torch.float32 if frozen == "float32" and where.type == "cpu" else torch.bfloat16
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=whole, attn_implementation=attention.NAME
    )
    peft = _adapted(model, lora, base.name)
    if frozen == "int8" and where.type == "cpu":
        _use_int8(peft, lora.dropout)
        peft.float()  # what is left: embeddings and norms
    peft.train()
    return peft.to(where)


def start_with(model: Any, adapter: Path) -> None:
    """Give the LoRA matrices the weights in folder ``adapter``.

    Raises OSError and ValueError when they cannot be read or are for other matrices.
    """
    begun = weights.read(adapter)
    shapes = {name: tuple(value.shape) for name, value in get_peft_model_state_dict(model).items()}
    if {name: tuple(value.shape) for name, value in begun.items()} != shapes:
        raise ValueError(
            f"{adapter / WEIGHTS}: its matrices are not those of the recipe; expected the same "
            "rank, targets and layers"
        )
    set_peft_model_state_dict(model, begun)


def loss_of(model: Any, batch: Batch) -> torch.Tensor:
    """The sum of the cross-entropies (nats) of the learned tokens; logits are taken there only."""
    where = next(model.parameters()).device
    causal = model.get_base_model()
    mixed = torch.autocast(where.type, torch.bfloat16, enabled=causal.dtype == torch.bfloat16)
    with mixed:
        hidden = causal.model(
            input_ids=batch.ids.to(where),
            position_ids=batch.positions.to(where),
            attention_mask={"full_attention": None},  # packed attention knows who sees whom
            lengths=batch.lengths,
            use_cache=False,
        ).last_hidden_state
        logits = causal.lm_head(hidden[0, batch.places.to(where)])
    return nn.functional.cross_entropy(logits.float(), batch.targets.to(where), reduction="sum")


def save(model: Any, folder: Path, lora: Lora, base: str) -> None:
    """Write ``adapter_model.safetensors`` (bf16) and ``adapter_config.json``, no machine paths;
    raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    learned = get_peft_model_state_dict(model)
    small = {name: value.detach().to("cpu", torch.bfloat16) for name, value in learned.items()}
    weights.write(small, folder / WEIGHTS)
    config = _config(lora, base).to_dict()
    config["inference_mode"] = True
    plain = {key: sorted(v) if isinstance(v, set) else v for key, v in config.items()}
    text = json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / CONFIG).write_text(text + "\n", encoding="utf-8")


def _config(lora: Lora, base: str) -> LoraConfig:
    return LoraConfig(
        base_model_name_or_path=base,
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
        layers_to_transform=list(range(lora.first_layer, lora.last_layer + 1)),
        layers_pattern="layers",
    )


def _adapted(model: Any, lora: Lora, base: str) -> Any:
    """Raises ValueError unless every matrix that was asked for is adapted: PEFT is content with
    some of them, and the rest would be trained in no step."""
    layers = model.config.num_hidden_layers
    if lora.last_layer >= layers:
        raise ValueError(
            f"lora.last_layer = {lora.last_layer}; expected up to {layers - 1}: {base} has "
            f"{layers} layers"
        )
    try:
        peft = get_peft_model(model, _config(lora, base))
    except ValueError as exc:
        raise ValueError(f"lora.targets = {list(lora.targets)}, of {base}: {exc}") from exc
    _check_adapted([f".{name}" for name in peft.base_model.targeted_module_names], lora, base)
    return peft


def _check_adapted(names: Sequence[str], lora: Lora, base: str) -> None:
    for layer, target in product(range(lora.first_layer, lora.last_layer + 1), lora.targets):
        if not any(f".layers.{layer}." in name and name.endswith(f".{target}") for name in names):
            raise ValueError(
                f"lora.targets has {target}, which {base} does not have in layer {layer}; "
                "expected modules that are there"
            )


def _check_int8() -> None:
    from adapters.training.int8 import check

    check()


def _use_int8(model: Any, dropout: float) -> None:
    """Replace every frozen matrix of the decoder layers, and the head, by its int8 form."""
    from adapters.training.int8 import Int8Linear, Int8Mlp
    from adapters.training.int8_lora import Int8LoraMlp

    causal = model.get_base_model()
    for layer in causal.model.layers:
        block = layer.mlp
        matrices = (block.gate_proj, block.up_proj, block.down_proj)
        plain = [isinstance(matrix, nn.Linear) for matrix in matrices]
        if all(plain):
            layer.mlp = Int8Mlp(*matrices)
        elif any(plain) or dropout:
            _replace(block, ("gate_proj", "up_proj", "down_proj"))
        else:
            layer.mlp = Int8LoraMlp(block)
        _replace(layer.self_attn, ("q_proj", "k_proj", "v_proj", "o_proj"))
    causal.lm_head = Int8Linear(causal.lm_head)


def _replace(module: nn.Module, names: Sequence[str]) -> None:
    """Each named matrix by its int8 form; under a LoRA layer, what that layer adds to."""
    from adapters.training.int8 import Int8Linear

    for name in names:
        part = getattr(module, name)
        if isinstance(part, nn.Linear):
            setattr(module, name, Int8Linear(part))
        else:
            part.base_layer = Int8Linear(part.base_layer)
