"""The steps of a training: forward, backward, the optimiser; logged, validated, kept."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.data import augment
from adapters.mixing.rows import Rows
from adapters.mixing.steps import learning_rate
from adapters.recipe import Recipe
from adapters.training import checkpoint, model
from adapters.training.packing import Batch, pack
from adapters.training.template import Encoder
from adapters.training.training_log import TrainingLog
from adapters.training.work_folder import CHECKPOINT, LOG


@dataclass(slots=True)
class Run:
    """All steps of a training: ``packs`` a step each; ``progress`` is where it stands."""

    plan: Recipe
    encoder: Encoder
    packs: list[augment.Pack]
    validation: list[augment.Pack]
    model: Any
    optimiser: torch.optim.Optimizer
    work: Path
    identity: str
    progress: checkpoint.Progress

    @classmethod
    def prepare(
        cls,
        plan: Recipe,
        encoder: Encoder,
        found: Rows,
        base: Path,
        work: Path,
        begun: Path | None,
    ) -> "Run":
        """At the last checkpoint in ``work``, else at the first step. Raises ValueError."""
        torch.manual_seed(plan.train.seed)
        tuned = model.with_lora(base, plan.lora, plan.train.frozen)
        if plan.train.gradient_checkpointing:
            tuned.gradient_checkpointing_enable({"use_reentrant": False})
        if begun is not None:
            model.start_with(tuned, begun)
        optimiser = torch.optim.AdamW(_learned(tuned), plan.train.learning_rate, weight_decay=0.0)
        identity = checkpoint.identity(plan, found.examples, base, begun)
        return cls(
            plan,
            encoder,
            found.training,
            found.validation,
            tuned,
            optimiser,
            work,
            identity,
            checkpoint.load(work / CHECKPOINT, identity, tuned, optimiser),
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
                if self.validation and self._due(settings.validate_every):
                    self.progress.loss = self._validate()
                    row["validation_loss"] = round(self.progress.loss, 5)
                self._check_finite(row)
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

    def _check_finite(self, row: Mapping[str, float]) -> None:
        """Raises ValueError: before it is in a checkpoint, from which nothing leads back."""
        for name in ("loss", "gradient_norm", "validation_loss"):
            if not math.isfinite(row.get(name, 0.0)):
                raise ValueError(
                    f"step {self.progress.step}: {name} is {row[name]}; expected a finite number: "
                    f"lower train.learning_rate ({self.plan.train.learning_rate:g})"
                )

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
        return total / learned

    def _save(self) -> None:
        checkpoint.save(
            self.work / CHECKPOINT, self.identity, self.progress, self.model, self.optimiser
        )

    def _due(self, every: int) -> bool:
        return self.progress.step % every == 0 or self.progress.step == len(self.packs)


def _learned(tuned: Any) -> list[torch.nn.Parameter]:
    return [parameter for parameter in tuned.parameters() if parameter.requires_grad]
