"""What users of other finders reported about their inputs, one test a complaint.

The numbers are those of the issues in the projects named.
"""

from __future__ import annotations

import sys
from collections import UserDict
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, sgd


def sweep(model, data, **options):
    swept = Sweep(model, data, sgd(model), **{"num_it": 6, "stop_div": False, **options})
    points = list(swept)
    assert len(points) == swept.schedule.num_it
    return swept


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        return self.layer(x)


class HuggingFaceLike(Classifier):
    """Returns its own loss where it is given labels, as transformers do."""

    def forward(self, input_ids=None, attention_mask=None, labels=None):
        logits = self.layer(input_ids)
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return Output(loss, logits)


@dataclass
class Output:
    loss: torch.Tensor | None
    logits: torch.Tensor


class Encoding(UserDict):
    def __getattr__(self, name):
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None


@pytest.mark.parametrize("names", [("x", "label"), ("image", "labels"), ("x", "target")])
def test_torch_lr_finder_71_73_82_dict_batches(names):
    data = [dict(zip(names, batch, strict=True)) for batch in batches()]

    assert sweep(Classifier(), data).objective.startswith("cross entropy")


def test_torch_lr_finder_55_hugging_face_models():
    data = [Encoding(input_ids=x, attention_mask=torch.ones(8), labels=y) for x, y in batches()]

    assert sweep(HuggingFaceLike(), data).objective == "the model's own loss, output.loss"


def test_transformers_16013_hugging_face_models_with_tuple_batches():
    assert sweep(HuggingFaceLike(), batches()).objective == "the model's own loss, output.loss"


def test_what_is_not_used_of_a_batch_is_said():
    data = [{"x": x, "y": y, "weight": torch.rand(8), "name": ["a"] * 8} for x, y in batches()]

    for options in ({}, {"loss_fn": nn.functional.cross_entropy}):
        said = sweep(Classifier(), data, **options).objective
        assert said.endswith("; not used of the batch: weight")


def test_what_a_parameter_with_a_default_is_given_is_said():
    class Recurrent(Classifier):
        def forward(self, x, state=None):
            return self.layer(x)

    data = [(x, y, torch.randn(8, 3)) for x, y in batches()]

    said = sweep(Recurrent(), data).objective
    assert said.endswith("; the model takes the parts of the batch as x, state")


class TwoInputs(Classifier):
    def forward(self, left, right):
        return self.layer(left + right)


@pytest.mark.parametrize("nested", [True, False])
def test_torch_lr_finder_61_78_several_inputs(nested):
    data = [((x, x), y) if nested else (x, x, y) for x, y in batches()]

    sweep(TwoInputs(), data)


def test_torch_lr_finder_61_several_outputs():
    class TwoHeads(Classifier):
        def forward(self, x):
            return self.layer(x), self.layer(-x)

    def loss_fn(outputs, target):
        return sum(nn.functional.cross_entropy(output, target) for output in outputs)

    sweep(TwoHeads(), batches(), loss_fn=loss_fn)


def test_torch_lr_finder_57_58_batch_size_taken_from_the_inputs():
    """A dict of labels has no length of its own to weigh the validation loss by."""
    data = [(x, {"digit": y}) for x, y in batches()]

    def loss_fn(output, target):
        return nn.functional.cross_entropy(output, target["digit"])

    found = sweep(Classifier(), data, loss_fn=loss_fn, val_loader=data)

    assert found.result().val_losses.shape == (6,)


def test_torch_lr_finder_80_no_data_at_all():
    class Rosenbrock(nn.Module):
        def __init__(self):
            super().__init__()
            self.at = nn.Parameter(torch.tensor([-1.0, 1.0]))

        def forward(self):
            x, y = self.at
            return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    sweep(Rosenbrock(), [None], step_fn=lambda model, batch: model(), end_lr=1e-4)


def test_torch_lr_finder_81_87_several_models_and_optimizers():
    """A GAN: the discriminator has an optimizer of its own inside step_fn."""
    generator, discriminator = nn.Linear(2, 4), nn.Linear(4, 1)
    other = sgd(discriminator, lr=0.01)
    before = discriminator.weight.detach().clone()

    def step_fn(model, batch):
        real, _ = batch
        fake = model(torch.randn(len(real), 2))
        other.zero_grad()
        loss = discriminator(fake.detach()).mean() - discriminator(real).mean()
        loss.backward()
        other.step()
        return -discriminator(fake).mean()

    swept = sweep(generator, batches(), step_fn=step_fn)

    assert swept.receipt.identical
    assert torch.equal(discriminator.weight, before)


