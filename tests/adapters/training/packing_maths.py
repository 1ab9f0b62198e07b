"""Run with the trainer's Python: is a pack worth exactly its separate rows?

``python tests/adapters/training/packing_maths.py BASE`` prints ``all right``. Loss and LoRA
gradients of random rows, first packed behind their shared prefix, then one by one through the
model's own attention; in float32. Then the int8 form of the same model against the float32 one.
"""

import random
import sys
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from adapters.recipe_tables import Lora, Module  # noqa: E402
from adapters.training import model  # noqa: E402
from adapters.training.packing import Batch, pack, shared_prefix  # noqa: E402
from adapters.training.template import Row  # noqa: E402

ATTENTION: tuple[Module, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP: tuple[Module, ...] = ("gate_proj", "up_proj", "down_proj")


def rows(prefix: int, number: int, rng: random.Random) -> list[Row]:
    """``number`` rows of random ids that share ``prefix`` ids, or a little more by chance."""
    head = [rng.randrange(256) for _ in range(prefix)]
    made = []
    for _ in range(number):
        prompt = head + [rng.randrange(256) for _ in range(rng.randint(2, 20))]
        answer = [rng.randrange(256) for _ in range(rng.randint(2, 9))]
        made.append(Row(tuple(prompt + answer), len(prompt)))
    return made


def gradient(tuned: Any, loss: torch.Tensor) -> torch.Tensor:
    """The gradient of all learned parameters, as one vector; the model's own is cleared."""
    loss.backward()
    learned = [part for part in tuned.parameters() if part.requires_grad]
    whole = torch.cat([part.grad.flatten() for part in learned])
    tuned.zero_grad()
    return whole


def fresh(base: Path, targets: tuple[Module, ...], frozen: Any) -> Any:
    """The model with LoRA matrices that are not zero, the same each time."""
    torch.manual_seed(1)
    tuned = model.with_lora(base, Lora(8, 16, 0.0, targets, 0, 1), frozen)
    torch.manual_seed(2)
    for name, part in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(part, std=0.05)
    return tuned.cpu()


def separate(tuned: Any, batch: list[Row]) -> torch.Tensor:
    """The loss of the rows one by one, by transformers alone."""
    causal = tuned.get_base_model()
    causal.set_attn_implementation("sdpa")
    total = torch.zeros(())
    for row in batch:
        logits = causal(input_ids=torch.tensor([row.ids]), use_cache=False).logits[0, :-1]
        total = total + torch.nn.functional.cross_entropy(
            logits[row.prompt - 1 :], torch.tensor(row.ids[row.prompt :]), reduction="sum"
        )
    causal.set_attn_implementation("packed")
    return total


def check(base: Path, targets: tuple[Module, ...]) -> None:
    """Raises AssertionError at the first disagreement."""
    rng = random.Random(3)
    exact, small = fresh(base, targets, "float32"), fresh(base, targets, "int8")
    for prefix, number in ((30, 5), (1, 3), (12, 1), (50, 16)):
        batch = rows(prefix, number, rng)
        packed: Batch = pack(batch)
        assert shared_prefix(batch) >= min(prefix, min(row.prompt for row in batch) - 1)
        together, apart = model.loss_of(exact, packed), separate(exact, batch)
        torch.testing.assert_close(together, apart, rtol=1e-5, atol=1e-4)
        want, have = gradient(exact, apart), gradient(exact, together)
        torch.testing.assert_close(have, want, rtol=1e-4, atol=1e-5 * float(want.abs().max()))
        rough = model.loss_of(small, packed)
        torch.testing.assert_close(rough, together, rtol=0.02, atol=0.0)
        cosine = torch.nn.functional.cosine_similarity(gradient(small, rough), want, dim=0)
        assert cosine > 0.97, f"int8 gradient: cosine {cosine:.4f}"


if __name__ == "__main__":
    for adapted in (ATTENTION, ATTENTION + MLP, ("q_proj", "down_proj")):
        check(Path(sys.argv[1]), adapted)
    print("all right")
