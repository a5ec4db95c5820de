"""Learning rates of parameter groups."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrfind_widget.outcomes import Applied
from lrfind_widget.training.param_groups import GroupRates, reference_lr, set_lr, set_weight_decay
from tests.unit.toys import rates


def optimizer(*rates, names=None, make=torch.optim.SGD, **options):
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    for group, name in zip(groups, names or (), strict=bool(names)):
        group["name"] = name
    return make(groups, **options)


def test_ratios_between_groups_are_kept():
    opt = optimizer(1e-3, 1e-2, 5e-4)
    groups = GroupRates(opt)

    groups.set(opt, 0.1)

    assert groups.multipliers == (1.0, 10.0, 0.5)
    assert rates(opt) == [0.1, 1.0, 0.05]


def test_the_first_group_with_a_rate_is_the_reference():
    opt = optimizer(0.0, 1e-2, 1e-3)
    groups = GroupRates(opt)

    groups.set(opt, 0.5)

    assert groups.multipliers == (0.0, 1.0, 0.1)
    assert rates(opt) == [0.0, 0.5, 0.05]
    assert reference_lr(opt) == 0.5


def test_same_gives_all_groups_one_rate():
    opt = optimizer(1e-3, 1e-2)
    groups = GroupRates(opt, "same")

    groups.set(opt, 0.1)

    assert rates(opt) == [0.1, 0.1]
    assert groups.axis_label == "learning rate"


def test_one_named_group_is_swept_while_the_others_stay():
    opt = optimizer(1e-3, 1e-2, names=["body", "head"])
    groups = GroupRates(opt, "head")

    groups.set(opt, 0.1)

    assert rates(opt) == [1e-3, 0.1]
    assert groups.multipliers == (0.0, 1.0)
    assert groups.axis_label == "learning rate of group head (group body fixed)"


def test_the_axis_says_which_rate_it_shows():
    assert GroupRates(optimizer(1e-3)).axis_label == "learning rate"
    assert GroupRates(optimizer(1e-3, 1e-3)).axis_label == "learning rate"
    assert GroupRates(optimizer(1e-3, 1e-2)).axis_label == (
        "learning rate of group 0 (group 1 at 10 times)"
    )
    assert "2 more" not in GroupRates(optimizer(1e-3, 1e-2, 1e-1)).axis_label
    assert GroupRates(optimizer(*(10.0**-k for k in range(8)))).axis_label.endswith("5 more)")


def test_an_unknown_group_is_refused_with_the_nearest_name():
    opt = optimizer(1e-3, 1e-2, names=["body", "head"])

    with pytest.raises(ValueError, match=r"'bodi'.*'body', 'head'.*Did you mean 'body'"):
        GroupRates(opt, "bodi")


@pytest.mark.parametrize(("word", "multipliers"), [("ratio", (1.0, 10.0)), ("same", (1.0, 1.0))])
def test_a_group_that_is_named_as_one_of_our_words_is_meant_by_its_index(word, multipliers):
    opt = optimizer(0.01, 0.1, names=["body", word])
    assert GroupRates(opt, word).multipliers == multipliers
    assert GroupRates(opt, 1).multipliers == (0.0, 1.0)
    set_lr(opt, 0.5, word)
    assert rates(opt) == [0.5 * share for share in multipliers]


def test_a_name_that_two_groups_share_is_refused():
    with pytest.raises(ValueError, match="2 parameter groups are named 'a'"):
        GroupRates(optimizer(1e-3, 1e-2, names=["a", "a"]), "a")


def test_groups_without_names_are_told_how_to_get_them():
    with pytest.raises(ValueError, match=r'"name": \.\.\.'):
        GroupRates(optimizer(1e-3, 1e-2), "head")


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf"), -0.1, "fast"])
def test_a_group_without_a_usable_rate_is_refused(bad):
    opt = optimizer(1e-3)
    opt.param_groups[0]["lr"] = bad

    with pytest.raises(ValueError, match="Parameter group 0"):
        GroupRates(opt)


def test_ratios_during_warm_up_are_those_of_the_initial_rates():
    opt = optimizer(1e-3, 1e-2)
    torch.optim.lr_scheduler.LambdaLR(opt, lambda step: 0.0)
    assert rates(opt) == [0.0, 0.0]

    assert GroupRates(opt).multipliers == (1.0, 10.0)


def test_without_any_rate_all_groups_are_equal():
    assert GroupRates(optimizer(0.0, 0.0)).multipliers == (1.0, 1.0)


def test_a_rate_that_is_a_tensor_stays_the_same_tensor():
    opt = optimizer(torch.tensor(1e-3), make=torch.optim.Adam)
    rate = opt.param_groups[0]["lr"]

    set_lr(opt, 0.25)

    assert opt.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25


def test_a_tensor_that_groups_share_does_not_tie_their_rates():
    rate = torch.tensor(1e-3)
    opt = optimizer(rate, rate, names=["body", "head"], make=torch.optim.Adam)

    GroupRates(opt, "head").set(opt, 0.5)

    assert rates(opt) == [pytest.approx(1e-3), 0.5]


def test_a_group_that_is_added_meanwhile_is_told_to_come_before():
    opt = optimizer(0.1, 0.2)
    groups = GroupRates(opt)
    opt.add_param_group({"params": [nn.Parameter(torch.zeros(1))]})

    with pytest.raises(ValueError, match=r"has 3 parameter groups, and had 2 .* Add them before"):
        groups.set(opt, 0.1)


def test_set_lr_says_what_it_changed():
    opt = optimizer(1e-3, 1e-2)

    assert set_lr(opt, 0.1) == Applied([1e-3, 1e-2], [0.1, 1.0])


@pytest.mark.parametrize(
    ("groups", "written"),
    [("ratio", [0.1, 1.0]), ("same", [0.1, 0.1]), ("head", [1e-3, 0.1]), ("tail", [0.1, 1.0])],
)
def test_set_lr_keeps_the_ratios_unless_the_sweep_set_the_groups_otherwise(groups, written):
    opt = optimizer(1e-3, 1e-2, names=["body", "head"])

    set_lr(opt, 0.1, groups)

    assert rates(opt) == pytest.approx(written)


def test_weight_decay_leaves_groups_alone_that_decay_nothing_on_purpose():
    opt = optimizer(1e-3, 1e-3)
    opt.param_groups[0]["weight_decay"] = 0.1

    set_weight_decay(opt, 0.3)

    assert [group["weight_decay"] for group in opt.param_groups] == [0.3, 0]


def test_weight_decay_is_given_to_all_where_none_decays():
    opt = optimizer(1e-3, 1e-3)

    set_weight_decay(opt, 0.3)

    assert [group["weight_decay"] for group in opt.param_groups] == [0.3, 0.3]


def test_an_optimizer_that_makes_its_groups_anew_is_refused():
    class Fresh(torch.optim.SGD):
        @property
        def param_groups(self):
            return [dict(group) for group in self.own]

    opt = object.__new__(Fresh)
    opt.own = optimizer(0.1).param_groups
    with pytest.raises(TypeError, match=r"is written there is lost.*set_hyper\('lr', 0.5"):
        set_lr(opt, 0.5)
    assert opt.own[0]["lr"] == 0.1


def test_an_optimizer_inside_another_is_the_one_whose_scheduler_is_written():
    class Wrapping(torch.optim.Optimizer):
        def __init__(self, inner):
            self.optimizer = inner

        @property
        def param_groups(self):
            return self.optimizer.param_groups

    opt = optimizer(0.1)
    schedule = torch.optim.lr_scheduler.StepLR(opt, 1)
    assert set_lr(Wrapping(opt), 0.5).note == ""
    assert schedule.base_lrs == [0.5]
