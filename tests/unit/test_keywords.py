"""What takes the keywords of the options shows every one of them, to people and to checkers."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find
from lrfind_widget.keywords import constructor, keywords
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import CompareOptions, FindOptions, SweepOptions, WidgetOptions


class Widget:
    """A widget.

    Parameters
    ----------
    model : torch.nn.Module
    {keywords}

    Attributes
    ----------
    options : WidgetOptions
    """

    @constructor
    @keywords(WidgetOptions)
    def __init__(self, model: Any, dataloader: Any, optimizer: Any, options: WidgetOptions) -> None:
        self.given = model, dataloader, optimizer
        self.options = options


TAKERS = [
    (Widget, WidgetOptions, ["model", "dataloader", "optimizer"]),
    (LRFinderWidget, WidgetOptions, ["model", "dataloader", "optimizer"]),
    (Sweep, SweepOptions, ["model", "dataloader", "optimizer"]),
    (lr_find, FindOptions, ["model", "dataloader", "optimizer"]),
    (compare_lrs, CompareOptions, ["model", "dataloader", "optimizer", "lrs"]),
]
all_takers = pytest.mark.parametrize(("taker", "kind", "own"), TAKERS)


@all_takers
def test_the_signature_has_every_keyword_with_type_and_default(
    taker: Any, kind: Any, own: list[str]
) -> None:
    parameters = inspect.signature(taker).parameters
    options = options_of(kind)

    assert list(parameters)[: len(own)] == own
    assert set(parameters) == {*own, *options}
    for name, option in options.items():
        parameter = parameters[name]
        assert (parameter.default, parameter.annotation) == (option.default, option.type)
        assert (parameter.kind is parameter.KEYWORD_ONLY) == (name != "steps")


@all_takers
def test_the_docs_have_every_keyword_once_with_its_words(
    taker: Any, kind: Any, own: list[str]
) -> None:
    doc = inspect.getdoc(taker)
    assert doc is not None
    assert "{keywords}" not in doc
    section = doc.partition("Parameters\n")[2]
    described = re.findall(r"^(\w+) : (.*)\n((?:    .*\n)+)", section, re.MULTILINE)
    for name, option in options_of(kind).items():
        (words,) = [text for found, _, text in described if found == name]
        assert " ".join(words.split()) == " ".join(option.words.split())
    assert max(map(len, doc.splitlines())) <= 96


def test_the_type_and_the_default_are_in_words() -> None:
    doc = inspect.getdoc(Widget)
    for line in (
        'mode : {"exp", "linear"}, default "exp"',
        "start_lr : float or sequence of float, default 1e-7",
        "loss_fn : callable, optional",
        "grad_scaler : torch.amp.GradScaler, optional",
        'amp : {"bf16", "fp16"}, optional',
        'rule : str or callable, default "median_of_three"',
        "val_loader : iterable or True, optional",
    ):
        assert f"\n{line}\n" in str(doc)


def test_what_stands_around_the_keywords_stays() -> None:
    doc = str(inspect.getdoc(Widget))
    assert doc.startswith("A widget.\n\nParameters\n----------\nmodel : torch.nn.Module\nstart_lr")
    assert doc.endswith("\n\nAttributes\n----------\noptions : WidgetOptions")


def test_the_options_arrive_checked_as_one_object() -> None:
    made = Widget(1, optimizer=3, dataloader=2, end_lr=1, rule="valley")  # type: ignore[arg-type]
    assert made.given == (1, 2, 3)
    assert made.options == WidgetOptions(end_lr=1.0, rule="valley")
    with pytest.raises(ValueError, match="num_it"):
        Widget(1, 2, 3, num_it=0)  # type: ignore[arg-type]


def test_what_is_missing_or_too_much_is_refused() -> None:
    take: Any = Widget
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'optimizer'"):
        take(1, 2)
    with pytest.raises(TypeError, match="multiple values for argument 'model'"):
        take(1, 2, 3, model=4)
    with pytest.raises(
        TypeError,
        match="Widget takes model, dataloader, optimizer without a name, and was given 1 more",
    ):
        take(1, 2, 3, max)


def test_the_steps_of_a_comparison_need_no_name() -> None:
    @keywords(CompareOptions)
    def compare(
        model: Any, dataloader: Any, optimizer: Any, lrs: Any, options: CompareOptions
    ) -> CompareOptions:
        return options

    assert compare(1, 2, 3, [0.1], 7, wd=0.5) == CompareOptions(7, wd=0.5)  # type: ignore[arg-type]
    assert compare(1, 2, 3, lrs=[0.1], steps=7) == CompareOptions(steps=7)  # type: ignore[arg-type]


GOOD = """
import torch
from torch import nn
from lrfind_widget import LRFinderWidget, Sweep, SweepResult, compare_lrs, lr_find, search_lr

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batches = [(torch.zeros(1, 2), torch.zeros(1, 1))]
result: SweepResult = lr_find(model, batches, optimizer, end_lr=1, mode="linear", progress=False)
lr_find(model=model, dataloader=batches, optimizer=optimizer, amp="bf16")
losses: list[float] = [p.loss for p in Sweep(model, batches, optimizer, num_it=5, seed=None)]
sweep: Sweep = Sweep(model=model, dataloader=batches, optimizer=optimizer)
compare_lrs(model, batches, optimizer, [1e-3], 50, loss_fn=nn.MSELoss()).sentence
rate: float | None = search_lr(model, batches, optimizer, for_steps=500, hold_back=0.2).best_lr
widget: LRFinderWidget = LRFinderWidget(model, batches, optimizer, rule="valley", height=400)
"""
BAD = """
lr_find(model, batches, optimizer, end_rl=1)  # unexpected
lr_find(model, batches, optimizer, end_lr="1")  # wrong type
lr_find()  # missing
Sweep(model, batches, optimizer, progress=True)  # unexpected
Sweep(model, batches, optimizer, mode="cosine")  # wrong type
compare_lrs(model, batches, optimizer, [1e-3], num_it=5)  # unexpected
compare_lrs(model, batches, optimizer, [1e-3], steps="5")  # wrong type
search_lr(model, batches, optimizer, for_schedule="linear")  # wrong type
LRFinderWidget(model, batches, optimizer, autostart=False)  # unexpected
LRFinderWidget(model, batches, optimizer, y_scale="sqrt")  # wrong type
"""


def test_a_type_checker_sees_every_keyword(tmp_path: Any, request: Any) -> None:
    api = pytest.importorskip("mypy.api")
    snippet = tmp_path / "snippet.py"
    snippet.write_text(GOOD + BAD)
    cache = request.config.cache.mkdir("mypy")  # the first run takes 20 s
    quick = f"--strict --config-file= --follow-imports=silent --cache-dir={cache}"
    out, _, _ = api.run([*quick.split(), "--ignore-missing-imports", str(snippet)])
    first = GOOD.count("\n") + 2
    found = [int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line]
    assert found == list(range(first, first + BAD.count("\n") - 1)), out