class Detector(Classifier):
    """Takes images and targets, gives a dict of losses, as torchvision's detectors do."""

    def forward(self, images, targets=None):
        scores = self.layer(torch.stack(images))
        classes = torch.stack([target["label"] for target in targets])
        return {
            "classification": nn.functional.cross_entropy(scores, classes),
            "bbox_regression": scores.square().mean(),
        }


def test_models_that_return_a_dict_of_losses():
    data = [(list(x), [{"label": label} for label in y]) for x, y in batches()]

    assert sweep(Detector(), data).objective == (
        "the sum of the model's own losses: classification, bbox_regression"
    )


def test_language_models_that_return_logits_and_loss():
    class Language(Classifier):
        def forward(self, idx, targets=None):
            logits = self.layer(idx)
            return logits, nn.functional.cross_entropy(logits, targets)

    assert sweep(Language(), batches()).objective == "the model's own loss, output[1]"


def test_a_batch_that_fits_nothing_is_named_with_the_hook_to_pass():
    data = [(x, y, y, y) for x, y in batches()]

    with pytest.raises(ValueError, match=r"(?s)tuple of .*forward takes x.*prepare_batch="):
        sweep(Classifier(), data)


@pytest.mark.parametrize("loss_fn", [None, nn.functional.cross_entropy])
@pytest.mark.parametrize("later", [lambda x: (x,), lambda x: x, lambda x: [x]])
def test_a_later_batch_without_a_target_is_named_with_the_hook_to_pass(loss_fn, later):
    inputs, target = batches(1)[0]
    needs = "The loss" if loss_fn is None else "loss_fn"
    with pytest.raises(ValueError, match=f"^{needs} needs a target, .*prepare_batch=lambda batch"):
        sweep(classifier(), [(inputs, target), later(inputs)], loss_fn=loss_fn)


def test_an_error_of_the_loss_over_its_target_names_the_hook_to_pass():
    inputs, target = batches(1)[0]
    model = classifier()
    swept = Sweep(model, [(inputs, {"y": target})], sgd(model), loss_fn=nn.functional.cross_entropy)
    with pytest.raises(TypeError) as caught:
        list(swept)
    said = "If that is not what the loss takes, pass prepare_batch=batch -> (inputs, target)"
    assert said in swept.result().stop_sentence
    if sys.version_info >= (3, 11):
        assert said in "".join(caught.value.__notes__)


def test_trainable_parameters_that_no_group_holds_are_said_to_stay():
    model = classifier()
    head = model[-1]
    fixed = [name for name, p in model.named_parameters() if p not in {*head.parameters()}]
    said = f"{fixed[0]} and {len(fixed) - 1} more trainable parameters are in no parameter group"

    def objective(optimizer, **options):
        swept = Sweep(model, batches(), optimizer, num_it=3, **options)
        list(swept)
        return swept.result().objective

    of_head = torch.optim.SGD(head.parameters(), lr=0.1)
    assert said in objective(of_head)
    assert "is in no parameter group" in objective(torch.optim.SGD([*model.parameters()][1:], lr=1))
    assert "no parameter group" not in objective(sgd(model))
    for name in fixed:
        model.get_parameter(name).requires_grad_(False)
    assert "no parameter group" not in objective(of_head)


def test_lightning_5044_doctr_1896_ignite_1357_loader_shorter_than_the_sweep():
    model = classifier()
    swept = Sweep(model, batches(3), sgd(model), num_it=100, stop_div=False)

    assert len(list(swept)) == 100
    assert swept.stop_sentence == "Finished: 100 steps."


def test_torch_lr_finder_iterable_dataset_without_a_length():
    class Stream(IterableDataset):
        def __iter__(self):
            yield from batches(3)

    data = DataLoader(Stream(), batch_size=None)

    sweep(classifier(), data, val_loader=data)


def test_lightning_1983_10557_darts_1403_everything_is_validated_before_the_first_step():
    steps = []
    model = classifier()

    with pytest.raises(ValueError, match="must be below"):
        Sweep(model, batches(), sgd(model), step_fn=steps.append, start_lr=1.0, end_lr=0.5)
    assert steps == []


