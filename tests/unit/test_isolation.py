"""What Isolation promises whatever the model: endings, choices, memory, references."""

from __future__ import annotations

import copy
import functools
import gc
import threading
import weakref
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrfind_widget.isolation import memory
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.records import ContentsRecord
from lrfind_widget.isolation.snapshot import Snapshot
from tests.unit.models import Case, X, Y, classify, plain, scheduled, train
from tests.unit.user_state import state_of

both = pytest.mark.parametrize("kind", ["copy", "in_place"])


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def _sweep(isolation: Isolation, case: Case, error: Any = None) -> None:
    with isolation:
        train(isolation.model, isolation.optimizer, case.loss, 2)
        if error is not None:
            raise error


# --- however it ends ---------------------------------------------------------------------------


@both
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_an_exception_passes_and_everything_comes_back(
    kind: str, error: type[BaseException]
) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    isolation = Isolation(case.model, case.optimizer, kind=kind)
    with pytest.raises(error):
        _sweep(isolation, case, error)
    assert state_of(case.model, case.optimizer) == before
    assert isolation.receipt is not None
    assert isolation.receipt.identical


@both
def test_leaving_twice_does_nothing_more(kind: str) -> None:
    case = plain()
    isolation = Isolation(case.model, case.optimizer, kind=kind)
    with isolation:
        train(isolation.model, isolation.optimizer, case.loss, 1)
    receipt = isolation.receipt
    train(case.model, case.optimizer, case.loss, 1)
    after = state_of(case.model, case.optimizer)
    isolation.__exit__(None, None, None)
    assert state_of(case.model, case.optimizer) == after
    assert isolation.receipt is receipt


@both
def test_one_isolation_can_be_entered_again(kind: str) -> None:
    case = plain()
    isolation = Isolation(case.model, case.optimizer, kind=kind)
    for _ in range(2):
        before = state_of(case.model, case.optimizer)
        with isolation:
            train(isolation.model, isolation.optimizer, case.loss, 1)
        assert state_of(case.model, case.optimizer) == before
        train(case.model, case.optimizer, case.loss, 1)


def test_a_step_of_the_way_back_that_fails_does_not_keep_the_others_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    isolation = Isolation(case.model, case.optimizer, kind="in_place")
    weight = case.model[4].weight
    before = weight.detach().clone()
    _let_restoring_fail(monkeypatch)
    with pytest.raises(RuntimeError, match=r"not everything could be set back: .*boom"):
        _sweep(isolation, case)
    assert torch.equal(weight, before)
    assert isolation.receipt is not None
    assert not isolation.receipt.identical
    assert "boom" in isolation.receipt.sentence


def test_a_failing_way_back_does_not_hide_the_users_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    isolation = Isolation(case.model, case.optimizer, kind="in_place")
    _let_restoring_fail(monkeypatch)
    with pytest.raises(ValueError, match="mine"):
        _sweep(isolation, case, ValueError("mine"))
    assert isolation.receipt is not None
    assert "boom" in isolation.receipt.sentence


