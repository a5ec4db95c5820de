"""A notebook server of our own: private folders, a free port, and no process left behind."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

_START_SECONDS = 90


class Application:
    """One server in its own process group, with settings no other Jupyter shares."""

    name: str
    module: str
    page_path: str
    options: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.notebooks = folder / "notebooks"
        self.settings = folder / "settings"
        self.log_path = folder / "server.log"
        self.notebooks.mkdir(parents=True)
        self._token = secrets.token_hex(16)
        self._port = _free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        # A toast about news or updates would lie over the outputs.
        self._write_settings("notification", {"fetchNews": "false", "checkForUpdates": False})
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.notebooks,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server and its kernels: all of its process group."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def log(self, lines: int = 60) -> str:
        """Return the end of what the server wrote."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def write_notebook(self, cells: Iterable[str]) -> Path:
        """Write a notebook of code cells and return where."""
        path = self.notebooks / f"{secrets.token_hex(4)}.ipynb"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, path)
        return path

    def address(self, notebook: str) -> str:
        return f"{self.url}{self.page_path}{notebook}?token={self._token}"

    def set_theme(self, theme: str) -> None:
        """Choose the theme, "light" or "dark", that pages opened from now on have."""
        self._write_settings("themes", {"theme": f"JupyterLab {theme.capitalize()}"})

    def shut_down_kernel_of(self, notebook: str) -> None:
        """End a notebook's session, so that the next test finds an idle machine."""
        for session in self._request("GET", "/api/sessions"):
            if session["path"] == notebook:
                self._request("DELETE", f"/api/sessions/{session['id']}")

    def _command(self) -> list[str]:
        command = [
            sys.executable,
            "-m",
            self.module,
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self._token}",
            f"--ServerApp.root_dir={self.notebooks}",
            "--ServerApp.terminals_enabled=False",
            *self.options,
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        return command

    def _environment(self) -> dict[str, str]:
        # Nothing of the person's own Jupyter may reach the tests, nor theirs the person's.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "IPYTHON", "PYTEST"))
        }
        return kept | {
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(self._folder / "ipython"),
            "OMP_NUM_THREADS": "1",
            # So that kernels can import what lies beside the tests.
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        }

    def _write_settings(self, plugin: str, settings: dict[str, Any]) -> None:
        path = (
            self.settings / "@jupyterlab" / "apputils-extension" / f"{plugin}.jupyterlab-settings"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))

    def _answers(self) -> bool:
        try:
            self._request("GET", "/api/status")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def _request(self, method: str, path: str) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}", method=method, headers={"Authorization": f"token {self._token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None


class JupyterLab(Application):
    """JupyterLab, showing one document alone so that no workspace is restored."""

    name = "JupyterLab"
    module = "jupyterlab"
    page_path = "/doc/tree/"
    options = ("--LabApp.expose_app_in_browser=True",)


class NotebookSeven(Application):
    """Notebook 7."""

    name = "Notebook 7"
    module = "notebook"
    page_path = "/notebooks/"
    options = ("--JupyterNotebookApp.expose_app_in_browser=True",)


class Nbclassic(Application):
    """The page of Notebook 6, which nbclassic keeps."""

    name = "nbclassic"
    module = "nbclassic"
    page_path = "/nbclassic/notebooks/"
    # It has no themes: a person who wants it dark writes a style sheet of their own.
    _DARK = (
        "body, div#notebook, div#notebook-container { background: #111 !important; color: #ddd; }"
    )

    def set_theme(self, theme: str) -> None:
        """Give the pages that are opened from now on a light or a dark background."""
        path = self._folder / "config" / "custom" / "custom.css"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._DARK if theme == "dark" else "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
