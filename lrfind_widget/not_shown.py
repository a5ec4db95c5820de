"""What a person reads where the widget cannot be shown, in sentences. Neither torch nor numpy."""

from __future__ import annotations

from lrfind_widget._version import __version__
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.outcomes import Status

NO_WIDGETS = (
    "Where this text stays: run the cell with a kernel, in a notebook that is trusted; where no "
    "widgets are shown at all, lr_find(model, loader, optimizer) does the same."
)

NOT_LIVE = (
    f"For the live chart run the cell, in a notebook with lrfind-widget {__version__}, or with "
    'screen="plain" where a page takes none; widget.save_html("lr.html") keeps it in a page that '
    "needs neither kernel nor network."
)

NO_FRONT_END = (
    f"This page has not loaded lrfind-widget {__version__}, which shows the live chart: reload it "
    f"with a connection; in Jupyter, pip install lrfind-widget=={__version__} where it runs; or "
    'keep it with widget.save_html("lr.html"), which needs neither.'
)

IN_PYTHON = (
    'Settings, other sweeps and files are in Python here: widget.rule = "valley", '
    'widget.start(num_it=200), widget.save_figure("lr.png").'
)

NO_SCRIPT = "For the chart that moves, let this page run its script, in a current browser."

NO_PROGRAM = (
    "A page needs the built front end, which this checkout has not: run make setup, or install the "
    "wheel. widget.save_figure and widget.result.save need none."
)


def in_text(status: Status, selected: float, steepest: float | None) -> str:
    """Return the line of text that stands for the widget."""
    text = f"LRFinderWidget ({status}), selected_lr={format_lr(selected)}"
    return text if steepest is None else f"{text}, min_grad_lr={format_lr(steepest)}"


def plain_instead(wanted: str, found: str = "", *, in_colab: bool = False) -> str:
    """Say why a page shows the plain screen, and what to do; `found` is a version that is not."""
    has = (
        f"has loaded lrfind-widget {found} in place of" if found else "has not loaded lrfind-widget"
    )
    more = (
        "let it reach cdn.jsdelivr.net, where Colab finds it"
        if in_colab
        else f"pip install lrfind-widget=={wanted} where Jupyter itself runs, and start it again"
    )
    return (
        f"This page {has} {wanted}, so this is the plain screen. Reload the page; if that does not "
        f"help, {more}."
    )
