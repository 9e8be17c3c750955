"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from openiads.cli import catalogue_commands, check_command, report_command, run_command, validate_command
from openiads.errors import OpenIADSError
from openiads.version import __version__

app = typer.Typer(
    name="openiads",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Simulate a stated air and missile defence against a stated raid in an invented country.\n\n"
        "**check** looks at *my file*; **validate** at *the laws*; **catalogue check** at *the data*."
    ),
    epilog="Start with: `openiads run examples/main.yaml`",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"openiads {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    """Nothing happens without a command."""


for _commands in (run_command, report_command, check_command, validate_command, catalogue_commands):
    _commands.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit 0 good, 1 a check failed, 2 bad input or usage, 130 interrupted."""
    try:
        app(args=arguments, standalone_mode=True)
    except OpenIADSError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted", markup=False)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
