"""The lines on the pages of the trainers run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from accelerate import Accelerator

from tests.peers.trainers import engines, hf, lightning_modules
from tests.peers.trainers.learners import learner
from tests.unit.toys import classifier, loader, sgd

PAGES = Path(__file__).parents[3] / "docs" / "trainers"


def run(page: str, **names: Any) -> dict[str, Any]:
    for code in re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), flags=re.DOTALL):
        exec(code, names)
    widget: Any = names["widget"]
    widget.start(num_it=5)
    assert widget.wait(60)
    return names


def test_the_lines_of_fastai(tmp_path: Path) -> None:
    torch.manual_seed(0)
    learn = learner(tmp_path)
    names = run("fastai.md", learner=learn)
    assert learn.lr == names["result"].suggested_lr


def test_the_lines_of_accelerate() -> None:
    model = classifier()
    given = {"model": model, "loader": loader(), "optimizer": sgd(model)}
    run("accelerate.md", accelerator=Accelerator(cpu=True), **given)


def test_the_lines_of_lightning() -> None:
    module, trainer = lightning_modules.made(), pl.Trainer(max_epochs=1, **lightning_modules.QUIET)
    given = {"trainer": trainer, "module": module, "datamodule": lightning_modules.Data()}
    names = run("lightning.md", **given)
    assert module.hparams["lr"] == names["result"].suggested_lr


def test_the_lines_of_ignite() -> None:
    run("ignite.md", engine=engines.supervised(), loader=engines.loader())


def test_the_lines_of_huggingface(tmp_path: Path) -> None:
    given = hf.trainer(tmp_path)
    names = run("huggingface.md", trainer=given)
    assert given.args.learning_rate == names["result"].suggested_lr
