"""What is said of a GPU's memory before vLLM fills it; no engine is started."""

import json
from pathlib import Path

import pytest

from deploy.engine.admission import LaunchRefused
from deploy.engine.gpu import Gpu
from deploy.engine.memory import Shape, Taken, check

QWEN_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
}
WEIGHTS = 15_231_233_024


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Qwen2.5-7B-Instruct as far as its size goes: a file with a hole."""
    folder = tmp_path / "Qwen2.5-7B-Instruct"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(QWEN_7B))
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(WEIGHTS)
    return folder


def _taken(model: Path, bits: int = 16, rank: int = 64, slots: int = 2) -> Taken:
    return Taken(model, in_8_bits=bits == 8, slots=slots, rank=rank, window=2048)


def _gpu(gigabytes: int) -> Gpu:
    return Gpu("0", "GPU-0", "a card", "580", (8, 6), gigabytes * 2**30)


def test_a_slot_costs_what_was_measured(model: Path) -> None:
    """323 MB at rank 64 on the 7B; the KV cache of its window 117 MB."""
    shape = Shape.of(model)
    assert shape.slot(64) == 322_961_408
    assert shape.window(2048) == 117_440_512
    assert _taken(model).weights() == WEIGHTS
    assert 8.5e9 < _taken(model, bits=8).weights() < 8.9e9


@pytest.mark.parametrize(
    ("bits", "rank", "slots", "extra", "gigabytes", "fits"),
    [
        (16, 64, 2, (), 24, True),
        (16, 64, 8, (), 16, False),
        (16, 16, 2, (), 16, False),
        (8, 64, 2, (), 16, True),
        (8, 16, 8, (), 16, True),
        (8, 64, 8, (), 12, False),
        (16, 64, 8, ("--tensor-parallel-size", "2"), 16, True),
        (16, 64, 8, ("--tensor_parallel_size", "2"), 16, True),
        (16, 64, 8, ("-tp=2",), 16, True),
        (16, 64, 8, ("--pipeline-parallel-size=2",), 16, True),
        (16, 64, 8, ("-pp", "2"), 16, True),
        (16, 64, 8, ("-tp", "2"), 10, False),
        (16, 64, 8, ("-tp", "2", "-pp", "2"), 10, True),
        (16, 64, 8, ("--max_loras", "1"), 16, True),
        (16, 64, 8, ("--quantization", "bitsandbytes"), 16, True),
        (16, 64, 8, (), 0, True),
    ],
)
def test_what_does_not_fit_is_refused(
    model: Path,
    bits: int,
    rank: int,
    slots: int,
    extra: tuple[str, ...],
    gigabytes: int,
    fits: bool,
) -> None:
    """Unless the user's own flags change the sum in ways that are not known, or none is told."""
    taken = _taken(model, bits, rank, slots)
    if fits:
        check(taken, [_gpu(gigabytes)], extra)
    else:
        with pytest.raises(
            LaunchRefused, match=r"GiB on each GPU, and a card has \d+: .*--weights fp8"
        ):
            check(taken, [_gpu(gigabytes)], extra)


def test_a_model_that_does_not_describe_itself_is_not_refused(tmp_path: Path) -> None:
    """Nothing is known of it, so nothing is said against it."""
    (tmp_path / "config.json").write_text("{}")
    check(_taken(tmp_path), [_gpu(4)], ())
    check(_taken(tmp_path / "none"), [_gpu(4)], ())


def test_only_gpus_that_vllm_can_use_are_measured(model: Path) -> None:
    """A small old one in the first place does not count, and the smallest of several does."""
    old, large, small = Gpu("0", "a", "old", "580", (6, 1), 2**31), _gpu(24), _gpu(16)
    check(_taken(model), [old, large], ())
    check(_taken(model), [large, small], ())
    with pytest.raises(LaunchRefused, match=r"GiB on each GPU, and a card has 16"):
        check(_taken(model), [old, small, large], ())
    with pytest.raises(LaunchRefused, match=r"GiB on each GPU, and a card has 8"):
        check(_taken(model), [large, _gpu(8)], ("-tp", "2"))
