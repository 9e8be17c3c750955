"""Systems and evidence of the catalogue as a terminal shows them."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from openiads.catalogue import words
from openiads.catalogue.load import Catalogue
from openiads.catalogue.model import Component, Parameter, System

_GROUP = {
    "agreement": "the articles agree or only one speaks",
    "tension": "the articles are in tension",
    "contradiction": "the articles contradict each other",
}


def _console() -> Console:
    return Console(highlight=False, markup=False)  # texts of the catalogue may hold brackets


def print_list(listed: list[System]) -> None:
    """Every system with its role and the number of its values."""
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


def print_system(system: System) -> None:
    """One system with its values."""
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
        console.print(_heading("What no open source says"))
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


def print_evidence(catalogue: Catalogue, parameter: Parameter) -> None:
    """Who says what about one value, and what the model uses."""
    console = _console()
    _print_use(console, catalogue, parameter)
    _print_sayings(console, catalogue, parameter)
    _print_claims(console, catalogue, parameter.path)


def _heading(text: str, rest: str = "") -> Text:
    return Text.assemble("\n", (text, "bold"), rest)


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
    console.print(_heading("Who says what"))
    if not p.reports:
        console.print("  No source: the row is ours." if p.judged is None else "  No source is cited: the row is ours.")
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
    console.print(_heading("Where they disagree"))
    console.print(Padding(Text(words.disagreement(catalogue, p)), (0, 0, 0, 2)))


def _print_claims(console: Console, catalogue: Catalogue, path: str) -> None:
    claims = catalogue.claims(parameter=path)
    if not claims:
        return
    console.print(_heading(f"What the {len(catalogue.articles)} articles claim"))
    opposed = [c for claim in claims for c in (*claim.contradicts, *claim.in_tension_with)]
    for claim in dict.fromkeys([*claims, *map(catalogue.claim, opposed)]):
        line = Text(words.claim_line(catalogue, claim))
        if conflict := words.against(claim):
            line.append(f"\n{conflict}", style="italic")
        console.print(Padding(line, (0, 0, 0, 2)))
    for group in dict.fromkeys(c.group for c in claims if c.group is not None):
        found = catalogue.groups[group]
        console.print(_heading(found.fact, f" ({_GROUP[found.kind]}; {found.status})"))
        console.print(Padding(Text(found.explanation), (0, 0, 0, 2)))
