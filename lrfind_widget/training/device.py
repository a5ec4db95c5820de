"""The state of torch that belongs to a thread, and the stream that steps run on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from lrfind_widget.isolation.isolation import gradients_on


def await_copies(model: torch.nn.Module) -> None:
    """Wait until copies of a model that were made on the current streams are complete."""
    for device in {parameter.device for parameter in model.parameters()}:
        if device.type == "cuda":
            torch.cuda.current_stream(device).synchronize()


class Execution:
    """Where the steps of a sweep run, and where tensors go that are made without ``device=``.

    Where it trains a copy, which nothing else touches, they have a stream of their own, and cells
    that use the GPU do not wait for them. Grad mode, autocast and default device belong to a
    thread.
    """

    def __init__(
        self, device: torch.device, *, default_device: torch.device, own_stream: bool
    ) -> None:
        self._device = device
        self._default_device = default_device
        self._stream: Any = None
        if own_stream and device.type == "cuda":
            with torch.cuda.device(device):
                self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
                # The copy was made on the stream that is current now.
                self._stream.wait_stream(torch.cuda.current_stream())

    def __call__(self) -> contextlib.AbstractContextManager[Any]:
        """Return the state for one step, to be entered."""
        plain = self._device.type != "cuda" and torch.empty(0).device == self._default_device
        if plain and not torch.is_autocast_enabled(self._device.type):
            return gradients_on()
        return self._on_device()

    @contextlib.contextmanager
    def _on_device(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(gradients_on())
            if torch.is_autocast_enabled(self._device.type):
                # The caller's; a sweep is the same on any thread, and has an argument for it.
                stack.enter_context(torch.autocast(self._device.type, enabled=False))
            if self._device.type == "cuda":
                # A new thread starts on device 0, whatever its parent had chosen.
                stack.enter_context(torch.cuda.device(self._device))
            if self._stream is not None:
                stack.enter_context(torch.cuda.stream(self._stream))
            if torch.empty(0).device != self._default_device:
                stack.enter_context(self._default_device)
            yield

    def finish(self) -> None:
        """Wait for what is under way, so that its memory may be given to others."""
        if self._stream is not None:
            self._stream.synchronize()
