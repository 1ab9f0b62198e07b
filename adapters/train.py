"""LoRA fine-tuning from a recipe: resumable after a kill, the same result for the same seed."""

import ctypes
import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import AutoTokenizer

from adapters import augment, checkpoint, model, recipe
from adapters.data import Example, split, writable
from adapters.packing import Batch, pack
from adapters.readers import Kind, read
from adapters.recipe import Recipe
from adapters.template import Encoder
from adapters.training_log import TrainingLog
from service.ner.formats import FORMATS

CHECKPOINT, LOG, BEST = "checkpoint.pt", "log.jsonl", "best"


@dataclass(frozen=True, slots=True)
class Trained:
    """``folder`` holds the best weights; losses in nats a learned token; time in seconds;
    ``left_out`` rows cannot be written in the recipe's format."""

    folder: Path
    steps: int
    left_out: int
    best_loss: float
    seconds: float


def train(recipe_file: Path, data: Path, base: Path, work: Path, kind: Kind = "cluener") -> Trained:
    """Train as ``recipe_file`` says on the file ``data`` over the model folder ``base``.

    ``work`` keeps checkpoint.pt, log.jsonl and best/ (the adapter); calling again goes on from the
    last checkpoint. Raises RecipeError, DataError, RowTooLong, OSError, ValueError (checkpoint of
    another recipe, start weights of another shape).
    """
    work.mkdir(parents=True, exist_ok=True)
    plan = recipe.load(recipe_file)
    started = time.monotonic()
    begun = recipe_file.parent / plan.start if plan.start else None
    found = read(data, kind, plan.labels).examples
    examples = writable(found, FORMATS[plan.format], plan.labels)
    run = _Run.prepare(plan, examples, base, work, begun)
    _keep_freed_memory()
    run.go()
    seconds, left_out = time.monotonic() - started, len(found) - len(examples)
    return Trained(work / BEST, len(run.packs), left_out, run.progress.best, seconds)


@dataclass(slots=True)
class _Run:
    plan: Recipe
    encoder: Encoder
    packs: list[augment.Pack]
    validation: list[augment.Pack]
    model: Any
    optimiser: torch.optim.Optimizer
    work: Path
    progress: checkpoint.Progress

    @classmethod
    def prepare(
        cls, plan: Recipe, examples: Sequence[Example], base: Path, work: Path, begun: Path | None
    ) -> "_Run":
        training, held_out = split(examples, plan.data.held_out)
        torch.manual_seed(plan.train.seed)
        tuned = model.with_lora(base, plan.lora, plan.train.frozen)
        if plan.train.gradient_checkpointing:
            tuned.gradient_checkpointing_enable({"use_reentrant": False})
        if begun is not None:
            model.start_with(tuned, begun)
        optimiser = torch.optim.AdamW(_learned(tuned), plan.train.learning_rate, weight_decay=0.0)
        tokenizer = AutoTokenizer.from_pretrained(base)
        encoder = Encoder(tokenizer, plan.template, plan.format)
        return cls(
            plan,
            encoder,
            _packs(plan, training),
            _plain(plan, held_out[: plan.train.validation_rows]),
            tuned,
            optimiser,
            work,
            checkpoint.load(work / CHECKPOINT, _digest(plan), tuned, optimiser),
        )

    def go(self) -> None:
        """Every step that is not done yet."""
        settings, log = (
            self.plan.train,
            TrainingLog(self.work / LOG, self.progress.step, len(self.packs)),
        )
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn()) as bar:
            task = bar.add_task("training", total=len(self.packs), completed=self.progress.step)
            while self.progress.step < len(self.packs):
                row = self._step()
                if self._due(settings.validate_every):
                    row["validation_loss"] = self._validate()
                log.write(row)
                if self._due(settings.checkpoint_every):
                    self._save()
                bar.update(task, completed=self.progress.step, description=f"{row['loss']:.3f}")

    def _step(self) -> dict[str, float]:
        began = time.monotonic()
        rate = learning_rate(self.plan, self.progress.step, len(self.packs))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batches = self._batches(self.packs[self.progress.step])
        learned, loss = sum(len(batch.targets) for batch in batches), 0.0
        for batch in batches:
            part = model.loss_of(self.model, batch) / learned
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.item()
        norm = torch.nn.utils.clip_grad_norm_(_learned(self.model), self.plan.train.clip)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.progress.step += 1
        return {
            "step": self.progress.step,
            "epoch": round(self.progress.step / len(self.packs) * self.plan.train.epochs, 4),
            "loss": round(loss, 5),
            "gradient_norm": round(norm.item(), 4),
            "learning_rate": rate,
            "tokens_per_second": round(
                sum(batch.ids.numel() for batch in batches) / (time.monotonic() - began), 1
            ),
        }

    def _batches(self, asked: augment.Pack) -> list[Batch]:
        """What goes through the model at a time."""
        rows = [self.encoder.row(example, asked.labels) for example in asked.examples]
        size = self.plan.train.rows_at_once or len(rows)
        return [pack(rows[start : start + size]) for start in range(0, len(rows), size)]

    def _validate(self) -> float:
        total, learned = 0.0, 0
        self.model.eval()
        with torch.no_grad():
            for batch in chain.from_iterable(map(self._batches, self.validation)):
                total += model.loss_of(self.model, batch).item()
                learned += len(batch.targets)
        self.model.train()
        mean = total / max(learned, 1)
        if mean < self.progress.best:
            self.progress.best = mean
            model.save(self.model, self.work / BEST, self.plan.lora, self.plan.base)
        return round(mean, 5)

    def _save(self) -> None:
        digest = _digest(self.plan)
        checkpoint.save(self.work / CHECKPOINT, digest, self.progress, self.model, self.optimiser)

    def _due(self, every: int) -> bool:
        return self.progress.step % every == 0 or self.progress.step == len(self.packs)


