"""Writes the pages that are made from the program itself: the command line, the public names and the theory.

`docs/cli.md` is committed and a test compares it with `--help`; `api.md`, `theory/` and `notebook.md` (from `notebook.ipynb`) are made
at each build (`make docs`).
Run this file to write them all.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import notebook

import openiads

DOCS = Path(__file__).parent
SOURCE = Path(openiads.__file__).parent

#: Groups of the theory pages: title, folder of laws, and what the group is about.
GROUPS = (
    ("Radar", "models/radar", "From a reported range to the chance that one look sees a target, and when the looks happen."),
    ("Propagation", "models/propagation", "What the curve of the earth and the terrain hide, and what rain and gases take."),
    ("Terrain", "terrain", "The ground: invented relief, rasters, and the walk that makes a mask of it."),
    ("Motion", "models/motion", "Where every object is at any instant, as a closed form of time."),
    ("Tracking", "models/tracking", "From hits to firm tracks, and what happens when a radar is full."),
    ("Command", "models/command", "What a track says, which target is engaged, by whom and when."),
    ("Interceptor", "models/interceptor", "Envelopes, flight times and kills."),
    ("Closed forms", "analytic", "The mathematics that simulated numbers are held against, and the intervals printed beside them."),
    ("Geodesy", "geodesy", "Coordinates and distances on the earth."),
)

_TITLES = {"pd_table": "Detection table", "quasi_ballistic": "Quasi-ballistic", "shoot_look_shoot": "Shoot-look-shoot", "flyout": "Fly-out"}
_CODE = re.compile(r"(`+[^`]*`+)")
_MARKUP = re.compile(r"([\\*_\[\]<>|~$])")

_Definition = ast.FunctionDef | ast.ClassDef


def cli_page() -> str:
    """`--help` of the program and of every command, at 80 columns."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from openiads.cli import app

    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    text = ["# The command line", "", "What `--help` says, command by command.", ""]
    for words in _commands(get_command(app), ()):
        shown = runner.invoke(app, [*words, "--help"]).stdout.rstrip()
        text += [f"## `{' '.join(('openiads', *words))}`", "", "```text", shown, "```", ""]
    return "\n".join(text)


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(inner, (*words, name))


def api_page() -> str:
    """The names of `openiads.__all__`, with the signatures and docstrings of their sources."""
    text = [
        "# Python names",
        "",
        _prose(inspect.getdoc(openiads) or ""),
        "",
        "Everything here can be imported from `openiads`. Names in other modules may change without notice.",
        "",
    ]
    for name in sorted(openiads.__all__, key=str.lower):
        text += _public(name)
    return "\n".join(text)


