"""The raid of a scenario as objects on paths.

A group has routes: start, waypoints, end. Members with the same start and aim fly one route, and share its path. Aim shares are exact
counts (largest remainder), spread evenly over the order of the members. A front (`width`) lies across the course at the start;
members pass the same waypoints and end at the same aim. Low fliers and drones end at their aim at their own height; with a release
range the path ends there. Ballistic flights follow the catalogue's range, apogee and flight time, scaled to the distance.

Over relief a height AGL follows the ground, and a height AMSL must clear it; ballistic flights begin and end at sea level.

Not modelled: final dives, formation keeping, deconfliction.
Reference: largest remainder (Hamilton), M. Balinski and H. P. Young, Fair Representation (1982), chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Motion, Side
from openiads.errors import InputError
from openiads.geodesy.geodesics import geodesic_line
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.ballistic import ballistic_path
from openiads.models.motion.earth import Place
from openiads.models.motion.follow import STEP_M, following_path
from openiads.models.motion.path import Array, Path
from openiads.models.motion.quasi_ballistic import Flight, Profile, quasi_ballistic_path
from openiads.scenario import entity_code
from openiads.scenario.fields import Position, Start
from openiads.scenario.needs import SPEED_ROWS
from openiads.scenario.red import RedGroup
from openiads.scenario.traffic import TrafficGroup
from openiads.simulation.lower.catalogue_values import Rows, Values
from openiads.simulation.lower.classes import ThreatClass
from openiads.simulation.lower.components import AimPoint, Aims
from openiads.simulation.lower.places import Places
from openiads.simulation.lower.plan import ObjectPlan
from openiads.specs import Threat
from openiads.terrain.relief import Ground

#: Where groups of a side stand in a scenario, and in their entity codes.
SIDE_KEYS: Final = {Side.RED: "red", Side.BLUE: "friendly", Side.NEUTRAL: "neutral"}
_SIDES: Final = {key: side for side, key in SIDE_KEYS.items()}


def side_of(key: str) -> Side:
    """The side of the groups that stand under this key of a scenario."""
    return _SIDES[key]


class Route(NamedTuple):
    """Where some members of a group fly; heights are those of the flight. `aim` is the number of the aim point, -1 without one."""

    start: Place
    via: tuple[Place, ...]
    end: Place
    aim: int


class Course(NamedTuple):
    """How a group flies: at a ground speed, or as the flight of a missile is reported (None: minimum energy)."""

    speed_mps: float = 0.0
    flight: Flight | None = None
    elliptical: bool = True
    above_ground_m: float | None = None
    """Height over relief that the path follows; None: heights are above the sea."""


class Row(NamedTuple):
    """Where a group stands in the tables: its own number, its first object, its class; and its side."""

    number: int
    first: int
    klass: int
    side: Side = Side.RED


@dataclass(frozen=True)
class FlownGroup:
    """A group with its routes and their paths; members are the objects from `row.first` on."""

    group: RedGroup | TrafficGroup
    row: Row
    kind: ThreatClass
    routes: tuple[Route, ...]
    route_of: NDArray[np.int64]  # (members,)
    course: Course
    paths: tuple[Path, ...]  # one a route
    unit_cost_usd: float

    @property
    def start_s(self) -> Array:
        """When each member starts, (members,)."""
        if self.group.arrive is not None:
            durations = np.array([path.time_s[-1] for path in self.paths])
            return np.asarray(self.group.arrive.time_s - durations[self.route_of])
        return np.asarray(self.group.start_s + (self.group.spacing_s or 0.0) * np.arange(self.group.count, dtype=np.float64))


def flown_group(group: RedGroup | TrafficGroup, row: Row, kind: ThreatClass, places: Places, aims: Aims, values: Values) -> FlownGroup:
    """A group with its paths at the values of the catalogue; `InputError` if it cannot fly so."""
    routes, route_of = _routes(group, kind, places, aims)
    rows = values.of(kind.system)
    if kind.ballistic:
        _within_reach(kind, rows, routes, places)
    course = _course(group, kind, rows, values, places)
    paths = tuple(_path(route, course, kind, places) for route in routes)
    return FlownGroup(group, row, kind, routes, route_of, course, paths, _cost_usd(group, kind, rows))


def flown_with(old: FlownGroup, places: Places, values: Values) -> FlownGroup:
    """The same group at other values: its paths stay, change their speed, or are laid anew."""
    rows = values.of(old.kind.system)
    course = _course(old.group, old.kind, rows, values, places)
    paths = old.paths
    if course != old.course:
        if old.kind.ballistic:
            paths = tuple(_path(route, course, old.kind, places) for route in old.routes)
        else:
            paths = tuple(at_speed(path, course.speed_mps / old.course.speed_mps) for path in old.paths)
    return replace(old, course=course, paths=paths, unit_cost_usd=_cost_usd(old.group, old.kind, rows))


def _cost_usd(group: RedGroup | TrafficGroup, kind: ThreatClass, rows: Rows) -> float:
    """What a member of the raid costs; nobody shoots at others."""
    return 0.0 if isinstance(group, TrafficGroup) else rows.si(f"{kind.component}.unit_cost")


def at_speed(path: Path, ratio: float) -> Path:
    """The same path flown `ratio` times as fast throughout."""
    return replace(path, time_s=path.time_s / ratio, vel_ecef_mps=path.vel_ecef_mps * ratio, climb_mps=path.climb_mps * ratio)


def greatest_speed_mps(path: Path) -> float:
    """A bound on the speed and the rate of climb of the polynomials, tight where they are smooth.

    The derivative of a cubic Hermite polynomial is a Bezier curve with the control points v0, 3 (p1 - p0) / h - v0 - v1, v1, and lies in
    their convex hull (G. Farin, Curves and Surfaces for CAGD (2002), chapter 5).
    """
    step = np.diff(path.time_s)
    flown = step > 0.0
    positions = np.column_stack([path.pos_ecef_m, path.alt_m])
    velocities = np.column_stack([path.vel_ecef_mps, path.climb_mps])
    chord = np.diff(positions, axis=0)[flown] / step[flown, None]
    middle = 3.0 * chord - velocities[:-1][flown] - velocities[1:][flown]
    control = np.concatenate([velocities, middle])
    return float(max(np.linalg.norm(control[:, :3], axis=1).max(), np.abs(control[:, 3]).max()))


def shift_half_width_s(group: RedGroup | TrafficGroup) -> float:
    """Half width of the uniform shift in time of each member."""
    spread_s = group.arrive.spread_s if group.arrive is not None else 0.0
    return spread_s + group.variation.time_s


def object_plans(flown: FlownGroup, points: Sequence[AimPoint]) -> list[ObjectPlan]:
    """The members of a group; `points` are the aim points."""
    code = entity_code(f"{SIDE_KEYS[flown.row.side]}/{flown.group.id}")
    speeds_mps = [greatest_speed_mps(path) for path in flown.paths]
    ends = [points[route.aim] if route.aim >= 0 else AimPoint(route.end._replace(alt_m=0.0), -1, -1) for route in flown.routes]
    threats = [_threat(flown, end, speed_mps) for end, speed_mps in zip(ends, speeds_mps, strict=True)]
    plans = []
    for k, (r, start_s) in enumerate(zip(flown.route_of.tolist(), flown.start_s.tolist(), strict=True)):
        threat = replace(threats[r], key=(code + k) % 2**32)
        plans.append(ObjectPlan(threat, flown.paths[r], start_s, ends[r].place))
    return plans


def _threat(flown: FlownGroup, aim: AimPoint, speed_max_mps: float) -> Threat:
    group = flown.group
    return Threat(
        key=0,
        group=flown.row.number,
        klass=flown.row.klass,
        side=flown.row.side,
        lethal=group.lethal,
        motion=Motion.BALLISTIC if flown.kind.ballistic else Motion.AIR,
        aim_asset=aim.asset,
        aim_component=aim.component,
        speed_max_mps=speed_max_mps,
        unit_cost_usd=flown.unit_cost_usd,
        shift_half_width_s=shift_half_width_s(group),
        scale_half_width=group.variation.scale,
        rotation_sd_rad=group.variation.rotate_rad,
        arrival_rate_per_s=group.arrivals.poisson_per_s if group.arrivals is not None else 0.0,
        p_hit_if_silent=group.homing.if_silent if group.homing is not None else 1.0,
    )


def exact_counts(shares: Sequence[float], count: int) -> list[int]:
    """`count` split by largest remainder; ties go to the first."""
    quotas = [share * count for share in shares]
    counts = [math.floor(quota + 1e-9) for quota in quotas]
    by_remainder = sorted(range(len(shares)), key=lambda k: counts[k] - quotas[k])
    for k in by_remainder[: count - sum(counts)]:
        counts[k] += 1
    return counts


def interleaved(counts: Sequence[int]) -> list[int]:
    """Which share each member in turn belongs to: item j of n stands at (j + 1/2) / n of the way; ties go to the first share."""
    return [k for _, k in sorted(((j + 0.5) / n, k) for k, n in enumerate(counts) for j in range(n))]


def _routes(group: RedGroup | TrafficGroup, kind: ThreatClass, places: Places, aims: Aims) -> tuple[tuple[Route, ...], NDArray[np.int64]]:
    """The routes of a group in the order in which members first need them, and the route of every member."""
    if isinstance(group, TrafficGroup):
        route: tuple[Position | Start, ...] = (group.start, *group.via, group.to)
        at = [places.at(place)._replace(alt_m=group.height.value_m) for place in route]
        return (Route(at[0], tuple(at[1:-1]), at[-1], -1),), np.zeros(group.count, np.int64)
    height_m = group.height.value_m if group.height is not None and not kind.ballistic else 0.0
    shares = aims.shares(group.aim)
    ends = [aims.points[point].place for point in shares]
    aim_of = interleaved(exact_counts(list(shares.values()), group.count))
    starts = _starts(group, places, ends[0])
    via = tuple(places.at(position)._replace(alt_m=height_m) for position in group.via)
    numbers: dict[tuple[Place, int], int] = {}
    route_of = np.array([numbers.setdefault((starts[k], aim_of[k]), len(numbers)) for k in range(group.count)], dtype=np.int64)
    routes = []
    for start, aim in numbers:
        last = via[-1] if via else start
        end = _end(group, last, ends[aim], places)
        routes.append(Route(start._replace(alt_m=height_m), via, end._replace(alt_m=height_m), list(shares)[aim]))
    return tuple(routes), route_of


def _starts(group: RedGroup, places: Places, aim: Place) -> list[Place]:
    """Start of every member: evenly over the front, which lies across the course to the first waypoint or the first aim."""
    middle = places.at(group.start)
    if group.width_m == 0.0 or group.count == 1:
        return [middle] * group.count
    ahead = places.at(group.via[0]) if group.via else aim
    across_rad = places.bearing_rad(middle, ahead) + 0.5 * math.pi
    offsets_m = np.linspace(-0.5 * group.width_m, 0.5 * group.width_m, group.count)
    return [places.beyond(middle, across_rad, float(offset_m)) for offset_m in offsets_m]


def _end(group: RedGroup, last: Place, aim: Place, places: Places) -> Place:
    """The aim, or the point of the last leg at the release range from it."""
    if group.release_m is None:
        return aim
    for place in (places.at(position) for position in group.via):
        if places.distance_m(place, aim) <= group.release_m:
            raise InputError("a waypoint lies inside the release range")
    if places.distance_m(last, aim) <= group.release_m:
        raise InputError("a member starts inside its release range")
    return places.beyond(aim, places.bearing_rad(aim, last), group.release_m)


def _within_reach(kind: ThreatClass, rows: Rows, routes: Sequence[Route], places: Places) -> None:
    reach_m = rows.row(f"{kind.component}.range").si_high()
    farthest_m = max(places.distance_m(route.start, route.end) for route in routes)
    if farthest_m > reach_m:
        raise InputError(f"the aim is {farthest_m / 1e3:.1f} km away; '{kind.system}' is reported to fly at most {reach_m / 1e3:g} km")


def _course(group: RedGroup | TrafficGroup, kind: ThreatClass, rows: Rows, values: Values, places: Places) -> Course:
    """The course at the values of the catalogue; only what the scenario leaves open is read there."""
    if not kind.ballistic:
        follows = places.ground is not None and group.height is not None and group.height.reference == "AGL"
        above_ground_m = group.height.value_m if follows and group.height is not None else None
        return Course(group.speed_mps or _speed_mps(group, kind, rows, values), above_ground_m=above_ground_m)
    if group.profile == "minimum-energy":
        return Course()
    values.note("manoeuvre of ballistic missiles does not lower kill probabilities: no row states a factor")
    flight = Flight(*(rows.si(f"{kind.component}.{name}") for name in ("range", "apogee", "flight_time")))
    return Course(flight=flight, elliptical=group.profile != "quasi-ballistic" and flight.profile() is Profile.ELLIPTICAL)


def _speed_mps(group: RedGroup | TrafficGroup, kind: ThreatClass, rows: Rows, values: Values) -> float:
    """The class's speed; of two speeds the one whose height is nearer."""
    name = next((name for name in SPEED_ROWS if rows.has(f"{kind.component}.{name}")), None)
    if name is None:
        raise InputError(f"'{kind.system}.{kind.component}' states no speed; state one with 'speed'")
    if name == "speed_high" and group.height is not None:
        high_m, low_m = (rows.si(f"{kind.component}.altitude_{where}") for where in ("cruise", "terminal"))
        if abs(group.height.value_m - low_m) < abs(group.height.value_m - high_m):
            name = "speed_low"
        values.note(f"speed of {kind.name}: {name.replace('_', ' ')}, the one whose height is nearer to that of group '{group.id}'")
    return rows.si(f"{kind.component}.{name}")


