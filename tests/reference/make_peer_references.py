"""Runs the released packages of the peers on recorded loss curves and stores what they say.

The tests hold our rules to `peer_suggestions.json`, which this script writes. It is run by hand,
in an environment of its own, since the peers would otherwise be dependencies::

    python -m venv peers && peers/bin/pip install "torch==2.13.0" \\
        "fastai==2.8.12" "torch-lr-finder==0.2.2" "lightning==2.6.6" "pytorch-ignite==0.5.5"
    pip download --no-deps --dest wheels "fastai==1.0.61"
    peers/bin/python tests/reference/make_peer_references.py wheels/fastai-1.0.61-py3-none-any.whl

Every peer runs its own whole finder (schedule, smoothing, stop rule, suggestion) on a model whose
"loss" at step n is the n-th value of the curve. Stored for each are the rates and smoothed losses
it recorded and what it suggested; an exception is stored by its name.

fastai 1.0.61 cannot be imported beside a current torch. Its classes and functions are taken out
of the wheel by name and executed unchanged, with stand-ins for the learner around them.
"""

from __future__ import annotations

import ast
import json
import logging
import math
import platform
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import scipy.interpolate
import torch
from torch.utils.data import DataLoader, TensorDataset

HERE = Path(__file__).parent
BENCHMARK = HERE.parents[1] / "benchmarks" / "regret" / "curves.json"
START, END = 1e-7, 10.0


# ---------------------------------------------------------------------------------------- curves


def curves() -> dict[str, list[float]]:
    """Return raw losses: of real trainings, and made to provoke."""
    recorded = json.loads(BENCHMARK.read_text())["tasks"]

    def real(task: str, num_it: int = 100) -> list[float]:
        values = recorded[task][f"start_lr=1e-07 num_it={num_it} seed=0"]
        return [math.nan if value is None else value for value in values]

    noise = np.random.default_rng(0).normal(size=200)
    x = np.linspace(-7, 1, 100, endpoint=False)
    valley = 2.3 - 0.6 * np.clip(x + 5, 0, 3) + np.exp(3 * (x + 0.3))
    made = {
        "valley": valley,
        "noisy valley": valley + 0.05 * noise[:100],
        "scaled down": 1e-3 * valley,
        "no turn": 2.3 - 0.6 * np.clip(x + 3, 0, 4) + 0.01 * noise[:100],
        "constant": np.full(100, 1.0),
        "rising": 1 + 0.01 * np.arange(100.0),
        "crossing zero": valley - 2,
        "nan at 70": np.where(np.arange(100) < 70, valley, np.nan),
        "12 steps": valley[::8][:12],
        "18 steps": valley[::5][:18],
    }
    return {
        "digits, MLP, SGD": real("digits-mlp-sgd"),
        "digits, CNN, Adam": real("digits-cnn-bn-adam"),
        "text, transformer, AdamW": real("text-transformer-adamw"),
        "digits, fine-tuning": real("tuned-digits-cnn-momentum"),
        "digits, CNN, Adam, 200 steps": real("digits-cnn-bn-adam", 200),
        **{name: [float(value) for value in values] for name, values in made.items()},
    }


class Replay:
    """A "loss" that repeats a curve, step by step, and needs a gradient."""

    def __init__(self, curve: list[float]) -> None:
        self.curve = curve
        self.step = -1

    def __call__(self, output: torch.Tensor, *_: Any) -> torch.Tensor:
        self.step += 1
        return output.sum() * 0 + torch.tensor(self.curve[self.step], dtype=torch.float32)


def network() -> torch.nn.Module:
    return torch.nn.Linear(1, 1)


def batches(count: int) -> TensorDataset:
    return TensorDataset(torch.zeros(count, 1), torch.zeros(count, 1))


# ----------------------------------------------------------------------------------------- peers


class LearnerCallback:
    """Stands in for fastai v1's: keeps the learner."""

    def __init__(self, learn: Any) -> None:
        self.learn = learn


