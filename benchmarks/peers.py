"""The other finders, each used as its documentation says. Imported only when run.

Those that work on a trainer's object take it apart from its making: `learner`, `module_and_trainer`
and `engine` train as the bare loop does.
"""

from __future__ import annotations

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


def engine(job: Job) -> Any:
    """Return an engine of Ignite."""
    from ignite.engine import create_supervised_trainer

    return create_supervised_trainer(
        job.model, job.optimizer, job.loss_fn, device=job.device, non_blocking=True
    )


def ignite_finds(job: Job, trainer: Any, steps: int, start_lr: float, end_lr: float) -> Any:
    """Run Ignite's finder on an engine and return it."""
    from ignite.handlers import FastaiLRFinder

    finder = FastaiLRFinder()
    with finder.attach(
        trainer,
        to_save={"model": job.model, "optimizer": job.optimizer},
        num_iter=steps,
        start_lr=start_lr,
        end_lr=end_lr,
        diverge_th=NEVER,
    ) as finding:
        finding.run(job.loader)
    return finder


def ignite(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run Ignite's finder on a new engine."""
    ignite_finds(job, engine(job), steps, start_lr, end_lr)


def module_and_trainer(job: Job) -> tuple[Any, Any]:
    """Return a module and a Trainer of Lightning."""
    import lightning as library

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
    return Module(), trainer


def lightning_finds(
    job: Job, module: Any, trainer: Any, steps: int, start_lr: float, end_lr: float
) -> Any:
    """Run Lightning's tuner and return what it has found."""
    from lightning.pytorch.tuner import Tuner

    return Tuner(trainer).lr_find(
        module,
        train_dataloaders=job.loader,
        min_lr=start_lr,
        max_lr=end_lr,
        num_training=steps,
        early_stop_threshold=NEVER,
        update_attr=False,
    )


def lightning(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run Lightning's tuner on a new module and Trainer."""
    lightning_finds(job, *module_and_trainer(job), steps, start_lr, end_lr)


def learner(job: Job) -> Any:
    """Return a Learner of fastai with this very optimizer."""
    from fastai.basics import DataLoaders, Learner, OptimWrapper

    return Learner(
        DataLoaders(job.loader, job.loader, device=job.device),
        job.model,
        loss_func=job.loss_fn,
        opt_func=lambda *_, **__: OptimWrapper(opt=job.optimizer),
    )


def fastai_finds(trainer: Any, steps: int, start_lr: float, end_lr: float, rules: Any) -> Any:
    """Run fastai's finder on a Learner and return what its rules suggest."""
    return trainer.lr_find(
        start_lr=start_lr,
        end_lr=end_lr,
        num_it=steps,
        stop_div=False,
        show_plot=False,
        suggest_funcs=rules,
    )


def fastai(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run fastai's finder on a new Learner."""
    import fastai.callback.schedule  # noqa: F401 - it gives the Learner its lr_find

    fastai_finds(learner(job), steps, start_lr, end_lr, None)
