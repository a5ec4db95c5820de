"""The version, of which `package.json` is the one source."""

from importlib.metadata import version

__version__: str = version("lrfind-widget")
