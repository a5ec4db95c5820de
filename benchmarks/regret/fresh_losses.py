"""The losses of the fresh tasks; each takes what the model gave and the targets."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def flow(output: Tensor, _: Tensor) -> Tensor:
    """Negative log density of a flow; the last column is the logarithm of its determinant."""
    return (
        (0.5 * output[:, :-1] ** 2 + 0.5 * math.log(2 * math.pi)).sum(1).sub(output[:, -1]).mean()
    )


def cox(risk: Tensor, lifetime: Tensor) -> Tensor:
    """Negative partial likelihood: who ended among those that lasted as long."""
    time, seen = lifetime.unbind(1)
    risk = risk[:, 0][time.argsort(descending=True)]
    seen = seen[time.argsort(descending=True)]
    return ((risk.logcumsumexp(0) - risk) * seen).sum() / seen.sum().clamp(min=1)


def preference(score: Tensor, side: Tensor) -> Tensor:
    """Logistic loss of the difference between two scores."""
    return F.softplus(-side * (score[:, 0, 0] - score[:, 1, 0])).mean()


def ordinal(output: Tensor, grade: Tensor) -> Tensor:
    """Binary cross-entropy of "is the grade above k", for every k."""
    above = grade[:, None] > torch.arange(output.shape[1])
    return F.binary_cross_entropy_with_logits(output, above.float())


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """One minus the overlap of two areas."""
    area = logits.sigmoid()
    both = (area * target).sum((1, 2, 3))
    return 1 - ((2 * both + 1) / ((area + target).sum((1, 2, 3)) + 1)).mean()


def distilled(logits: Tensor, target: Tensor) -> Tensor:
    """Divergence from what another network thinks."""
    return F.kl_div(F.log_softmax(logits, 1), target, reduction="batchmean")


def gaussian(output: Tensor, target: Tensor) -> Tensor:
    """Negative log likelihood of a Gaussian whose logarithmic variance is predicted too."""
    mean, log_variance = output.chunk(2, dim=1)
    log_variance = log_variance.clamp(-10, 10)
    return 0.5 * (log_variance + (target - mean) ** 2 / log_variance.exp()).mean()


def gamma(log_mean: Tensor, target: Tensor) -> Tensor:
    """Deviance of a gamma distribution, but for a constant."""
    log_mean = log_mean.clamp(-20, 20)
    return (log_mean + target / log_mean.exp()).mean()


def discrepancy(made: Tensor, wanted: Tensor) -> Tensor:
    """Maximum mean discrepancy with kernels of three widths."""

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        distance = ((one[:, None] - other) ** 2).sum(2)
        return torch.stack([(-distance / width).exp().mean() for width in (0.1, 0.5, 2.0)]).sum()

    return kernel(made, made) + kernel(wanted, wanted) - 2 * kernel(made, wanted)


def decorrelated(output: Tensor, _: Tensor) -> Tensor:
    """Distance of the correlations between two views from the identity (Barlow twins)."""
    one, other = ((view - view.mean(0)) / (view.std(0) + 1e-4) for view in output.unbind(1))
    excess = one.T @ other / len(one) - torch.eye(one.shape[1])
    return 0.1 * (excess**2).sum() + 0.9 * (excess.diagonal() ** 2).sum()


def log_cosh(prediction: Tensor, target: Tensor) -> Tensor:
    """Logarithm of the hyperbolic cosine of the error."""
    error = prediction - target
    return (error + F.softplus(-2 * error) - math.log(2)).mean()


def focal(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy in which what is known already counts less."""
    loss = F.cross_entropy(logits, target, reduction="none")
    return ((1 - (-loss).exp()) ** 2 * loss).mean()


def two_answers(output: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of a kind and squared error of a place, together."""
    kind, place = target.unbind(1)
    return F.cross_entropy(output[:, :3], kind.long()) + 5 * F.mse_loss(output[:, 3], place)


def symbols(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy at every place of a sequence."""
    return F.cross_entropy(logits.transpose(1, 2), target)
