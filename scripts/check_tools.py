"""Say in one sentence each what this machine lacks before anything is installed.

Runs on whatever `python3` is, so it uses nothing newer than Python 3.7.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

PYTHON_AT_LEAST = (3, 10)


def python_complaint(version: Sequence[int]) -> str | None:
    """Return what is wrong with a Python of this version, or None."""
    if tuple(version[:2]) >= PYTHON_AT_LEAST:
        return None
    found = ".".join(str(part) for part in version[:3])
    return (
        f"Python 3.10 or newer is needed and {sys.executable} is {found}: install a newer one "
        "and name it, as in `make PYTHON=python3.12 test`."
    )


def venv_complaint() -> str | None:
    """Return what keeps this Python from making virtual environments, or None."""
    # Debian and Ubuntu pack ensurepip, without which venv fails, separately.
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return None
    return (
        f"{sys.executable} cannot make virtual environments: install its venv module "
        "(Debian and Ubuntu: `apt-get install python3-venv`)."
    )


def node_complaint(version: str | None) -> str | None:
    """Return what is wrong with what `node --version` printed (None: no Node), or None."""
    wanted = "Node.js 20.19 or newer in its line, or 22.12 or newer, with npm"
    remedy = "install it from https://nodejs.org or with your package manager"
    if version is None:
        return f"{wanted} is needed and there is none on the PATH: {remedy}."
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    if numbers:
        major, minor = int(numbers.group(1)), int(numbers.group(2))
        if (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22:
            return None
    return f"{wanted} is needed and this is {version.strip()}: {remedy}."


def npm_complaint() -> str | None:
    """Return the sentence for an npm that is missing beside Node, or None."""
    if shutil.which("npm") or not shutil.which("node"):
        return None
    return "npm is needed and is not on the PATH: install it (it comes with Node.js)."


def node_version() -> str | None:
    """Return what `node --version` prints, or None where there is no Node."""
    if not shutil.which("node"):
        return None
    run = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=False)
    return run.stdout.decode()


def main() -> int:
    """Print every complaint; the exit status is 1 if there was one."""
    complaints = [
        complaint
        for complaint in (
            python_complaint(sys.version_info[:3]),
            venv_complaint(),
            node_complaint(node_version()),
            npm_complaint(),
        )
        if complaint
    ]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
