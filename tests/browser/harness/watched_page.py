"""A page whose complaints are kept for the end of the test."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect

#: How long a condition of the page is waited for, in milliseconds.
PATIENCE = 30_000


class WatchedPage:
    """One page that was made of a file."""

    #: Patterns of what the page may complain about without failing a test, each with its reason.
    ALLOWED_COMPLAINTS: tuple[str, ...] = ()
    #: Whether its kernel works.
    BUSY = "false"

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        self.complaints: list[str] = []
        self._allowed = self.ALLOWED_COMPLAINTS
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.on("console", self._on_console)
        page.on("pageerror", self._on_uncaught)

    def output(self, index: int) -> Locator:
        raise NotImplementedError

    def allow_complaint(self, pattern: str) -> None:
        """Let this test's page say something that is an error elsewhere."""
        self._allowed = (*self._allowed, pattern)

    def unexpected_complaints(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._allowed)
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _on_uncaught(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.stack or error}")
