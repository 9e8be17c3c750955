"""``openiads info``: what is in this scenario?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.check_command import checked
from openiads.cli.data_option import Data, catalogue_of
from openiads.errors import ScenarioError

EPILOG = """\b
Examples:
  openiads info examples/main.yaml
  openiads info examples/*.yaml | less       (which one answers my question?)

\b
Exit codes: 0 every file was described; 2 at least one cannot be used.
Next: openiads run FILE.
"""

_WIDTH = 100
_HEADING = 10


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("info", epilog=EPILOG, short_help="Describe a scenario: question, defence, raid.")(info)


def info(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="One or more scenario files.", show_default=False)],
    data: Data = None,
) -> None:
    """Describe scenarios without running them: the question, what to notice and to try, the defence, the raid, how often to run.

    A file that cannot be used is explained as by 'openiads check'.
    """
    catalogue = catalogue_of(data)
    pages, good = 0, True
    for file in files:
        try:
            lowered = checked(file, catalogue)
        except ScenarioError as error:
            good = False
            typer.echo(str(error), err=True)
            continue
        from openiads.experiments.outline import outline  # it needs the compiler, as `checked` does once a file is good

        typer.echo(("\n" if pages else "") + f"{file}: {lowered.scenario.title}")
        pages += 1
        for heading, texts in outline(lowered):
            typer.echo("\n".join(_lines(heading, texts)))
    if not good:
        raise typer.Exit(2)


def _lines(heading: str, texts: Iterable[str]) -> Iterator[str]:
    """The texts beside their heading, each beginning on a line of its own."""
    for text in texts:
        yield textwrap.fill(
            text,
            _WIDTH,
            initial_indent=heading.ljust(_HEADING),
            subsequent_indent=" " * (_HEADING + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
        heading = ""
