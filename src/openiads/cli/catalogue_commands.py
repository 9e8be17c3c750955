"""`openiads catalogue check`, `openiads systems` and `openiads evidence`: the data, and who says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openiads.cli.data_option import Data, catalogue_of

if TYPE_CHECKING:
    from openiads.catalogue import System

CHECK_EPILOG = """\b
Examples:
  openiads catalogue check
  openiads catalogue check --data my-systems/

\b
Exit codes: 0 no fault; 1 at least one; 2 a file cannot be read.
Other checks: check = my file; validate = the laws.
"""

GROUP_EPILOG = """\b
Examples:
  openiads catalogue check
  openiads catalogue check --help
"""

SYSTEMS_EPILOG = """\b
Examples:
  openiads systems
  openiads systems s400
  openiads systems --json

\b
Exit codes: 0 shown; 2 there is no such system, or a file cannot be read.
"""

EVIDENCE_EPILOG = """\b
Examples:
  openiads evidence s400.unit.targets_engaged_per_command_post
  openiads evidence threat_owa_drone.airframe.unit_cost

\b
'openiads systems s400' lists the values of a system.
Exit codes: 0 shown; 2 there is no such value, or a file cannot be read.
"""


def register(app: typer.Typer) -> None:
    """Add the three commands to `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=GROUP_EPILOG)
    group.callback()(_group)
    group.command("check", epilog=CHECK_EPILOG, short_help="Check sources, bounds, units, ids, licences, claims.")(check)
    app.add_typer(group, name="catalogue", short_help="Check the data: catalogue check.")
    app.command("systems", epilog=SYSTEMS_EPILOG, short_help="List the systems of the catalogue, or show one.")(systems)
    app.command("evidence", epilog=EVIDENCE_EPILOG, short_help="Who says what about one value, and what is used.")(evidence)


def _group() -> None:
    """The data: what open sources say about systems and threats. To read it: 'openiads systems' and 'openiads evidence'."""


def check(data: Data = None) -> None:
    """Check the data: sources, bounds, units, ids, licences, claims and draw groups. Each fault is one line with file, line and key."""
    from openiads.catalogue.check import check_catalogue
    from openiads.catalogue.load import DATA

    checked = check_catalogue(DATA if data is None else data)
    for problem in checked.problems:
        typer.echo(str(problem))
    size = f"{checked.n_systems} systems, {checked.n_parameters:,} parameters, {checked.n_sources} sources, {checked.n_claims} claims"
    if checked.problems:
        n = len(checked.problems)
        typer.echo(f"{size}: {n} {'fault' if n == 1 else 'faults'}")
        raise typer.Exit(1)
    typer.echo(f"{size}: no fault")


def systems(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A system, such as s400; none: list all.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    data: Data = None,
) -> None:
    """List the systems of the catalogue, threats and archetypes included, or show one with its values."""
    catalogue = catalogue_of(data)
    found = [catalogue.system(n) for n in (catalogue.names() if name is None else (name,))]
    if as_json:
        details = [_summary(s) for s in found] if name is None else _summary(found[0]) | _values(found[0])
        typer.echo(json.dumps(details, indent=2, ensure_ascii=False))
        return
    from openiads.cli.catalogue_pages import print_list, print_system

    print_list(found) if name is None else print_system(found[0])


def evidence(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A value: system.component.parameter.", show_default=False)],
    data: Data = None,
) -> None:
    """Show the evidence for one value: who says what, where they disagree, what the model uses and why."""
    catalogue = catalogue_of(data)
    parameter = catalogue.parameter(path)

    from openiads.cli.catalogue_pages import print_evidence

    print_evidence(catalogue, parameter)


def _summary(system: System) -> dict[str, Any]:
    rows = system.parameters.values()
    return {
        "id": system.id,
        "name": system.name,
        "role": system.role,
        "note": system.note,
        "components": [{"id": c, "name": part.name, "kind": part.kind} for c, part in system.components.items()],
        "versions": list(system.versions),
        "n_parameters": len(rows),
        "n_assumptions": sum(p.is_assumption for p in rows),
    }


def _values(system: System) -> dict[str, Any]:
    return system.model_dump(mode="json", exclude_defaults=True)
