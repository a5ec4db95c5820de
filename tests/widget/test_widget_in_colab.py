"""What Google Colab is told of an output, with a stand-in for its package."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import IPython
import pytest

from lrfind_widget.view.output import KEPT_OUTPUT, WIDGET_VIEW, SavedOutput

MANAGER = {"colab": {"custom_widget_manager": {"url": "https://colab/manager.js"}}}


class Publisher:
    """Publishes displays through hooks, as ipykernel does in the thread of the cells."""

    def __init__(self) -> None:
        self.hooks: list[Any] = []
        self.sent: list[dict[str, Any]] = []

    def register_hook(self, hook: Any) -> None:
        self.hooks.append(hook)

    def unregister_hook(self, hook: Any) -> None:
        self.hooks.remove(hook)

    def publish(self, data: Any, metadata: Any, **_: Any) -> None:
        message = {"content": {"data": dict(data), "metadata": dict(metadata)}}
        for hook in self.hooks:
            message = hook(message)
        if KEPT_OUTPUT in data:
            self.sent.append(message["content"]["metadata"])


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    made = Publisher()
    shell = SimpleNamespace(display_pub=made)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.core.interactiveshell.InteractiveShell.initialized", lambda: True)
    monkeypatch.setattr("IPython.core.interactiveshell.InteractiveShell.instance", lambda *_: shell)
    return made


@pytest.fixture
def colab(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    def name_manager(message: dict[str, Any]) -> dict[str, Any]:
        message["content"]["metadata"][WIDGET_VIEW] = MANAGER
        return message

    output = ModuleType("google.colab.output")
    output.enable_custom_widget_manager = (  # type: ignore[attr-defined]
        lambda: publisher.register_hook(name_manager)
    )
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.output", output)


def test_in_colab_display_and_each_update_name_the_manager_of_widgets(publisher, colab):
    kept = SavedOutput("model")
    kept.display()
    (colabs,) = publisher.hooks
    publisher.unregister_hook(colabs)  # which no other thread has
    kept.keep("a line", b"picture")
    kept.repeat()
    assert [metadata[WIDGET_VIEW] for metadata in publisher.sent] == [MANAGER] * 3
    assert all("alt" in metadata["image/png"] for metadata in publisher.sent)


def test_elsewhere_no_output_says_anything_of_a_manager(publisher):
    kept = SavedOutput("model")
    kept.display()
    kept.repeat()
    assert [list(metadata) for metadata in publisher.sent] == [["image/png"]] * 2


def test_nothing_of_colab_is_imported_where_it_is_not():
    script = (
        "import sys\n"
        "from lrfind_widget.view.output import SavedOutput\n"
        "SavedOutput('model').display()\n"
        "assert not [name for name in sys.modules if name.startswith('google.colab')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