def _let_restoring_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first object that is set back fail, and only that one."""
    restore, calls = ContentsRecord.restore, []

    def failing(self: ContentsRecord) -> None:
        calls.append(self)
        if len(calls) == 1:
            raise OSError("boom")
        restore(self)

    monkeypatch.setattr(ContentsRecord, "restore", failing)


def test_an_interrupt_on_the_way_back_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    isolation = Isolation(case.model, case.optimizer, kind="in_place")
    restore = Snapshot.restore
    calls = []

    def interrupted(self: Snapshot) -> list[str]:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return restore(self)

    monkeypatch.setattr(Snapshot, "restore", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _sweep(isolation, case)
    assert state_of(case.model, case.optimizer) == before


@both
def test_what_fails_on_entering_leaves_nothing_behind(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    with monkeypatch.context() as patch:
        patch.setattr("lrfind_widget.isolation.isolation.LoaderState.put_workers_aside", _raise)
        with pytest.raises(OSError, match="no"):
            Isolation(case.model, case.optimizer, kind=kind).__enter__()
    assert state_of(case.model, case.optimizer) == before
    with Isolation(case.model, case.optimizer, kind=kind):
        pass


def _raise(self: object) -> None:
    raise OSError("no")


# --- which kind, and why -----------------------------------------------------------------------


def test_an_unknown_kind_is_refused() -> None:
    case = plain()
    with pytest.raises(ValueError, match="isolation='both' is unknown; use one of auto, copy, in"):
        Isolation(case.model, case.optimizer, kind="both")


def test_a_copy_is_announced() -> None:
    case = plain()
    with Isolation(case.model, case.optimizer) as isolation:
        assert isolation.reason == (
            "A copy is trained (1.09 kB): your model and optimizer are not touched."
        )


def test_in_place_is_announced_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    case = plain()
    with Isolation(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"
        assert isolation.reason.startswith("Your model is trained in place and set back from a ")
        assert isolation.reason.endswith("on cpu, where 1 kB are free.")


def test_running_out_of_memory_while_copying_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("lrfind_widget.isolation.copying._copy_tensors", full)
    case = plain()
    before = state_of(case.model, case.optimizer)
    with Isolation(case.model, case.optimizer) as isolation:
        assert isolation.reason.endswith("because there is not enough memory for a copy.")
        train(isolation.model, isolation.optimizer, case.loss, 1)
    assert state_of(case.model, case.optimizer) == before


def test_a_copy_asked_for_is_never_silently_something_else() -> None:
    case = plain()
    case.model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r'isolation="copy" is not possible here, .*pickle'):
        Isolation(case.model, case.optimizer, kind="copy").__enter__()


def test_a_copy_that_comes_out_wrong_is_noticed() -> None:
    class Forgetful(nn.Linear):
        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            return Forgetful(4, 3)

    model = Forgetful(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_copy_that_shares_memory_is_noticed() -> None:
    class Sharing(nn.Module):
        def __init__(self, weight: torch.Tensor) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 3)
            self.table = weight

        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            new = Sharing(self.table)
            new.layer = copy.deepcopy(self.layer, memo)
            memo[id(self)] = new
            return new

    model = Sharing(torch.ones(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer) as isolation:
        assert isolation.reason.endswith("because its copy would share memory with it.")


def test_a_copy_that_is_made_anew_is_noticed() -> None:
    class Rebuilt(nn.Linear):
        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            new = memo[id(self)] = Rebuilt(4, 3)
            new.load_state_dict(self.state_dict())
            return new

    model = Rebuilt(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer) as isolation:
        assert isolation.reason.endswith("because its copy has parameters of its own.")


def test_a_copy_with_other_values_is_noticed() -> None:
    class Restarted(nn.BatchNorm1d):
        def __setstate__(self, state: dict[str, Any]) -> None:
            super().__setstate__(state)
            self.reset_running_stats()

    model = nn.Sequential(nn.Linear(4, 3), Restarted(3))
    model(X)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer) as isolation:
        assert "because the copy did not come out equal (buffers: 1.running" in isolation.reason


def test_a_compiled_model_is_trained_in_place() -> None:
    model = torch.compile(nn.Linear(4, 3), backend="eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = state_of(model._orig_mod, optimizer)
    with Isolation(model, optimizer) as isolation:
        assert "would have to be compiled again" in isolation.reason
        train(isolation.model, isolation.optimizer, classify, 2)
    assert state_of(model._orig_mod, optimizer) == before


def test_a_distributed_model_is_trained_in_place() -> None:
    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    try:
        model = nn.parallel.DistributedDataParallel(nn.Linear(4, 3))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        train(model, optimizer, classify, 1)
        before = state_of(model.module, optimizer)
        with Isolation(model, optimizer) as isolation:
            assert "in every process" in isolation.reason
            train(isolation.model, isolation.optimizer, classify, 3)
        assert state_of(model.module, optimizer) == before
    finally:
        torch.distributed.destroy_process_group()


# --- functions that come with the model ---------------------------------------------------------


class Centres(nn.Module):
    """A loss with parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(3))

    def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(output + self.centres, target)


