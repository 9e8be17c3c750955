"""Names of the components of the defence, at which a group may aim beside the assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openiads.catalogue import System
from openiads.scenario.needs import LAUNCHERS, printed, structure
from openiads.scenario.support import GUNS

#: The one thing of a gun battery that can be aimed at.
GUN_RADAR: Final = "radar"


def component_aims(unit: str, system: System, fire_units: int, *, commands: bool) -> Mapping[str, tuple[str, ...]]:
    """What can be aimed at in a unit: one component, or all engagement radars or launchers alike; by name, the components meant.

    `commands`: its command post is the one that serves the defence, which is that of the first unit.
    """
    if system.id == GUNS:
        return {f"{unit}/{GUN_RADAR}": (f"{unit}/{GUN_RADAR}",)}
    parts = structure(system)
    single = [*((parts.post,) if commands else ()), *parts.search]
    aims: dict[str, tuple[str, ...]] = {f"{unit}/{printed(name)}": (f"{unit}/{printed(name)}",) for name in single}
    for name in (printed(parts.engagement), LAUNCHERS):
        each = tuple(f"{unit}-{k + 1}/{name}" for k in range(fire_units))
        aims[f"{unit}/{name}"] = each
        aims |= {one: (one,) for one in each}
    return aims


def radar_names(unit: str, system: System, fire_units: int) -> Mapping[str, tuple[str, ...]]:
    """Radars of a unit of which a scenario may state something, by what it may call them: one, all engagement radars, or all of them."""
    if system.id == GUNS:
        each: tuple[str, ...] = (f"{unit}/{GUN_RADAR}",)
        return {unit: each, each[0]: each}
    parts = structure(system)
    search = tuple(f"{unit}/{printed(name)}" for name in parts.search)
    engagement = tuple(f"{unit}-{k + 1}/{printed(parts.engagement)}" for k in range(fire_units))
    return {
        unit: (*search, *engagement),
        f"{unit}/{printed(parts.engagement)}": engagement,
        **{one: (one,) for one in (*search, *engagement)},
    }
