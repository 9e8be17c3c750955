"""The example scenarios, wherever this OpenIADS lies: inside the installed package, or in the repository."""

from __future__ import annotations

import difflib
from pathlib import Path

from openiads.errors import InputError

_PACKAGE = Path(__file__).parents[1]


def examples() -> dict[str, Path]:
    """Name and file of every example, in the order of the names; those in folders of their own too."""
    shipped = _PACKAGE / "examples"
    folder = shipped if shipped.is_dir() else _PACKAGE.parents[1] / "examples"
    return {path.stem: path for path in sorted(folder.rglob("*.yaml"), key=lambda path: path.stem)}


def example(name: str) -> Path:
    """The file of an example scenario by its name, such as `main` or `magazine`; an `InputError` lists all names."""
    known = examples()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"no example is called {name!r}; known: {', '.join(known)}{hint}")
    return known[name]
