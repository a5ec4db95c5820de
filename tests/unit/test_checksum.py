"""The checksum sees every bit and every place, and copies nothing large."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from lrfind_widget.isolation.checksum import checksums


def _sum(tensor: torch.Tensor) -> int:
    (value,) = checksums([tensor])
    return value


@given(st.binary(min_size=1, max_size=70), st.data())
def test_any_changed_byte_changes_it(raw: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(raw) - 1))
    other = bytearray(raw)
    other[place] ^= data.draw(st.integers(1, 255))
    a, b = (torch.frombuffer(bytearray(r), dtype=torch.uint8) for r in (raw, other))
    assert _sum(a) != _sum(b)
    assert _sum(a) == _sum(a.clone())


@pytest.mark.parametrize("distance", [1, 2, 256, 1 << 16, (1 << 16) + 1])
def test_exchanging_two_values_changes_it(distance: int) -> None:
    values = torch.ones(3 << 16, dtype=torch.float64)
    values[0] = 2.0
    moved = torch.ones(3 << 16, dtype=torch.float64)
    moved[distance] = 2.0
    assert _sum(values) != _sum(moved)


def test_zeros_of_different_lengths_differ() -> None:
    assert _sum(torch.zeros(16)) != _sum(torch.zeros(18))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([float("nan"), -0.0, 0.0]),
        torch.tensor(3.0),
        torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1),
        torch.arange(40.0)[3:33:3],
        torch.arange(7, dtype=torch.int8)[1:],
        torch.ones(1).expand(1_000_000, 1_000_000),
        torch.eye(3).to_sparse(),
        torch.tensor([1 + 2j]).conj(),
        torch.ones(3, dtype=torch.bfloat16).to(torch.float8_e5m2),
        torch.zeros(0),
        torch.zeros(3, device="meta"),
        torch.nn.parameter.UninitializedParameter(),
    ],
    ids=lambda tensor: f"{tensor.__class__.__name__}",
)
def test_every_kind_of_tensor_has_one(tensor: torch.Tensor) -> None:
    assert _sum(tensor) == _sum(tensor)


def test_the_sign_of_zero_counts() -> None:
    assert _sum(torch.tensor([0.0, 1.0])) != _sum(torch.tensor([-0.0, 1.0]))


def test_strided_views_are_told_apart_by_their_values() -> None:
    base = torch.arange(40.0)
    view = base[1::2]
    before = _sum(view)
    base[0] = 5  # not in the view
    assert _sum(view) == before
    base[1] = 5
    assert _sum(view) != before
