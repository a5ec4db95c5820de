"""Take the pictures of the documentation: the main states, in light and dark.

Runs the example's digits and model in JupyterLab, in a headless Chromium, and writes
``docs/images/<state>-<theme>.png``. ``make screenshots`` sets up what it needs.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script has its own folder there, and not the root

from browser import find_browser  # noqa: E402

from tests.browser.harness import JupyterLab, OpenNotebook  # noqa: E402

IMAGES = ROOT / "docs" / "images"
EXAMPLE = ROOT / "examples" / "mnist_3_vs_7.ipynb"

WIDE, NARROW, TALL = 1000, 420, 1400
"""Sizes of the window, in pixels of CSS."""

SCALE = 2
"""Pixels of a picture for each pixel of CSS."""

COLOURS = 256
"""Colours of a picture: of fewer, pale tints and the grounds of buttons become one."""

LARGEST = 180_000
"""Bytes that no picture may exceed."""

PREPARE = f"""
import os, sys
os.chdir({str(EXAMPLE.parent)!r})
sys.path.insert(0, {str(ROOT)!r})
from tests.browser.workbench import Gate
torch.set_num_threads(1)
model, batches, optimizer = fresh()
"""

FINISHED = "finder = LRFinderWidget(model, batches, optimizer, num_it=200, seed=0); finder"

SWEEPING = """
gate = Gate(batches)
finder = LRFinderWidget(model, gate, optimizer, num_it=200, seed=0)
gate.let(130)
finder
"""

FAILED = """
calls = 0
def loss_fn(output, target):
    global calls
    calls += 1
    if calls > 110:
        raise ValueError("labels must be 0 or 1, got 7")
    return nn.functional.cross_entropy(output, target)
finder = LRFinderWidget(model, batches, optimizer, num_it=200, seed=0, loss_fn=loss_fn)
finder
"""

FEW_STEPS = "finder = LRFinderWidget(model, batches, optimizer, num_it=20, seed=0); finder"

ENDED = "not finder.status.is_running and finder.result is not None"


def main() -> int:
    """Write every picture; return 1 where there is no browser to take them with."""
    path = find_browser()
    if path is None:
        print("No Chromium was found: run `make chromium`.", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        application = JupyterLab(Path(folder))
        try:
            application.start()
            for theme in ("light", "dark"):
                application.set_theme(theme)
                take_all(application, browser, theme)
        finally:
            application.stop()
            browser.close()
    return 0


def take_all(application: JupyterLab, browser: Browser, theme: str) -> None:
    """Take every picture in one theme."""
    take(application, browser, f"finished-{theme}", FINISHED, until_ended)
    take(application, browser, f"sweeping-{theme}", SWEEPING, until_held)
    take(application, browser, f"unsure-{theme}", FEW_STEPS, until_ended)
    take(application, browser, f"searched-{theme}", FINISHED, until_searched)
    take(application, browser, f"failed-{theme}", FAILED, until_failed)
    take(application, browser, f"narrow-{theme}", FINISHED, until_ended, width=NARROW)


def until_ended(notebook: OpenNotebook, widget: Locator) -> None:
    """Wait for the end of the sweep."""
    notebook.until(ENDED)
    widget.locator(".lrfind-spot-min_gradient").wait_for()


def until_searched(notebook: OpenNotebook, widget: Locator) -> None:
    """Search by short trainings and wait for what they find."""
    until_ended(notebook, widget)
    widget.get_by_role("button", name="Search", exact=True).click()
    notebook.until("not finder.status.is_running and finder.comparison is not None")
    widget.get_by_role("button", name="Search with validation").wait_for()


def until_held(_: OpenNotebook, widget: Locator) -> None:
    """Wait until the sweep has taken the steps it was let through."""
    widget.get_by_text("Sweeping: 130 of 200").first.wait_for()


def until_failed(notebook: OpenNotebook, widget: Locator) -> None:
    """Wait for the failure and unfold what is known of it."""
    notebook.until(ENDED)
    widget.get_by_text("How this was run").click()


def take(
    application: JupyterLab,
    browser: Browser,
    name: str,
    cell: str,
    until: Callable[[OpenNotebook, Locator], None],
    *,
    width: int = WIDE,
) -> None:
    """Run a cell in a fresh notebook and take a picture of its widget."""
    context = browser.new_context(
        viewport={"width": width, "height": TALL},
        device_scale_factor=SCALE,
        reduced_motion="reduce",
    )
    notebook = OpenNotebook(application, context.new_page(), [digits(), PREPARE, cell])
    try:
        notebook.open()
        for index in range(3):
            notebook.run(index)
        widget = notebook.output(2).locator(".lrfind-widget").first
        widget.wait_for()
        widget.scroll_into_view_if_needed()
        until(notebook, widget)
        notebook.page.evaluate(
            "() => document.fonts.ready.then(() => new Promise(requestAnimationFrame))"
        )
        write(IMAGES / f"{name}.png", widget.screenshot(animations="disabled"))
    finally:
        notebook.page.close()
        application.shut_down_kernel_of(notebook.path.name)
        context.close()


def digits() -> str:
    """Return the cell of the example that loads the digits and makes a model."""
    cells = json.loads(EXAMPLE.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    first = next(text for text in code if "def fresh" in text)
    return f"import os; os.chdir({str(EXAMPLE.parent)!r})\n{first}"


def write(path: Path, picture: bytes) -> None:
    """Write a picture as a small PNG file."""
    with Image.open(io.BytesIO(picture)) as image:
        # By coverage, so that a red dot of a few pixels stays red; then each by its own mean, so
        # that a paper and a pale tint on it stay apart.
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=4)
        few.save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise RuntimeError(f"{path.name} has {size} bytes, more than {LARGEST}: lower COLOURS.")
    print(f"{path.relative_to(ROOT)}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
