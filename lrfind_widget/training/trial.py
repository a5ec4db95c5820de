"""A model in training: everything that a step at a given rate needs."""

from __future__ import annotations

import contextlib

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.training.batch import model_device
from lrfind_widget.training.batches import Batches
from lrfind_widget.training.checks import Arguments
from lrfind_widget.training.device import Execution
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.late_losses import LossList, LossQueue
from lrfind_widget.training.objective import Objective
from lrfind_widget.training.param_groups import GroupRates, set_weight_decay
from lrfind_widget.training.precision import Precision
from lrfind_widget.training.seeding import RandomSources
from lrfind_widget.training.training import Training
from lrfind_widget.training.validation import Validation

Step = tuple[int, float, bool]


class Trial:
    """Trains what an isolation gives, one step at a time, at whatever rate it is told.

    Parameters
    ----------
    isolation : Isolation
        Entered. What is changed here, it sets back.
    given : Arguments
        The arguments of the sweep.
    where : ErrorContext
        Told what runs.

    Attributes
    ----------
    device : torch.device
        Device of the model.
    rates : GroupRates
        The rates of the parameter groups.
    objective : Objective
        From a batch to a loss.
    precision : Precision
        Autocast and gradient scaler.
    batches : Batches
        The training batches, with how many were given.
    losses : LossList
        The losses of the steps, labelled with step, rate and whether the step was taken.
    """

    def __init__(self, isolation: Isolation, given: Arguments, where: ErrorContext) -> None:
        objects = isolation.objects
        model, self._optimizer = objects.model, objects.optimizer
        self.device = model_device(model)
        self._execution = Execution(self.device, own_stream=isolation.kind == "copy")
        self.batches = Batches(objects.dataloader)
        self.losses: LossList[Step] = LossQueue.on(self.device)
        self.precision = Precision(given.amp, objects.grad_scaler, self.device)
        self.objective = Objective(
            model,
            self.device,
            loss_fn=objects.loss_fn,
            step_fn=objects.step_fn,
            prepare_batch=objects.prepare_batch,
            where=where,
        )
        self._training = Training(
            self._optimizer,
            self.objective,
            self.batches,
            self.precision,
            accumulate=given.accumulate,
            clip_grad_norm=given.clip_grad_norm,
            where=where,
        )
        if not model.training:
            model.train()
        self.rates = GroupRates(self._optimizer, given.groups)
        if given.wd is not None:
            set_weight_decay(self._optimizer, given.wd)
        self._validation: Validation | None = None
        if given.seed is None and objects.val_loader is None:
            return
        random = RandomSources(self.device, [model, *objects.loaders])
        if given.seed is not None:
            random.seed(given.seed)
        if objects.val_loader is not None:
            self._validation = Validation(
                model,
                objects.val_loader,
                given.val_batches,
                self.objective,
                self.precision,
                random,
                where,
            )

    def step(self, step: int, lr: float, *, validate: bool = True) -> bool:
        """Take an optimizer step at the rate `lr`, and send its losses on their way.

        `losses` then gives, for this step, the training loss before the step and, with a
        validation loader and unless `validate` is false, the validation loss after it.

        Returns
        -------
        bool
            False where the gradient scaler skipped the step.

        Raises
        ------
        OutOfDataError
            Where the loader has ended and cannot be started again.
        """
        with self._execution():
            self.rates.set(self._optimizer, lr)
            loss, taken = self._training.step()
            found = [loss]
            if self._validation is not None and taken and validate:
                found.append(self._validation.loss())
            self.losses.put((step, lr, taken), *found)
        return taken

    def close(self) -> None:
        """Let go of the loader's workers and wait for what the device still does."""
        self.batches.close()
        if self._validation is not None:
            self._validation.close()
        # An error of the device is raised where its result is read, not here.
        with contextlib.suppress(Exception):
            self._execution.finish()
