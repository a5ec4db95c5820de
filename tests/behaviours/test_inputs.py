"""What models, batches and losses can be given."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import batches, classifier, loader, loss_of, sgd


def swept(model, data, **options):
    return lr_find(model, data, sgd(model), **{"num_it": 5, "progress": False, **options})


class Tagger(nn.Module):
    """Tags words; a batch of inputs is a list of sentences, which are lists of words."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(3, 6)
        self.tags = nn.Linear(6, 2)

    def forward(self, sentences):
        places = {"the": 0, "dog": 1, "ate": 2}
        index = [[places[word] for word in sentence] for sentence in sentences]
        return self.tags(self.words(torch.tensor(index))).movedim(-1, 1)


SENTENCES = [([["the", "dog"], ["dog", "ate"]], torch.tensor([[0, 1], [1, 0]]))] * 4


@behaviour(
    "Inputs need not be tensors: sentences as lists of words, also for the validation loss",
    "lr_find(..., loss_fn=F.cross_entropy, val_loader=val_loader)",
    torch_lr_finder="TestRangeTest.test_run_non_tensor_dataset; "
    "TestRangeTest.test_run_non_tensor_dataset_with_val_loader",
)
@pytest.mark.parametrize("val_loader", [None, SENTENCES[:1]])
def test_inputs_need_not_be_tensors(val_loader):
    loss_fn = nn.functional.cross_entropy
    result = swept(Tagger(), SENTENCES, val_loader=val_loader, loss_fn=loss_fn)

    assert len(result) == 5
    assert (result.val_losses is not None) == (val_loader is not None)


@behaviour(
    "Of a batch of more than two the first is the input, the second the target, the rest is let be",
    "lr_find(..., prepare_batch=lambda batch: batch[:2])",
    on_purpose="the target may as well be the last of several inputs; where the model does not "
    "tell, one is asked instead of trained on a guess",
    torch_lr_finder="TestRangeTest.test_run; range_test(train_loader)",
)
def test_the_rest_of_a_batch_is_left_out_when_asked():
    more = [(*batch, torch.zeros(1)) for batch in batches()]

    with pytest.raises(ValueError, match="prepare_batch=batch"):
        swept(classifier(), more)

    assert len(swept(classifier(), more, prepare_batch=lambda batch: batch[:2])) == 5


@behaviour(
    "Batches of any shape can be turned into input and target, which is done once for each",
    "lr_find(..., prepare_batch=lambda batch: (inputs, target))",
    torch_lr_finder="range_test(train_loader); README: notes; "
    "TestDataLoaderIter.test_run_range_test_with_traindataloaderiter",
    monai="range_test(image_extractor, label_extractor)",
)
def test_a_function_takes_batches_of_another_shape():
    calls = Counter()

    def prepare_batch(batch):
        calls["prepared"] += 1
        return batch[0]["deep"], batch[1]

    data = [({"deep": inputs, "unused": 0}, target) for inputs, target in batches()]

    assert len(swept(classifier(), data, prepare_batch=prepare_batch)) == calls["prepared"] == 5


@behaviour(
    "A dict of an image and a label needs no further words",
    "lr_find(model, loader, optimizer)",
    monai="range_test(image_extractor, label_extractor)",
)
def test_a_dict_of_image_and_label_is_taken():
    data = [{"image": inputs, "label": target} for inputs, target in batches()]

    assert swept(classifier(), data, seed=0).losses.tolist() == (
        swept(classifier(), batches(), seed=0).losses.tolist()
    )


@behaviour(
    "Nested tuples, lists and dicts of tensors are moved to the device of the model",
    "lr_find(model, loader, optimizer)",
    torch_lr_finder="range_test: batches",
    monai="range_test(train_loader)",
    lightning="LightningModule.training_step",
)
def test_nested_batches_are_taken():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, inputs):
            return self.layer(inputs["a"][0] + inputs["a"][1]["b"] + inputs["c"])

    data = [({"a": [x, {"b": x}], "c": x}, y) for x, y in batches()]

    assert len(swept(Nested(), data)) == 5


