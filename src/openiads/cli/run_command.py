"""``openiads run``: the main job, from a scenario file to an answer in words and a record on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

EXAMPLES = """
Examples:

* `openiads run examples/main.yaml`  1,000 nominal replicates and 64 x 50 catalogue draws, as the file says
* `openiads run my.yaml --runs 200 --draws 0`  a first look; chance only
* `openiads run my.yaml --until-half-width 0.5`  as many as the mean leakers +/- 0.5 needs
* `openiads run my.yaml --out results/a --resume`  go on after an interruption
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("run", epilog=EXAMPLES)(run)


def run(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file.", show_default=False)],
    runs: Annotated[int | None, typer.Option(help="Nominal replicates, exactly.")] = None,
    until_half_width: Annotated[
        float | None, typer.Option(help="Run until the mean leakers are known to +/- X (95 %); tested at 64, 128, 256, ... replicates.")
    ] = None,
    draws: Annotated[int | None, typer.Option(help="Draws of the values that are not publicly known; 0: chance only.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Replicates per draw.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; the answer does not depend on it. Default: one a processor.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the record. Default: runs/<name>-<seed>.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run in its folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of words.")] = False,
    keep: Annotated[int, typer.Option(help="Replicates kept with events and tracks: number 0, the worst, the median, the next worst.")] = 3,
) -> None:
    """Run a scenario: how many get through, why, and how sure that is. Writes a record with a report.

    Options that count replicates default to the `run` section of the file. Exit code 2 on bad input, 130 when interrupted.
    """
    from openiads.errors import Interrupted
    from openiads.experiments.run import Options, run_experiment

    options = Options(runs, until_half_width, draws, replicates, seed, workers, keep, resume)
    console = Console(stderr=True)
    try:
        with _bar(console) as bar:
            record = run_experiment(scenario, out, options, progress=_Watcher(bar))
            _write_report(record.folder)
    except KeyboardInterrupt:
        raise Interrupted("interrupted before anything was run") from None
    if as_json:
        typer.echo(json.dumps(record.summary, indent=1, ensure_ascii=False, allow_nan=False))
        return
    from openiads.cli.transcript import transcript

    typer.echo(transcript(scenario.name, record))


def _write_report(folder: Path) -> None:
    from openiads.reports import write_report  # it draws, so it is slow to import: bad input and interruptions come first

    write_report(folder)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Watcher:
    """Shows the sections of a run as bars."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, Any] = {}

    def __call__(self, section: str, done: int, total: int) -> None:
        if section not in self._tasks:
            self._tasks[section] = self._bar.add_task(section, total=total)
        self._bar.update(self._tasks[section], completed=done, total=total)
