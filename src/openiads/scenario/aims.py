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
