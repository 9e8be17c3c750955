"""A scenario that was not run, in a few lines of words: what it asks, what is defended, by what, and against what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openiads import units
from openiads.experiments.description import assumptions, group_text, make_cast
from openiads.scenario.blue import BlueUnit, Doctrine
from openiads.scenario.red import RedGroup
from openiads.scenario.traffic import TrafficGroup
from openiads.simulation import Lowered

#: A heading and the texts below it.
Section = tuple[str, list[str]]


def outline(lowered: Lowered) -> Iterator[Section]:
    """The sections in reading order; what the scenario does not state is left out."""
    scenario, cast = lowered.scenario, make_cast(lowered)
    info, place, run = scenario.info, scenario.place, scenario.run
    texts = {"question": [info.question], "notice": [info.notice], "try": list(info.try_next)}
    yield from ((heading, stated) for heading, lines in texts.items() if (stated := [line for line in lines if line]))
    sides = f"{units.text(place.extent.east_m, 'length')} x {units.text(place.extent.north_m, 'length')}"
    yield "place", [f"{place.name} (invented), {sides}, {place.terrain.word}"]
    yield "assets", [f"{asset.id}, value {asset.value:,g}" for asset in scenario.assets]
    yield "defence", [*(_unit(lowered, unit) for unit in scenario.blue.units), _doctrine(scenario.blue.doctrine)]
    groups = [f"{group.id}: {group_text(lowered, cast, g)}; {_timing(group)}" for g, group in enumerate(scenario.red)]
    objects = sum(group.count for group in scenario.red)
    harmless = f" and {objects - cast.threats:,} harmless" if objects > cast.threats else ""
    yield "raid", [f"{cast.threats:,} lethal{harmless} in {_counted(len(groups), 'group')}", *groups]
    traffic = list(enumerate((*scenario.friendly, *scenario.neutral), len(groups)))
    if traffic:
        yield "traffic", [f"{group.id}: {group_text(lowered, cast, g)}; {_timing(group)}" for g, group in traffic]
    drawn = f"{run.draws:,} draws of what is not publicly known x {run.replicates:,}" if run.draws else "no draws (chance only)"
    yield "runs", [f"{run.runs:,} nominal replicates; {drawn}; seed {run.seed}"]
    yield "rests on", [f"{assumptions(lowered)} assumptions; no public source backs them"]


def _unit(lowered: Lowered, unit: BlueUnit) -> str:
    """One unit of the force list, with what all its fire units can do at once."""
    system = lowered.values.catalogue.system(unit.system).name
    specs = [part.unit for post in lowered.plan.posts for part in post.units if part.name.rpartition("-")[0] == unit.id]
    fired = "missiles" if unit.fire_units else "bursts"
    at_once = f"{sum(s.channels for s in specs):,} targets and {sum(s.missiles_guided for s in specs):,} {fired} at once"
    stocks = (("ready", unit.ready), ("held", unit.held))
    stores = "; ".join(_rounds(name, stock) for name, stock in stocks if stock) or ("full guns" if unit.ready is None else "no missiles")
    own = f"; own values: {', '.join(unit.override)}" if unit.override else ""
    version = f", {unit.version} version" if unit.version else ""
    size = _counted(unit.parts, "fire unit" if unit.fire_units else "vehicle")
    return f"{unit.id}: {system}{version}, {size}, {at_once}; {stores}{own}"


def _rounds(name: str, stock: Mapping[str, int]) -> str:
    return f"{name} {sum(stock.values()):,} ({', '.join(f'{weapon} {count:,}' for weapon, count in stock.items())})"


def _doctrine(doctrine: Doctrine) -> str:
    """The rules of fire."""
    fire = f"salvos of {', then '.join(map(str, doctrine.fire.sequence))}" if doctrine.fire.sequence else doctrine.fire.policy
    salvo = "" if doctrine.fire.sequence else f", salvo {_salvo(doctrine)}"
    reserve = "".join(f", {kept.missiles} kept for {kept.target_class}" for kept in doctrine.reserve)
    return f"rules of fire: {fire}{salvo}, prefer {doctrine.prefer}{reserve}, weapons {doctrine.control}"


def _salvo(doctrine: Doctrine) -> str:
    default, *others = (str(doctrine.salvo["default"]), *(f"{n} against {name}" for name, n in doctrine.salvo.items() if name != "default"))
    return f"{default} ({', '.join(others)})" if others else default


def _timing(group: RedGroup | TrafficGroup) -> str:
    """When the members start or arrive."""
    begin = f" from {units.text(group.start_s, 'time')} on" if group.start_s else ""
    if group.arrive is not None:
        spread = f" +/- {units.text(group.arrive.spread_s, 'time')}" if group.arrive.spread_s else ""
        return f"arriving at {units.text(group.arrive.time_s, 'time')}{spread}"
    if group.arrivals is not None:
        return f"starting at random, {units.text(group.arrivals.poisson_per_s, 'rate')}{begin}"
    if group.spacing_s and group.count > 1:
        return f"starting every {units.text(group.spacing_s, 'time')}{begin}"
    together = " together" if group.count > 1 else ""
    return f"starting{together} at {units.text(group.start_s, 'time')}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
