"""The tasks: what is trained, on what, with which optimizer and batch size.

Some are easy to read off a curve. In others the fall drowns in noise, or comes long after the
rate would have sufficed, or the model is already trained: those tell the rules apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from benchmarks.regret import data
from benchmarks.regret.data import Split
from benchmarks.regret.models import Recurrent, Transformer, WindowModel, cnn, dropout_mlp, mlp
from benchmarks.regret.training import Loss, Pretraining, Task


def _pixels(prediction: Tensor, target: Tensor) -> Tensor:
    return mse_loss(prediction, target.flatten(1))


def _pictures() -> Split:
    x, _, x_valid, _ = data.digits()
    return Split(x, x, x_valid, x_valid)


_CLASS: Loss = cross_entropy
_VALUE: Loss = mse_loss
_DIGITS, _TURNED = data.digits, data.turned_digits
_CLUSTERS, _SPIRALS = data.clusters, data.spirals
_TEACHER, _WAVES = data.teacher, data.waves
_TEXT, _SUMS = data.characters, partial(data.characters, "sums")


def _noisy(share: float, train: int | None = None) -> Callable[[], Split]:
    return partial(data.digits, noise=share, train=train)


# Name, model, data, loss, optimizer, batch size, steps (300), what the model learnt before.
TASKS: tuple[Task, ...] = (
    Task("digits-mlp-sgd", partial(mlp, 784, 64, 2), _DIGITS, _CLASS, "SGD", 32),
    Task("digits-mlp-adamw", partial(mlp, 784, 128, 64, 2), _DIGITS, _CLASS, "AdamW", 128),
    Task("digits-mlp-bn-sgd", partial(mlp, 784, 32, 32, 2, norm=True), _DIGITS, _CLASS, "SGD", 8),
    Task("digits-linear-adam", partial(mlp, 784, 2), _DIGITS, _CLASS, "Adam", 32),
    Task("digits-dropout-adam", dropout_mlp, _DIGITS, _CLASS, "Adam", 64),
    Task("digits-cnn-sgd", cnn, _DIGITS, _CLASS, "SGD", 64),
    Task("digits-cnn-momentum", cnn, _DIGITS, _CLASS, "momentum", 64),
    Task("digits-cnn-bn-adam", partial(cnn, norm=True), _DIGITS, _CLASS, "Adam", 64),
    Task("digits-cnn-bn-sgd", partial(cnn, norm=True), _DIGITS, _CLASS, "SGD", 16),
    Task("noisy-digits-mlp-adam", partial(mlp, 784, 128, 2), _noisy(0.2), _CLASS, "Adam", 32),
    Task("noisy-digits-cnn-momentum", cnn, _noisy(0.3), _CLASS, "momentum", 32),
    Task("few-digits-mlp-adam", partial(mlp, 784, 64, 2), _noisy(0, 64), _CLASS, "Adam", 16, 200),
    Task("clusters-mlp-sgd", partial(mlp, 20, 64, 10), _CLUSTERS, _CLASS, "SGD", 64, 400),
    Task("clusters-mlp-adamw", partial(mlp, 20, 64, 64, 10), _CLUSTERS, _CLASS, "AdamW", 8),
    Task(
        "clusters-mlp-bn-momentum",
        partial(mlp, 20, 96, 96, 10, norm=True),
        _CLUSTERS,
        _CLASS,
        "momentum",
        256,
    ),
    Task(
        "clusters-mlp-bn-adam",
        partial(mlp, 20, 64, 64, 10, norm=True),
        _CLUSTERS,
        _CLASS,
        "Adam",
        256,
    ),
    Task(
        "clusters-deep-momentum",
        partial(mlp, 20, 48, 48, 48, 48, 10),
        _CLUSTERS,
        _CLASS,
        "momentum",
        32,
    ),
    Task(
        "spirals-deep-tanh-adam",
        partial(mlp, 2, 32, 32, 32, 3, activation=nn.Tanh),
        _SPIRALS,
        _CLASS,
        "Adam",
        64,
        400,
    ),
    Task("spirals-mlp-momentum", partial(mlp, 2, 64, 64, 3), _SPIRALS, _CLASS, "momentum", 16, 400),
    Task("spirals-mlp-adamw", partial(mlp, 2, 64, 64, 3), _SPIRALS, _CLASS, "AdamW", 512, 400),
    Task("teacher-mlp-sgd", partial(mlp, 16, 48, 1), _TEACHER, _VALUE, "SGD", 16, 400),
    Task("teacher-mlp-adam", partial(mlp, 16, 64, 1), _TEACHER, _VALUE, "Adam", 8, 400),
    Task("teacher-linear-momentum", partial(mlp, 16, 1), _TEACHER, _VALUE, "momentum", 32),
    Task(
        "noisy-teacher-mlp-sgd",
        partial(mlp, 16, 64, 1, activation=nn.Tanh),
        partial(data.teacher, noise=1.0),
        _VALUE,
        "SGD",
        64,
        400,
    ),
    Task(
        "large-teacher-mlp-momentum",
        partial(mlp, 16, 64, 1, activation=nn.Tanh),
        partial(data.teacher, scale=30.0),
        _VALUE,
        "momentum",
        512,
    ),
    Task("waves-mlp-sgd", partial(mlp, 8, 64, 1), _WAVES, _VALUE, "SGD", 32, 400),
    Task("waves-mlp-adam", partial(mlp, 8, 64, 64, 1), _WAVES, _VALUE, "Adam", 128),
    Task(
        "waves-mlp-bn-adamw",
        partial(mlp, 8, 64, 64, 1, norm=True),
        _WAVES,
        _VALUE,
        "AdamW",
        64,
        400,
    ),
    Task("autoencoder-momentum", partial(mlp, 784, 32, 784), _pictures, _pixels, "momentum", 32),
    Task("autoencoder-adam", partial(mlp, 784, 64, 784), _pictures, _pixels, "Adam", 64),
    Task("text-transformer-adamw", Transformer, _TEXT, _CLASS, "AdamW", 16),
    Task("text-transformer-momentum", Transformer, _TEXT, _CLASS, "momentum", 8, 250),
    Task("text-window-sgd", WindowModel, _TEXT, _CLASS, "SGD", 32),
    Task("text-window-adam", WindowModel, _TEXT, _CLASS, "Adam", 32),
    Task("text-recurrent-momentum", Recurrent, _TEXT, _CLASS, "momentum", 8, 200),
    Task("sums-recurrent-adam", Recurrent, _SUMS, _CLASS, "Adam", 16, 200),
    Task("sums-deep-transformer-adam", partial(Transformer, 32, 2), _SUMS, _CLASS, "Adam", 4),
    Task(
        "tuned-digits-cnn-momentum",
        cnn,
        _TURNED,
        _CLASS,
        "momentum",
        16,
        200,
        Pretraining(_DIGITS, 150, 3e-3),
    ),
    Task(
        "tuned-digits-mlp-adamw",
        partial(mlp, 784, 64, 2),
        _DIGITS,
        _CLASS,
        "AdamW",
        32,
        200,
        Pretraining(_noisy(0, 256), 40, 1e-3),
    ),
    Task(
        "tuned-noisy-digits-cnn-adam",
        cnn,
        _noisy(0.3, 400),
        _CLASS,
        "Adam",
        16,
        200,
        Pretraining(_TURNED, 100, 3e-3),
    ),
    Task(
        "tuned-text-transformer-adamw",
        Transformer,
        _SUMS,
        _CLASS,
        "AdamW",
        16,
        200,
        Pretraining(_TEXT, 300, 3e-3),
    ),
    Task(
        "tuned-text-window-sgd",
        WindowModel,
        _SUMS,
        _CLASS,
        "SGD",
        16,
        250,
        Pretraining(_TEXT, 300, 3e-3),
    ),
    Task(
        "tuned-teacher-mlp-adam",
        partial(mlp, 16, 64, 1),
        partial(data.teacher, shift=0.15),
        _VALUE,
        "Adam",
        32,
        300,
        Pretraining(_TEACHER, 600, 3e-3),
    ),
    Task(
        "tuned-teacher-mlp-sgd",
        partial(mlp, 16, 64, 1),
        partial(data.teacher, shift=0.05),
        _VALUE,
        "SGD",
        16,
        300,
        Pretraining(_TEACHER, 800, 3e-3),
    ),
)