@behaviour(
    "Several inputs are several arguments of the model",
    "lr_find(model, loader, optimizer)",
    keras_lr_finder="find(x_train)",
    torchtuples="lr_finder(input)",
)
@pytest.mark.parametrize("is_nested", [True, False])
def test_several_inputs_are_several_arguments(is_nested):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(8, 3)

        def forward(self, left, right):
            return self.layer(torch.cat([left, right], dim=1))

    data = [((x, x), y) if is_nested else (x, x, y) for x, y in batches()]

    assert len(swept(Two(), data)) == 5


@behaviour(
    "A target may be a tuple, such as times and events of a survival model",
    "lr_find(..., loss_fn=lambda output, target: loss(output, *target))",
    torchtuples="lr_finder(target)",
    pycox="examples/cox-ph; examples/deephit",
)
def test_a_target_may_be_a_tuple():
    def loss_fn(output, target):
        times, events = target
        risk = output[:, 0]
        at_risk = torch.logcumsumexp(risk[times.argsort(descending=True)], dim=0)
        return (at_risk - risk[times.argsort(descending=True)])[events].mean()

    data = [(x, (torch.rand(len(x)), torch.arange(len(x)) % 2 == 0)) for x, _ in batches()]

    assert len(swept(classifier(), data, loss_fn=loss_fn)) == 5


@behaviour(
    "A model that returns a dict of its own losses, as detectors do, is trained on their sum",
    "lr_find(model, loader, optimizer)",
    holocron="test_detection_trainer",
)
def test_a_model_may_return_its_own_losses():
    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, images, targets):
            output = self.layer(torch.stack(images))
            return {"classes": output.square().mean(), "boxes": (output - 1).square().mean()}

    images = tuple(batches()[0][0])
    data = [(images, tuple({"boxes": torch.zeros(1)} for _ in images))] * 4

    assert "boxes" in swept(Detector(), data).objective


@behaviour(
    "Classification and segmentation need nothing but the model, the data and the optimizer",
    "lr_find(model, loader, optimizer, loss_fn=nn.CrossEntropyLoss())",
    holocron="test_classification_trainer; test_segmentation_trainer",
    monai="TestLRFinder.test_lr_finder",
    torch_lr_finder="LRFinder(criterion)",
)
@pytest.mark.parametrize("loss_fn", [None, nn.CrossEntropyLoss()])
@pytest.mark.parametrize("size", [(), (6, 6)])
def test_pictures_are_classified_and_segmented(loss_fn, size):
    head = nn.Conv2d(2, 5, 1) if size else nn.Sequential(nn.Flatten(), nn.Linear(72, 5))
    model = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), head)
    data = [(torch.rand(4, 3, 6, 6), torch.randint(5, (4, *size)))] * 3

    result = swept(model, data, loss_fn=loss_fn)
    assert result.objective == "your loss_fn" if loss_fn else "cross entropy" in result.objective


@behaviour(
    "A loader is started again when it has no more batches",
    "lr_find(model, loader, optimizer)",
    torch_lr_finder="TestDataLoaderIter.test_traindataloaderiter",
    ignite="test_num_iter_is_not_enough",
    monai="TestLRFinder.test_lr_finder",
    fastai_v1="lr_find(num_it)",
    fastai_v2="Learner.lr_find(num_it)",
    granite_tsfm="optimal_lr_finder(num_iter)",
    lr_range_test="LRFinderIgnite.run(num_steps)",
)
def test_a_loader_is_started_again():
    assert len(found(batches(4), num_it=30, end_lr=1e-2)) == 30


@behaviour(
    "A loader that is no DataLoader, nor of the finder's own class, is refused",
    "lr_find(model, [(inputs, target), ...], optimizer)",
    on_purpose="any iterable of batches will do",
    torch_lr_finder="TestDataLoaderIter.test_run_range_test_with_trainloaderiter_without_subclassing;"
    " TestDataLoaderIter.test_run_range_test_with_valloaderiter_without_subclassing",
    monai="range_test(train_loader)",
)
def test_any_iterable_of_batches_will_do():
    class Mine:
        def __iter__(self):
            return iter(batches())

    assert found(Mine(), val_loader=Mine(), num_it=10).val_losses.shape == (10,)