class FastaiV1:
    """The finder, recorder and average of fastai 1.0.61, out of its wheel."""

    TAKEN = (
        ("fastai/callback.py", ("SmoothenValue", "annealing_exp", "Scheduler")),
        ("fastai/callbacks/lr_finder.py", ("LRFinder",)),
        ("fastai/basic_train.py", ("Recorder",)),
    )

    def __init__(self, wheel: Path) -> None:
        self.names: dict[str, Any] = {
            "torch": torch, "np": np, "plt": plt, "scipy": scipy,
            "LearnerCallback": LearnerCallback,
            "is_tuple": lambda value: isinstance(value, tuple),
            "ifnone": lambda value, default: default if value is None else value,
            "num_distrib": lambda: 0,
            "defaults": SimpleNamespace(return_fig=None),
            "IN_NOTEBOOK": True,
        }  # fmt: skip
        with zipfile.ZipFile(wheel) as archive:
            for file, wanted in self.TAKEN:
                tree = ast.parse(archive.read(file).decode())
                for node in tree.body:
                    if getattr(node, "name", None) in wanted:
                        # Annotations name types of fastai that are not here.
                        part = ast.Module(
                            [ast.ImportFrom("__future__", [ast.alias("annotations")], 0), node], []
                        )
                        exec(compile(ast.fix_missing_locations(part), file, "exec"), self.names)

    def __call__(self, curve: list[float]) -> dict[str, Any]:
        opt = SimpleNamespace(lr=START)
        learn = SimpleNamespace(
            data=SimpleNamespace(train_dl=None), opt=opt, save=lambda name: None, wd=None
        )
        finder = self.names["LRFinder"](learn, START, END, len(curve))
        recorder = object.__new__(self.names["Recorder"])
        recorder.lrs, recorder.losses = [], []
        average = self.names["SmoothenValue"](0.98)
        finder.on_train_begin(pbar=SimpleNamespace())
        for iteration, loss in enumerate(curve):
            recorder.lrs.append(opt.lr)
            average.add_value(torch.tensor(loss).float())
            recorder.losses.append(average.smooth)
            if finder.on_batch_end(iteration=iteration, smooth_loss=average.smooth):
                break
        result = {
            "lrs": recorder.lrs,
            "smoothed": [float(loss) for loss in recorder.losses],
            "suggestions": {},
        }
        for name, options in (
            ("min_gradient", {}),
            ("min_gradient skip_start=0 skip_end=0", {"skip_start": 0, "skip_end": 0}),
            ("min_gradient k=3", {"k": 3}),
        ):
            result["suggestions"][name] = said(lambda options=options: self.plot(recorder, options))
        least = said(lambda: self.least(recorder))
        result["suggestions"]["min_over_10"] = least
        return result

    @staticmethod
    def plot(recorder: Any, options: dict[str, Any]) -> float:
        recorder.min_grad_lr = math.nan
        recorder.plot(suggestion=True, **options)
        plt.close("all")
        return float(recorder.min_grad_lr)

    @staticmethod
    def least(recorder: Any) -> float:
        """fastai prints this number only; the expression is the line above the print."""
        losses = recorder._split_list(recorder.losses, 10, 5)
        lrs = recorder._split_list(recorder.lrs, 10, 5)
        return float(lrs[np.argmin([x.item() for x in losses])] / 10)


def fastai_v2(curve: list[float]) -> dict[str, Any]:
    from fastai.callback.schedule import minimum, slide, steep, valley
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner

    result: dict[str, Any] = {"suggestions": {}}
    for rule in (valley, slide, minimum, steep):
        with tempfile.TemporaryDirectory() as folder:
            loader = DataLoader(batches(len(curve)), batch_size=1)
            learn = Learner(DataLoaders(loader, loader), network(), Replay(curve), path=folder)
            result["suggestions"][rule.__name__] = said(
                lambda rule=rule, learn=learn: learn.lr_find(
                    START, END, len(curve), suggest_funcs=rule, show_plot=False
                )[0]
            )
            result["lrs"] = [float(lr) for lr in learn.recorder.lrs]
            result["smoothed"] = [float(loss) for loss in learn.recorder.losses]
    return result


