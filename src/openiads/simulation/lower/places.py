"""Symbolic positions become coordinates: geodesics from the origin 0 N 0 E, from anchor to anchor."""

from __future__ import annotations

import math
from pathlib import Path

from openiads.geodesy.geodesics import geodesic_direct, geodesic_inverse
from openiads.models.motion.earth import SPHERE, WGS84, Earth, Place
from openiads.scenario import Scenario
from openiads.scenario.fields import Position, Start
from openiads.scenario.ground import Spot
from openiads.terrain.rasters import read_relief
from openiads.terrain.relief import Ground
from openiads.terrain.synthetic import Fractal, Ridge, lay_out

ORIGIN = Place(0.0, 0.0, 0.0)


def earth_of(scenario: Scenario) -> Earth:
    """The earth that the scenario's `world` states."""
    shape = SPHERE if scenario.world.earth == "sphere_6371" else WGS84
    return shape if scenario.world.rotation else Earth(shape.a_m, shape.f, 0.0, shape.gm_m3ps2)


def ground_of(scenario: Scenario, earth: Earth) -> Ground | None:
    """The ground that the scenario's `place` states, on its earth; None where it is flat. `InputError` for a file that cannot be read."""
    terrain, extent = scenario.place.terrain, scenario.place.extent
    if terrain.is_flat:
        return None
    if terrain.file is not None:
        return read_relief(Path(terrain.file), _on_grid(terrain.at), terrain.step_m).on(earth)
    ridges = tuple(Ridge(_on_grid(r.start), _on_grid(r.end), r.height_m, r.width_m) for r in terrain.ridge)
    hills = terrain.fractal
    fractal = None if hills is None else Fractal(hills.height_m, hills.roughness, hills.scale_m, hills.seed)
    return lay_out((extent.east_m, extent.north_m), ridges, fractal).on(earth)


def _on_grid(spot: Spot) -> tuple[float, float]:
    return spot.range_m * math.sin(spot.bearing_rad), spot.range_m * math.cos(spot.bearing_rad)


class Places:
    """Places of a scenario; all lie on the ground."""

    def __init__(self, scenario: Scenario, earth: Earth) -> None:
        self.earth = earth
        self.ground = ground_of(scenario, earth)
        self._positions = {asset.id: asset.at for asset in scenario.assets} | {unit.id: unit.at for unit in scenario.blue.units}
        self._named = {"origin": self.grounded(ORIGIN)}

    def named(self, name: str) -> Place:
        """The origin, an asset or a unit."""
        if name not in self._named:
            self._named[name] = self.at(self._positions[name])
        return self._named[name]

    def at(self, position: Position | Start) -> Place:
        """The place of a position."""
        return self.beyond(self.named(position.anchor), position.bearing_rad, position.range_m)

    def beyond(self, place: Place, bearing_rad: float, range_m: float) -> Place:
        """The place on the ground at a bearing and ground range from another one."""
        if range_m == 0.0:
            return place
        lat, lon, _ = geodesic_direct(place.lat_rad, place.lon_rad, bearing_rad, range_m, self.earth.a_m, self.earth.f)
        return self.grounded(Place(lat, lon, place.alt_m))

    def grounded(self, place: Place) -> Place:
        """The place at the height of the ground there."""
        if self.ground is None:
            return place
        return place._replace(alt_m=float(self.ground.alt_m(place.lat_rad, place.lon_rad)[0]))

    def ring(self, middle: Place, radius_m: float, count: int) -> list[tuple[Place, float]]:
        """`count` places evenly on a ring, the first in the north, and the bearing of each from the middle."""
        bearings = [2.0 * math.pi * k / count for k in range(count)]
        return [(self.beyond(middle, bearing, radius_m), bearing) for bearing in bearings]

    def distance_m(self, start: Place, end: Place) -> float:
        """Geodesic ground range."""
        return geodesic_inverse(start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad, self.earth.a_m, self.earth.f)[0]

    def bearing_rad(self, start: Place, end: Place) -> float:
        """Azimuth at `start` of the geodesic to `end`."""
        return geodesic_inverse(start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad, self.earth.a_m, self.earth.f)[1]
