"""Ignite engines that train in a moment, and their own run at the rates of a sweep."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from ignite.engine import DeterministicEngine, Engine, Events, create_supervised_trainer
from torch import nn
from torch.fx.immutable_collections import immutable_dict
from torch.nn import functional as F

from lrfind_widget.isolation.reach import reach
from lrfind_widget.training.trainers import training_of
from tests.peers.test_lightning_module import loader as in_order
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of

FEW: dict[str, Any] = {"num_it": 14, "stop_div": False, "seed": 2, "progress": False}


def loader(examples: int = 40, **options: Any) -> Any:
    return in_order(examples, shuffle=True, **options)


def parts() -> tuple[nn.Module, torch.optim.Optimizer]:
    seed_everything(0)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
    )
    return model, torch.optim.Adam(model.parameters(), 0.01)


def supervised(**options: Any) -> Engine:
    return create_supervised_trainer(*parts(), nn.CrossEntropyLoss(), **options)


def accumulating() -> Engine:
    return supervised(gradient_accumulation_steps=2)


def telling() -> Engine:
    """Returns the loss among other things."""
    return supervised(output_transform=lambda x, y, out, loss: (out, loss, y))


def clipping() -> Engine:
    """Closes over all it uses, counts, and returns a dict."""
    model, optimizer = parts()
    noted: list[float] = []

    def step(engine: Engine, batch: Any) -> dict[str, Any]:
        model.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch[0]), batch[1])
        loss = loss * (1 + 0.1 * engine.state.epoch + 0.01 * engine.state.iteration)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        noted.append(loss.item())
        return {"loss": loss, "accuracy": 0.5}

    return Engine(step)


def by_names() -> Engine:
    """Uses global names, as a function in a notebook does."""
    global MODEL, OPTIMIZER
    MODEL, OPTIMIZER = parts()
    return Engine(step_by_names)


def loss_by_names(batch: Any) -> Any:
    return F.cross_entropy(MODEL(batch[0]), batch[1])


def step_by_names(_engine: Engine, batch: Any) -> Any:
    OPTIMIZER.zero_grad()
    loss = loss_by_names(batch)
    loss.backward()
    OPTIMIZER.step()
    return loss.item()


def by_settings() -> Engine:
    """Has what it uses in a namespace, and numbers in a dict that cannot be written."""
    model, optimizer = parts()
    used, settings = SimpleNamespace(model=model, optimizer=optimizer), immutable_dict(clip=0.1)

    def step(_engine: Engine, batch: Any) -> Any:
        used.optimizer.zero_grad()
        loss = F.cross_entropy(used.model(batch[0]), batch[1])
        loss.backward()
        nn.utils.clip_grad_norm_(used.model.parameters(), settings["clip"])
        used.optimizer.step()
        return loss

    return Engine(step)


def by_state() -> Engine:
    """Keeps in the engine's state what its losses depend on."""
    model, optimizer = parts()

    def step(engine: Engine, batch: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch[0]), batch[1]) * (1 + 0.1 * len(engine.state.seen))
        loss.backward()
        optimizer.step()
        engine.state.seen.append(len(batch[0]))
        return loss

    engine = Engine(step)
    engine.state.seen = []
    return engine


class Stepping:
    """Is called by the engine itself."""

    def __init__(self) -> None:
        self.encoder, self.head = nn.Linear(4, 8), nn.Linear(8, 3)
        held = [*self.encoder.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.SGD(held, 0.01, momentum=0.9)

    def step(self, _engine: Engine, batch: Any) -> Any:
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.head(self.encoder(batch[0]).relu()), batch[1])
        loss.backward()
        self.optimizer.step()
        return loss


def by_method() -> Engine:
    seed_everything(0)
    return Engine(Stepping().step)


def deterministic() -> Engine:
    return DeterministicEngine(clipping()._process_function)


def scaled() -> Engine:
    return supervised(amp_mode="amp", scaler=False)


OWN = clipping, by_names, by_settings, by_state, by_method
ALL = supervised, accumulating, telling, *OWN, deterministic, scaled


def optimizer_of(engine: Engine) -> torch.optim.Optimizer:
    return training_of(engine, loader()).optimizer


def losses(engine: Engine, data: Any, lrs: list[float], each: int = 1, **options: Any) -> Any:
    """Return the losses of a run at some rates, each for the batches of one step."""
    optimizer, seen, rates = optimizer_of(engine), [], iter(lrs)

    @engine.on(Events.ITERATION_STARTED(every=each) if each == 1 else Events.ITERATION_STARTED)
    def set_rate() -> None:
        if (engine.state.iteration - 1) % each == 0:
            lr = next(rates)
            for group in optimizer.param_groups:
                group["lr"] = lr

    @engine.on(Events.ITERATION_COMPLETED)
    def note() -> None:
        output: Any = engine.state.output
        if isinstance(output, (dict, tuple)):
            output = output["loss"] if isinstance(output, dict) else output[1]
        seen.append(torch.as_tensor(output).detach().clone())
        if len(seen) == each * len(lrs):
            engine.terminate()

    seed_everything(2)
    engine.run(data, max_epochs=100, **options)
    pairs = [torch.stack(seen[i : i + each]) for i in range(0, len(seen), each)]
    return [float(pair.double().mean() if each > 1 else pair[0]) for pair in pairs]


def left_by(engine: Engine) -> Any:
    """Return what a sweep could leave behind: in all that the engine reaches, and in the folder."""
    reached = reach([engine._process_function])
    states = state_of(*reached.modules, *reached.optimizers, engine, engine.state)
    return states, sorted(Path().rglob("*"))
