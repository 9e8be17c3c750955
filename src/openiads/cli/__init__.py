"""The command line. Commands import what they need when they run: `--help` and bad usage are instant."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from openiads.cli import (
    catalogue_commands,
    check_command,
    coverage_command,
    demo_command,
    info_command,
    report_command,
    run_command,
    track_command,
    validate_command,
)
from openiads.errors import Interrupted, OpenIADSError
from openiads.experiments.signals import ignore
from openiads.version import __version__

EPILOG = """\b
Checks:     check = my file; validate = the laws; catalogue check = the data.
Exit codes: 0 good; 1 a check failed; 2 bad input or usage; 130 interrupted;
            143 terminated.
Start with: openiads demo
"""

app = typer.Typer(
    name="openiads",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain text: a third of the start-up time, and it can be copied from the screen
    pretty_exceptions_enable=False,
    epilog=EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"openiads {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    """Simulate a stated air and missile defence against a stated raid in an invented country: how many get through, why, and how far the
    public record lets anybody know."""


_ALL = (
    demo_command,
    info_command,
    run_command,
    report_command,
    coverage_command,
    track_command,
    check_command,
    validate_command,
    catalogue_commands,
)
for _commands in _ALL:
    _commands.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit 0 good, 1 a check failed, 2 bad input or usage, 130 interrupted, 143 terminated."""
    try:
        app(args=arguments)
    except OpenIADSError as error:
        if isinstance(error, Interrupted):
            ignore()
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # a full disk, a folder that vanished: nothing that a file of the user could be blamed for
        typer.echo(f"error: {error.filename}: {error.strerror}" if error.filename else f"error: {error}", err=True)
        sys.exit(1)
