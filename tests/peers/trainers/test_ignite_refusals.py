"""What cannot be taken of an Ignite engine is refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from ignite.engine import Engine

from lrfind_widget import Sweep
from tests.peers.trainers.engines import clipping, loader, parts, supervised


def several() -> Engine:
    model, optimizer = parts()
    other = torch.optim.SGD(model.parameters(), 0.1)
    return Engine(lambda _engine, _batch: (model, optimizer, other))


@pytest.mark.parametrize(
    ("make", "data", "options", "sentence"),
    [
        (several, loader, {}, r"reaches 2 optimizers, expected one.*update_fn"),
        (lambda: Engine(lambda _engine, _batch: 0.0), loader, {}, r"reaches no optimizer"),
        (supervised, lambda: None, {}, r"has no data of its own"),
        (supervised, loader, {"accumulate": 2}, r"accumulate was given beside a trainer engine"),
        (supervised, loader, {"amp": "bf16"}, r"amp was given beside a trainer engine"),
        (supervised, loader, {"val_loader": True}, r"an engine has none. Pass the loader"),
        (clipping, loader, {"val_loader": [1]}, r"create_supervised_trainer"),
    ],
)
def test_what_cannot_be_taken_is_refused(make: Any, data: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sweep(make(), data(), **options)


def test_what_comes_before_the_engine_or_beside_it_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"Before the engine came a .*LRFinderWidget\(engine, loader"
    ):
        Sweep(loader(), supervised())
    with pytest.raises(TypeError, match=r"After engine and loader came a .*engine and the loader"):
        Sweep(supervised(), loader(), parts()[1])


def test_what_is_no_loss_is_said_so() -> None:
    engine = supervised(output_transform=lambda x, y, out, loss: out)
    with pytest.raises(TypeError, match=r"expected the loss: a number, a scalar tensor"):
        list(Sweep(engine, loader()))


def test_an_engine_that_never_steps_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer = parts()
    engine = Engine(lambda _engine, batch: (model(batch[0]).sum(), optimizer)[0])
    with pytest.raises(ValueError, match=r"has run 1000 batches and its Adam has not stepped"):
        list(Sweep(engine, loader()))
