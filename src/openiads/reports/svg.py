"""Figures as inline SVG: byte-identical from run to run, coloured by the page (light, dark, print), readable by screen readers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

#: Colours that figures are drawn in, as the page's CSS variables; the drawn values only mark the places.
INK, MUTED, RULE, PAPER, ACCENT, ALARM = "#010101", "#010102", "#010103", "#010104", "#010105", "#010106"
#: Classes of target: colours of the page's colour-blind-safe set.
CLASS_COLOURS = ("#010111", "#010112", "#010113", "#010114", "#010115", "#010116", "#010117")

_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--paper",
    ACCENT: "--accent",
    ALARM: "--alarm",
    **{colour: f"--class-{i + 1}" for i, colour in enumerate(CLASS_COLOURS)},
}

_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 8.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "path.simplify_threshold": 0.4,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": MUTED,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0.0,
    "text.parse_math": False,
}


def css(colour: str) -> str:
    """One of the colours above in the style sheet of the page."""
    return f"var({_VARIABLES[colour]})"


def draw(name: str, title: str, alt: str, size_in: tuple[float, float], paint: Callable[[Canvas], None]) -> str:
    """The SVG element of what `paint` draws; `name` makes its ids unique on the page."""
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's own settings are
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": name})
        canvas = Canvas(figsize=size_in, layout="constrained")
        paint(canvas)
        out = io.StringIO()
        canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue(), name, title, alt)


def _inline(svg: str, name: str, title: str, alt: str) -> str:
    """Only the element, without size, comments, namespaces and idle ids; fonts and colours are those of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*|<style.*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    names = {a or b for a, b in used}
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in names else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg).replace('xlink:href="#', f'href="#{name}-')
    svg = re.sub(r" ?font-family: [^;\"]+;?", "", svg)
    for colour in _VARIABLES:
        svg = svg.replace(colour, css(colour))
    box = re.search(r'viewBox="[^"]+"', svg)
    body = svg[svg.index(">") + 1 :].strip()
    head = f'<svg {box[0] if box else ""} role="img" aria-labelledby="{name}-title {name}-desc">'
    return f'{head}<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>{body}'
