"""The option ``--data``: own systems beside the built-in ones, or a whole catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from openiads.catalogue import Catalogue

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Folder of your own systems (one YAML file each), or of a whole catalogue. Default: the built-in data.",
    ),
]


def catalogue_of(data: Path | None) -> Catalogue:
    """The catalogue that ``--data`` means."""
    from openiads.catalogue import Catalogue, load_catalogue

    if data is None:
        return load_catalogue()
    if (data / "systems").is_dir():
        return Catalogue(data)
    catalogue = load_catalogue([data])
    catalogue.require_systems_in(data)
    return catalogue
