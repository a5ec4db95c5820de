"""Start JupyterLab on the example notebook.

Opens the browser where there is a display; where there is none, the address that
JupyterLab prints is the way in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOTEBOOK = "mnist_3_vs_7.ipynb"


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser window could be seen by the person who started this."""
    if platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def arguments(*, display: bool, root: bool) -> list[str]:
    """Return JupyterLab's command line: this machine only, with its token."""
    # Not the notebook as an argument: then the address that is printed would not lead to it.
    options = [
        "--ip=127.0.0.1",
        f"--ServerApp.root_dir={EXAMPLES}",
        f"--LabApp.default_url=/lab/tree/{NOTEBOOK}",
    ]
    if not display:
        options.append("--no-browser")
    if root:
        options.append("--allow-root")
    return ["-m", "jupyterlab", *options]


def main() -> None:
    """Become JupyterLab, so that Ctrl-C reaches it directly."""
    display = has_display(os.environ, sys.platform)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not display:
        print("No display here: open the address with the token that follows, in any browser.")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *arguments(display=display, root=root)])


if __name__ == "__main__":
    main()
