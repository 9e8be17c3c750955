"""Targets and tracks of the SimPy twin: where a target is, and when which unit could launch at its extrapolated track."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from openiads.codes import Motion
from openiads.simulation.lower.plan import ObjectPlan

if TYPE_CHECKING:
    from benchmarks.simpy_twin import Raid, Unit

NEVER = math.inf
NOW_S = 1e-9
#: A turn belongs to the leg that follows it, whatever the rounding.
AFTER_TURN_S = 1e-6
#: An asset that is nearer than this ahead is passed: at the very instant of passing, rounding would decide.
PASSED_M = 1.0
#: A ballistic path is looked at this often for the edges of an envelope, and they are bisected so many times.
STEP_S = 1.0
HALVINGS = 40

Vector = tuple[float, float, float]
Window = tuple[float, float]


class Target:
    """One threat in one replicate: its path, shifted in time and turned about its aim."""

    def __init__(self, index: int, planned: ObjectPlan, rcs_m2: float, aim: Vector, rng: random.Random) -> None:
        threat, path = planned.threat, planned.path
        self.index, self.klass, self.rcs_m2 = index, threat.klass, rcs_m2
        self.motion = Motion(threat.motion)
        self.speed_max_mps = threat.speed_max_mps
        self.alive = True
        self.start_s = planned.start_s + rng.uniform(-threat.shift_half_width_s, threat.shift_half_width_s)
        turn_rad = rng.gauss(0.0, threat.rotation_sd_rad)
        first_s = float(path.time_s[0])
        self.times: list[float] = [self.start_s + t - first_s for t in path.time_s.tolist()]
        self.end_s = self.times[-1]
        self.legs = path.leg.tolist()
        axis = up_at(planned.aim.lat_rad, planned.aim.lon_rad)
        moved = [turned((x - aim[0], y - aim[1], z - aim[2]), axis, turn_rad) for x, y, z in path.pos_ecef_m.tolist()]
        places = [(x + aim[0], y + aim[1], z + aim[2]) for x, y, z in moved]
        speeds = [turned((x, y, z), axis, turn_rad) for x, y, z in path.vel_ecef_mps.tolist()]
        self.knots = list(zip(places, path.alt_m.tolist(), speeds, path.climb_mps.tolist(), strict=True))

    def segment(self, t_s: float) -> int:
        return min(max(bisect_right(self.times, t_s) - 1, 0), len(self.times) - 2)

    def position(self, t_s: float) -> tuple[float, float, float, float]:
        """ECEF position and height: cubic Hermite interpolation between the knots."""
        k = self.segment(t_s)
        start_s = self.times[k]
        step_s = self.times[k + 1] - start_s
        u = min(max((t_s - start_s) / step_s, 0.0), 1.0)
        w = 1.0 - u
        ahead, rise, fall = u * u * (3.0 - 2.0 * u), step_s * u * w * w, step_s * u * u * w
        back = 1.0 - ahead
        (x0, y0, z0), h0, (a0, b0, c0), d0 = self.knots[k]
        (x1, y1, z1), h1, (a1, b1, c1), d1 = self.knots[k + 1]
        return (
            back * x0 + ahead * x1 + rise * a0 - fall * a1,
            back * y0 + ahead * y1 + rise * b0 - fall * b1,
            back * z0 + ahead * z1 + rise * c0 - fall * c1,
            back * h0 + ahead * h1 + rise * d0 - fall * d1,
        )

    def velocity(self, t_s: float) -> Vector:
        """ECEF velocity on the leg that is flown just after `t_s`, as the difference of two positions a millisecond apart."""
        k = self.segment(t_s + AFTER_TURN_S)
        from_s = min(max(t_s, self.times[k]), self.times[k + 1] - 2e-3)
        before, after = self.position(from_s + 1e-4), self.position(from_s + 1e-4 + 1e-3)
        return tuple((b - a) * 1e3 for a, b in zip(before[:3], after[:3], strict=True))  # type: ignore[return-value]

    def leg_end_s(self, t_s: float) -> float:
        k = self.segment(t_s + AFTER_TURN_S)
        leg = self.legs[k]
        while k < len(self.legs) - 1 and self.legs[k + 1] == leg:
            k += 1
        return self.times[k]


class Track:
    """A track in the picture, extrapolated from `time_s` until `valid_to_s`, and the launch windows of each unit against it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.unit: Unit | None = None
        self.flight: Any = None
        self.valid_to_s = -NEVER
        self.arrival_s = NEVER
        self.windows: dict[Unit, list[Window]] = {}

    def urgency(self) -> tuple[float, int]:
        """Least time to go, then the first target."""
        return self.arrival_s, self.target.index

    def update(self, now_s: float, raid: Raid) -> None:
        """Extrapolate afresh if the present estimate has run out."""
        if now_s < self.valid_to_s - NOW_S:
            return
        if self.target.motion == Motion.BALLISTIC:
            self.valid_to_s = self.arrival_s = self.target.end_s
            self.windows = {unit: on_arc(self.target, unit, now_s) for unit in raid.units}
            return
        circle = Circle(self.target, now_s)
        self.arrival_s = circle.arrival_s(raid.assets)
        self.valid_to_s = self.target.leg_end_s(now_s)
        if now_s < self.arrival_s < self.valid_to_s:
            self.valid_to_s = self.arrival_s
        self.windows = {unit: circle.windows(unit, self.target.klass, self.arrival_s) for unit in raid.units}

    def first_launch_s(self, from_s: float, units: list[Unit]) -> float:
        """First instant from `from_s` on at which some unit may launch."""
        return min((max(start, from_s) for unit in units for start, end in self.windows[unit] if end >= from_s), default=NEVER)

    def next_change_s(self, now_s: float, units: list[Unit]) -> float:
        """When the next window opens or the estimate runs out."""
        openings = (start for unit in units for start, end in self.windows[unit] if start > now_s + NOW_S and end >= start)
        return max(min(min(openings, default=NEVER), self.valid_to_s), now_s + NOW_S)

    def may_launch(self, unit: Unit, now_s: float) -> bool:
        return any(start <= now_s + NOW_S and now_s <= end for start, end in self.windows[unit])


