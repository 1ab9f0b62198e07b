"""Attention over a pack: the prefix sees itself, each row sees the prefix and itself, causally.

Row by row rather than under one [T, T] mask: that mask is mostly empty, and its cost is not.
Registered with transformers under ``NAME``.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

NAME = "packed"


def packed(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    *,
    lengths: Sequence[int],
    scaling: float,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """query [1, H, T, D], key and value [1, G, T, D] → [1, T, H, D]; ``lengths`` as in Batch."""
    sizes = list(lengths)
    queries, keys, values = (part.split(sizes, dim=2) for part in (query, key, value))
    parts = [_attend(queries[0], keys[0], values[0], scaling)]
    for row in range(1, len(sizes)):
        both = torch.cat((keys[0], keys[row]), 2), torch.cat((values[0], values[row]), 2)
        parts.append(_attend(queries[row], *both, scaling))
    return torch.cat(parts, 2).transpose(1, 2).contiguous(), None


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float
) -> torch.Tensor:
    """The last queries of a causal sequence; heads of one group stand behind each other."""
    _, heads, length, size = query.shape
    groups, seen = key.shape[1], key.shape[2]
    stacked = query.reshape(1, groups, heads // groups * length, size)
    mask = _mask(length, seen, query).repeat(heads // groups, 1)
    out = scaled_dot_product_attention(stacked, key, value, attn_mask=mask, scale=scaling)
    return out.reshape(1, heads, length, size)


def _mask(length: int, seen: int, like: torch.Tensor) -> torch.Tensor:
    hidden = torch.full((length, seen), float("-inf"), dtype=like.dtype, device=like.device)
    return hidden.triu(seen - length + 1)


AttentionInterface.register(NAME, packed)
