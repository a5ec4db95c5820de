"""How much memory is free, and what is held to fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrfind_widget.isolation import memory
from lrfind_widget.isolation.storage import total_bytes

CPU = torch.device("cpu")


def test_some_memory_of_the_host_is_free() -> None:
    free = memory.free_bytes(CPU)
    assert free is not None
    assert free > 1e6


def test_a_device_that_cannot_be_asked_is_trusted() -> None:
    assert memory.free_bytes(torch.device("meta")) is None
    assert memory.fits({torch.device("meta"): 10**15}) is None


@pytest.mark.parametrize(("needed", "fits"), [(500, True), (501, False)])
def test_a_copy_may_take_half_of_what_is_free(
    needed: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    assert (memory.fits({CPU: needed}) is None) == fits


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1230, "1.23 kB"), (4.5e9, "4.5 GB"), (2e12, "2 TB")],
)
def test_sizes_are_written_as_people_do(size: float, words: str) -> None:
    assert memory.in_words(size) == words


def test_shared_bytes_are_counted_once() -> None:
    buffer = torch.zeros(100)
    views = [buffer[:50], buffer[25:75].view(5, 10), buffer[90:]]
    assert total_bytes(views) == {CPU: (75 + 10) * 4}


def test_tied_parameters_are_counted_once() -> None:
    one, two = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    two.weight = one.weight
    assert total_bytes([one.weight, two.weight]) == {CPU: 64}


def test_an_expanded_tensor_counts_what_it_stores() -> None:
    assert total_bytes([torch.zeros(1).expand(10**9)]) == {CPU: 4}