def _public(name: str) -> list[str]:
    thing = getattr(openiads, name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return [f"## `{name}`", "", f"A value of type `{type(thing).__name__}`.", ""]
    tree = ast.parse(Path(inspect.getsourcefile(thing) or "").read_text(encoding="utf-8"))
    found = next(n for n in tree.body if isinstance(n, _Definition) and n.name == thing.__name__)
    return [f"## `{name}`", "", *_definition(found, "openiads")]


def theory_pages() -> dict[str, str]:
    """One page for each module of the laws, by file name, and the index by group."""
    index = [
        "# Theory",
        "",
        "One page for each law, printed from the source that runs: what it says, what it does not model, and where it comes from.",
        "Lengths are metres, times seconds, angles radians and ratios linear, unless a name ends otherwise (`_db`, `_mps`). `World` is",
        "what a scenario fixes and `State` what one replicate changes; functions that take them also take the number of a row in them.",
        "",
    ]
    pages = {}
    for title, folder, about in GROUPS:
        laws = {p: page for p in sorted((SOURCE / folder).glob("*.py")) if p.stem != "arguments" and (page := _module_page(p))}
        names = {path: f"{folder.rpartition('/')[2]}-{path.stem}" for path in laws}
        pages |= {f"{names[path]}.md": page for path, page in laws.items()}
        index += [f"## {title}", "", about, ""]
        index += [f"- [{_title(path)}]({names[path]}.md): {_first_sentence(path)}" for path in laws]
        index += ["", "```{toctree}", ":hidden:", "", *names.values(), "```", ""]
    return {"index.md": "\n".join(index), **pages}


def _title(path: Path) -> str:
    return _TITLES.get(path.stem, path.stem.replace("_", " ").capitalize())


def _first_sentence(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return _prose(" ".join(said.partition("\n\n")[0].split()))


def _module_page(path: Path) -> str:
    """The page of one module; empty for a module without public definitions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [n for n in tree.body if isinstance(n, _Definition) and not n.name.startswith("_") and ast.get_docstring(n)]
    if not public:
        return ""
    module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    text = [f"# {_title(path)}", "", f"`{module}`", "", _prose(ast.get_docstring(tree) or ""), ""]
    for node in public:
        text += _definition(node, module)
    return "\n".join(text)


def _definition(node: _Definition, module: str, owner: str = "") -> list[str]:
    """A function or class, with its fields and public methods, as directives of Sphinx."""
    fence = "`````" if owner else "``````"
    kind = "class" if isinstance(node, ast.ClassDef) else "method" if owner else "function"
    flags = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
    signature = f"{owner}{node.name}{_arguments(node)}"
    if flags & {"property"}:
        kind, signature = "property", f"{owner}{node.name}"
    text = [f"{fence}{{py:{kind}}} {signature}", f":module: {module}"]
    text += [f":{flag}:" for flag in ("classmethod", "staticmethod") if flag in flags]
    if kind == "property" and isinstance(node, ast.FunctionDef) and node.returns:
        text.append(f":type: {ast.unparse(node.returns)}")
    text += ["", _prose(ast.get_docstring(node) or ""), ""]
    if isinstance(node, ast.ClassDef):
        text += _fields(node)
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_") and ast.get_docstring(inner):
                text += _definition(inner, module, f"{node.name}.")
    return [*text, fence, ""]


def _fields(node: ast.ClassDef) -> list[str]:
    """The fields of a class that have a docstring of their own."""
    text = []
    for field, after in pairwise(node.body):
        said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
        if isinstance(field, ast.AnnAssign) and isinstance(said, str):
            text.append(f"- `{ast.unparse(field.target)}`: {_prose(inspect.cleandoc(said))}")
    return [*text, ""]


def _arguments(node: _Definition) -> str:
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        if arguments.args and arguments.args[0].arg in {"self", "cls"}:
            arguments.args.pop(0)
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"({ast.unparse(arguments)}){returns}"
    start = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if start:
        return _arguments(start).partition(" ->")[0]
    fields = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and not n.target.id.startswith("_")]
    shown = ", ".join(ast.unparse(n) for n in fields)
    return f"({shown})" if shown else ""


def _prose(docstring: str) -> str:
    """A docstring as Markdown: signs outside code and indented formulas mean themselves."""
    lines = docstring.replace("\nReference", "\n\nReference").splitlines()
    return "\n".join(line if line.startswith("    ") else _escaped(line) for line in lines)


def _escaped(line: str) -> str:
    return "".join(part if part.startswith("`") else _MARKUP.sub(r"\\\1", part) for part in _CODE.split(line))


def write_generated(folder: Path = DOCS) -> None:
    """Write `api.md`, `notebook.md` and `theory/`, which are not committed, and only what has changed, so that a second build is quick."""
    pages = {
        "api.md": api_page(),
        "notebook.md": notebook.page(notebook.load()),
        **{f"theory/{name}": text for name, text in theory_pages().items()},
    }
    for old in (folder / "theory").glob("*.md"):
        if f"theory/{old.name}" not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
    write_generated()
    (DOCS / "cli.md").write_text(cli_page(), encoding="utf-8")