def torch_lr_finder(curve: list[float]) -> dict[str, Any]:
    from torch_lr_finder import LRFinder

    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=START)
    finder = LRFinder(model, optimizer, Replay(curve))
    finder.range_test(DataLoader(batches(8)), start_lr=START, end_lr=END, num_iter=len(curve))
    suggestion = said(lambda: finder.plot()[1])
    plt.close("all")
    return recorded(finder.history["lr"], finder.history["loss"], torch_lr_finder=suggestion)


def lightning(curve: list[float]) -> dict[str, Any]:
    import lightning as pl
    from lightning.pytorch.tuner import Tuner

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.loss = network(), Replay(curve)

        def training_step(self, batch: Any, _: int) -> torch.Tensor:
            return self.loss(self.layer(batch[0]))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=START)

    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            accelerator="cpu", default_root_dir=folder, logger=False, enable_progress_bar=False,
            enable_checkpointing=False, enable_model_summary=False, max_epochs=1000,
        )  # fmt: skip
        finder = Tuner(trainer).lr_find(
            Module(), DataLoader(batches(len(curve))), min_lr=START, max_lr=END,
            num_training=len(curve), update_attr=False,
        )  # fmt: skip
    assert finder is not None
    suggestion = said(finder.suggestion)
    return recorded(finder.results["lr"], finder.results["loss"], lightning=suggestion)


def ignite(curve: list[float]) -> dict[str, Any]:
    from ignite.engine import Engine
    from ignite.handlers import FastaiLRFinder

    model, loss = network(), Replay([*curve, curve[-1]])  # it takes one step more than asked
    optimizer = torch.optim.SGD(model.parameters(), lr=START)
    trainer = Engine(lambda engine, batch: loss(model(batch[0])).item())
    finder = FastaiLRFinder()
    with finder.attach(
        trainer, {"model": model, "optimizer": optimizer},
        num_iter=len(curve), start_lr=START, end_lr=END,
    ) as attached:  # fmt: skip
        attached.run(DataLoader(batches(8)))
    history = finder.get_results()
    count = len(curve)
    suggestion = said(finder.lr_suggestion)
    return recorded(history["lr"][:count], history["loss"][:count], ignite=suggestion)


def recorded(lrs: Any, losses: Any, **suggestions: Any) -> dict[str, Any]:
    return {
        "lrs": [float(lr) for lr in lrs],
        "smoothed": [float(loss) for loss in losses],
        "suggestions": suggestions,
    }


def said(suggest: Callable[[], Any]) -> Any:
    """Return a suggestion as a float, None, or the name of the exception it raised."""
    try:
        value = suggest()
    except Exception as error:
        return type(error).__name__
    return None if value is None or math.isnan(value) else float(value)


# ------------------------------------------------------------------------------------------ file


def plain(value: Any) -> Any:
    """Return `value` with its floats in 9 digits, and NaN and infinity as JSON strings."""
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    warnings.simplefilter("ignore")
    plt.switch_backend("Agg")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    fastai_v1 = FastaiV1(Path(sys.argv[1]))
    packages = ("torch", "numpy", "scipy", "fastai", "torch-lr-finder", "lightning")
    versions = {name: version(name) for name in (*packages, "pytorch-ignite")}
    versions |= {"python": platform.python_version(), "fastai v1": Path(sys.argv[1]).name}
    peers = {
        "fastai v1": fastai_v1,
        "fastai v2": fastai_v2,
        "torch-lr-finder": torch_lr_finder,
        "lightning": lightning,
        "ignite": ignite,
    }
    stored: dict[str, Any] = {"versions": versions, "curves": {}}
    for name, curve in curves().items():
        stored["curves"][name] = plain(
            {"losses": curve, "peers": {peer: run(curve) for peer, run in peers.items()}}
        )
        print(name, {p: r["suggestions"] for p, r in stored["curves"][name]["peers"].items()})
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}"
        for name, entry in stored["curves"].items()
    )
    head = json.dumps(versions, indent=2)
    (HERE / "peer_suggestions.json").write_text(
        f'{{\n"versions": {head},\n"curves": {{\n{lines}\n}}\n}}\n'
    )
    print(versions)


if __name__ == "__main__":
    main()
