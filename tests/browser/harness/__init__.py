"""What drives a real notebook application in a real browser, for the tests beside this."""

from tests.browser.harness.application import Application, JupyterLab, Nbclassic, NotebookSeven
from tests.browser.harness.bare import Colab, ColabPage, VSCode, VSCodePage
from tests.browser.harness.classic_notebook import ClassicNotebook
from tests.browser.harness.open_notebook import OpenNotebook
from tests.browser.harness.saved_page import SavedPage
from tests.browser.harness.voila import Voila, VoilaPage
from tests.browser.harness.watched_page import WatchedPage

__all__ = [
    "Application",
    "ClassicNotebook",
    "Colab",
    "ColabPage",
    "JupyterLab",
    "Nbclassic",
    "NotebookSeven",
    "OpenNotebook",
    "SavedPage",
    "VSCode",
    "VSCodePage",
    "Voila",
    "VoilaPage",
    "WatchedPage",
]
