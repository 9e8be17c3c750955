"""Aspects, silence, factors, notch and exposure: the tests of the compiled laws, with the laws as plain Python."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.test_exposure import (
    test_a_stored_radar_has_no_exposure,
    test_looks_by_aspect_are_those_of_plain_geometry,
    test_reading_the_exposure_changes_nothing_and_costs_nothing_without_traffic,
)
from engine.test_sensing import require_plain_chances, test_bounds_hold_for_every_look_that_is_not_made
from openiads.models.radar.condition import stated_factor
from openiads.simulation.lower.plan import EpochPlan
from openiads.simulation.lower.world import build_world
from plans import mixed_plan

__all__ = [
    "test_a_stored_radar_has_no_exposure",
    "test_bounds_hold_for_every_look_that_is_not_made",
    "test_looks_by_aspect_are_those_of_plain_geometry",
    "test_reading_the_exposure_changes_nothing_and_costs_nothing_without_traffic",
]


def test_chances_of_looks() -> None:
    require_plain_chances(1, 8)


@pytest.mark.parametrize(
    ("sector_deg", "inside_deg", "outside_deg"),
    [((330.0, 30.0), (331.0, 359.0, 0.0, 1.0, 29.0), (31.0, 180.0, 329.0)), ((10.0, 60.0), (11.0, 59.0), (0.0, 9.0, 61.0, 190.0, 359.0))],
)
def test_a_stated_sector_may_lie_across_north(
    sector_deg: tuple[float, float], inside_deg: tuple[float, ...], outside_deg: tuple[float, ...]
) -> None:
    """Half the range in the sector: the ratio is a sixteenth of what it was there, and the same elsewhere and before its time."""
    (post,) = mixed_plan(1).posts
    epoch = EpochPlan(100.0, 200.0, range_factor=0.5, sector_rad=(math.radians(sector_deg[0]), math.radians(sector_deg[1])))
    plan = replace(mixed_plan(1), posts=(replace(post, sensors=(replace(post.sensors[0], epochs=(epoch,)),)),))
    world = build_world(plan)
    assert [stated_factor(world, 0, math.radians(az), 150.0) for az in inside_deg] == [0.0625] * len(inside_deg)
    assert [stated_factor(world, 0, math.radians(az), 150.0) for az in outside_deg] == [1.0] * len(outside_deg)
    assert stated_factor(world, 0, math.radians(inside_deg[0]), 99.0) == stated_factor(world, 0, math.radians(inside_deg[0]), 200.0) == 1.0
