"""``openiads run``: the main job, from a scenario file to an answer in words and a record on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openiads.cli.data_option import Data, catalogue_of
from openiads.cli.numbers import number, whole
from openiads.errors import InputError
from openiads.experiments.options import Options, OptionsError

if TYPE_CHECKING:
    from rich.progress import Progress

    from openiads.records import Record

EPILOG = """\b
Examples:
  openiads run examples/main.yaml                 as often as the file says
  openiads run my.yaml --runs 200 --draws 0       a first look; chance only
  openiads run my.yaml --until-half-width 0.5     mean leakers to +/- 0.5
  openiads run my.yaml --data my-systems/         with systems of your own
  openiads run my.yaml --out results/a --resume   go on after an interruption

\b
Exit codes: 0 done; 1 the run failed; 2 bad input or usage;
130 interrupted, 143 terminated (what is finished is kept for --resume).
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("run", epilog=EPILOG, short_help="Run a scenario: how many get through, why, how sure.")(run)


def run(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file.", show_default=False)],
    runs: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", help="Replicates at nominal values. Default: the file's, or 1,000.")
    ] = None,
    until_half_width: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="X",
            help="Instead of --runs: until the mean leakers are known to +/- X (95 %); looks after 64, 128, 256, ...",
        ),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            parser=whole,
            metavar="N",
            help="Draws of the values that are not publicly known; 0: chance only, else at least 2. Default: the file's, or 64.",
        ),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", help="Replicates per draw. Default: the file's, or 50.")
    ] = None,
    seed: Annotated[int | None, typer.Option(parser=whole, metavar="N", help="Seed of all randomness. Default: the file's, or 0.")] = None,
    lift: Annotated[
        str | None,
        typer.Option(
            metavar="LIMITS",
            help="Limits lifted one at a time under the same luck, on the first 256 nominal replicates: all, none, or names with commas: "
            "missiles, channels, detection, reaction, link, kill (single-shot probability +0.1), damage (none to the defence). "
            "Default: the file's, or all.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(parser=whole, metavar="N", help="Worker processes; the answer does not depend on them. Default: one per processor."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the record. Default: runs/<name of the file>-<seed>, numbered if that holds another record."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder: interrupted, or with more to do.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of words.")] = False,
    keep: Annotated[
        int,
        typer.Option(
            parser=whole, metavar="N", help="Replicates kept with events and tracks: number 0, the worst, the median, then the next worst."
        ),
    ] = 3,
    data: Data = None,
) -> None:
    """Run a scenario: how many get through, why, and how sure that is.

    A replicate is one night: the same raid with other luck. The folder gets summary.json, report.html and the tables they come from.
    """
    record = carried_out(scenario, out, Options(runs, until_half_width, draws, replicates, seed, lift, workers, keep, resume), data)
    if as_json:
        typer.echo(json.dumps(record.summary, indent=1, ensure_ascii=False, allow_nan=False))
        return
    say(scenario, record, data)


def carried_out(scenario: Path, out: Path | None, options: Options, data: Path | None = None) -> Record:
    """Run a scenario with bars on the screen and write the report; bad options are refused at once. `data`: folder of own systems."""
    from openiads.experiments.signals import interrupted, stoppable

    try:
        with stoppable():
            options.require_usable()  # before the compiler is loaded, which takes seconds

            from openiads.experiments.run import run_experiment

            with progress_bar() as bar:
                return run_experiment(scenario, out, options, catalogue_of(data), Watcher(bar), _write_report)
    except OptionsError as error:
        raise InputError(error.said(lambda name: f"--{name.replace('_', '-')}")) from None
    except KeyboardInterrupt as stop:
        raise interrupted("interrupted before anything was run", stop) from None


def say(scenario: Path, record: Record, data: Path | None = None) -> None:
    """Print the answer in words; `data` is the folder of own systems."""
    from openiads.cli.transcript import transcript

    typer.echo(transcript(scenario.name, record, data))


def _write_report(record: Record) -> None:
    from openiads.experiments.signals import interrupted

    try:
        from openiads.reports import write_report  # it draws, so it is slow to import: bad input and interruptions come first

        write_report(record.folder)
    except KeyboardInterrupt as stop:
        raise interrupted(f"interrupted; only report.html is missing: openiads report {record.folder}", stop) from None


def progress_bar() -> Progress:
    """Bars on the screen; nothing where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    count = TextColumn("{task.completed:,} of {task.total:,}")
    columns = (TextColumn("{task.description}"), count, BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class Watcher:
    """Shows the sections of a run as bars."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, Any] = {}

    def __call__(self, section: str, done: int, total: int) -> None:
        """Section `section` has come to `done` of `total`."""
        if section not in self._tasks:
            self._tasks[section] = self._bar.add_task(section, total=total)
        self._bar.update(self._tasks[section], completed=done, total=total)