@both
def test_a_loss_with_parameters_comes_back_too(kind: str) -> None:
    model, loss = nn.Linear(4, 3), Centres()
    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.1)
    train(model, optimizer, lambda m: loss(m(X), Y), 1)
    before = state_of(model, optimizer, loss)
    with Isolation(model, optimizer, kind=kind, loss_fn=loss) as isolation:
        used: Any = isolation.loss_fn
        assert (used is loss) == (kind == "in_place")
        train(isolation.model, isolation.optimizer, lambda m: used(m(X), Y), 2)
        assert used.centres.abs().sum() > 0.1
    assert state_of(model, optimizer, loss) == before


class Penalised(nn.Module):
    """A loss that looks at the model's weights."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(output, target) + sum(p.square().sum() for p in self.parameters())


def test_a_loss_module_over_the_model_is_copied_with_it() -> None:
    case = plain()
    with Isolation(case.model, case.optimizer, loss_fn=Penalised(case.model)) as isolation:
        assert isolation.kind == "copy"
        assert isolation.loss_fn.model is isolation.model


def test_a_method_of_the_model_is_bound_to_the_copy() -> None:
    model = Penalised(nn.Linear(4, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer, loss_fn=model.forward) as isolation:
        assert isolation.kind == "copy"
        assert isolation.loss_fn.__self__ is isolation.model


def test_a_partial_over_the_model_is_copied_with_it() -> None:
    case = plain()
    loss = functools.partial(classify, case.model)
    with Isolation(case.model, case.optimizer, loss_fn=loss) as isolation:
        assert isolation.kind == "copy"
        assert isolation.loss_fn.args[0] is isolation.model


MODEL_OF_THE_NOTEBOOK: Any = None


def global_loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    penalty = sum(p.square().sum() for p in MODEL_OF_THE_NOTEBOOK.parameters())
    return F.cross_entropy(output, target) + penalty


class Trainer:
    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def step(self, model: nn.Module, batch: Any) -> torch.Tensor:
        return classify(self.model)

    def __call__(self, model: nn.Module, batch: Any) -> torch.Tensor:
        return classify(self.model)


def _closure_over(model: nn.Module) -> Any:
    return lambda output, target: F.cross_entropy(model(X), target)


def _default_of(model: nn.Module) -> Any:
    def loss(output: torch.Tensor, target: torch.Tensor, model: nn.Module = model) -> torch.Tensor:
        return F.cross_entropy(model(X), target)

    return loss


def _through_a_helper(model: nn.Module) -> Any:
    inner = _closure_over(model)

    def helper(output: Any, target: Any) -> torch.Tensor:
        return inner(output, target)

    return lambda output, target: helper(output, target)


def _parameter_only(model: nn.Module) -> Any:
    weight = next(model.parameters())
    return lambda output, target: F.cross_entropy(output, target) + weight.sum()


@pytest.mark.parametrize(
    "make", [_closure_over, _default_of, _through_a_helper, _parameter_only, Trainer]
)
def test_a_function_that_refers_to_the_model_itself_makes_it_in_place(make: Any) -> None:
    case = plain()
    with Isolation(case.model, case.optimizer, loss_fn=make(case.model)) as isolation:
        assert isolation.kind == "in_place"
        assert "because the loss function uses a" in isolation.reason


def test_a_function_that_uses_the_model_as_a_global_makes_it_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    monkeypatch.setitem(globals(), "MODEL_OF_THE_NOTEBOOK", case.model)
    with Isolation(case.model, case.optimizer, loss_fn=global_loss) as isolation:
        assert isolation.reason.endswith(
            "because the loss function uses a Sequential that a copy cannot replace."
        )


def test_a_method_of_a_trainer_makes_it_in_place() -> None:
    case = plain()
    step = Trainer(case.model).step
    with Isolation(case.model, case.optimizer, step_fn=step) as isolation:
        assert "because the step function uses a" in isolation.reason


def test_a_function_that_uses_only_what_it_is_given_leaves_the_choice_free() -> None:
    case = plain()
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3))
    teacher = nn.Linear(4, 3).eval().requires_grad_(False)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        return criterion(model(X), teacher(X).argmax(1))

    with Isolation(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.kind == "copy"


@pytest.mark.parametrize("part", ["whole", "encoder"])
def test_a_moving_average_that_a_step_updates_comes_back_too(part: str) -> None:
    case = plain()
    followed = {"whole": lambda model: model, "encoder": lambda model: model[0]}[part]
    average = copy.deepcopy(followed(case.model)).eval().requires_grad_(False)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        with torch.no_grad():
            fast = followed(model).parameters()
            for slow, value in zip(average.parameters(), fast, strict=True):
                slow.lerp_(value, 0.5)
        return classify(model)

    before = state_of(case.model, case.optimizer, average)
    values = [parameter.clone() for parameter in average.parameters()]
    with Isolation(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.kind == "in_place"
        for _ in range(3):
            step(isolation.model, None).backward()
            isolation.optimizer.step()
        assert not any(map(torch.equal, average.parameters(), values))
    assert state_of(case.model, case.optimizer, average) == before


@pytest.mark.parametrize("kind", ["auto", "in_place"])
def test_a_second_model_and_its_optimizer_come_back_too(kind: str) -> None:
    case, critic = plain(), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    scaler = torch.amp.GradScaler("cpu")
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(critic_optimizer, 1)
    temperature = torch.ones((), requires_grad=True)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        critic_optimizer.zero_grad()
        scaler.scale(critic(model(X).detach()).square().mean() * temperature).backward()
        scaler.step(critic_optimizer)
        scaler.update()
        scheduler.step()
        return classify(model) + critic(model(X)).square().mean()

    objects = (case.model, case.optimizer, critic, critic_optimizer, scheduler, scaler, temperature)
    before = state_of(*objects)
    with Isolation(case.model, case.optimizer, kind=kind, step_fn=step) as isolation:
        assert isolation.kind == "in_place"
        for _ in range(3):
            step(isolation.model, None).backward()
            isolation.optimizer.step()
        assert state_of(critic) != before[3:4]
    assert state_of(*objects) == before


def test_a_hook_that_holds_the_model_makes_it_in_place() -> None:
    case = plain()
    average = copy.deepcopy(case.model)

    def follow(*_: object) -> None:
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), case.model.parameters(), strict=True):
                slow.lerp_(fast, 0.5)

    case.optimizer.register_step_post_hook(follow)
    before = state_of(case.model, case.optimizer, average)
    with Isolation(case.model, case.optimizer) as isolation:
        assert "because a hook" in isolation.reason
        train(isolation.model, isolation.optimizer, case.loss, 2)
    assert state_of(case.model, case.optimizer, average) == before


def test_a_hook_that_holds_the_model_weakly_makes_it_in_place() -> None:
    case = plain()
    model = weakref.ref(case.model)
    case.model[0].register_forward_hook(lambda *_: model())
    with Isolation(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_forward_that_was_replaced_by_a_closure_makes_it_in_place() -> None:
    model: Any = nn.Linear(4, 3)
    forward = model.forward
    model.forward = lambda x: forward(x) * 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_model_whose_forward_uses_a_global_model_is_trained_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Head(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(self.features(x))

        def features(self, x: torch.Tensor) -> torch.Tensor:
            return MODEL_OF_THE_NOTEBOOK(x)

    body = nn.Linear(4, 4)
    monkeypatch.setitem(globals(), "MODEL_OF_THE_NOTEBOOK", body)
    head = Head(4, 3)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    before = state_of(head, optimizer, body)
    with Isolation(head, optimizer) as isolation:
        assert isolation.kind == "in_place"
        train(isolation.model, isolation.optimizer, classify, 2)
    assert state_of(head, optimizer, body) == before


# --- the company of a model ---------------------------------------------------------------------


@both
def test_a_scheduler_does_not_notice(kind: str) -> None:
    case = scheduled()
    (scheduler,) = case.others
    with Isolation(case.model, case.optimizer, kind=kind) as isolation:
        assert ("step" in vars(isolation.optimizer)) == (kind == "in_place")
        train(isolation.model, isolation.optimizer, case.loss, 2)
    train(case.model, case.optimizer, case.loss, 1)
    scheduler.step()
    assert scheduler.last_epoch == 2
    assert case.optimizer.param_groups[0]["lr"] == pytest.approx(0.001)


def test_the_receipt_counts_the_scheduler() -> None:
    case = scheduled()
    with Isolation(case.model, case.optimizer) as isolation:
        pass
    assert isolation.receipt is not None
    counts = {item.category: item.compared for item in isolation.receipt.items}
    assert counts["schedulers"] > 3


@both
@pytest.mark.parametrize("used_before", [False, True])
def test_a_grad_scaler_is_set_back(kind: str, used_before: bool) -> None:
    case = plain()
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=1)
    if used_before:
        _scaled_step(case.model, case.optimizer, scaler)
    before = state_of(case.model, case.optimizer, scaler)
    with Isolation(case.model, case.optimizer, kind=kind, grad_scaler=scaler) as isolation:
        for _ in range(2):
            _scaled_step(isolation.model, isolation.optimizer, isolation.grad_scaler)
        assert isolation.grad_scaler.get_scale() == (64.0 if used_before else 32.0) / 1
    assert state_of(case.model, case.optimizer, scaler) == before


def _scaled_step(model: nn.Module, optimizer: Any, scaler: Any) -> None:
    optimizer.zero_grad()
    scaler.scale(classify(model)).backward()
    scaler.step(optimizer)
    scaler.update()


@both
def test_gradients_stay_the_same_tensors(kind: str) -> None:
    case = plain()
    grads = {name: p.grad for name, p in case.model.named_parameters()}
    case.model[0].bias.grad = None
    values = [None if g is None else g.clone() for g in grads.values()]
    with Isolation(case.model, case.optimizer, kind=kind) as isolation:
        assert all(p.grad is None for p in isolation.model.parameters())
        train(isolation.model, isolation.optimizer, case.loss, 2)
    for (name, parameter), value in zip(case.model.named_parameters(), values, strict=True):
        if name == "0.bias":
            assert parameter.grad is None
        else:
            assert parameter.grad is grads[name]
            assert torch.equal(parameter.grad, value)


def test_gradients_that_are_parts_of_one_buffer_stay_there() -> None:
    model = nn.Linear(4, 3)
    buffer = torch.arange(15.0)
    model.weight.grad, model.bias.grad = buffer[:12].view(3, 4), buffer[12:]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Isolation(model, optimizer, kind="in_place") as isolation:
        isolation.optimizer.zero_grad(set_to_none=False)
        classify(isolation.model).backward()
        isolation.optimizer.step()
        assert buffer.tolist() != list(range(15))
    assert buffer.tolist() == list(range(15))
    assert model.weight.grad.data_ptr() == buffer.data_ptr()


def test_a_loss_from_before_can_be_differentiated_after() -> None:
    case = plain()
    expected = copy.deepcopy(case.model)
    case.optimizer.zero_grad()
    torch.manual_seed(1)
    loss = case.loss(case.model)
    with Isolation(case.model, case.optimizer, kind="in_place") as isolation:
        train(isolation.model, isolation.optimizer, case.loss, 2)
    loss.backward()
    expected.zero_grad()
    torch.manual_seed(1)
    classify(expected).backward()
    pairs = zip(case.model.parameters(), expected.parameters(), strict=True)
    assert all(torch.equal(a.grad, b.grad) for a, b in pairs)


def test_a_cell_may_train_the_original_while_a_copy_is_swept() -> None:
    case = plain()
    reference = copy.deepcopy(case.model)
    with Isolation(case.model, case.optimizer) as isolation:
        train(isolation.model, isolation.optimizer, case.loss, 2)
        with torch.no_grad():
            case.model[0].weight += 1
        case.optimizer.param_groups[0]["lr"] = 0.5
    assert torch.equal(case.model[0].weight, reference[0].weight + 1)
    assert case.optimizer.param_groups[0]["lr"] == 0.5
    assert isolation.receipt is not None
    assert not isolation.receipt.identical
    assert isolation.receipt.clean
    assert isolation.receipt.sentence == (
        "The sweep left nothing behind. Changed while it ran, not by the sweep: parameters and "
        "optimizer groups."
    )


def test_the_order_of_an_optimizers_state_is_set_back() -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    with Isolation(case.model, case.optimizer, kind="in_place"):
        state = case.optimizer.state
        first = next(iter(state))
        state[first] = dict(reversed(state.pop(first).items()))
        case.optimizer.param_groups.reverse()
        case.optimizer.param_groups[0] = dict(reversed(case.optimizer.param_groups[0].items()))
    assert state_of(case.model, case.optimizer) == before


# --- several at once, memory, references --------------------------------------------------------


@both
def test_a_model_that_is_swept_in_place_is_refused(kind: str) -> None:
    case = plain()
    with Isolation(case.model, case.optimizer, kind="in_place"):
        second = Isolation(case.model[0], case.optimizer, kind=kind)
        with pytest.raises(RuntimeError, match="is being swept in place by another sweep"):
            second.__enter__()
    with Isolation(case.model, case.optimizer, kind=kind):
        pass


def test_two_copies_of_one_model_can_be_swept_at_once() -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    one, other = (Isolation(case.model, case.optimizer) for _ in range(2))
    with one as first, other as second:
        train(second.model, second.optimizer, case.loss, 2)
        train(first.model, first.optimizer, case.loss, 2)
    assert state_of(case.model, case.optimizer) == before


def _bytes_of(model: nn.Module, optimizer: Any) -> int:
    tensors = [*model.parameters(), *model.buffers()]
    tensors += [t for s in optimizer.state.values() for t in s.values()]
    return sum(t.untyped_storage().nbytes() for t in tensors)


def test_a_snapshot_takes_the_bytes_of_parameters_buffers_and_optimizer_state() -> None:
    case = plain()
    with Isolation(case.model, case.optimizer, kind="in_place") as isolation:
        assert isolation._snapshot is not None
        assert isolation._snapshot.nbytes == _bytes_of(case.model, case.optimizer)


def test_a_copy_takes_the_bytes_of_parameters_buffers_and_optimizer_state() -> None:
    case = plain()
    with Isolation(case.model, case.optimizer) as isolation:
        copied = isolation.model, isolation.optimizer
        assert abs(_bytes_of(*copied) - _bytes_of(case.model, case.optimizer)) < 64
        assert all(p.grad is None for p in isolation.model.parameters())


@both
def test_nothing_holds_the_model_afterwards(kind: str) -> None:
    case = plain()
    isolation = Isolation(case.model, case.optimizer, kind=kind)
    with isolation:
        trained = weakref.ref(isolation.model)
        train(isolation.model, isolation.optimizer, case.loss, 1)
    original = weakref.ref(case.model)
    receipt = isolation.receipt
    del isolation, case
    gc.collect()
    assert original() is None
    assert trained() is None
    assert receipt is not None


def test_the_copy_is_freed_at_once() -> None:
    case = plain()
    gc.collect()
    gc.disable()
    try:
        isolation = Isolation(case.model, case.optimizer)
        with isolation:
            trained = weakref.ref(isolation.model[0].weight)
        assert trained() is None
    finally:
        gc.enable()
