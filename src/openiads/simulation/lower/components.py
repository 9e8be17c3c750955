"""What the raid can aim at: the assets, and the components of the defence with what a hit does to them.

Catalogue rows about damage enter a run only where some group aims at a component.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from openiads.catalogue import Catalogue
from openiads.codes import ComponentKind
from openiads.models.motion.earth import Place
from openiads.scenario import Scenario
from openiads.scenario.aims import GUN_RADAR, component_aims
from openiads.scenario.needs import LAUNCHERS, printed, structure
from openiads.scenario.support import GUNS
from openiads.simulation.lower.catalogue_values import Values
from openiads.simulation.lower.classes import ThreatClass
from openiads.simulation.lower.places import Places
from openiads.simulation.lower.plan import ComponentPlan, UnitPlan
from openiads.specs import Component

_SHARES = {
    ComponentKind.SEARCH_RADAR: "killed_share_radar",
    ComponentKind.ENGAGEMENT_RADAR: "killed_share_radar",
    ComponentKind.LAUNCHERS: "killed_share_launchers",
    ComponentKind.COMMAND_POST: "killed_share_command_post",
}


class AimPoint(NamedTuple):
    """Where a member of the raid goes; `asset` and `component` are rows, -1 for none."""

    place: Place
    asset: int
    component: int


class Site(NamedTuple):
    """A component and where it stands; `of` names the sensor, fire unit or post that it is."""

    name: str
    of: str
    kind: ComponentKind
    place: Place


class Aims:
    """All aim points of a scenario by name; a name may mean several, among which members are spread evenly."""

    def __init__(self, scenario: Scenario, places: Places, catalogue: Catalogue) -> None:
        self.points = [AimPoint(places.named(asset.id), row, -1) for row, asset in enumerate(scenario.assets)]
        self.named: dict[str, tuple[int, ...]] = {asset.id: (row,) for row, asset in enumerate(scenario.assets)}
        self.sites = sites(scenario, places, catalogue) if aimed_at_components(scenario) else []
        rows = {site.name: len(self.points) + k for k, site in enumerate(self.sites)}
        self.points += [AimPoint(site.place, -1, k) for k, site in enumerate(self.sites)]
        for u, unit in enumerate(scenario.blue.units if self.sites else ()):
            aims = component_aims(unit.id, catalogue.system(unit.system), unit.parts, commands=u == commanding(scenario))
            self.named |= {name: tuple(rows[one] for one in meant) for name, meant in aims.items()}

    def shares(self, aim: Mapping[str, float]) -> dict[int, float]:
        """Shares of a group by aim point."""
        found: dict[int, float] = {}
        for name, share in aim.items():
            for point in self.named[name]:
                found[point] = found.get(point, 0.0) + share / len(self.named[name])
        return found


def aimed_at_components(scenario: Scenario) -> bool:
    """Whether any group aims at a component of the defence."""
    assets = {asset.id for asset in scenario.assets}
    return any(name not in assets for group in scenario.red for name in group.aim)


def commanding(scenario: Scenario) -> int:
    """Number of the unit whose command post serves the defence; -1 where guns are alone."""
    return next((u for u, unit in enumerate(scenario.blue.units) if unit.system != GUNS), -1)


def sites(scenario: Scenario, places: Places, catalogue: Catalogue) -> list[Site]:
    """Every component, unit by unit: command post, search radars, then engagement radar and launchers of each fire unit."""
    found = []
    for u, unit in enumerate(scenario.blue.units):
        middle = places.named(unit.id)
        if unit.system == GUNS:
            radar = f"{unit.id}/{GUN_RADAR}"
            found.append(Site(radar, radar, ComponentKind.SEARCH_RADAR, middle))
            continue
        parts = structure(catalogue.system(unit.system))
        if u == commanding(scenario):
            found.append(Site(f"{unit.id}/{printed(parts.post)}", "command post", ComponentKind.COMMAND_POST, middle))
        radars = [f"{unit.id}/{printed(name)}" for name in parts.search]
        found += [Site(radar, radar, ComponentKind.SEARCH_RADAR, middle) for radar in radars]
        for k, (at, _) in enumerate(places.ring(middle, unit.spread_m, unit.parts)):
            one = f"{unit.id}-{k + 1}"
            control = f"{one}/{printed(parts.engagement)}"
            found.append(Site(control, control, ComponentKind.ENGAGEMENT_RADAR, at))
            found.append(Site(f"{one}/{LAUNCHERS}", one, ComponentKind.LAUNCHERS, at))
    return found


def component_plans(scenario: Scenario, places: Places, units: Sequence[UnitPlan], values: Values) -> tuple[ComponentPlan, ...]:
    """The components in the order of `sites`; none where nobody aims at one."""
    if not aimed_at_components(scenario):
        return ()
    values.note("the defence presumes that every track aims at an asset, also one that goes for a component")
    values.note("a fire unit does not go on by itself when the command post is gone: autonomous fire is not yet modelled")
    rows = values.of("network_integration")
    factors = {
        ComponentKind.SEARCH_RADAR: rows.si("damage.degraded_radar_range"),
        ComponentKind.ENGAGEMENT_RADAR: rows.si("damage.degraded_radar_range"),
        ComponentKind.LAUNCHERS: 1.0,
        ComponentKind.COMMAND_POST: rows.si("damage.degraded_post_reaction"),
    }
    launchers = {unit.name: unit.launchers for unit in units}
    repair_s = rows.si("damage.repair_time_degraded"), rows.si("damage.repair_time_killed")
    return tuple(
        ComponentPlan(site.name, site.of, Component(site.kind, factors[site.kind], launchers.get(site.of, 0), *repair_s))
        for site in sites(scenario, places, values.catalogue)
    )


def damage_table(scenario: Scenario, classes: Sequence[ThreatClass], values: Values) -> tuple[tuple[tuple[float, float], ...], ...]:
    """(probability of damage, of being killed at once) by class and kind of component; empty where nobody aims at one."""
    if not aimed_at_components(scenario):
        return ()
    rows = values.of("network_integration")
    table = []
    for cls in classes:
        if not cls.target_class:  # neutral aircraft arrive at nothing
            table.append(tuple((0.0, 0.0) for _ in ComponentKind))
            continue
        p_damage = rows.si(f"damage.p_damage_{cls.target_class}") if cls.stated_p_damage is None else cls.stated_p_damage
        table.append(tuple((p_damage, p_damage * rows.si(f"damage.{_SHARES[kind]}")) for kind in ComponentKind))
    return tuple(table)
