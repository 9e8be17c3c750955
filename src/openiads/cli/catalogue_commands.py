"""`openiads catalogue check`, `openiads systems` and `openiads evidence`: the data, and who says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from openiads.catalogue import words
from openiads.catalogue.check import check_catalogue
from openiads.catalogue.load import DATA, Catalogue, load_catalogue
from openiads.catalogue.model import Component, Parameter, System

_Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of your own systems (one YAML file each), or of a whole catalogue.", show_default="built-in data"),
]

_GROUP = {
    "agreement": "the articles agree or only one speaks",
    "tension": "the articles are in tension",
    "contradiction": "the articles contradict each other",
}

CHECK_HELP = """Check the data: sources, bounds, units, ids, licences, claims and draw groups.

Each fault is one line with file, line and key. Exit 0 when all is well, 1 on a fault, 2 when a file cannot be read.

(To check your scenario, use `openiads check`; to check the laws, `openiads validate`.)

Examples:

  openiads catalogue check

  openiads catalogue check --data my-systems/
"""

SYSTEMS_HELP = """List the systems of the catalogue, threats and archetypes included, or show one with its values.

Examples:

  openiads systems

  openiads systems s400

  openiads systems --json
"""

EVIDENCE_HELP = """Show the evidence for one value: who says what, where they disagree, what the model uses and why.

Examples:

  openiads evidence s400.unit.targets_engaged_per_command_post

  openiads evidence threat_owa_drone.airframe.unit_cost
