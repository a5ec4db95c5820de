"""An Ignite engine and its loader, beside its own run."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import DeterministicEngine, Engine, Events, create_supervised_trainer
from ignite.handlers import Checkpoint, DiskSaver, EarlyStopping
from torch import nn
from torch.nn import functional as F

from lrfind_widget import Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.isolation.reach import reach
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.trainers import training_of
from tests.peers.test_lightning_module import loader as in_order
from tests.unit.isolating import both_isolations
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


ALL = supervised, accumulating, telling, clipping, by_names, by_method, deterministic, scaled


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


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@both_isolations
def test_the_losses_are_those_of_run(make: Any, isolation: str) -> None:
    """Of five batches an epoch: with two for a step, one goes from each epoch to the next."""
    engine = make()
    before = left_by(engine)
    result = lr_find(engine, loader(), isolation=isolation, **FEW)
    assert left_by(engine) == before
    assert result.receipt is not None
    assert result.receipt.identical
    each = 2 if make is accumulating else 1
    assert result.losses.tolist() == losses(make(), loader(), result.lrs.tolist(), each)


@both_isolations
def test_handlers_neither_save_nor_stop_nor_run(isolation: str) -> None:
    engine, called = clipping(), []
    optimizer = optimizer_of(engine)
    saver = Checkpoint({"optimizer": optimizer}, DiskSaver("saved", create_dir=True))
    engine.add_event_handler(Events.ITERATION_COMPLETED, saver)
    stopping = EarlyStopping(patience=1, score_function=lambda _: 0.0, trainer=engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED, stopping)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: schedule.step())
    engine.add_event_handler(Events.EPOCH_COMPLETED, called.append, 1)
    before = left_by(engine)
    result = lr_find(engine, loader(), isolation=isolation, **FEW)
    assert left_by(engine) == before
    assert not called
    assert not list(Path("saved").glob("*"))
    assert stopping.counter == 0
    assert result.losses.tolist() == losses(clipping(), loader(), result.lrs.tolist())
    assert "its handlers are not called" in result.objective


@both_isolations
def test_an_engine_that_has_run_goes_on_where_it_is(isolation: str) -> None:
    engines = [clipping(), clipping()]
    for engine in engines:
        seed_everything(1)
        engine.run(loader(), max_epochs=2)
    before = left_by(engines[0])
    result = lr_find(engines[0], loader(), isolation=isolation, **FEW)
    assert left_by(engines[0]) == before
    assert result.losses.tolist() == losses(engines[1], loader(), result.lrs.tolist())


@pytest.mark.parametrize("search", [False, True])
@both_isolations
def test_each_short_training_is_a_run_of_its_own(search: bool, isolation: str) -> None:
    given: Any = {"steps": 12, "seed": 2, "isolation": isolation, "progress": False}
    if search:
        found: Any = search_lr(clipping(), loader(), lr=0.05, **given)
    else:
        found = compare_lrs(clipping(), loader(), lrs=[0.01, 0.1], **given)
    for row, lr, taken in zip(found.losses, found.lrs, found.taken, strict=True):
        assert row.tolist()[:taken] == losses(clipping(), loader(), [lr] * 12)[:taken]


def test_applying_writes_into_its_optimizer() -> None:
    engine = supervised()
    result = lr_find(engine, loader(), num_it=60, seed=2, progress=False, apply=True)
    assert optimizer_of(engine).param_groups[0]["lr"] == result.suggested_lr


def test_the_validation_loss_is_that_of_its_evaluator() -> None:
    engine = supervised()
    val_loader = in_order(24)
    given: Any = {**FEW, "val_loader": val_loader}
    result = lr_find(engine, loader(), **given)
    plain = lr_find(engine, loader(), **FEW)
    assert result.losses.tolist() == plain.losses.tolist()
    assert result.val_losses is not None
    assert result.critical_note == plain.critical_note
    trained = supervised()
    losses(trained, loader(), result.lrs.tolist()[:1])
    model = training_of(trained, loader())._model.eval()
    with torch.no_grad():
        inputs, target = val_loader.dataset.tensors
        expected = F.cross_entropy(model(inputs), target).item()
    assert result.val_losses[0] == pytest.approx(expected, rel=1e-5)


def test_a_search_holds_back_a_part_of_the_loader() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "seed": 1, "progress": False}
    assert search_lr(supervised(), loader(80), **given).val_losses is not None
    assert training_of(supervised(), loader(80)).can_hold_back
    with pytest.raises(ValueError, match="Both hold_back and val_loader were given"):
        search_lr(supervised(), loader(80), val_loader=loader(16), **given)


def test_nothing_is_held_back_from_a_function_of_ones_own() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "progress": False}
    with pytest.raises(ValueError, match="does not say how the loss of val_loader"):
        search_lr(clipping(), loader(80), **given)
    assert not training_of(clipping(), loader(80)).can_hold_back


def test_the_critical_rate_leaves_no_trace() -> None:
    sweep, plain = (Sweep(supervised(), loader(), num_it=50, seed=2) for _ in range(2))
    plain.finds_critical_rate = False
    assert [point.loss for point in sweep] == [point.loss for point in plain]
    assert sweep.result().critical_lr is not None, sweep.result().critical_note


def test_data_that_ends_ends_the_sweep() -> None:
    result = lr_find(clipping(), iter(list(loader())), num_it=20, progress=False)
    assert len(result) == 5
    assert "gave 5 batches and cannot be started again" in result.stop_sentence


def test_an_error_is_the_one_that_was_raised(caplog: Any) -> None:
    def fail(_engine: Engine, batch: Any) -> Any:
        if next(count) == 3:
            raise ZeroDivisionError("on purpose")
        return step_by_names(_engine, batch)

    by_names()
    count = itertools.count()
    engine = Engine(fail)
    sweep = Sweep(engine, loader(), isolation="in_place")
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        list(sweep)
    assert sweep.stop_reason is StopReason.FAILED
    assert "function raised ZeroDivisionError in step 4" in sweep.stop_sentence
    assert not caplog.records


def test_a_sweep_that_is_not_read_to_the_end_leaves_nothing(caplog: Any) -> None:
    engine = clipping()
    before = left_by(engine)
    points = iter(Sweep(engine, loader(), isolation="in_place", seed=2))
    for _ in range(3):
        next(points)
    points.close()
    assert left_by(engine) == before
    assert not caplog.records


def several() -> Engine:
    model, optimizer = parts()
    other = torch.optim.SGD(model.parameters(), 0.1)
    return Engine(lambda _engine, _batch: (model, optimizer, other))


@pytest.mark.parametrize(
    ("make", "data", "options", "sentence"),
    [
        (several, loader, {}, r"reaches 2 optimizers, expected one.*update_fn"),
        (lambda: Engine(lambda _engine, _batch: 0.0), loader, {}, r"reaches no optimizer"),
        (supervised, lambda: None, {}, r"has no data of its own"),
        (supervised, loader, {"accumulate": 2}, r"accumulate was given beside a trainer engine"),
        (supervised, loader, {"amp": "bf16"}, r"amp was given beside a trainer engine"),
        (supervised, loader, {"val_loader": True}, r"an engine has none. Pass the loader"),
        (clipping, loader, {"val_loader": [1]}, r"create_supervised_trainer"),
    ],
)
def test_what_cannot_be_taken_is_refused(make: Any, data: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sweep(make(), data(), **options)


def test_what_comes_before_the_engine_or_beside_it_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"Before the engine came a .*LRFinderWidget\(engine, loader"
    ):
        Sweep(loader(), supervised())
    with pytest.raises(TypeError, match=r"After engine and loader came a .*engine and the loader"):
        Sweep(supervised(), loader(), parts()[1])


def test_what_is_no_loss_is_said_so() -> None:
    engine = supervised(output_transform=lambda x, y, out, loss: out)
    with pytest.raises(TypeError, match=r"expected the loss: a number, a scalar tensor"):
        list(Sweep(engine, loader()))


def test_an_engine_that_never_steps_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer = parts()
    engine = Engine(lambda _engine, batch: (model(batch[0]).sum(), optimizer)[0])
    with pytest.raises(ValueError, match=r"has run 1000 batches and its Adam has not stepped"):
        list(Sweep(engine, loader()))
