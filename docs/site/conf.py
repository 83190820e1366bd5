"""Sphinx: `make docs` builds README.md, CONTRIBUTING.md and docs/ as a site.

The source folder is the repository, so that links lead to the same files here and there.
"""

from typing import Any

from nnviz_cli import __version__

project = "nnviz"
copyright = "the nnviz developers"  # noqa: A001 (Sphinx's name)
version = release = __version__

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "benchmarks/*.md"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "nnviz"
html_extra_path = ["index.html"]  # leads to README.html
html_show_sphinx = False

NAVIGATION = """

```{toctree}
:hidden:

docs/installation
docs/command-line
docs/gallery
docs/reference
docs/outputs
docs/recording
docs/morph
docs/decision
docs/reliability
docs/notebook
benchmarks/README
docs/architecture
CONTRIBUTING
SECURITY
CHANGELOG
```
"""


def add_navigation(app: Any, name: str, source: list[str]) -> None:  # noqa: ARG001
    """The table of contents, which has no place in the README itself."""
    if name == root_doc:
        source[0] += NAVIGATION


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_navigation)
