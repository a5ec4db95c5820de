"""Find a Chromium for the browser tests, or install one where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_NONE = (
    "No Chromium was found and none could be installed: install Chromium or Google Chrome "
    "(Debian: `apt-get install chromium`) and run the same command again."
)


def find_browser() -> str | None:
    """Return the path of a Chromium that starts: the system's, else playwright's own."""
    return next((path for path in _candidates() if _starts(path)), None)


def install_browser() -> str | None:
    """Install a Chromium, by the system's package manager if it may; return its path."""
    for commands in _system_installers():
        if all(_run(command) for command in commands) and (path := find_browser()):
            return path
    _run([sys.executable, "-m", "playwright", "install", "chromium"])
    return find_browser()


def _candidates() -> Iterator[str]:
    for command in _COMMANDS:
        if path := shutil.which(command):
            yield path
    yield from (path for path in _MACOS_APPLICATIONS if Path(path).exists())
    if path := _path_of_playwright():
        yield path


def _path_of_playwright() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser may be a stub that only says how to get the snap.
    try:
        run = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _system_installers() -> Iterator[list[list[str]]]:
    """Yield, for each package manager that may be used here, the commands to run in order."""
    root = _root_prefix()
    if root is not None and shutil.which("apt-get"):
        install = ["apt-get", "install", "--yes", "--no-install-recommends"]
        yield [
            [*root, "apt-get", "update"],
            [*root, *install, "chromium", "fonts-liberation"],
        ]
    if root is not None and shutil.which("dnf"):
        yield [[*root, "dnf", "install", "--assumeyes", "chromium"]]
    if sys.platform == "darwin" and shutil.which("brew"):
        yield [["brew", "install", "--cask", "google-chrome"]]


def _root_prefix() -> list[str] | None:
    """Return what makes a command run as root without a password, or None."""
    if not hasattr(os, "geteuid"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _run(["sudo", "-n", "true"], quiet=True):
        return ["sudo", "-n"]
    return None


def _run(command: list[str], *, quiet: bool = False) -> bool:
    """Whether the command succeeds. It has no input to wait for."""
    output = subprocess.DEVNULL if quiet else None
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    )
    return run.returncode == 0


def main() -> int:
    """Print the path of a Chromium; install one first if there is none."""
    path = find_browser() or install_browser()
    if path is None:
        print(_NONE, file=sys.stderr)
        return 1
    print(f"Browser: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
