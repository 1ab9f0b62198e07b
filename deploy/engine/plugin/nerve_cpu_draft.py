"""vLLM plugin: a grammar and the prompt draft the next tokens, and the model only checks them.

On a CPU a step that checks a few tokens of a request costs little more than one that writes one:
both read all weights. What an extraction says next is often known: a separator that the grammar
forces, or the rest of a surface that stands in the prompt. vLLM's speculative decoding keeps of a
draft what the model would have written itself, so an answer stays what it was.

``--speculative-config '{"method": "custom_class", "model": "nerve_cpu_draft.Proposer",
"num_speculative_tokens": 4}'``, as the launcher starts it. The worker proposes nothing: the drafts
are made beside the grammars, in the engine's scheduler, for greedy requests that have one. What
others sample would depend on how many tokens were drafted, and so on who else asks.
"""

import importlib
import logging
from array import array
from collections.abc import Sequence
from typing import Any

import nerve_cpu_draft_sampling as sampling

CLASS = "nerve_cpu_draft.Proposer"
# How many tokens are copied from the prompt: with more requests a row of a step costs more, and
# the first copied token is right more often than the next.
_COPIED = ((1, 4), (4, 3), (8, 2), (1 << 30, 1))
# The longest end of the text so far that is looked for in it.
_LONGEST = 3
# What a grammar forces beyond so many tokens is asked for once.
_LONG = 64

log = logging.getLogger("vllm.nerve_cpu_draft")


class Proposer:
    """What vLLM's worker asks for drafts: it has none."""

    def __init__(self, vllm_config: Any) -> None:
        pass

    def propose(self, sampled: Sequence[Any], *_: Any, **__: Any) -> list[list[int]]:
        return [[] for _ in sampled]

    def load_model(self, *_: Any, **__: Any) -> None:
        pass


class Forced:
    """What the grammar of one request forces next.

    llguidance tells all of it whenever it is asked, and takes time with its length: a literal of
    60 kB, asked for at each step, would hold up everybody's. So what is long is kept and gone
    along; a model that writes it in other tokens gets no more drafts of the grammar's.
    """

    __slots__ = ("_at", "_begin", "_kept", "_strays")

    def __init__(self) -> None:
        self._kept: list[int] = []
        self._begin = self._at = 0
        self._strays = False

    def after(self, tokens: Sequence[int], matcher: Any, most: int) -> list[int]:
        """Up to ``most`` tokens that follow ``tokens``, the prompt's and all that is written."""
        self._go_along(tokens)
        if not self._kept and not self._strays:
            found: list[int] = matcher.compute_ff_tokens()
            if len(found) <= _LONG:
                return found[:most]
            self._kept, self._begin, self._at = found, len(tokens), len(tokens)
        done = self._at - self._begin
        return self._kept[done : done + most]

    def _go_along(self, tokens: Sequence[int]) -> None:
        if not self._kept:
            return
        new, done = list(tokens[self._at :]), self._at - self._begin
        self._at = len(tokens)
        expected = self._kept[done : done + len(new)]  # fewer where what is forced ends
        self._strays = new[: len(expected)] != expected
        if self._strays or done + len(new) >= len(self._kept):
            self._kept = []


def draft(tokens: Sequence[int], matcher: Any, copied: int, most: int, forced: Forced) -> list[int]:
    """What the grammar forces, else up to ``copied`` tokens of the prompt that it allows."""
    certain = forced.after(tokens, matcher, most)
    if certain:
        return certain
    guess = following(tokens[:], min(copied, most))
    return guess[: matcher.validate_tokens(guess)] if guess else []


def following(tokens: Sequence[int], count: int) -> list[int]:
    """The ``count`` tokens after the first place where the last tokens stood before; the more of
    them stood there, the better."""
    known = array("I", tokens)  # searched as bytes: a prompt has thousands of tokens
    written = known.tobytes()
    for length in range(min(_LONGEST, len(known) - 1), 0, -1):
        place = _find(written, known[-length:].tobytes(), known.itemsize)
        if place is not None:
            return known[place + length : place + length + count].tolist()
    return []


def _find(written: bytes, end: bytes, size: int) -> int | None:
    """In tokens, and before the end itself."""
    place = written.find(end, 0, len(written) - size)
    while place % size:  # -1, which is nowhere, leaves 3 of 4
        if place < 0:
            return None
        place = written.find(end, place + 1, len(written) - size)
    return place // size


def copied_with(requests: int) -> int:
    """How many tokens are copied when so many requests run."""
    return next(tokens for at_most, tokens in _COPIED if requests <= at_most)


def register() -> None:
    """Called by vLLM in each of its processes, before the scheduler is made."""
    from vllm.platforms import current_platform

    if not current_platform.is_cpu():
        return
    from vllm.sampling_params import SamplingParams
    from vllm.v1.core.sched.scheduler import Scheduler
    from vllm.v1.sample.logits_processor import LogitBiasLogitsProcessor

    runner = importlib.import_module("vllm.v1.worker.gpu_model_runner")
    rejection = importlib.import_module("vllm.v1.sample.rejection_sampler")
    sampling.install(runner, rejection, SamplingParams, LogitBiasLogitsProcessor, CLASS)
    install(Scheduler)


def install(scheduler: Any) -> None:
    """Let a scheduler whose configuration names our class make the drafts itself."""
    theirs = scheduler.update_draft_token_ids

    def update_draft_token_ids(self: Any, proposed: Any) -> None:
        theirs(self, proposed)
        config = self.vllm_config.speculative_config
        if config is None or config.model != CLASS:
            return
        copied = copied_with(len(self.running))
        for name in proposed.req_ids:
            request = self.requests.get(name)
            matcher = request and _matcher(request)
            if matcher and not request.is_finished() and not request.is_prefill_chunk:
                request.spec_token_ids = draft(
                    request.all_token_ids, matcher, copied, self.num_spec_tokens, _forced(request)
                )

    scheduler.update_draft_token_ids = update_draft_token_ids


def _forced(request: Any) -> Forced:
    """The request's own, as long as it lasts."""
    if not hasattr(request, "nerve_forced"):
        request.nerve_forced = Forced()
    found: Forced = request.nerve_forced
    return found


def _matcher(request: Any) -> Any:
    """llguidance's, or None: sampled, another backend, no grammar, or one that is at its end."""
    if request.sampling_params.temperature:
        return None
    structured = request.structured_output_request if request.use_structured_output else None
    grammar = structured.grammar if structured else None
    matcher = getattr(grammar, "ll_matcher", None)
    return None if matcher is None or matcher.is_stopped() else matcher
