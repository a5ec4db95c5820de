"""What `make` says about a machine that lacks something."""

from __future__ import annotations

import pytest

from scripts import check_tools


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 13, 1), (4, 0, 0)])
def test_a_python_that_is_new_enough_is_taken(version):
    assert check_tools.python_complaint(version) is None


def test_an_old_python_is_named_with_the_remedy():
    complaint = check_tools.python_complaint((3, 9, 18))
    assert "3.9.18" in complaint
    assert "make PYTHON=" in complaint


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2\n", "v22.12.0", "v24.0.0"])
def test_a_node_that_is_new_enough_is_taken(version):
    assert check_tools.node_complaint(version) is None


@pytest.mark.parametrize("version", ["v18.20.0", "v20.18.9", "v21.7.0", "v22.11.0", "unheard of"])
def test_another_node_is_named_with_the_remedy(version):
    complaint = check_tools.node_complaint(version)
    assert version in complaint
    assert "nodejs.org" in complaint


def test_a_missing_node_is_said():
    assert "none on the PATH" in check_tools.node_complaint(None)


def test_a_missing_npm_is_said_where_there_is_node(monkeypatch):
    monkeypatch.setattr(check_tools.shutil, "which", {"node": "node"}.get)
    assert "npm is needed" in check_tools.npm_complaint()


def test_a_complaint_is_printed_and_ends_the_set_up(monkeypatch, capsys):
    monkeypatch.setattr(check_tools.shutil, "which", {}.get)
    assert check_tools.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "Node.js" in line
