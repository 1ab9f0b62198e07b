"""Run with the engine's Python: is our plugin's arithmetic right, and does it know when to act?

Standard output says what was checked; any failure is an AssertionError.
"""

import importlib
import threading
import time
from types import ModuleType
from typing import Any

import nerve_cpu_draft as drafts  # type: ignore[import-not-found]
import nerve_cpu_draft_sampling as sampling  # type: ignore[import-not-found]
import nerve_cpu_lora as plugin  # type: ignore[import-not-found]
import nerve_cpu_lora_linear as linear  # type: ignore[import-not-found]
import nerve_cpu_lora_ops as ours  # type: ignore[import-not-found]
import nerve_cpu_wait as wait  # type: ignore[import-not-found]
import torch

RANDOM = torch.Generator().manual_seed(3)


def normal(*shape: int, dtype: Any = torch.float32) -> Any:
    """Random values of a fixed seed."""
    return torch.randn(*shape, generator=RANDOM).to(dtype)


def place_of(operators: Any) -> ModuleType:
    """A module that offers these operators, as vLLM's modules do."""
    place = ModuleType("place")
    for name in plugin.OPERATORS:
        setattr(place, name, getattr(operators, name))
    return place


def check_a_large_batch(dtype: Any, tolerance: float) -> None:
    """As one step of the engine: prefill runs, decode rows, three adapters, base-model rows."""
    slots = torch.tensor([2, -1, 0, 2, 1, -1, 0, 0, 2])
    lengths = torch.tensor([40, 30, 1, 1, 17, 1, 1, 1, 1])
    by_row = torch.repeat_interleave(slots, lengths)
    rows = len(by_row)
    inputs, before = normal(rows, 48, dtype=dtype), normal(rows, 100, dtype=dtype)
    lora_a, lora_b = normal(3, 1, 16, 48, dtype=dtype), normal(3, 1, 60, 16, dtype=dtype)
    runs = (torch.cumsum(lengths, 0) - lengths, lengths, slots, len(slots), 40, rows)

    middle, after = torch.zeros(rows, 16), before.clone()
    ours.sgmv_shrink(inputs, lora_a, middle, *runs, 2.0)
    ours.sgmv_expand_slice(middle, lora_b, after, *runs, 30, 60, True)

    expected = before.double()
    for row, slot in enumerate(by_row.tolist()):
        if slot >= 0:
            delta = lora_b[slot, 0].double() @ (lora_a[slot, 0].double() @ inputs[row].double())
            expected[row, 30:90] += 2.0 * delta
    assert torch.equal(after[by_row < 0], before[by_row < 0])
    assert torch.equal(after[:, :30], before[:, :30])
    scale = expected.abs().max().item()
    assert torch.allclose(after.double(), expected, atol=tolerance * scale)

    again, buffer = before.clone(), torch.zeros(rows, 16)
    ours.bgmv_shrink(inputs, lora_a, buffer, by_row, 2.0)
    ours.bgmv_expand_slice(buffer, lora_b, again, by_row, 30, 60, True)
    assert torch.equal(again, after), "by row and by run differ"


def check_an_adapter_padded_beyond_the_layer() -> None:
    """The adapter's lora_B has more rows than the layer's output: the rest is cut."""
    inputs, weights, output = normal(2, 4), normal(1, 9, 4), torch.zeros(2, 6)
    ours.bgmv_expand(inputs, weights, output, torch.tensor([0, -1]), True)
    assert torch.allclose(output[0], (weights[0] @ inputs[0])[:6], atol=1e-5)
    assert not output[1].any()


def check_zeros() -> None:
    """Padding and layers without an adapter change nothing, before and after new weights."""
    inputs, slots = normal(3, 8), torch.tensor([0, 1, 0])
    weights = torch.zeros(2, 1, 6, 8)
    for filled in (0, 2, 6, 1):
        with torch.inference_mode():  # as vLLM writes an adapter's weights, in place
            weights[0] = 0
            weights[0, 0, :filled].copy_(normal(filled, 8))
        shrunk, expanded = torch.full((3, 7), 5.0), torch.full((3, 7), 5.0)
        ours.bgmv_shrink(inputs, weights, shrunk, slots, 2.0)
        ours.bgmv_expand(inputs, weights, expanded, slots, True)
        for row in (0, 2):
            product = weights[0, 0] @ inputs[row]
            assert torch.allclose(shrunk[row, :6], 2.0 * product, atol=1e-5), filled
            assert torch.allclose(expanded[row, :6], 5.0 + product, atol=1e-5), filled
        assert not shrunk[1, :6].any() and (expanded[1] == 5.0).all()
        assert (shrunk[:, 6] == 5.0).all()