"""


def register(app: typer.Typer) -> None:
    """Add the three commands to `app`."""
    group = typer.Typer(help="The catalogue data.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check", help=CHECK_HELP)(check)
    app.add_typer(group, name="catalogue")
    app.command("systems", help=SYSTEMS_HELP)(systems)
    app.command("evidence", help=EVIDENCE_HELP)(evidence)


def _group() -> None:
    """The catalogue data."""


def check(data: _Data = None) -> None:
    """Check a catalogue and exit with 1 when it has faults."""
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
    name: Annotated[str | None, typer.Argument(help="A system, such as s400; without it, list all.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    data: _Data = None,
) -> None:
    """List the systems, or show one."""
    catalogue = _catalogue(data)
    if name is None:
        listed = [catalogue.system(n) for n in catalogue.names()]
        _print_json([_summary(s) for s in listed]) if as_json else _print_list(listed)
        return
    system = catalogue.system(name)
    _print_json({**_summary(system), **system.model_dump(mode="json", exclude_defaults=True)}) if as_json else _print_system(system)


def evidence(
    path: Annotated[str, typer.Argument(help="Path of a value: system.component.parameter.", show_default=False)],
    data: _Data = None,
) -> None:
    """Show who says what about one value."""
    catalogue = _catalogue(data)
    parameter = catalogue.parameter(path)
    console = _console()
    _print_use(console, catalogue, parameter)
    _print_sayings(console, catalogue, parameter)
    _print_claims(console, catalogue, path)


def _catalogue(data: Path | None) -> Catalogue:
    if data is None:
        return load_catalogue()
    return Catalogue(data) if (data / "systems").is_dir() else load_catalogue([data])


def _console() -> Console:
    return Console(highlight=False)


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


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


def _print_list(listed: list[System]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", ratio=1)
    table.add_column("values", justify="right")
    table.add_column("assumed", justify="right")
    for system in listed:
        rows = system.parameters.values()
        what = Text(system.name)
        what.append(f"\n{system.role}", style="dim")
        table.add_row(system.id, what, str(len(rows)), str(sum(p.is_assumption for p in rows)))
    console = _console()
    console.print(table)
    console.print("\nShow one:  openiads systems s400        Who says so:  openiads evidence s400.unit.reaction_time", soft_wrap=True)


def _print_system(system: System) -> None:
    console = _console()
    console.print(Text(system.name, style="bold"))
    console.print(system.role)
    if system.note:
        console.print(Padding(Text(system.note), (1, 0, 0, 0)))
    if system.versions:
        console.print(f"\nVersions: {', '.join(system.versions)}. Rows marked ‡ change together with the version.")
    for key, component in system.components.items():
        console.print()
        console.print(Text.assemble((component.name, "bold"), f"  {system.id}.{key}"))
        console.print(_component_table(component))
    if system.unknowns:
        console.print("\n[bold]What no open source says[/bold]")
        for unknown in system.unknowns:
            console.print(Padding(Text(f"{unknown.missing} (handled by: {unknown.handled_by})"), (0, 0, 0, 2)))
    console.print("\n* our assumption: no source backs the figure.  † compared with a run, or background; never an input.", soft_wrap=True)
    path = next(iter(system.parameters))
    console.print(f"Who says so:  openiads evidence {path}", soft_wrap=True)


def _component_table(component: Component) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=3, justify="right")
    table.add_column(no_wrap=True)
    table.add_column(max_width=26)
    table.add_column(ratio=1, style="dim")
    for p in component.parameters.values():
        marks = ("*" if p.is_assumption else "") + ("" if p.use == "input" else "†") + ("‡" if p.version else "")
        choice = words.interval(p)
        value = words.amount(p, p.nominal) + (f" ({choice})" if choice else "")
        table.add_row(marks, p.name, value, f"{words.speakers(p)}: {words.agreement(p)}" if p.families else words.agreement(p))
    return table


def _print_use(console: Console, catalogue: Catalogue, p: Parameter) -> None:
    system = catalogue.system(p.path.partition(".")[0])
    component = system.components[p.path.split(".")[1]]
    console.print(Text(p.path, style="bold"))
    console.print(f"{words.title(p)}: {system.name}, {component.name}\n")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for label, text in _use_rows(p):
        grid.add_row(label, Text(text))
    console.print(grid)


def _use_rows(p: Parameter) -> list[tuple[str, str]]:
    choice = words.interval(p)
    within = f" ({'options' if p.options else 'range'} {choice})" if choice else ""
    rows = [
        ("the model uses", words.amount(p, p.nominal) + within),
        ("because", words.basis(p)),
        ("in a run", words.USE[p.use]),
    ]
    if p.use == "input" or p.version:
        rows.append(("in draws", words.law(p)))
    if p.aleatory is not None:
        spread = f"{p.aleatory.law}, coefficient of variation {p.aleatory.cv} ({p.aleatory.status})"
        rows.append(("event to event", spread))
    if p.included_in is not None:
        rows.append(("contained in", f"{p.included_in}; not added again"))
    rows.append(("agreement", words.agreement(p)))
    if p.note:
        rows.append(("note", p.note))
    return rows


def _print_sayings(console: Console, catalogue: Catalogue, p: Parameter) -> None:
    console.print("\n[bold]Who says what[/bold]")
    if not p.reports:
        console.print("  No source: the row is ours.")
    else:
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        table.add_column("  value", justify="left", max_width=24)
        table.add_column("who speaks", max_width=18)
        table.add_column("where", ratio=1)
        for said in words.sayings(catalogue, p):
            where = Text(said.source)
            if said.remark:
                where.append(f"\n{said.remark}", style="italic")
            table.add_row(f"  {said.value}", said.speaker, where)
        console.print(table)
    console.print("\n[bold]Where they disagree[/bold]")
    console.print(Padding(Text(words.disagreement(catalogue, p)), (0, 0, 0, 2)))


def _print_claims(console: Console, catalogue: Catalogue, path: str) -> None:
    claims = catalogue.claims(parameter=path)
    if not claims:
        return
    console.print(f"\n[bold]What the {len(catalogue.articles)} articles claim[/bold]")
    opposed = [c for claim in claims for c in (*claim.contradicts, *claim.in_tension_with)]
    for claim in dict.fromkeys([*claims, *map(catalogue.claim, opposed)]):
        line = Text(words.claim_line(catalogue, claim))
        if conflict := words.against(claim):
            line.append(f"\n{conflict}", style="italic")
        console.print(Padding(line, (0, 0, 0, 2)))
    for group in dict.fromkeys(c.group for c in claims if c.group is not None):
        found = catalogue.groups[group]
        console.print(f"\n[bold]{found.fact}[/bold] ({_GROUP[found.kind]}; {found.status})")
        console.print(Padding(Text(found.explanation), (0, 0, 0, 2)))
