"""Run an example notebook and store what it shows: its texts and the picture of the widget.

`python scripts/execute_example.py` after any change of its cells; another one by its name, as in
`.venv-bench/bin/python scripts/execute_example.py fastai_learner`. What is stored can be read
without a kernel: no live widget, no times, no widget state.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
EXAMPLE = EXAMPLES / "mnist_3_vs_7.ipynb"

READABLE = {"text/plain", "image/png"}


def digest(notebook: Any) -> str:
    """Return a checksum of the code, which says whether stored outputs belong to it."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()


def main(example: Path) -> None:
    """Execute a notebook in place."""
    os.environ["OMP_NUM_THREADS"] = "1"  # the same sums in the same order each time
    notebook = nbformat.read(example, as_version=4)  # type: ignore[no-untyped-call]
    resources = {"metadata": {"path": EXAMPLES}}
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        store_widget_state=False,
        coalesce_streams=True,
        resources=resources,
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        outputs = cell.get("outputs", ())
        printed = " ".join(output["text"].strip() for output in outputs if "text" in output)
        for output in outputs:
            data = output.get("data", {})
            for kind in data.keys() - READABLE:
                del data[kind]
            if "image/png" in data:
                output.metadata.setdefault("image/png", {"alt": f"Chart of losses. {printed}"})
        if outputs:  # but for what is for pages without widgets, of which nothing is left
            cell.outputs = [output for output in outputs if output.get("data") != {}]
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": "python"},
        "outputs_of": digest(notebook),
    }
    nbformat.write(notebook, example)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(EXAMPLES / f"{sys.argv[1]}.ipynb" if sys.argv[1:] else EXAMPLE)
