"""``openiads check``: is my scenario file good?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openiads.cli.data_option import Data, catalogue_of
from openiads.errors import ScenarioError

if TYPE_CHECKING:
    from openiads.catalogue import Catalogue
    from openiads.simulation import Lowered


EPILOG = """\b
Examples:
  openiads check examples/main.yaml
  openiads check mine.yaml yours.yaml
  openiads check mine.yaml --data my-systems/
  openiads check --schema > scenario.schema.json     (for your editor)

\b
Exit codes: 0 every file is good; 2 at least one is not.
Other checks: validate = the laws; catalogue check = the data.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("check", epilog=EPILOG, short_help="Check my file: is this scenario good?")(check)


def check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", hidden=True)] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the format and stop.")] = False,
    data: Data = None,
) -> None:
    """Check scenario files: 'ok' for a good one, else every problem with file, line, key, what is allowed and the nearest spelling.

    Nothing is run and nothing is written.
    """
    if schema and files:
        raise typer.BadParameter("--schema is about the format and takes no files; keep one")
    if schema:
        from openiads.scenario import scenario_json_schema

        typer.echo(json.dumps(scenario_json_schema(), indent=2))
        return
    if not files:
        raise typer.BadParameter("give one or more scenario files, or --schema")
    catalogue = catalogue_of(data)
    good = True
    for file in files:
        try:
            checked(file, catalogue)
        except ScenarioError as error:
            good = False
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"ok  {file}")
    if not good:
        raise typer.Exit(2)


def checked(file: Path, catalogue: Catalogue) -> Lowered:
    """The scenario in a file, ready to run; `ScenarioError` lists what the scenario check finds, else what only lowering finds."""
    from openiads.scenario import load_scenario
    from openiads.scenario.document import read_document

    scenario = load_scenario(file, catalogue)

    from openiads.simulation import lower  # it loads the compiler, so it is slow to import: most problems are found before

    return lower(scenario, catalogue, read_document(file))
