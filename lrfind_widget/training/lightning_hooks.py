"""The hooks of a LightningModule around a step, called where its Trainer calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.curves.formatting import listed
from lrfind_widget.training.lightning_module import WithoutTrainer, own_methods, steps_of
from lrfind_widget.training.update import Pass

AROUND = (
    *("on_fit_start", "on_train_start", "on_train_epoch_start", "on_train_epoch_end"),
    *("on_train_batch_start", "on_train_batch_end", "on_before_zero_grad", "optimizer_zero_grad"),
    *("on_before_backward", "backward", "on_after_backward", "on_before_optimizer_step"),
    *("configure_gradient_clipping", "optimizer_step"),
)
"""What a Trainer calls in training, until its end."""

BEFORE = "setup", "configure_model", "configure_callbacks"
"""What it calls before that, and a sweep does not: the optimizer holds what is there."""

IN_VALIDATION = tuple(
    f"on_validation_{when}"
    for when in ("start", "epoch_start", "batch_start", "batch_end", "epoch_end", "end")
)
"""What it calls around `validation_step`, and a sweep does not."""


class Hooks:
    """The hooks that a LightningModule defines; none where its `training_step` is not the loss."""

    def __init__(self, given: Pass) -> None:
        objects, options = given.isolation.objects, given.options
        self._model: Any = objects.model
        self._optimizer = objects.optimizer
        self._context = given.context
        self.surroundings = WithoutTrainer(
            self._model,
            self._optimizer,
            vars(given.isolation.given.model).get("_trainer"),  # which copies are without
            accumulate_grad_batches=options.accumulate,
            gradient_clip_val=options.clip_grad_norm,
        )
        is_loss = bool(steps_of(self._model, objects))
        self.own = own_methods(self._model, AROUND) if is_loss else ()
        validates = objects.val_loader is not None and objects.val_loss_fn is None
        others = (*BEFORE, *IN_VALIDATION) if validates else BEFORE
        left = own_methods(self._model, others) if is_loss else ()
        are = "is" if len(left) == 1 else "are"
        self._context.not_run = f"your {listed(list(left))} {are} not run" if left else ""
        self.number = 0
        """That of the latest batch in its epoch."""
        self._batch: tuple[Any, Any, int] | None = None
        self.output: Any = None
        """What `training_step` returned for the latest batch."""

    def __bool__(self) -> bool:
        return bool(self.own)

    def __call__(self, name: str, *given: Any, **named: Any) -> bool:
        """Run a hook, and return whether there is one."""
        if name in self.own:
            self._run(name, *given, **named)
        return name in self.own

    def begin_epoch(self, epoch: int) -> None:
        """End the epoch before, or begin the training, where an epoch begins."""
        trainer = self.surroundings.trainer
        trainer.current_epoch = max(0, epoch - 1)
        for name in ("on_train_epoch_end",) if epoch else ("on_fit_start", "on_train_start"):
            self(name)
        trainer.current_epoch = epoch
        self("on_train_epoch_start")

    def begin_batch(self, given: Any, number: int, moved: Callable[[Any], Any]) -> Any:
        """Return a batch as a step takes it; a closure that asks again gets the same."""
        if self._batch is None or self._batch[0] is not given:
            self._batch = given, moved(given), number
            if "on_train_batch_start" in self.own:
                answer = self._run("on_train_batch_start", self._batch[1], number)
                if answer == -1:
                    raise ValueError(
                        "on_train_batch_start returned -1, which skips the rest of an epoch, and a "
                        "sweep does not. Pass a loader of the batches to train on."
                    )
        return self._batch[1]

    def end_batch(self) -> None:
        """End a batch, where one has begun."""
        if self._batch is None:
            return
        (_, batch, number), output = self._batch, self.output
        self._batch = self.output = None
        found = dict(output) if isinstance(output, Mapping) else {"loss": output}
        if isinstance(found.get("loss"), Tensor):
            count = self.surroundings.trainer.accumulate_grad_batches
            found["loss"] = (found["loss"] / count).detach().clone()
        self("on_train_batch_end", found if found.get("loss") is not None else {}, batch, number)

    def zero_grad(self) -> None:
        """Clear the gradients."""
        self("on_before_zero_grad", self._optimizer)
        number = self._batch[2] if self._batch else 0
        epoch = self.surroundings.trainer.current_epoch
        if not self("optimizer_zero_grad", epoch, number, self._optimizer):
            self._optimizer.zero_grad()

    def backward(self, loss: Tensor, **options: Any) -> None:
        """Add the gradients of a loss."""
        self("on_before_backward", loss)
        if not self("backward", loss):
            loss.backward(**options)  # type: ignore[no-untyped-call]
        self("on_after_backward")

    def step(self, closure: Callable[[], Tensor], shape_gradients: Callable[[], None]) -> None:
        """Run `optimizer_step`; however it steps, the gradients are shaped right before."""

        def shaped(_optimizer: Optimizer, given: Any, named: Any) -> Any:
            own, *rest = given
            inner = rest[0] if rest else named.get("closure")
            if inner is None:
                return shape_gradients()

            def computed() -> Any:
                loss = inner()
                shape_gradients()
                return loss

            return ((own,), {**named, "closure": computed})

        handle = self._optimizer.register_step_pre_hook(shaped)
        try:
            epoch = self.surroundings.trainer.current_epoch
            self._run("optimizer_step", epoch, self.number, self._optimizer, closure)
        finally:
            handle.remove()

    def _run(self, name: str, *given: Any, **named: Any) -> Any:
        part, self._context.part = self._context.part, name
        with self.surroundings():
            answer = getattr(self._model, name)(*given, **named)
        self._context.part = part
        return answer
