"""The losses of the held-out tasks; each takes what the model gave and the targets."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from benchmarks.regret.data import CHARACTERS


def pixels(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of pictures, whatever their shape."""
    return F.mse_loss(prediction.flatten(1), target.flatten(1))


def binary(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy, of one label or of several."""
    return F.binary_cross_entropy_with_logits(logits, target)


def rare(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy in which the rare class weighs eight times as much."""
    weight = torch.tensor(8.0)
    return F.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)


def hinge(score: Tensor, side: Tensor) -> Tensor:
    """Hinge loss of scores against sides of -1 and 1."""
    return (1 - side * score).clamp(min=0).mean()


def huber(prediction: Tensor, target: Tensor) -> Tensor:
    """Huber loss: outliers pull with a constant force."""
    return F.huber_loss(prediction, target)


def quantiles(prediction: Tensor, target: Tensor) -> Tensor:
    """Pinball loss of the quantiles 0.1, 0.5 and 0.9, on the last axis of the prediction."""
    levels = torch.tensor([0.1, 0.5, 0.9])
    error = target.unsqueeze(-1) - prediction
    return torch.maximum(levels * error, (levels - 1) * error).mean()


def hidden_values(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared error where the target is no NaN: the places that the model did not see."""
    hidden = ~target.isnan()
    return F.mse_loss(prediction[hidden], target[hidden])


def triplet(embedded: Tensor, _: Tensor) -> Tensor:
    """Margin loss of (anchor, same class, other class) along the second axis."""
    anchor, same, other = embedded.unbind(1)
    return F.triplet_margin_loss(anchor, same, other, margin=1.0)


def contrastive(embedded: Tensor, _: Tensor) -> Tensor:
    """Tell which of the batch's second views belongs to each first view, at temperature 0.2."""
    first, second = F.normalize(embedded, dim=-1).unbind(1)
    return F.cross_entropy(first @ second.T / 0.2, torch.arange(len(first)))


def evidence(output: Tensor, target: Tensor) -> Tensor:
    """Negative evidence bound per pixel; the output is pixels, means and log variances."""
    target = target.flatten(1)
    size = target.shape[1]
    mean, log_variance = output[:, size:].chunk(2, dim=1)
    divergence = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1).mean()
    return F.mse_loss(output[:, :size], target) + divergence / size


def mixture(output: Tensor, target: Tensor) -> Tensor:
    """Negative log likelihood of a mixture of Gaussians; it may well be negative."""
    logits, mean, log_scale = output.chunk(3, dim=1)
    log_scale = log_scale.clamp(-4, 4)
    distance = (target - mean) / log_scale.exp()
    density = -0.5 * distance**2 - log_scale - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(F.log_softmax(logits, 1) + density, dim=1).mean()


def counts(log_rate: Tensor, target: Tensor) -> Tensor:
    """Poisson negative log likelihood of counts, but for a constant."""
    return F.poisson_nll_loss(log_rate.clamp(max=20), target)


def logged_policy(logits: Tensor, logged: Tensor) -> Tensor:
    """Minus the reward of a policy, estimated from logged actions with clipped weights.

    `logged` has columns for the action, its probability when it was taken, and the reward.
    """
    action, probability, reward = logged.unbind(1)
    chosen = logits.softmax(1).gather(1, action.long().unsqueeze(1)).squeeze(1)
    return -((chosen / probability).clamp(max=5.0) * reward).mean()


def next_character(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the next character, with a tenth of each label spread over all."""
    assert logits.shape[1] == CHARACTERS
    return F.cross_entropy(logits, target, label_smoothing=0.1)
