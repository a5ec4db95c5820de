"""The last row: what was compared after the sweep."""

from __future__ import annotations

from typing import Any

import traitlets
from traitlets import TraitError

from lrfind_widget.view.bar import Bar, count_of, flag_of, text_of


@traitlets.signature_has_traits
class ReceiptBar(Bar):
    """One quiet line under the chart that opens to what was compared after the sweep.

    Attributes
    ----------
    receipt : dict
        ``{"sentence": str, "identical": bool, "rows": list}``, each row ``{"category": str,
        "compared": int, "how": str, "identical": bool, "detail": str, "by_sweep": bool}`` as in
        `ReceiptItem`. Empty: the bar takes no room.
    """

    _model_name = traitlets.Unicode("ReceiptBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ReceiptBarView").tag(sync=True)

    receipt = traitlets.Dict().tag(sync=True)

    @traitlets.validate("receipt")
    def _valid_receipt(self, proposal: Any) -> dict[str, Any]:
        receipt = proposal["value"]
        if not receipt:
            return {}
        rows = receipt.get("rows", [])
        if not isinstance(rows, (list, tuple)):
            raise TraitError(f"receipt['rows'] must be a list of dicts, got {rows!r}.")
        return {
            "sentence": text_of(receipt, "sentence"),
            "identical": flag_of(receipt, "identical", default=True),
            "rows": [
                {
                    "category": text_of(row, "category"),
                    "compared": count_of(row, "compared"),
                    "how": text_of(row, "how", ""),
                    "identical": flag_of(row, "identical"),
                    "detail": text_of(row, "detail", ""),
                    "by_sweep": flag_of(row, "by_sweep", default=True),
                }
                for row in rows
            ],
        }
