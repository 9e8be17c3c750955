"""Drawn values of the catalogue in a lowered scenario, at a cost far below that of the replicates that use them.

Nothing of the structure changes: rows and names stay. The defence is cheap and made anew; objects keep their rows and get what
depends on the values. Paths stay the same objects where nothing changed, keep their knots and change their clock with a speed, and
are laid anew for ballistic flights.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from openiads.errors import InputError
from openiads.simulation.lower.defence import defence
from openiads.simulation.lower.objects import FlownGroup, flown_with, greatest_speed_mps
from openiads.simulation.lower.scenario import Lowered, make_plan
from openiads.simulation.lower.world import build_world, with_hints
from openiads.state import layout
from openiads.state.layout import World


def bind(lowered: Lowered, values: Mapping[str, float]) -> World:
    """The world of `lowered` with `values` (SI) in place of the nominal ones of these rows.

    Rows that the user overrides, or that the unit's version settles, keep their value. A path that does not enter the run is an
    `InputError`. A group that flies slower than nominally and must arrive on time may start before the time 0 s.
    """
    if unknown := set(values) - {row.path for row in lowered.used}:
        raise InputError(f"{', '.join(sorted(unknown))}: not among the values of this run")
    drawn = lowered.values.with_drawn(values)
    groups = tuple(flown_with(group, lowered.places, drawn) for group in lowered.groups)
    blue = defence(lowered.scenario, lowered.classes, drawn, lowered.places)
    world = build_world(make_plan(lowered.scenario, blue, lowered.places))
    knots, objects = _objects(lowered, groups)
    return with_hints(world._replace(knots=knots, objects=objects))


def _objects(lowered: Lowered, groups: tuple[FlownGroup, ...]) -> tuple[layout.Table, layout.Table]:
    """Knots and objects; both are those of `lowered` but for what the groups fly differently."""
    objects = lowered.world.objects.copy()
    moved = any(new.paths is not old.paths for new, old in zip(groups, lowered.groups, strict=True))
    first = 0
    for new, old in zip(groups, lowered.groups, strict=True):
        rows = objects[new.row.first : new.row.first + new.group.count]
        rows["unit_cost_usd"] = new.unit_cost_usd
        counts = np.array([path.time_s.size for path in new.paths])
        if moved:
            rows["knot_first"] = (first + np.cumsum(counts) - counts)[new.route_of]
            rows["knot_count"] = counts[new.route_of]
        first += int(counts.sum())
        if new.paths is not old.paths:
            rows["duration_s"] = np.array([path.time_s[-1] for path in new.paths])[new.route_of]
            rows["speed_max_mps"] = np.array([greatest_speed_mps(path) for path in new.paths])[new.route_of]
            rows["start_s"] = new.start_s
    if not moved:
        return lowered.world.knots, objects
    return np.concatenate([path.knots() for group in groups for path in group.paths]), objects
