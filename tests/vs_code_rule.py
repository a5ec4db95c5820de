"""How VS Code's extension for Jupyter finds the module of a widget among local files."""

from __future__ import annotations


def mapped_modules(text: str) -> dict[str, str]:
    """Return the places that an `extension.js` maps names of modules to.

    It is read as text and never run: the innermost braces of the call that configures require.js,
    up to the first closing round bracket; `extractRequireConfigFromWidgetEntry` in
    microsoft/vscode-jupyter.
    """
    start = max(text.find(f"{name}.config({{") for name in ("require", "requirejs"))
    if start < 0:
        return {}
    call = text[text.index("{", start) : text.index(")", start)]
    entries = call.split("{")[-1].split("}")[0].split(",")
    pairs = (entry.partition(":") for entry in entries if ":" in entry)
    return {name.strip(" \n'\""): place.strip(" \n'\"") for name, _, place in pairs}