def _clear_of_ground(route: Route, ground: Ground, places: Places) -> None:
    """Refuse a path above the sea that would run into the ground."""
    earth = places.earth
    for start, end in pairwise((route.start, *route.via, route.end)):
        length_m = places.distance_m(start, end)
        along_m = np.linspace(0.0, length_m, math.ceil(length_m / STEP_M) + 1)
        lat, lon, _ = geodesic_line(start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad, along_m, earth.a_m, earth.f)
        highest_m = float(ground.alt_m(lat, lon).max())
        if highest_m >= start.alt_m:
            message = f"the course crosses ground of {highest_m:,.0f} m above the sea and flies at {start.alt_m:,.0f} m"
            raise InputError(f"{message}; fly higher, or state the height AGL to follow the ground")


def _path(route: Route, course: Course, kind: ThreatClass, places: Places) -> Path:
    """The path of a route; it starts at 0 s."""
    if not kind.ballistic:
        legs = [Leg(place, course.speed_mps) for place in (*route.via, route.end)]
        if places.ground is None:
            return air_path(route.start, legs, places.earth)
        if course.above_ground_m is not None:
            return following_path(route.start, legs, course.above_ground_m, places.ground.alt_m, places.earth)
        path = air_path(route.start, legs, places.earth)
        _clear_of_ground(route, places.ground, places)
        return path
    if course.flight is None:
        return ballistic_path(route.start, route.end, places.earth)
    flight = course.flight.at_range(places.distance_m(route.start, route.end))
    if course.elliptical:
        return ballistic_path(route.start, route.end, places.earth, apogee_m=flight.apogee_m)
    return quasi_ballistic_path(route.start, route.end, flight.apogee_m, flight.flight_time_s, places.earth)
