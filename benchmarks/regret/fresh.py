"""Tasks made after the search's policy had been looked at on all others: it is judged on these.

They differ from the tasks of `tasks.py` and `held_out.py` in architecture, loss and data.
"""

from __future__ import annotations

from functools import partial

from torch import nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

from benchmarks.regret import fresh_data as data
from benchmarks.regret import fresh_losses as losses
from benchmarks.regret.fresh_models import (
    Attention,
    Bumps,
    Elman,
    Euler,
    Flow,
    Hourglass,
    Messages,
    Mixer,
    Neighbours,
    deep_linear,
    gated,
    separable,
)
from benchmarks.regret.held_out_models import Each
from benchmarks.regret.models import mlp
from benchmarks.regret.training import Loss, Pretraining, Task

_binary: Loss = binary_cross_entropy_with_logits
_turned = partial(data.gratings, 64, 0.3)
_easier = partial(data.gratings, 1200, 0.0, 0.7)
_other_law = partial(data.gaps, 367, 300)

# Name, model, data, loss, optimizer, batch size, steps, what the model learnt before.
FRESH: tuple[Task, ...] = (
    Task("moons-flow-radam", Flow, data.moons, losses.flow, "RAdam", 64, 250),
    Task("triangles-messages-adamax", Messages, data.graphs, mse_loss, "Adamax", 32, 300),
    Task("neighbours-factors-adagrad", Neighbours, data.neighbours, _binary, "Adagrad", 64, 400),
    Task(
        "lifetimes-mlp-nesterov",
        partial(mlp, 12, 32, 1, activation=nn.SiLU),
        data.lifetimes,
        losses.cox,
        "nesterov",
        64,
        200,
    ),
    Task(
        "preferences-mlp-adam",
        lambda: Each(mlp(10, 32, 32, 1, activation=nn.LeakyReLU)),
        data.preferences,
        losses.preference,
        "Adam",
        16,
        250,
    ),
    Task(
        "grades-gated-momentum",
        partial(gated, 10, 4),
        data.grades,
        losses.ordinal,
        "momentum",
        32,
        300,
    ),
    Task("blobs-hourglass-adamw", Hourglass, data.blobs, losses.dice, "AdamW", 16, 120),
    Task(
        "answers-mlp-rmsprop",
        partial(mlp, 16, 20, 6, activation=nn.Tanh),
        data.soft_answers,
        losses.distilled,
        "RMSprop",
        16,
        300,
    ),
    Task("stretched-linear-sgd", deep_linear, data.stretched, mse_loss, "SGD", 32, 300),
    Task("delayed-elman-adam", Elman, data.delayed, cross_entropy, "Adam", 32, 300),
    Task("gaps-attention-adamw", Attention, data.gaps, losses.symbols, "AdamW", 32, 150),
    Task(
        "gratings-mixer-decayed-adamw",
        Mixer,
        data.gratings,
        losses.focal,
        "AdamW, decay 0.5",
        16,
        150,
    ),
    Task(
        "uneven-noise-mlp-nadam",
        partial(mlp, 2, 40, 40, 2, activation=nn.ELU),
        data.uneven_noise,
        losses.gaussian,
        "NAdam",
        64,
        250,
    ),
    Task(
        "waits-mlp-adagrad",
        partial(mlp, 6, 32, 1, activation=nn.Softplus),
        data.waits,
        losses.gamma,
        "Adagrad",
        32,
        300,
    ),
    Task(
        "ring-generator-rmsprop",
        partial(mlp, 4, 32, 32, 2),
        data.generated,
        losses.discrepancy,
        "RMSprop",
        64,
        250,
    ),
    Task(
        "views-twins-lion",
        lambda: Each(mlp(20, 32, 8, norm=True)),
        data.pairs_of_views,
        losses.decorrelated,
        "Lion",
        64,
        200,
    ),
    Task("oscillators-euler-lion", Euler, data.oscillators, losses.log_cosh, "Lion", 32, 200),
    Task("seasons-separable-sgd", partial(separable, 4), data.seasons, l1_loss, "SGD", 8, 200),
    Task(
        "noisy-parity-mlp-adam",
        partial(mlp, 12, 48, 48, 2, activation=nn.Tanh),
        data.parities,
        cross_entropy,
        "Adam",
        32,
        300,
    ),
    Task(
        "few-points-mlp-momentum",
        partial(mlp, 2, 128, 128, 1),
        data.few_points,
        smooth_l1_loss,
        "momentum",
        8,
        300,
    ),
    Task("hills-bumps-adamax", Bumps, data.hills, mse_loss, "Adamax", 128, 250),
    Task("products-linear-sgd", partial(mlp, 65, 1), data.products, _binary, "SGD", 2, 500),
    Task(
        "motifs-separable-nadam",
        partial(separable, 4),
        data.motifs,
        losses.two_answers,
        "NAdam",
        16,
        150,
    ),
    Task(
        "tuned-gratings-mixer-momentum",
        Mixer,
        _turned,
        cross_entropy,
        "momentum",
        8,
        120,
        Pretraining(_easier, 200, 3e-3),
    ),
    Task(
        "tuned-gaps-attention-nesterov",
        Attention,
        _other_law,
        losses.symbols,
        "nesterov",
        16,
        120,
        Pretraining(data.gaps, 250, 3e-3),
    ),
)
