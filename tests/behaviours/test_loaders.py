"""Several loaders, those of validation, and modules that bring their own steps."""

from __future__ import annotations

from torch import nn
from torch.nn import functional as F

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.lightning_module import LightningModule
from tests.unit.toys import batches, classifier, loader, loss_of, sgd


@behaviour(
    "Loaders in a dict or a list, one batch of each to a step",
    "lr_find(model, {...}, optimizer)",
    lightning="lr_find(train_dataloaders)",
)
def test_several_loaders_are_read_together():
    both = {"first": loader(), "second": loader()}
    net = classifier()
    of_second = lambda model, batch: loss_of(model, batch["second"])  # noqa: E731
    result = lr_find(net, both, sgd(net), step_fn=of_second, num_it=5, progress=False)
    assert len(result) == 5


@behaviour(
    "Batches of the test set can be taken apart in another way than those of training",
    "lr_find(..., val_loader=val_loader, prepare_val_batch=lambda batch: (inputs, target))",
    torch_lr_finder="ValDataLoaderIter.inputs_labels_from_batch",
    monai="DataLoaderIter(image_extractor, label_extractor)",
)
def test_batches_of_validation_are_prepared_in_another_way():
    named = [{"x": inputs, "y": target} for inputs, target in batches(1)]
    result = found(val_loader=named, prepare_val_batch=lambda batch: (batch["x"], batch["y"]))
    assert result.val_losses.tolist() == found(val_loader=batches(1)).val_losses.tolist()


@behaviour(
    "The `training_step` of a module is what is trained",
    "lr_find(module, loader, optimizer)",
    lightning="LightningModule.training_step; lr_find(model)",
)
def test_the_step_of_a_module_is_its_loss():
    class Module(LightningModule):
        def __init__(self):
            super().__init__()
            self.net = classifier()

        def training_step(self, batch, batch_idx):
            self.log("train_loss", 0.0)
            return F.cross_entropy(self.net(batch[0]), batch[1])

    module = Module()
    result = lr_find(module, loader(), sgd(module), num_it=20, seed=0, progress=False)
    assert result.objective == "your training_step"
    assert result.losses.tolist() == found(num_it=20).losses.tolist()


@behaviour(
    "The hooks of a module that shape its update are run",
    "lr_find(module, loader, optimizer)",
    lightning="LightningModule.configure_gradient_clipping; LightningModule.optimizer_step",
)
def test_the_hooks_of_a_module_shape_its_update():
    class Module(LightningModule):
        def __init__(self):
            super().__init__()
            self.net = classifier()

        def training_step(self, batch, batch_idx):
            return F.cross_entropy(self.net(batch[0]), batch[1])

        def configure_gradient_clipping(self, optimizer, *_, **__):
            nn.utils.clip_grad_norm_(self.parameters(), 0.1)

        def optimizer_step(self, epoch, batch_idx, optimizer, closure):
            optimizer.step(closure)

    module = Module()
    result = lr_find(module, loader(), sgd(module), num_it=20, seed=0, progress=False)
    assert result.losses.tolist() == found(num_it=20, clip_grad_norm=0.1).losses.tolist()


@behaviour(
    "A metric such as accuracy can stand for the loss on the test set, and may be one that rises",
    "lr_find(..., val_loader=test_loader, val_loss_fn=error_rate)",
    on_purpose="a loss of one's own can; less is better everywhere, so it is 1 - accuracy",
    lr_range_test="lr_range_test(eval_metric, descending); test_valid_testers; "
    "TestAutomaticLRRangeTest.test_automatic_lrrange",
)
def test_another_loss_stands_on_the_test_set():
    def error_rate(output, target):
        return (output.argmax(-1) != target).float().mean()

    result = found(val_loader=batches(1), val_loss_fn=error_rate, num_it=5)
    of_all = len(batches(1)[0][0])
    assert all((share * of_all) % 1 < 1e-5 for share in result.val_losses)
