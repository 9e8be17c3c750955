"""``openiads check``: is my scenario file good?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openiads.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from openiads.catalogue import Catalogue


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("check")(check)


def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Scenario files.", show_default=False)] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the format and stop.")] = False,
) -> None:
    """Check scenario files: 'ok', or every problem with file, line, key and what is allowed. Exit 2 on problems."""
    from openiads.catalogue import load_catalogue
    from openiads.scenario import scenario_json_schema

    if schema:
        typer.echo(json.dumps(scenario_json_schema(), indent=2))
        return
    if not files:
        raise typer.BadParameter("give one or more scenario files, or --schema")
    catalogue = load_catalogue()
    good = True
    for file in files:
        problems = _problems(file, catalogue)
        good = good and not problems
        for problem in problems:
            typer.echo(str(problem), err=True)
        if not problems:
            typer.echo(f"ok  {file}")
    if not good:
        raise typer.Exit(2)


def _problems(file: Path, catalogue: Catalogue) -> list[Problem]:
    """What the scenario check finds, else what only lowering finds."""
    from openiads.scenario import load_scenario
    from openiads.scenario.document import read_document
    from openiads.simulation import lower

    try:
        lower(load_scenario(file, catalogue), catalogue, read_document(file))
    except ScenarioError as error:
        return error.problems
    return []
