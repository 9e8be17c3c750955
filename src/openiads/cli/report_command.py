"""``openiads report``: the page again, from a saved record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("report")(report)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `openiads run` wrote.", show_default=False)],
) -> None:
    """Rebuild report.html in the folder of a saved record, from that record alone; nothing is run again."""
    from openiads.reports import write_report

    typer.echo(f"wrote {write_report(folder)}")