class Circle:
    """Flight along a great circle at constant speed and distance from the centre of the earth."""

    def __init__(self, target: Target, now_s: float) -> None:
        x, y, z, self.alt_m = target.position(now_s)
        vx, vy, vz = target.velocity(now_s)
        self.time_s, self.radius_m = now_s, math.sqrt(x * x + y * y + z * z)
        self.out = (x / self.radius_m, y / self.radius_m, z / self.radius_m)
        climb = dot((vx, vy, vz), self.out)
        level = (vx - climb * self.out[0], vy - climb * self.out[1], vz - climb * self.out[2])
        speed = math.hypot(*level)
        self.on = (level[0] / speed, level[1] / speed, level[2] / speed)
        self.rate_radps = speed / self.radius_m

    def at(self, t_s: float) -> Vector:
        angle = self.rate_radps * (t_s - self.time_s)
        c, s = self.radius_m * math.cos(angle), self.radius_m * math.sin(angle)
        (a, b, g), (d, e, f) = self.out, self.on
        return a * c + d * s, b * c + e * s, g * c + f * s

    def arrival_s(self, assets: list[Vector]) -> float:
        """Passage of the asset, still ahead, that the ground track comes closest to."""
        side = cross(self.out, self.on)
        ahead = [(abs(dot(asset, side)), math.atan2(dot(asset, self.on), dot(asset, self.out))) for asset in assets]
        passed_rad = PASSED_M / self.radius_m
        return self.time_s + min(((miss, a) for miss, a in ahead if a > passed_rad), default=(0.0, NEVER))[1] / self.rate_radps

    def windows(self, unit: Unit, klass: int, arrival_s: float) -> list[Window]:
        """Launch windows: intercepts between least and greatest range, not after arrival. Range^2 = A - B cos(angle - nearest)."""
        weapon, envelope = unit.weapon, unit.envelopes[klass]
        if envelope.sspk <= 0.0 or not weapon.alt_min_m <= self.alt_m <= weapon.alt_max_m:
            return []
        site = (unit.x, unit.y, unit.z)
        toward, ahead = dot(site, self.out), dot(site, self.on)
        a = dot(site, site) + self.radius_m**2
        b = 2.0 * self.radius_m * math.hypot(toward, ahead)
        far, near = (a - envelope.range_max_m**2) / b, (a - weapon.range_min_m**2) / b
        if far >= 1.0:
            return []
        nearest_s = self.time_s + math.atan2(ahead, toward) / self.rate_radps
        outer_s = math.acos(far) / self.rate_radps
        inner_s = math.acos(near) / self.rate_radps if near < 1.0 else 0.0
        stretches = [(nearest_s - outer_s, min(nearest_s - inner_s, arrival_s)), (nearest_s + inner_s, min(nearest_s + outer_s, arrival_s))]
        return [(self.launch_s(unit, start), self.launch_s(unit, end)) for start, end in stretches if start <= end]

    def launch_s(self, unit: Unit, intercept_s: float) -> float:
        range_m = math.dist(self.at(intercept_s), (unit.x, unit.y, unit.z))
        return intercept_s - unit.weapon.delay_s - range_m / unit.weapon.speed_avg_mps


