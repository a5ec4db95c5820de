"""A part of the training data that is held back, to see what a training does not learn by heart."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from operator import itemgetter
from typing import Any

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
)

from lrfind_widget.isolation.joined_loader import JoinedLoader, joined, leaves
from lrfind_widget.isolation.training_objects import class_of
from lrfind_widget.options import SearchOptions
from lrfind_widget.points import HELD_BACK

_KEPT = (
    *("batch_size", "num_workers", "collate_fn", "pin_memory", "timeout", "worker_init_fn"),
    *("persistent_workers", "multiprocessing_context", "prefetch_factor"),
)
"""What each of the two loaders has of the one that is split."""

MOST_BATCHES = 20
"""Batches that a validation loss is computed on, where it is not said how many."""


def set_aside(loader: Iterable[Any], options: SearchOptions) -> tuple[Iterable[Any], SearchOptions]:
    """Return a loader without what is held back, and the options that validate on that.

    TypeError or ValueError says that it cannot be split, or that there is a `val_loader` already.
    """
    if options.val_loader is not None:
        raise ValueError(
            "Both hold_back and val_loader were given, expected one: hold_back is for data of "
            "which no part was set aside."
        )
    training, held = hold_back(joined(loader), options.hold_back or 0.0, options.seed)
    batches = options.val_batches or MOST_BATCHES
    return training, options.changed(val_loader=held, val_batches=batches)


def hold_back(
    loader: Iterable[Any], share: float, seed: int | None
) -> tuple[Iterable[Any], Iterable[Any]]:
    """Split a loader into one to train with and one of data that the training does not see.

    Examples of a `DataLoader`, or batches of a list, are drawn at random, with one `seed` the same
    each time; the user's own random state is left alone. TypeError or ValueError says why not.
    """
    if isinstance(loader, JoinedLoader):
        pairs = [hold_back(each, share, seed) for each in leaves(loader)]
        first, second = (map(itemgetter(place), pairs) for place in (0, 1))
        return loader.mapped(lambda _: next(first)), loader.mapped(lambda _: next(second))
    if isinstance(loader, (list, tuple)):
        kept, held = _drawn(len(loader), share, seed, "batches")
        return [loader[place] for place in kept], [loader[place] for place in held]
    why_not = _why_not(loader)
    if why_not:
        raise TypeError(
            f"hold_back={share:g} is not possible here: {why_not} Pass a val_loader instead."
        )
    given: Any = loader
    kept, held = _drawn(len(given.dataset), share, seed, "examples")
    own: dict[str, Any] = {name: getattr(given, name) for name in _KEPT}
    training = DataLoader(
        Subset(given.dataset, kept),
        shuffle=isinstance(given.sampler, RandomSampler),
        drop_last=given.drop_last and len(kept) >= given.batch_size,
        generator=given.generator,
        **own,
    )
    return training, DataLoader(Subset(given.dataset, held), **own)


def can_hold_back(loader: Any) -> bool:
    """Whether `HELD_BACK` of a loader, or of each of several, can be held back."""
    return all(_can_hold_back(each) for each in leaves(loader))


def _can_hold_back(loader: Any) -> bool:
    is_list = isinstance(loader, (list, tuple))
    if not is_list and _why_not(loader):
        return False
    count = len(loader if is_list else loader.dataset)
    return 0 < round(HELD_BACK * count) < count


def _why_not(loader: Any) -> str:
    """Return why a loader cannot be split, in a sentence; "" where it can."""
    if type(loader) is not DataLoader:
        return f"the dataloader is {class_of(loader)}, and only a DataLoader or a list is split."
    if isinstance(loader.dataset, IterableDataset):
        return "the DataLoader reads a stream, which has no examples to choose from."
    if not isinstance(loader.dataset, Sized):
        return "the DataLoader's data set does not say how many examples it has."
    if loader.batch_size is None or type(loader.batch_sampler) is not BatchSampler:
        return "the DataLoader makes its batches in a way of its own."
    sampler = loader.sampler
    replaces = isinstance(sampler, RandomSampler) and sampler.replacement
    if type(sampler) not in (RandomSampler, SequentialSampler) or replaces:
        return f"the DataLoader draws with a {type(sampler).__name__}, which knows all examples."
    return ""


def _drawn(count: int, share: float, seed: int | None, noun: str) -> tuple[list[int], list[int]]:
    """Return the places that are kept, and those that are held back."""
    held = round(share * count)
    if not 0 < held < count:
        raise ValueError(
            f"hold_back={share:g} of {count} {noun} leaves nothing to train with or to compare. "
            "Pass a val_loader, or more data."
        )
    generator = torch.Generator().manual_seed(0 if seed is None else seed)
    order = torch.randperm(count, generator=generator).tolist()
    return sorted(order[held:]), sorted(order[:held])