def test_pytorch_forecasting_132_lightning_1726_a_step_that_returns_none():
    swept = Sweep(model := classifier(), batches(), sgd(model), step_fn=lambda model, batch: None)

    with pytest.raises(TypeError, match=r"step_fn returned None for 100 batches in a row.*missing"):
        list(swept)
    assert len(swept.result()) == 0


@pytest.mark.parametrize(
    ("keyword", "accumulate"), [("step_fn", 1), ("step_fn", 2), ("update_fn", 1)]
)
def test_a_batch_that_a_step_returns_none_for_is_left_out_as_trainers_do(keyword, accumulate):
    data = batches(5)
    kept = [batch for place, batch in enumerate(data) if place not in (0, 3)]

    def step_fn(model, batch, optimizer=None):
        if not any(batch is one for one in kept):
            return None
        if optimizer is None:
            return nn.functional.cross_entropy(model(batch[0]), batch[1])
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        return loss

    options = {"num_it": 6, "stop_div": False, "seed": 0, "accumulate": accumulate}
    options[keyword] = step_fn
    model = classifier()
    with_gaps = Sweep(model, data, sgd(model), **options)
    without = Sweep(model, kept, sgd(model), **options)

    assert [p.loss for p in with_gaps] == [p.loss for p in without]
    steps = 6 * options.get("accumulate", 1)
    assert with_gaps.stop_sentence == (
        f"Finished: 6 steps. No loss was returned for {steps // 3 * 2} batches: left out."
    )


def test_a_validation_batch_without_a_loss_is_left_out():
    def step_fn(model, batch):
        is_short = len(batch[0]) < 8
        return None if is_short else nn.functional.cross_entropy(model(batch[0]), batch[1])

    model, data = classifier(), batches()
    found = [
        list(Sweep(model, data, sgd(model), step_fn=step_fn, num_it=3, val_loader=held))
        for held in (data, [*data, (data[0][0][:4], data[0][1][:4])])
    ]

    assert found[0] == found[1]


def test_a_closure_needs_a_loss_of_its_batch():
    model = classifier()
    optimizer = torch.optim.LBFGS(model.parameters())

    with pytest.raises(TypeError, match="step_fn returned None for the batch"):
        list(Sweep(model, batches(), optimizer, step_fn=lambda model, batch: None))


def test_pytorch_forecasting_875_lightning_1801_accumulated_batches():
    sweep(classifier(), batches(), accumulate=3)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_worker_process_that_is_killed_ends_the_sweep_with_its_error():
    """None of the peers has a test of this; a loader that hangs is worse than one that fails."""
    model = classifier()
    swept = Sweep(model, DataLoader(Deadly(), 4, num_workers=1), sgd(model))

    # torch tells of it, or fails to fetch a batch that died with the worker.
    with pytest.raises((RuntimeError, OSError, EOFError)) as caught:
        list(swept)
    assert swept.stop_reason is StopReason.FAILED
    assert swept.stop_sentence.startswith(f"The dataloader raised {caught.typename} in step")
    assert swept.receipt.identical


class Deadly(torch.utils.data.Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, index):
        if index == 9:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGKILL)
        return torch.zeros(4), 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_an_error_in_a_worker_is_told_by_what_happened_there():
    model = classifier()
    swept = Sweep(model, DataLoader(Broken(), 4, num_workers=1), sgd(model))

    with pytest.raises(ValueError, match="bad example"):
        list(swept)
    assert swept.stop_sentence == (
        "The dataloader raised ValueError in step 3 of 100: ValueError: bad example"
    )


class Broken(Deadly):
    def __getitem__(self, index):
        if index == 9:
            raise ValueError("bad example")
        return torch.zeros(4), 0


def test_luz_97_98_the_batches_are_the_users_own():
    sizes = []

    def loss_fn(output, target):
        sizes.append(len(target))
        return nn.functional.cross_entropy(output, target)

    sweep(classifier(), loader(44, shuffle=False), loss_fn=loss_fn)

    assert sizes == [8, 8, 8, 8, 8, 4]


def test_scripted_losses_are_recorded_as_they_are():
    model = classifier()
    swept = Sweep(model, batches(), sgd(model), loss_fn=ScriptedLoss([3.0, 2.0, 1.0]), num_it=3)

    assert [point.loss for point in swept] == [3.0, 2.0, 1.0]
