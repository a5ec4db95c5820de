"""How much memory is free, and how much a copy would take."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import torch

_SHARE = 0.5
"""Share of the free memory a copy may take; the rest is for activations and for the user."""


def free_bytes(device: torch.device) -> int | None:
    """Return the bytes a new tensor on `device` could use, None where that cannot be asked."""
    if device.type == "meta":
        return None
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch's allocator holds but does not use is free to us as well.
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + cached)
    if device.type in ("cpu", "mps"):
        return _free_host_bytes()
    return None


def fits(needed: dict[torch.device, int]) -> str | None:
    """Return None if a copy of these sizes fits everywhere, else why not, in words."""
    for device, size in needed.items():
        free = free_bytes(device)
        if free is not None and size > free * _SHARE:
            return (
                f"a copy needs about {in_words(size)} on {device}, where {in_words(free)} are free"
            )
    return None


def in_words(size: float) -> str:
    """Return a number of bytes as people write it: ``"1.2 GB"``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def _free_host_bytes() -> int | None:
    found = [n for n in (_meminfo(), _cgroup()) if n is not None]
    if found:
        return min(found)
    # macOS gives the total only; half of it is taken for free.
    for name, part in (("SC_AVPHYS_PAGES", 1), ("SC_PHYS_PAGES", 2)):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE") // part
    return None


def _meminfo() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _cgroup() -> int | None:
    """Return what a container's limit leaves, where there is one."""
    try:
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text(encoding="ascii"))
        for line in (group / "memory.stat").read_text(encoding="ascii").splitlines():
            if line.startswith("inactive_file "):  # file cache, given up when memory is asked for
                used -= int(line.split()[1])
        return max(int(limit) - used, 0)
    except (OSError, ValueError):
        return None
