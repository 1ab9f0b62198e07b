"""What vLLM 0.32's sampler lacks beside drafts on the CPU: ``logit_bias``, ``min_p``, temperatures.

A step that checks drafts has one more row of logits for each drafted token. vLLM refuses
``logit_bias`` and ``min_p`` there: a bias belongs to each row of its request; ``min_p`` does
nothing to a greedy request, and no other is drafted for. And where a greedy request shares a step
with one that samples, vLLM spreads their temperatures over the rows into a copy that it then
drops, and divides logits by whatever stood in that memory.
"""

import copy
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch


def install(runner: Any, sampling: Any, parameters: Any, bias: type, ours: str) -> None:
    """``runner``, ``sampling``: the modules that build the logits processors, and that sample what
    was drafted; ``parameters``: the class SamplingParams; ``bias``: the processor of
    ``logit_bias``. Acts where the configuration names the class ``ours`` as its draft model."""
    sampler = sampling.RejectionSampler
    build, process = runner.build_logitsprocs, sampler.apply_logits_processors
    refuse = parameters._validate_spec_decode

    def build_logitsprocs(config: Any, *rest: Any, **more: Any) -> Any:
        if _drafts(config.speculative_config, ours):
            config = copy.copy(config)
            config.speculative_config = None
        return build(config, *rest, **more)

    def apply_logits_processors(self: Any, logits: Any, asked: Any, metadata: Any) -> Any:
        logits = process(self, logits, asked, metadata)
        for processor in asked.logitsprocs.non_argmax_invariant:
            if isinstance(processor, bias):
                add(logits, processor.biases, metadata.num_draft_tokens)
        return logits

    def validate(self: Any, speculation: Any) -> None:
        if not _drafts(speculation, ours):
            refuse(self, speculation)

    runner.build_logitsprocs = build_logitsprocs
    sampler.apply_logits_processors = apply_logits_processors
    sampling.expand_batch_to_tokens = expand
    parameters._validate_spec_decode = validate


def add(logits: Any, biases: dict[int, dict[int, float]], drafted: Sequence[int]) -> None:
    """Each request's biases on the rows of its drafted tokens; ``drafted`` counts them."""
    starts = [0, *accumulate(drafted)]
    for request, by_token in biases.items():
        rows = slice(starts[request], starts[request + 1])
        for token, value in by_token.items():
            logits[rows, token] += value


def expand(
    values: torch.Tensor,
    ends: torch.Tensor,
    rows: int,
    replace_from: float = 0,
    replace_to: float = 0,
) -> torch.Tensor:
    """Each request's value on its rows; ``ends``: the row after its last one."""
    counts = torch.diff(ends, prepend=ends.new_zeros(1))
    spread = values.repeat_interleave(counts, output_size=rows)
    return torch.where(spread == replace_from, replace_to, spread)


def _drafts(speculation: Any, ours: str) -> bool:
    return speculation is not None and speculation.model == ours
