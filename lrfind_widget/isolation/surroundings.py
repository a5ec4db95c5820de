"""What a sweep could leave around: files of saved state, threads and processes."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
from pathlib import Path

_SAVED_STATE = {
    *(".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".pkl", ".pickle", ".npz", ".npy", ".h5"),
}


def saved_state_files() -> list[str]:
    """Return the files in the working and temporary directories that may hold a model.

    This package writes no file. The finders that do leave such files in these two places; other
    names are not looked at, since any program may write there at any time.
    """
    found: list[str] = []
    for name in (".", tempfile.gettempdir()):
        try:
            directory = Path(name).resolve()
            inside = [path for path in directory.iterdir() if path.suffix in _SAVED_STATE]
        except OSError:
            continue
        found += sorted(map(str, inside))
    return list(dict.fromkeys(found))


def loading_threads() -> list[str]:
    """Return the threads and worker processes that load data now, by name and number."""
    found = [
        f"{thread.name} {thread.ident}"
        for thread in threading.enumerate()
        if "pin_memory" in thread.name
    ]
    for process in multiprocessing.active_children():
        target = getattr(process, "_target", None)
        if getattr(target, "__name__", "") == "_worker_loop":
            found.append(f"worker process {process.pid}")
    return found
