"""The example notebooks of trainers run from top to bottom, and their stored outputs are theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from scripts.execute_example import EXAMPLE, EXAMPLES, digest

NOTEBOOKS = sorted(path for path in EXAMPLES.glob("*.ipynb") if path != EXAMPLE)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_without_error_or_warning(path: Path, tmp_path: Path, monkeypatch: Any) -> None:
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata["outputs_of"] == digest(notebook), "python scripts/execute_example.py"
    before = sorted(EXAMPLES.rglob("*"))
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}}
    ).execute()  # raises with the traceback of a cell that fails
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    errors = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"]
    assert errors == []
    assert sorted(EXAMPLES.rglob("*")) == before
