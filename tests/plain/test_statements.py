"""Aspects, silence, factors, notch and exposure: the tests of the compiled laws, with the laws as plain Python."""

from __future__ import annotations

from engine.test_exposure import (
    test_a_stored_radar_has_no_exposure,
    test_looks_by_aspect_are_those_of_plain_geometry,
    test_reading_the_exposure_changes_nothing_and_costs_nothing_without_traffic,
)
from engine.test_sensing import require_plain_chances, test_bounds_hold_for_every_look_that_is_not_made

__all__ = [
    "test_a_stored_radar_has_no_exposure",
    "test_bounds_hold_for_every_look_that_is_not_made",
    "test_looks_by_aspect_are_those_of_plain_geometry",
    "test_reading_the_exposure_changes_nothing_and_costs_nothing_without_traffic",
]


def test_chances_of_looks() -> None:
    require_plain_chances(1, 8)
