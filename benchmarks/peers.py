"""The other finders, each used as its documentation says. Imported only when run."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.tasks import Job

NEVER = 1e9
"""A loss this many times the best is what stops a sweep: the stop rules work, and never fire."""


def torch_lr_finder(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run davidtvs' finder, and its `reset`, which restores model and optimizer."""
    from torch_lr_finder import LRFinder

    finder = LRFinder(job.model, job.optimizer, job.loss_fn, device=job.device)
    finder.range_test(
        job.loader, start_lr=start_lr, end_lr=end_lr, num_iter=steps, diverge_th=NEVER
    )
    finder.reset()


def ignite(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run Ignite's finder on an engine that trains as the bare loop does."""
    from ignite.engine import create_supervised_trainer
    from ignite.handlers import FastaiLRFinder

    trainer = create_supervised_trainer(
        job.model, job.optimizer, job.loss_fn, device=job.device, non_blocking=True
    )
    finder = FastaiLRFinder()
    to_save = {"model": job.model, "optimizer": job.optimizer}
    with finder.attach(
        trainer,
        to_save=to_save,
        num_iter=steps,
        start_lr=start_lr,
        end_lr=end_lr,
        diverge_th=NEVER,
    ) as finding:
        finding.run(job.loader)


def lightning(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run Lightning's tuner on a module that trains as the bare loop does."""
    import lightning as library
    from lightning.pytorch.tuner import Tuner

    class Module(library.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = job.model
            self.lr = 1e-3

        def training_step(self, batch: Any, _: int) -> Any:
            inputs, targets = batch
            return job.loss_fn(self.model(inputs), targets)

        def configure_optimizers(self) -> Any:
            return job.optimizer

    trainer = library.Trainer(
        max_epochs=100,
        accelerator="gpu" if job.device.type == "cuda" else "cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    Tuner(trainer).lr_find(
        Module(),
        train_dataloaders=job.loader,
        min_lr=start_lr,
        max_lr=end_lr,
        num_training=steps,
        early_stop_threshold=NEVER,
        update_attr=False,
    )


def fastai(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run fastai's finder on a Learner with this very optimizer."""
    import fastai.callback.schedule  # noqa: F401 - it gives the Learner its lr_find
    from fastai.basics import DataLoaders, Learner, OptimWrapper

    learner = Learner(
        DataLoaders(job.loader, job.loader, device=job.device),
        job.model,
        loss_func=job.loss_fn,
        opt_func=partial(_wrapped, OptimWrapper, job),
    )
    learner.lr_find(
        start_lr=start_lr,
        end_lr=end_lr,
        num_it=steps,
        stop_div=False,
        show_plot=False,
        suggest_funcs=None,
    )


def _wrapped(wrapper: Any, job: Job, _: Any, **__: Any) -> Any:
    return wrapper(opt=job.optimizer)
