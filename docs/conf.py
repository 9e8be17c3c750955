"""Sphinx settings; `make docs` builds the site, and any warning is an error."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # names are read, nothing is run
sys.path.insert(0, str(Path(__file__).parent))

import pages

import openiads

project = "OpenIADS"
author = "The OpenIADS developers"
copyright = "The OpenIADS developers, Apache-2.0"
version = release = openiads.__version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

add_module_names = False
python_maximum_signature_line_length = 100
highlight_language = "text"

html_theme = "furo"
html_title = "OpenIADS"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]

pages.write_generated()

#: What would make a browser ask another machine.
_OUTSIDE = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=.?(?:https?:)?//"
    r"|<link(?![^>]*rel=.?canonical)[^>]*\shref=.?(?:https?:)?//"
    r"|url\(.?(?:https?:)?//|@import"
)


def _refuse_requests(app: Sphinx, error: Exception | None) -> None:
    """Fail when a page or style sheet would load something from the internet."""
    if error is None:
        files = [f for kind in ("*.html", "*.css") for f in Path(app.outdir).rglob(kind)]
        asking = [f.name for f in files if _OUTSIDE.search(f.read_text(encoding="utf-8"))]
        if asking:
            raise ExtensionError(f"these files ask the internet: {', '.join(sorted(asking))}")


def setup(app: Sphinx) -> None:
    """Register the check of the built pages."""
    app.connect("build-finished", _refuse_requests)
