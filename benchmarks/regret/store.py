"""The two stored measurements: compact JSON, written whole or not at all."""

from __future__ import annotations

import json
import math
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.regret.data import text_fingerprint

FOLDER = Path(__file__).parent
TRUTH = FOLDER / "truth.json"
CURVES = FOLDER / "curves.json"
HELD_OUT_TRUTH = FOLDER / "held_out_truth.json"
HELD_OUT_CURVES = FOLDER / "held_out_curves.json"
HELD_OUT_SEARCHES = FOLDER / "held_out_searches.json"
FRESH_TRUTH = FOLDER / "fresh_truth.json"
FRESH_SEARCHES = FOLDER / "fresh_searches.json"


def versions() -> dict[str, str]:
    """Return what the numbers depend on besides the scripts."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "text": text_fingerprint(),
    }


def shortened(value: float, digits: int = 6) -> float | None:
    """Return `value` to a few digits; None, JSON's null, stands for NaN and infinity."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def read(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the measurement under way at `path`, or an empty one with these settings.

    Raises
    ------
    ValueError
        If the file was made with other settings.
    """
    if not path.exists():
        return {"settings": settings, "versions": versions(), "tasks": {}}
    stored: dict[str, Any] = json.loads(path.read_text())
    if stored["settings"] != settings:
        raise ValueError(
            f"{path.name} was made with {stored['settings']}, not {settings}; "
            "delete it to measure anew"
        )
    return stored


def write(path: Path, measurement: dict[str, Any]) -> None:
    """Write the measurement, one line a series, and put it in place in one move."""
    head = {name: value for name, value in measurement.items() if name != "tasks"}
    lines = [json.dumps(head, indent=1)[:-2] + ',\n "tasks": {']
    tasks = []
    for name, entry in measurement["tasks"].items():
        parts = ",\n".join(
            f"   {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
            for key, value in entry.items()
        )
        tasks.append(f"  {json.dumps(name)}: {{\n{parts}\n  }}")
    lines.append(",\n".join(tasks) + "\n }\n}\n")
    unfinished = path.with_suffix(".part")
    unfinished.write_text("\n".join(lines))
    unfinished.replace(path)
