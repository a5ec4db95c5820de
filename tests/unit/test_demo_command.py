"""How `make demo` starts JupyterLab."""

from __future__ import annotations

import pytest

from scripts.demo import EXAMPLES, NOTEBOOK, arguments, has_display


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_linux_has_a_display_where_a_variable_names_one(name):
    assert has_display({name: ":0"}, "linux")


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ""}])
def test_linux_has_no_display_otherwise(environment):
    assert not has_display(environment, "linux")


def test_macos_always_has_a_display():
    assert has_display({}, "darwin")


def test_the_browser_is_opened_only_where_it_can_be_seen():
    assert "--no-browser" in arguments(display=False, root=False)
    assert "--no-browser" not in arguments(display=True, root=False)


def test_root_is_allowed_only_as_root():
    assert "--allow-root" in arguments(display=True, root=True)
    assert "--allow-root" not in arguments(display=True, root=False)


def test_the_server_listens_to_this_machine_alone():
    assert "--ip=127.0.0.1" in arguments(display=True, root=False)


def test_the_address_leads_to_the_notebook():
    line = arguments(display=False, root=False)
    assert f"--LabApp.default_url=/lab/tree/{NOTEBOOK}" in line
    assert f"--ServerApp.root_dir={EXAMPLES}" in line
    assert (EXAMPLES / NOTEBOOK).exists()
