"""The finder in core widgets alone, for pages that take no module of ours."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from typing import Any

from ipywidgets import Button, FloatLogSlider, HBox, IntProgress, Text, Widget

from lrfind_widget import messages
from lrfind_widget.background import background
from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.not_shown import IN_PYTHON
from lrfind_widget.results import figures
from lrfind_widget.session import Session
from lrfind_widget.state import SessionState
from lrfind_widget.values import check_rate
from lrfind_widget.view.commands import Actions, commands_of
from lrfind_widget.view.debounce import Debounce
from lrfind_widget.view.files import picture_now
from lrfind_widget.view.thread_safe_widget import OwnLayout, OwnStyle, ThreadSafeWidget
from lrfind_widget.view.view_state import ViewState, in_words, view_state
from lrfind_widget.view.words import Words, image, lines, show

DRAW_SECONDS = 1.0
"""Least time between two pictures of a curve that grows."""

STEP = 0.01
"""A step of the slider, in decades."""

DIGITS = 3
"""Significant digits of a rate that the slider chooses."""

_ROOM = "width: 800px; max-width: 100%; aspect-ratio: 2"
"""The room of a picture, which is kept before there is one."""

# The classic notebook has no themes: core widgets are black there, whatever a style sheet of the
# person's paints behind them.
_ON_WHITE = """<style>
#notebook-container .lrfind-widget:has(> .lrfind-plain) { background: #fff; }
</style>"""


class _Button(ThreadSafeWidget, Button):  # type: ignore[misc]
    """A button of the core."""

    def __init__(self) -> None:
        super().__init__(layout=OwnLayout(width="auto"))
        self.press: Callable[[], object] | None = None
        self.on_click(lambda _: None if self.disabled or self.press is None else self.press())


class _Row(ThreadSafeWidget, HBox):  # type: ignore[misc]
    """A row that wraps."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(
            children=children, layout=OwnLayout(flex_flow="row wrap", align_items="center")
        )


