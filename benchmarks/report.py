"""What every benchmark has in common: its options, and the JSON that it writes."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "torch",
    "numpy",
    "ipywidgets",
    "bqplot",
    "ipykernel",
    "jupyterlab",
    "torch-lr-finder",
    "pytorch-ignite",
    "lightning",
    "fastai",
)


def options(name: str, description: str | None, rounds: int) -> argparse.ArgumentParser:
    """Return the options that every benchmark takes."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=(description or "").splitlines()[0]
    )
    parser.add_argument(
        "--rounds", type=_count, default=rounds, help="how often to measure it all (%(default)s)"
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=RESULTS / f"{name}.json",
        metavar="PATH",
        help="where to write the figures (benchmarks/results/%(prog)s)".replace(
            "%(prog)s", f"{name}.json"
        ),
    )
    return parser


def begin() -> dict[str, Any]:
    """Return when, with what and on what a measurement is made."""
    return {
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "command": _command(),
        "versions": versions(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "load_before": _load(),
        },
    }


def end(head: dict[str, Any], measured: Mapping[str, Any], path: Path | None) -> dict[str, Any]:
    """Join head and figures, and write them to `path`."""
    head["machine"]["load_after"] = _load()
    whole = {**head, **measured}
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return whole


def versions() -> dict[str, str]:
    """Return the versions of what is installed of the packages that matter."""
    installed = {distribution.name for distribution in importlib.metadata.distributions()}
    found = {name: importlib.metadata.version(name) for name in PACKAGES if name in installed}
    return {"python": platform.python_version(), **found}


def tell(progress: str) -> None:
    """Say how far a benchmark is to whoever waits at a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _command() -> str:
    module = getattr(sys.modules["__main__"], "__spec__", None)
    name = module.name if module is not None else Path(sys.argv[0]).name
    return " ".join(["python -m", name.removesuffix(".__main__"), *sys.argv[1:]])


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _load() -> float | None:
    """Return how many programs want to run, or None where that is not told."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None
