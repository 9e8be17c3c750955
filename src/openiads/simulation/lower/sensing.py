"""What a scenario states of single radars, by the name of the sensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openiads.catalogue import Catalogue
from openiads.scenario import Scenario
from openiads.scenario.aims import radar_names
from openiads.scenario.sensing import ALWAYS_S, Sensing
from openiads.simulation.lower.catalogue_values import Values
from openiads.simulation.lower.plan import EpochPlan, SensorPlan


class StatedSensing:
    """The statements of `blue.sensing` by sensor."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue, values: Values) -> None:
        named: dict[str, tuple[str, ...]] = {}
        for unit in scenario.blue.units:
            named |= radar_names(unit.id, catalogue.system(unit.system), unit.parts)
        self._by_sensor: dict[str, list[Sensing]] = {}
        for stated in scenario.blue.sensing:
            for note in _notes(stated):
                values.note(note)
            for sensor in named[stated.radar]:
                self._by_sensor.setdefault(sensor, []).append(stated)

    def of(self, sensor: SensorPlan) -> SensorPlan:
        """The sensor with what is stated of it; of several least radial speeds the greatest holds."""
        stated = self._by_sensor.get(sensor.name, [])
        slowest = max((s.radial_speed_min_mps for s in stated if s.radial_speed_min_mps is not None), default=None)
        radar = sensor.radar if slowest is None else replace(sensor.radar, radial_speed_min_mps=slowest)
        return replace(sensor, radar=radar, epochs=tuple(epoch for s in stated if (epoch := _epoch(s)) is not None))


def _epoch(stated: Sensing) -> EpochPlan | None:
    if stated.silent is not None:
        return EpochPlan(stated.silent.from_s, stated.silent.to_s, silent=True)
    if stated.range_factor is None:
        return None
    from_s, to_s = (stated.during.from_s, stated.during.to_s) if stated.during is not None else ALWAYS_S
    sector_rad = (stated.sector.from_rad, stated.sector.to_rad) if stated.sector is not None else None
    return EpochPlan(from_s, to_s, range_factor=stated.range_factor, sector_rad=sector_rad)


def _notes(stated: Sensing) -> Iterator[str]:
    if stated.range_factor is not None:
        where = "in a sector" if stated.sector is not None else "all round"
        yield f"{stated.radar} has {100.0 * stated.range_factor:g} % of its range {where}: {stated.why}"
    if stated.radial_speed_min_mps is not None:
        yield f"{stated.radar} does not detect what approaches or recedes at less than {stated.radial_speed_min_mps:g} m/s: {stated.why}"
