"""Run every benchmark, each in a process of its own, and put the tables into the documentation."""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import tables


def main() -> None:
    """Run `python -m benchmarks`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of each, instead of its own default")
    chosen = parser.parse_args()
    rounds = [] if chosen.rounds is None else ["--rounds", str(chosen.rounds)]
    for name in tables.NAMES:
        print(f"\n# {name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *rounds], check=True)
    tables.write()


if __name__ == "__main__":
    main()