def learning_rate(plan: Recipe, step: int, steps: int) -> float:
    """Linear warm-up, then linear decay to 0; ``step`` counts from 0."""
    warm_up = max(1, round(plan.train.warm_up * steps))
    share = min((step + 1) / warm_up, (steps - step) / (steps - warm_up + 1))
    return plan.train.learning_rate * share


def _packs(plan: Recipe, training: Sequence[Example]) -> list[augment.Pack]:
    rows = training[: plan.data.rows or None]
    mix = augment.Mix(plan.data.subset, plan.data.empty, plan.data.joined, plan.max_chars)
    size, seed = plan.train.rows_a_step, plan.train.seed
    passes = (
        augment.packs(rows, plan.labels, mix, size, seed + n) for n in range(plan.train.epochs)
    )
    return list(chain.from_iterable(passes))


def _plain(plan: Recipe, examples: Sequence[Example]) -> list[augment.Pack]:
    none = augment.Mix(0.0, 0.0, 0.0, plan.max_chars)
    return augment.packs(examples, plan.labels, none, plan.train.rows_a_step, plan.train.seed)


def _learned(tuned: Any) -> list[torch.nn.Parameter]:
    return [parameter for parameter in tuned.parameters() if parameter.requires_grad]


def _digest(plan: Recipe) -> str:
    return json.dumps(dataclasses.asdict(plan), sort_keys=True, ensure_ascii=False)


def _keep_freed_memory() -> None:
    # glibc hands every large tensor back to the system at once, and asking for its pages again
    # costs more than some of the products. So: one arena, no mmap, no trimming, growth by 256 MiB.
    one_arena, no_mmap, top_pad, trim = -8, -4, -2, -1
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.malloc_trim(0)
        libc.mallopt(one_arena, 1)
        libc.mallopt(no_mmap, 0)
        libc.mallopt(top_pad, 1 << 28)
        libc.mallopt(trim, (1 << 31) - 1)
    except (OSError, AttributeError):
        return
