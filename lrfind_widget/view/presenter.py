"""What is shown of the sweeps, under the options that a person may change."""

from __future__ import annotations

from typing import Any

from lrfind_widget.points import Status
from lrfind_widget.results.analysis import Analysis, AnalysisOptions, analyse
from lrfind_widget.results.picture import draw, saved
from lrfind_widget.results.result import SweepResult
from lrfind_widget.view import phrases
from lrfind_widget.view.output import SavedOutput
from lrfind_widget.view.panel import Panel
from lrfind_widget.view.runs import Run, Runs


class Presenter:
    """Keeps the panel and the cell's output true to the results and the options.

    Parameters
    ----------
    panel : Panel
        What a person sees.
    output : SavedOutput
        What the cell's output keeps.
    options : AnalysisOptions
        How curves are read at first.

    Attributes
    ----------
    result : SweepResult or None
        The latest result.
    analysis : Analysis or None
        What it says under the present options.
    """

    def __init__(self, panel: Panel, output: SavedOutput, options: AnalysisOptions) -> None:
        self._panel = panel
        self._output = output
        self._options = options
        self._runs = Runs()
        self._is_running = False  # what is read then belongs to the run before
        self.result: SweepResult | None = None
        self.analysis: Analysis | None = None

    def begin(self) -> None:
        """Make room for a new run: the earlier ones fade."""
        self._is_running = True
        self._show_runs()

    def conclude(
        self,
        status: Status,
        sentence: str,
        result: SweepResult | None,
        base: SweepResult | None = None,
    ) -> None:
        """Show how a run ended and what its curve says; `base` is the curve it was joined to."""
        self._is_running = False
        if result is not None:
            self.result = result
            if base is not None:
                self._runs.replace(base, result)
            elif len(result):
                self._runs.add(result)
            self.read()
        self._panel.show_end(status, sentence, result)

    def show_stored(self, result: SweepResult) -> None:
        """Show a result that was found another time."""
        settings = result.settings
        self._panel.begin(
            float(settings.get("start_lr") or result.lrs.min()),
            float(settings.get("end_lr") or result.lrs.max()),
            str(settings.get("mode", "exp")),
            len(result),
            "learning rate",
        )
        self.result = result
        self._runs.add(result)
        self.read()
        self._panel.show_end(Status.after(result.stop_reason), result.stop_sentence, result)

    def set_option(self, name: str, value: Any) -> None:
        """Read the curves anew under an option that a person changed."""
        if name in ("y_scale", "frame"):
            self._panel.chart.set_view(name, value)
            return
        self._options = self._options.changed(**{name: value})
        self.read()

    def act_on_run(self, action: str, run_id: str) -> None:
        """Show, hide or remove a run."""
        self._runs.act(action, run_id)
        self._show_runs()

    def read(self) -> None:
        """Read the latest curve under the present options and show what it says.

        While another one grows, only the earlier runs are read anew: the options count for
        the new curve when it has ended.
        """
        if self.result is None:
            return
        if not self._is_running:
            self.analysis = analyse(self.result, self._options)
            self._panel.show_analysis(self.result, self.analysis, self._options)
        self._show_runs()

    def keep(self, status: Status, selected_lr: float) -> None:
        """Keep the chart with the present choice in the cell's output."""
        steepest = None if self.analysis is None else self.analysis.min_gradient.lr
        text = phrases.text_fallback(status, selected_lr, steepest)
        drawable = self.result is not None and len(self.result) > 0
        self._output.keep(text, self.picture(selected_lr, "png") if drawable else None)

    def picture(self, selected_lr: float, kind: str) -> bytes:
        """Return the chart as a picture.

        Raises
        ------
        RuntimeError
            If there is no curve yet.
        """
        if self.result is None or not len(self.result):
            raise RuntimeError("There is no curve yet: save the figure after a sweep.")
        analysis = analyse(self.result, self._options)
        return saved(lambda: draw(analysis, selected_lr), kind)

    def _is_earlier(self, run: Run) -> bool:
        return self._is_running or run.result is not self.result

    def _show_runs(self) -> None:
        earlier = [run for run in self._runs.listed if self._is_earlier(run)]
        names = dict(zip((run.id for run in self._runs.listed), self._runs.names(), strict=True))
        self._panel.show_runs(
            drawn=[self._drawn(run, names[run.id]) for run in earlier],
            listed=[
                {
                    "id": run.id,
                    "name": names[run.id],
                    "visible": run.visible,
                    "removable": run in earlier,
                }
                for run in self._runs.listed
            ]
            if earlier
            else [],
        )
        latest = [run for run in self._runs.listed if run not in earlier]
        self._panel.chart.curve.visible = all(run.visible for run in latest)

    def _drawn(self, run: Run, name: str) -> dict[str, Any]:
        curve = run.result.curve(self._options.beta)
        return {
            "name": name,
            "lr": curve.lrs,
            "smoothed": curve.smoothed,
            "visible": run.visible,
        }
