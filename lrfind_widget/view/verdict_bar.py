"""The row under a comparison of rates."""

from __future__ import annotations

import traitlets

from lrfind_widget.view.bar import Bar


@traitlets.signature_has_traits
class VerdictBar(Bar):
    """What a comparison has found, with buttons for what to do with it.

    Attributes
    ----------
    sentence : str
        What was found.
    """

    _model_name = traitlets.Unicode("VerdictBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("VerdictBarView").tag(sync=True)

    sentence = traitlets.Unicode().tag(sync=True)