@behaviour(
    "Arrays of all the data are cut into batches of a size that is given",
    "lr_find(model, DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True), optimizer)",
    on_purpose="a `DataLoader` is how PyTorch does it; arrays of all the data are refused, with "
    "that said",
    keras_lr_finder="find(x_train, y_train, batch_size)",
    torchtuples="lr_finder(input, target, batch_size, num_workers, shuffle)",
    pycox="examples/cox-ph",
)
def test_all_the_data_go_into_a_data_loader():
    x, y = torch.rand(100, 4), torch.randint(3, (100,))

    with pytest.raises(TypeError, match=r"pass them as one batch: \[\(X, y\)\]|If these are all"):
        swept(classifier(), (x, y))

    data = DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=64, shuffle=True)
    assert len(swept(classifier(), data)) == 5


@behaviour(
    "Batches can come from a generator or a loader of one's own, of a length that is not known",
    "lr_find(model, iter(get_batch, None), optimizer)",
    keras_lr_finder="find_generator",
    torchtuples="lr_finder_dataloader",
    ktrain="lr_find",
)
def test_batches_can_come_from_a_function():
    given = iter(batches() * 5)

    assert len(found(iter(lambda: next(given), None), num_it=5)) == 5


@behaviour(
    "The loss can be taken from whatever a training step returns",
    "lr_find(..., step_fn=lambda model, batch: loss)",
    ignite="attach(output_transform); FastaiLRFinder",
    lightning="LightningModule.training_step",
    lr_range_test="ModelOrEngineLRRangeTest(train_engine)",
)
def test_the_loss_can_be_taken_from_a_step():
    def step_fn(model, batch):
        return {"loss": loss_of(model, batch), "accuracy": 0.5}

    assert found(step_fn=step_fn, num_it=9).losses.tolist() == (found(num_it=9).losses.tolist())


@behaviour(
    "A whole training step of one's own can be swept, and may return its loss as a float",
    "lr_find(..., update_fn=lambda model, batch, optimizer: loss)",
    ignite="test_engine_output_type; attach(trainer)",
)
def test_a_whole_step_can_be_swept():
    def update_fn(model, batch, optimizer):
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss.item()

    result = found(update_fn=update_fn, num_it=9)

    assert result.losses == pytest.approx(found(num_it=9).losses)


@behaviour(
    "A loss of no dimension or of one element is taken, and recorded as a float",
    "lr_find(..., step_fn=...)",
    ignite="test_engine_output_type",
)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_loss_of_one_element_is_taken(shape):
    result = found(step_fn=lambda model, batch: loss_of(model, batch).reshape(shape), num_it=5)

    assert all(type(loss) is float for loss in result.losses.tolist())
    assert len(result) == 5


@behaviour(
    "A loss that is a list, a tuple, or a tensor of several numbers is refused",
    "lr_find(..., step_fn=...)",
    ignite="test_engine_output_type",
)
@pytest.mark.parametrize("loss", [[10], (10, 5), torch.tensor([1.0, 2.0])])
def test_a_loss_of_several_numbers_is_refused(loss):
    with pytest.raises((TypeError, ValueError), match="step_fn returned a"):
        found(step_fn=lambda model, batch: loss)


@behaviour(
    "Classes can be given weights, where they are not balanced",
    "lr_find(..., loss_fn=nn.CrossEntropyLoss(weight=weights))",
    ktrain="lr_find(class_weight)",
)
def test_classes_can_be_given_weights():
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))

    assert found(loss_fn=weighted, num_it=5).losses[0] != found(num_it=5).losses[0]
    with pytest.raises(TypeError, match=r"CrossEntropyLoss\(weight=weights\)"):
        found(class_weight={0: 2.0})


@behaviour(
    "Only the layers after one that is named are trained",
    "model[0].requires_grad_(False)",
    on_purpose="what is frozen before the call stays frozen; how that is done is PyTorch's",
    holocron="find_lr(freeze_until); test_detection_trainer",
)
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_frozen_layers_are_not_trained(isolation):
    model, weights = classifier(), []
    model[0].requires_grad_(requires_grad=False)
    model[0].register_forward_hook(lambda layer, *_: weights.append(layer.weight.tolist()))

    swept(model, loader(), isolation=isolation)

    with pytest.raises(TypeError, match=r"requires_grad_\(False\)"):
        found(freeze_until="0")
    assert len(weights) == 5
    assert weights == [weights[0]] * 5
