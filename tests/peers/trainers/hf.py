"""Trainers of Hugging Face on models small enough to be trained in a moment, and their own way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

Make = Callable[[], Any]
"""Makes a trainer, the same each time."""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers = nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3)
        self.net = nn.Sequential(*layers)

    def forward(self, x: Any, labels: Any = None) -> Any:
        logits = self.net(x)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def examples(count: int = 50, seed: int = 1) -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 8, generator=generator)
    labels = torch.randint(0, 3, (count,), generator=generator)
    return [{"x": x[n], "labels": labels[n]} for n in range(count)]


def sentences(count: int = 26, seed: int = 2) -> list[dict[str, Any]]:
    """Token ids, some of which count for no loss."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 32, (count, 12), generator=generator)
    labels = ids.clone()
    labels[torch.rand(labels.shape, generator=generator) < 0.4] = -100
    return [{"input_ids": ids[n], "labels": labels[n]} for n in range(count)]


def gpt2(**changes: Any) -> Any:
    sizes = {"vocab_size": 32, "n_positions": 32, "n_embd": 16, "n_layer": 2, "n_head": 2}
    special = {"bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(**sizes, **special, **changes))


def arguments(folder: Path, kind: Any = TrainingArguments, **changes: Any) -> Any:
    quiet = {"report_to": [], "disable_tqdm": True, "save_strategy": "no", "use_cpu": True}
    each = {"per_device_train_batch_size": 8, "logging_strategy": "no"}
    return kind(str(folder), **{**quiet, **each, **changes})


def trainer(folder: Path, **changes: Any) -> Any:
    """Return one of a plain module on numbers."""
    set_seed(3)
    data = {"train_dataset": examples(), "eval_dataset": examples(20, 7)}
    for name in ("train_dataset", "eval_dataset", "callbacks", "compute_loss_func", "optimizers"):
        if name in changes:
            data[name] = changes.pop(name)
    return Trainer(Net(), arguments(folder, **changes), **data)


def language(folder: Path, model: Any = None, **changes: Any) -> Any:
    """Return one of a language model, whose losses are means over tokens."""
    set_seed(3)
    each = {"per_device_train_batch_size": 4}
    args = arguments(folder, **{**each, **changes})
    return Trainer(gpt2() if model is None else model, args, train_dataset=sentences())


def own_losses(trainer: Any, lrs: Sequence[float], seed: int) -> list[float]:
    """Train as the trainer does, at these rates; return the loss of each of its updates."""
    losses: list[float] = []
    training_step = trainer.training_step

    def recorded(*args: Any, **kwargs: Any) -> Any:
        loss = training_step(*args, **kwargs)
        if len(losses) <= trainer.state.global_step:
            losses.append(0.0)
        # As the trainer adds them up itself.
        losses[-1] = (torch.tensor(losses[-1]) + loss).item()
        return loss

    trainer.training_step = recorded
    trainer.args.max_steps = len(lrs)
    first = trainer.args.learning_rate
    optimizer = trainer.optimizer or trainer.create_optimizer()
    for group in optimizer.param_groups:
        group.pop("initial_lr", None)
        group["lr"] = first
    trainer.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
        getattr(optimizer, "optimizer", optimizer),
        lambda step: lrs[min(step, len(lrs) - 1)] / first,
    )
    trainer._created_lr_scheduler = False
    set_seed(seed)
    trainer.train()
    return losses
