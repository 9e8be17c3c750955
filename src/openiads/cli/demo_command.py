"""``openiads demo``: an example that comes with the program, run at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.numbers import whole
from openiads.cli.run_command import carried_out, say
from openiads.experiments.options import Options

EPILOG = """\b
Examples:
  openiads demo                          the main job: a raid against an S-400
  openiads demo --list                   what else there is
  openiads demo magazine --runs 50 --draws 0

\b
The engine is compiled once, on its first run: about a minute.
Exit codes: 0 done; 1 the run failed; 2 bad input or usage;
130 interrupted, 143 terminated (what is finished is kept).
Next: copy the file that --list names, change it, and openiads run it.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("demo", epilog=EPILOG, short_help="Run an example and say where its report is.")(demo)


def demo(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the example.")] = "main",
    listed: Annotated[bool, typer.Option("--list", help="List the examples with their questions and files, and stop.")] = False,
    runs: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", help="Replicates at nominal values. Default: as the example says.")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(parser=whole, metavar="N", help="Draws of what is not publicly known; 0: chance only. Default: as the example says."),
    ] = None,
    workers: Annotated[int | None, typer.Option(parser=whole, metavar="N", help="Worker processes. Default: one per processor.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the record. Default: runs/NAME-7, or numbered.")] = None,
) -> None:
    """Run an example that comes with OpenIADS, and say where its report is. Nothing but the folder of the record is written."""
    from openiads.scenario.examples import example, examples

    if listed:
        typer.echo("\n\n".join(_described(*item) for item in examples().items()))
        return
    scenario = example(name)
    record = carried_out(scenario, out, Options(runs=runs, draws=draws, workers=workers))
    say(scenario, record)
    typer.echo(f"\nThe report: {record.folder / 'report.html'} (open it in any browser; it needs no internet)")


def _described(name: str, file: Path) -> str:
    from openiads.scenario import load_scenario

    return f"{name}: {load_scenario(file).info.question}\n  {file}"
