"""Tasks that no choice has seen: what was chosen on the others is judged on these, once.

They differ from the tasks of `tasks.py` in architecture, loss, data and mostly in the optimizer.
"""

from __future__ import annotations

from functools import partial

from torch import nn
from torch.nn.functional import cross_entropy, mse_loss, smooth_l1_loss

from benchmarks.regret import held_out_data as data
from benchmarks.regret import held_out_pictures as pictures
from benchmarks.regret import losses
from benchmarks.regret.held_out_models import (
    Bag,
    BothWays,
    Causal,
    Each,
    Factors,
    LongMemory,
    SeriesTransformer,
    Sets,
    Variational,
    convolutional_autoencoder,
    pooled_cnn,
    residual_cnn,
    residual_mlp,
    sine_network,
)
from benchmarks.regret.models import mlp
from benchmarks.regret.training import Pretraining, Task

# Name, model, data, loss, optimizer, batch size, steps (300), what the model learnt before.
HELD_OUT: tuple[Task, ...] = (
    Task("variational-adam", Variational, pictures.small_digits, losses.evidence, "Adam", 64, 400),
    Task(
        "denoising-conv-nadam",
        convolutional_autoencoder,
        pictures.spoilt_digits,
        losses.pixels,
        "NAdam",
        32,
        250,
    ),
    Task(
        "triplet-conv-decayed-adamw",
        lambda: Each(pooled_cnn(8)),
        pictures.triplets,
        losses.triplet,
        "AdamW, decay 0.5",
        16,
        200,
    ),
    Task(
        "contrastive-conv-lion",
        lambda: Each(pooled_cnn(16)),
        pictures.views,
        losses.contrastive,
        "Lion",
        64,
        150,
    ),
    Task(
        "rotations-resnet-nesterov",
        partial(residual_cnn, 4),
        pictures.rotated_digits,
        cross_entropy,
        "nesterov",
        32,
        200,
    ),
    Task(
        "places-resnet-rmsprop",
        partial(residual_cnn, 2, 8),
        pictures.placed_digits,
        smooth_l1_loss,
        "RMSprop",
        32,
        200,
    ),
    Task(
        "noisy-rotations-conv-decayed-adamw",
        partial(pooled_cnn, 4),
        partial(pictures.rotated_digits, 0.4, 512),
        cross_entropy,
        "AdamW, decay 0.5",
        32,
        300,
    ),
    Task("coordinates-sine-adam", sine_network, pictures.coordinates, mse_loss, "Adam", 256, 400),
    Task(
        "brackets-lstm-rmsprop",
        LongMemory,
        data.brackets,
        losses.next_character,
        "RMSprop",
        8,
        150,
    ),
    Task("topics-bag-adagrad", Bag, data.documents, cross_entropy, "Adagrad", 16, 500),
    Task("firsts-recurrent-nadam", BothWays, data.firsts, cross_entropy, "NAdam", 64, 300),
    Task(
        "hidden-series-transformer-adamw",
        SeriesTransformer,
        data.hidden_series,
        losses.hidden_values,
        "AdamW",
        32,
        300,
    ),
    Task("quantiles-causal-momentum", Causal, data.rising_noise, losses.quantiles, "momentum", 32),
    Task(
        "outliers-huber-momentum",
        partial(mlp, 10, 64, 64, 1, activation=nn.SiLU),
        data.outliers,
        losses.huber,
        "momentum",
        16,
        400,
    ),
    Task(
        "labels-mlp-adagrad",
        partial(mlp, 40, 64, 16, activation=nn.ELU),
        data.labels,
        losses.binary,
        "Adagrad",
        128,
        300,
    ),
    Task(
        "rare-class-mlp-rmsprop",
        partial(mlp, 6, 48, 48, 1),
        data.rarities,
        losses.rare,
        "RMSprop",
        512,
        300,
    ),
    Task("ratings-factors-adam", Factors, data.ratings, mse_loss, "Adam", 128, 600),
    Task(
        "logged-policy-adam",
        partial(residual_mlp, 12, 6, 32, 1),
        data.logged_actions,
        losses.logged_policy,
        "Adam",
        64,
        400,
    ),
    Task(
        "mixture-density-rmsprop",
        partial(mlp, 1, 48, 15, activation=nn.Tanh),
        data.inverse_function,
        losses.mixture,
        "RMSprop",
        64,
        500,
    ),
    Task(
        "counts-poisson-sgd",
        partial(mlp, 8, 64, 1, activation=nn.Softplus),
        data.events,
        losses.counts,
        "SGD",
        4,
        500,
    ),
    Task("sides-hinge-sgd", partial(mlp, 30, 1), data.sides, losses.hinge, "SGD", 1, 600),
    Task("sets-lion", Sets, data.sets, mse_loss, "Lion", 32, 400),
    Task(
        "few-series-transformer-nadam",
        partial(SeriesTransformer, 4),
        data.few_series,
        cross_entropy,
        "NAdam",
        12,
        250,
    ),
    Task(
        "outliers-residual-lion",
        partial(residual_mlp, 10, 1),
        data.outliers,
        losses.huber,
        "Lion",
        256,
        250,
    ),
    Task(
        "tuned-rotations-resnet-adamw",
        partial(residual_cnn, 4, 8),
        partial(pictures.rotated_digits, 0.0, 256, inverted=True),
        cross_entropy,
        "AdamW",
        8,
        200,
        Pretraining(pictures.rotated_digits, 300, 3e-3),
    ),
    Task(
        "tuned-brackets-lstm-nesterov",
        LongMemory,
        partial(data.brackets, kinds=4),
        losses.next_character,
        "nesterov",
        16,
        120,
        Pretraining(data.brackets, 200, 1e-2),
    ),
)