def on_arc(target: Target, unit: Unit, now_s: float) -> list[Window]:
    """Launch windows against a ballistic target, whose arc is known: the stretches of it inside the envelope."""
    weapon, envelope = unit.weapon, unit.envelopes[target.klass]
    if envelope.sspk <= 0.0:
        return []
    site = (unit.x, unit.y, unit.z)

    def reach_m(t_s: float) -> float:
        return math.dist(target.position(t_s)[:3], site)

    def inside(t_s: float) -> bool:
        *place, alt_m = target.position(t_s)
        return weapon.range_min_m <= math.dist(place, site) <= envelope.range_max_m and weapon.alt_min_m <= alt_m <= weapon.alt_max_m

    def edge_s(low_s: float, high_s: float) -> float:
        before = inside(low_s)
        for _ in range(HALVINGS):
            middle_s = 0.5 * (low_s + high_s)
            low_s, high_s = (middle_s, high_s) if inside(middle_s) == before else (low_s, middle_s)
        return high_s

    edges = [now_s] if inside(now_s) else []
    was, t_s = bool(edges), now_s
    while t_s < target.end_s:
        next_s = min(t_s + STEP_S, target.end_s)
        now_inside = inside(next_s)
        if now_inside != was:
            edges.append(edge_s(t_s, next_s))
        was, t_s = now_inside, next_s
    if was:
        edges.append(target.end_s)
    launches = [edge - weapon.delay_s - reach_m(edge) / weapon.speed_avg_mps for edge in edges]
    return [(start, max(start, end)) for start, end in zip(launches[::2], launches[1::2], strict=True)]


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def up_at(lat_rad: float, lon_rad: float) -> Vector:
    return math.cos(lat_rad) * math.cos(lon_rad), math.cos(lat_rad) * math.sin(lon_rad), math.sin(lat_rad)


def turned(vector: Vector, axis: Vector, angle_rad: float) -> Vector:
    """A vector turned about a unit vector (Rodrigues)."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    x, y, z = vector
    sx, sy, sz = cross(axis, vector)
    along = dot(axis, vector) * (1.0 - c)
    return x * c + sx * s + axis[0] * along, y * c + sy * s + axis[1] * along, z * c + sz * s + axis[2] * along
