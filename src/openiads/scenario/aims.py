"""Names of the components of the defence, at which a group may aim beside the assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openiads.scenario.support import GUNS

#: Printed names of the search radars and the command post, one each a unit, and of the engagement radar, one a fire unit.
SEARCH_RADARS: Final = ("91N6E", "96L6E")
COMMAND_POST: Final = "55K6E"
ENGAGEMENT_RADAR: Final = "92N6E"
LAUNCHERS: Final = "launchers"


#: The one thing of a gun battery that can be aimed at.
GUN_RADAR: Final = "radar"


def component_aims(unit: str, system: str, fire_units: int, *, commands: bool) -> Mapping[str, tuple[str, ...]]:
    """What can be aimed at in a unit: one component, or all engagement radars or launchers alike; by name, the components meant.

    `commands`: its command post is the one that serves the defence, which is that of the first unit.
    """
    if system == GUNS:
        return {f"{unit}/{GUN_RADAR}": (f"{unit}/{GUN_RADAR}",)}
    single = [*((COMMAND_POST,) if commands else ()), *SEARCH_RADARS]
    aims: dict[str, tuple[str, ...]] = {f"{unit}/{name}": (f"{unit}/{name}",) for name in single}
    for name in (ENGAGEMENT_RADAR, LAUNCHERS):
        each = tuple(f"{unit}-{k + 1}/{name}" for k in range(fire_units))
        aims[f"{unit}/{name}"] = each
        aims |= {one: (one,) for one in each}
    return aims
