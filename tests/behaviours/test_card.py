"""docs/behaviours.md says what this run has found."""

from __future__ import annotations

import pytest

from tests.behaviours.card import COMPLETE, PAGE, RAN, TRAINERS, behaviour, page


def test_the_page_says_what_this_run_has_found(pytestconfig):
    if not pytestconfig.stash[COMPLETE]:
        pytest.skip("only a run of all behaviours is compared with the page")
    ran = pytestconfig.stash[RAN]
    wrong = [behaviour.promise for behaviour, is_right in ran.items() if not is_right]
    assert not wrong, "Not as the markers say"
    found = page(ran)
    if pytestconfig.getoption("--write-card", False):
        PAGE.write_text(found)
    assert PAGE.read_text() == found, "make behaviours writes the page anew"


def test_a_source_is_of_a_finder_that_is_known():
    with pytest.raises(ValueError, match=r"Sources by finder \(torch_lr_finder, .*\['ignit'\]"):
        behaviour("The rate rises", "lr_find", ignit="test_lr_policy")


def test_the_tests_that_give_real_objects_are_there(pytestconfig):
    ran = pytestconfig.stash[RAN]
    if not ran:
        pytest.skip("there is no behaviour in this run")
    for each in {name for line in ran for name in line.real}:
        file, _, test = each.partition("::")
        assert f"\ndef {test}(" in (TRAINERS / file).read_text(), each