def linear_wrapper(mapping: list[int]) -> Any:
    """vLLM's wrapper with our linear layers, in a step whose rows have these slots."""
    from vllm.lora.layers import LoRAMapping
    from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU

    ours_too = type("Ours", (PunicaWrapperCPU,), {})
    linear.install(ours_too)
    wrapper = ours_too(max_num_batched_tokens=512, max_batches=64, device="cpu")
    ids = tuple(slot + 1 for slot in mapping)
    wrapper.update_metadata(LoRAMapping(ids, ids, is_prefill=False), [1, 2, 3], 3, 100)
    return wrapper


def check_linear(outs: tuple[int, ...], ranks: tuple[int, ...], mapping: list[int]) -> None:
    """Slices whose adapters have other ranks, or none, in slots padded with zeros; then another
    adapter is loaded into a slot."""
    lora_a = tuple(torch.zeros(3, 1, 64, 96, dtype=torch.bfloat16) for _ in outs)
    lora_b = tuple(torch.zeros(3, 1, out, 64, dtype=torch.bfloat16) for out in outs)
    x, before = (normal(len(mapping), width, dtype=torch.bfloat16) for width in (96, sum(outs)))
    wrapper = linear_wrapper(mapping)
    for loaded in ((0, 1, 2), (2,), (0,)):
        with torch.inference_mode():
            for slot in loaded:
                for a, b, rank in zip(lora_a, lora_b, ranks, strict=True):
                    a[slot, 0, :rank].copy_(normal(rank, 96))
                    b[slot, 0, :, :rank].copy_(normal(b.shape[2], rank))
            after = before.clone()
            wrapper.add_lora_linear(after, x, lora_a, lora_b, 1.0, outs)
        expected = before.double()
        for row, slot in enumerate(mapping):
            parts = zip(lora_a, lora_b, expected[row].split(outs), strict=True)
            for a, b, columns in parts if slot >= 0 else ():
                columns += b[slot, 0].double() @ (a[slot, 0].double() @ x[row].double())
        for row, slot in enumerate(mapping):
            if slot < 0:
                assert torch.equal(after[row], before[row]), "a row without an adapter changed"
        wrong = (after.double() - expected).norm(dim=1) / expected.norm(dim=1)
        assert wrong.max() < 0.02, (outs, ranks, loaded, wrong)


