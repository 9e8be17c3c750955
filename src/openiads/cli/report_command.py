"""``openiads report``: the page again, from a saved record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Example:
  openiads report runs/main-7

\b
Exit codes: 0 written; 2 no finished run, or a damaged or read-only folder.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("report", epilog=EPILOG, short_help="Rebuild the page of a saved run.")(report)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that 'openiads run' wrote.", show_default=False)],
) -> None:
    """Rebuild report.html in the folder of a saved run, from that folder alone. Nothing is run again, nothing else is changed."""
    from openiads.reports import write_report

    typer.echo(f"wrote {write_report(folder)}")
