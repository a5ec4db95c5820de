"""Trainers of Hugging Face on models small enough to be trained in a moment, and their own way."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import datasets
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import nn
from torch.utils.data import IterableDataset
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer


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
    labels = x[:, :3].argmax(dim=1)
    return [{"x": x[n], "labels": labels[n]} for n in range(count)]


class Stream(IterableDataset):
    def __iter__(self) -> Iterator[Any]:
        return iter(examples(42))


def shuffled_stream() -> Any:
    """Return a stream of datasets, which has a generator and an epoch of its own."""
    rows = [{name: part.tolist() for name, part in row.items()} for row in examples(42)]
    whole = datasets.Dataset.from_list(rows)
    return whole.to_iterable_dataset(num_shards=2).shuffle(seed=3, buffer_size=16)


def sentences(count: int = 26, seed: int = 2) -> list[dict[str, Any]]:
    """Token ids, some of which count for no loss."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 32, (count, 12), generator=generator)
    labels = ids.clone()
    labels[torch.rand(labels.shape, generator=generator) < 0.4] = -100
    return [{"input_ids": ids[n], "labels": labels[n]} for n in range(count)]


def gpt2() -> Any:
    sizes = {"vocab_size": 32, "n_positions": 32, "n_embd": 16, "n_layer": 2, "n_head": 2}
    return GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0))


def lora() -> Any:
    return LoraConfig(
        r=4, target_modules=["c_attn"], fan_in_fan_out=True, task_type="CAUSAL_LM", lora_dropout=0.1
    )


def arguments(folder: Path, kind: Any = TrainingArguments, **changes: Any) -> Any:
    quiet = {"report_to": [], "disable_tqdm": True, "save_strategy": "no", "use_cpu": True}
    each = {"per_device_train_batch_size": 8, "logging_strategy": "no"}
    return kind(str(folder), **{**quiet, **each, **changes})


class Anneals(Trainer):
    """Weighs its loss by how far the training has come, as a curriculum does."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        state = self.state
        share = state.global_step / state.max_steps + 0.1 * state.epoch
        return super().compute_loss(*args, **kwargs) * (1 + share / state.num_train_epochs)


def trainer(folder: Path, kind: Any = Trainer, **changes: Any) -> Any:
    """Return one of a plain module on numbers."""
    set_seed(3)
    data = {"train_dataset": examples(), "eval_dataset": examples(20, 7)}
    for name in ("train_dataset", "eval_dataset", "callbacks"):
        if name in changes:
            data[name] = changes.pop(name)
    return kind(Net(), arguments(folder, **changes), **data)


def language(folder: Path, **changes: Any) -> Any:
    """Return one of a language model, whose losses are means over tokens."""
    set_seed(3)
    given = {name: changes.pop(name) for name in ("compute_loss_func",) if name in changes}
    peft = changes.pop("peft", None)
    model = gpt2() if peft is None else get_peft_model(gpt2(), peft)
    args = arguments(folder, **{"per_device_train_batch_size": 4, **changes})
    return Trainer(model, args, train_dataset=sentences(), **given)


def loss_of_tokens(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """Return a loss of the user's, which counts tokens over all batches of an update."""
    loss = nn.functional.cross_entropy(
        outputs["logits"].flatten(0, 1), labels.flatten(), reduction="sum"
    )
    return loss / num_items_in_batch


class Saves(TrainerCallback):
    """Writes a checkpoint after each step."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_save = True


class Stops(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_training_stop = state.global_step >= 3


def trained(trainer: Any) -> Any:
    """Return a trainer that has been trained before."""
    trainer.args.max_steps = 4
    trainer.train()
    trainer.args.max_steps = -1
    return trainer


def tokenizer() -> Any:
    words = {"<eos>": 0, **{f"w{n}": n + 1 for n in range(31)}}
    inner = Tokenizer(WordLevel(words, unk_token="<eos>"))
    inner.pre_tokenizer = Whitespace()
    special = {f"{kind}_token": "<eos>" for kind in ("bos", "eos", "pad", "unk")}
    return PreTrainedTokenizerFast(tokenizer_object=inner, **special)


def texts(lengths: dict[str, int]) -> Any:
    draw = random.Random(1)

    def text(words: int) -> str:
        return "".join(f" w{draw.randrange(31)}" for _ in range(words))

    rows = [
        {name: text(words + draw.randrange(4)) for name, words in lengths.items()}
        for _ in range(22)
    ]
    return datasets.Dataset.from_list(rows)


def sft(folder: Path, peft: Any = None, **changes: Any) -> Any:
    """Return TRL's trainer for supervised fine-tuning."""
    set_seed(3)
    own = {"per_device_train_batch_size": 4, "max_length": 16, "bf16": False}
    return SFTTrainer(
        gpt2(),
        args=arguments(folder, SFTConfig, **{**own, **changes}),
        train_dataset=texts({"text": 5}),
        processing_class=tokenizer(),
        peft_config=peft,
    )


def dpo(folder: Path, peft: Any = None, **changes: Any) -> Any:
    """Return TRL's trainer for preferences, which has a frozen reference but beside an adapter."""
    set_seed(3)
    own = {"per_device_train_batch_size": 4, "max_length": 24, "bf16": False}
    return DPOTrainer(
        gpt2(),
        None if peft else gpt2(),
        args=arguments(folder, DPOConfig, **{**own, **changes}),
        train_dataset=texts({"prompt": 4, "chosen": 3, "rejected": 4}),
        processing_class=tokenizer(),
        peft_config=peft,
    )


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