def check_linear_layers() -> None:
    """One adapter for all rows, several mixed with the base model, and the base model alone."""
    wide = (linear._ONE_B // 128 // 2, linear._ONE_B // 128)  # too wide for one B
    for mapping in ([1] * 5, [0], [-1, 2, 0, 0, 2, -1, 1], [-1, -1], [0, 0, -1]):
        check_linear((40, 24, 24), (64, 64, 64), mapping)
        check_linear((40, 24, 24), (8, 0, 3), mapping)
        check_linear((56,), (16,), mapping)
        check_linear(wide, (64, 64), mapping)
        check_linear(wide, (0, 64), mapping)
    assert plugin.install_linear(type("Fresh", (linear_wrapper([0]).__class__.__mro__[1],), {}))


def check_wrong_linear_layers_are_left_out() -> None:
    """Ours are asked before they are used."""
    right, fresh = linear.Slot.add, linear_wrapper([0]).__class__.__mro__[1]
    try:
        linear.Slot.add = lambda self, y, x, scale: right(self, y, x, 2 * scale)
        assert not plugin.install_linear(type("Fresh", (fresh,), {}))
    finally:
        linear.Slot.add = right


class Grammar:
    """As llguidance's matcher: what it forces next, and how much of a guess it allows."""

    def __init__(self, forced: list[int], allows: int = 99) -> None:
        self.forced, self.allows, self.asked = forced, allows, 0

    def compute_ff_tokens(self) -> list[int]:
        self.asked += 1
        return self.forced

    def validate_tokens(self, guess: list[int]) -> int:
        return min(self.allows, len(guess))


def check_drafts() -> None:
    """Forced tokens before copied ones; copied from where most of the end stood before."""
    assert drafts.following([7, 8, 1, 9, 8, 2, 7, 8], 2) == [1, 9]
    assert drafts.following([1, 2, 5, 3, 2, 6, 4, 3, 2], 1) == [6], "the longer end is the better"
    assert drafts.following([3, 8, 3], 4) == [8, 3], "there are no more"
    assert drafts.following([5, 6, 7], 3) == drafts.following([9], 1) == []
    # The bytes of the last token stand across two others.
    assert drafts.following([1 << 24, 0, 7, 1], 2) == []
    prompt = [7, 8, 1, 9, 8, 2, 7, 8]
    new = drafts.Forced
    assert drafts.draft(prompt, Grammar([4, 5, 6]), 2, 2, new()) == [4, 5]
    assert drafts.draft(prompt, Grammar([]), 3, 4, new()) == [1, 9, 8]
    assert drafts.draft(prompt, Grammar([], allows=1), 3, 4, new()) == [1]
    assert drafts.draft([5, 6, 7], Grammar([]), 3, 4, new()) == []
    counts = [drafts.copied_with(requests) for requests in (0, 1, 2, 64)]
    assert counts == sorted(counts, reverse=True) and counts[-1] == 1


def check_what_is_long_is_asked_for_once() -> None:
    """And gone along, whatever share of a draft is kept; a model that strays gets no more."""
    text, written, forced = list(range(100, 400)), [1, 2, 3], drafts.Forced()
    grammar, place = Grammar(text), 0
    while place < len(text):
        drafted = forced.after(written, grammar, 4)
        assert drafted == text[place : place + 4], (place, drafted)
        kept = 1 + place % len(drafted)
        written, place = written + text[place : place + kept], place + kept
    assert grammar.asked == 1
    grammar.forced = [7]
    assert forced.after(written, grammar, 4) == [7] and grammar.asked == 2
    beyond, grammar = drafts.Forced(), Grammar(text)
    assert beyond.after([], grammar, 4) == text[:4]
    grammar.forced = [7]
    assert beyond.after([*text, 6], grammar, 4) == [7], "one more was written than was forced"
    strays, grammar = drafts.Forced(), Grammar(text)
    assert strays.after([1], grammar, 4) == text[:4]
    assert strays.after([1, 100, 5], grammar, 4) == strays.after([1, 100, 5, 102], grammar, 4) == []
    assert grammar.asked == 1


def check_a_bias_is_on_all_rows_of_its_request() -> None:
    """Of three requests, with two, no and one drafted tokens."""
    logits = torch.zeros(3, 5)
    sampling.add(logits, {0: {1: -1.0, 4: 2.0}, 1: {0: 9.0}, 2: {3: 0.5}}, [2, 0, 1])
    expected = [[0, -1, 0, 0, 2], [0, -1, 0, 0, 2], [0, 0, 0, 0.5, 0]]
    assert logits.tolist() == expected


def check_each_row_has_its_requests_temperature() -> None:
    """Greedy's 0 becomes 1, which divides nothing; types stay."""
    spread = sampling.expand(torch.tensor([0.0, 0.7, 0.9]), torch.tensor([2, 2, 3]), 3, 0, 1)
    assert torch.equal(spread, torch.tensor([1.0, 1.0, 0.9]))
    limits = sampling.expand(torch.tensor([5, 0], dtype=torch.int32), torch.tensor([1, 3]), 3)
    assert limits.tolist() == [5, 0, 0] and limits.dtype == torch.int32


def check_who_waits_sleeps() -> None:
    """A reader with nothing to read waits for its notification, and hears it."""
    place = importlib.import_module(wait.PLACE)
    assert wait.install(place), "the installed vLLM waits in another way"
    assert not wait.install(ModuleType("place"))
    queue = place.MessageQueue(1, 1)
    reader = place.MessageQueue.create_from_handle(queue.export_handle(), 0)
    ready = threading.Thread(target=reader.wait_until_ready)
    ready.start()
    queue.wait_until_ready()
    ready.join()
    queue.enqueue("first")
    assert reader.dequeue(timeout=10) == "first"
    used = time.process_time()
    threading.Timer(0.5, queue.enqueue, ["second"]).start()
    assert reader.dequeue(timeout=10) == "second"
    assert time.process_time() - used < 0.1, "it asked again and again"


def check_when_it_acts() -> None:
    """It replaces what is wrong, leaves what is right, and refuses to put wrong for wrong."""
    wrong = place_of(importlib.import_module("vllm.lora.ops.torch_ops.lora_ops"))
    installed_is_wrong = not plugin.is_right(wrong)
    print("the installed vLLM's operators are", "wrong" if installed_is_wrong else "right")

    def broken(inputs: Any, weights: Any, output: Any, *rest: Any) -> None:
        output += 1

    for name in plugin.OPERATORS:
        setattr(wrong, name, broken)
    assert plugin.install([wrong]) and plugin.is_right(wrong)
    assert not plugin.install([wrong]), "it must step aside where all is right"

    right = ours.sgmv_expand
    ours.sgmv_expand = broken
    bad = place_of(ours)
    try:
        plugin.install([bad])
    except RuntimeError:
        print("refused to start with two wrong sets of operators")
    else:
        raise AssertionError("it installed operators that are wrong")
    finally:
        ours.sgmv_expand = right


if __name__ == "__main__":
    assert plugin.is_right(ours)
    check_a_large_batch(torch.float32, 1e-5)
    check_a_large_batch(torch.bfloat16, 1e-2)
    check_an_adapter_padded_beyond_the_layer()
    check_zeros()
    check_linear_layers()
    check_wrong_linear_layers_are_left_out()
    check_drafts()
    check_what_is_long_is_asked_for_once()
    check_a_bias_is_on_all_rows_of_its_request()
    check_each_row_has_its_requests_temperature()
    check_who_waits_sleeps()
    check_when_it_acts()
    print("all right")
