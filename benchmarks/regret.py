"""Runs the package beside this file: `python benchmarks/regret.py`, see its `--help`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # The folder above, so that `benchmarks.regret` is found from wherever this is started.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from benchmarks.regret.__main__ import main

    main()