class _Buttons(_Row):
    """A row of buttons; one that cannot be pressed is not seen, and its room is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, _Button] = {}

    def offer(self, buttons: Iterable[Mapping[str, Any]], actions: Actions) -> None:
        """Show buttons as the bars have them, and what to call for their commands."""
        seen = {each["id"]: each for each in buttons}
        for name, each in seen.items():
            if name not in self._made:
                self._made[name] = _Button()
            button = self._made[name]
            button.press = actions[each["command"]]
            button.set_together(
                description=each["label"],
                tooltip=each["title"],
                disabled=not each["enabled"],
            )
            # Not the core's blue, on which not every page has a text that can be read.
            button.style.font_weight = "bold" if each.get("primary") else None
            button.layout.visibility = "visible" if each["enabled"] else "hidden"
        for name, button in self._made.items():
            show(button, name in seen)
        self.children = [*self._made.values()]
        show(self, bool(seen))


class _Progress(ThreadSafeWidget, IntProgress):  # type: ignore[misc]
    """A bar of the core."""


class _Slider(ThreadSafeWidget, FloatLogSlider):  # type: ignore[misc]
    """A slider over the decades of the axis."""

    _page_may_set = ("value",)

    def set_ends(self, low: float, high: float) -> None:
        """Set both ends, in an order in which the lower one is never above the other."""
        ends = {"min": math.log10(low), "max": math.log10(high)}
        for name in ("max", "min") if ends["max"] >= self.min else ("min", "max"):
            setattr(self, name, ends[name])


class _Field(ThreadSafeWidget, Text):  # type: ignore[misc]
    """A field for a rate, which has a name for a screen reader; the slider of the core has none."""

    _page_may_set = ("value",)

    def valid(self, name: str, value: Any) -> Any:
        """Return a text that the page sent, if it is a rate."""
        check_rate(name, float(value))
        return super().valid(name, value)


class PlainScreen:
    """The headline, the picture as it grows, the choice, and the sentences behind it.

    It shows what the other screen shows, from the same view state; settings and files are
    Python's. `why` says what it is shown for, where nobody has asked for it. `tick` may be called
    on any thread; pictures are drawn on a thread of their own.
    """

    def __init__(self, session: Session, why: str = "") -> None:
        self._session = session
        self._ticking = threading.RLock()
        self._commands = commands_of(session)
        self._headline, self._picture, self._message = Words(), Words(), Words()
        self._picture.put(_picture(lambda: None, ""))
        self._progress = _Progress(layout=OwnLayout(width="auto", flex="1 1 120px"))
        self._run, self._choice, self._chips = _Buttons(), _Buttons(), _Buttons()
        # Told at the end of a gesture: the page moves a slider that it has drawn to a whole step,
        # and would tell that as if a person had chosen it.
        style: dict[str, Any] = {"description_width": "auto"}
        self._slider = _Slider(
            description="Learning rate",
            step=STEP,
            readout_format=".1e",
            layout=OwnLayout(width="auto", min_width="0", flex="1 1 300px"),
            continuous_update=False,
            style=style,
        )
        self._field = _Field(
            description="Learning rate, typed",
            layout=OwnLayout(width="300px"),
            continuous_update=False,
            style=OwnStyle(**style),
        )
        self._slider.page_handlers["value"] = lambda lr: session.select(float(f"{lr:.{DIGITS}g}"))
        self._field.page_handlers["value"] = lambda text: session.select(float(text))
        self._verdict, self._compared, self._offers = Words(), Words(), _Buttons()
        self._why = Words()
        reason, python = Words(), Words(_dom_classes=("lrfind-plain",))
        reason.say(why)
        python.put(_ON_WHITE + lines([IN_PYTHON]))
        self.rows: list[Widget] = [
            *(reason, self._headline, _Row(self._run, self._progress), self._picture),
            *(_Row(self._slider, self._field), self._choice, self._chips, self._message),
            *(self._verdict, self._offers, self._compared, self._why, python),
        ]
        self._drawn: Any = None
        self._drawn_at = -math.inf
        self._draw_later = Debounce(self._draw)
        self.tick()

    def tick(self) -> None:
        """Show the present state."""
        with self._ticking, written_as((state := self._session.state).mode):
            shown = view_state(state)
            self._show_run(state, shown)
            self._show_choice(shown)
            self._show_comparison(state, shown)
            how = shown.how_bar
            facts = lines([*shown.choice_bar["about"], *how["facts"], how["error"]])
            facts += f"<pre>{escape(how['traceback'])}</pre>" * bool(how["traceback"])
            title = "<summary>Why, and how this was run</summary>"
            self._why.put(f"<details>{title}{facts}</details>" * bool(facts))
            self._draw_soon(state)

    def close(self) -> None:
        """Close every widget of the screen."""
        self._draw_later.close()
        for widget in _all_of(self.rows):
            widget.close()

    def _show_run(self, state: SessionState, shown: ViewState) -> None:
        bar = shown.run_bar
        headline, _, rest = bar["sentence"].partition(". ")
        facts = [bar[name] for name in ("rate", "detail", "objective") if state.is_running]
        more = " ".join(filter(None, [rest, *facts]))
        self._headline.put(
            f'<div role="status"><strong>{escape(headline)}{"." * bool(rest)}</strong> '
            f"{escape(more)}</div>"
        )
        total = max(bar["total"], 1)
        self._progress.set_together(max=total, value=min(bar["done"], total))
        self._progress.layout.visibility = "visible" if state.is_running else "hidden"
        buttons = sorted(bar["buttons"], key=lambda each: each["id"] in ("hold", "stop"))
        self._run.offer(buttons, self._commands.run)

    def _show_choice(self, shown: ViewState) -> None:
        bar, marker = shown.choice_bar, shown.marker
        self._slider.set_ends(marker["lo"], marker["hi"])
        self._slider.value = marker["value"]
        self._field.value = _typed(marker["value"])
        self._choice.offer(bar["buttons"], self._commands.choice)
        select, actions, chips = self._session.select, {}, []
        for chip in bar["suggestions"]:
            rule, lr = chip["rule"], chip["lr"]
            actions[rule] = self._commands.choice["back"] if chip["active"] else partial(select, lr)
            label = f"{chip['label']} {'' if lr is None else format_lr(lr)}"
            look = {"label": label, "title": chip["reason"], "enabled": lr is not None}
            chips.append({"id": rule, "command": rule, **look})
        self._chips.offer(chips, actions)
        self._message.say(bar["message"])

    def _show_comparison(self, state: SessionState, shown: ViewState) -> None:
        bar = {} if state.comparing is None else shown.comparison_bar
        self._verdict.say(*(bar.get(name, "") for name in ("sentence", "evidence", "note")))
        self._offers.offer(bar.get("buttons", ()), self._commands.comparison)

    def _draw_soon(self, state: SessionState) -> None:
        """Draw anew where what is drawn has changed, while it grows at a bounded pace."""
        grown = len(state.sweep.points) if state.sweep is not None and state.is_sweeping else None
        drawn = grown, state.runs, state.options, state.selected_lr, state.verdict
        if drawn != self._drawn:
            self._drawn = drawn
            pause = 0.0 if grown is None else self._drawn_at + DRAW_SECONDS - time.monotonic()
            self._draw_later.call(max(pause, 0.0))

    def _draw(self) -> None:
        with background():
            self._drawn_at = time.monotonic()
            state = self._session.state
            self._picture.put(_picture(partial(picture_now, state), in_words(state)))
            found = state.verdict
            if found is not None:
                draw = partial(figures.saved, found._off_screen, "png")  # noqa: SLF001
                curves = view_state(state).comparison_curves.get("label", "")
                with written_as(state.mode):
                    words = f"{curves} {found.sentence}".strip()
                self._compared.put(_picture(draw, words))


def _picture(draw: Callable[[], bytes | None], words: str) -> str:
    """Return a picture as markup, with the words that stand for it; or why there is none."""
    try:
        png = draw()
    except Exception as error:  # the rest of the screen works without it
        return lines([messages.not_drawn(error)])
    if png is None:
        return f'<div style="{_ROOM}"></div>'
    return image(png, words, _ROOM)


def _typed(lr: float) -> str:
    """Return a rate with the digits that a person has chosen, if few."""
    short, exact = format_lr(lr), f"{lr:.{DIGITS}g}"
    return exact if float(exact) == lr != float(short) else short


def _all_of(widgets: Iterable[Any]) -> Iterable[Widget]:
    """Yield widgets, with what they are made of."""
    for widget in widgets:
        yield from _all_of(getattr(widget, "children", ()))
        yield widget.layout
        if hasattr(widget, "style"):
            yield widget.style
        yield widget
