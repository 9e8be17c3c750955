"""One look of one radar at one object: when it happens, whether the object is in view, whether it is detected.

Look `n` is the absolute index of the radar's schedule, and its random number depends only on (radar, object, n): whoever asks,
in whatever order, gets the same answer. A rotating radar looks when its beam passes the azimuth that the target has at the start of
the rotation; others look at multiples of the period; a `continuous` one at the instant of visibility and every period after it.

Coverage: slant range, elevation, azimuth sector; line of sight by the smooth-earth horizon (`models.propagation.horizon`) or the
polar mask (`models.propagation.mask`); signal-to-noise ratio by `models.radar.signal`; probability of detection by the exact law,
tabulated. A radar that is silent has nothing in view.

Not modelled: beam shape, clutter, multipath, and the one look more or less that a target crossing north would get.
Reference: M. I. Skolnik, "Introduction to Radar Systems" (3rd ed., 2001), chapters 1 to 3 (schedules and beams), and those of the laws
named above.
"""

from __future__ import annotations

import math
from typing import Any

from openiads.codes import Motion, Process
from openiads.geodesy.ground import ground_range_m, surface_point
from openiads.kernel import inlined, kernel
from openiads.models.motion.objects import object_position, on_course
from openiads.models.propagation.horizon import arc_to_horizon_m
from openiads.models.propagation.mask import CELLS, ceiling_alt_m, mask_alt_m
from openiads.models.radar.azimuth import azimuth_rad
from openiads.models.radar.condition import on_air_until_s, silent_at, snr_factor
from openiads.models.radar.pd_table import pd_from_table
from openiads.models.radar.signal import greatest_snr, least_snr, look_snr
from openiads.state.arrays import State, World
from openiads.state.layout import HIT, NEVER, VIEWED
from openiads.state.rng import BITS, bits_below, first_below, indexed_u01

_TWO_PI = 2.0 * math.pi
_LOOK = int(Process.LOOK)
_BALLISTIC = int(Motion.BALLISTIC)
#: A chord of up to 900 km is shorter than its arc by less than this factor.
_ARC_OVER_CHORD = 1.001
#: Of the bound on the chance of detection: greatest and least change of range that it covers, possible hits that are few, looks at most,
#: greatest useful value, looks until it is asked for again when it is above that.
_MUCH_CLOSER = 0.3
_FEW = 6.0
_CLOSER = 0.05
_MOST_LOOKS = 256
LIKELY = 0.5
_FUTILE = 16
#: Of the lower bound: rounding of a path, range from which angles are safe, angle, and 1 % of the drop of the earth's curve; runs to
#: wait after a stretch without a bound.
_PATH_ERROR_M = 3.0
_NEAR_M = 1000.0
_ANGLE_MARGIN_RAD = 0.02
_SQUARE_MARGIN_PER_M = 0.01 / (2.0 * 6.35e6)
_PAUSE = 4
_START_STEP_S = 1.0
_START_TOLERANCE_S = 1e-9


@inlined
def look_time_s(world: World, state: State, f: int, i: int, n: int) -> float:
    """Time of look `n` of the radar of feed `f` at object `i`."""
    s = world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    if sensor["continuous"]:
        return float(state.looks[i, f]["start_s"] + n * sensor["period_s"])
    frame_s = state.sensors[s]["phase_s"] + n * sensor["period_s"]
    if sensor["rotating"]:
        return float(frame_s + sensor["period_s"] * (azimuth_rad(world, state, s, i, frame_s) / _TWO_PI))
    return float(frame_s)


@kernel
def last_look_at(world: World, state: State, f: int, i: int, t_s: float) -> int:
    """Index of the last look at or before `t_s`."""
    s = world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    first_s = state.looks[i, f]["start_s"] if sensor["continuous"] else state.sensors[s]["phase_s"]
    n = math.floor((t_s - first_s) / sensor["period_s"])
    while look_time_s(world, state, f, i, n) > t_s:
        n -= 1
    while first_s + (n + 1) * sensor["period_s"] <= t_s and look_time_s(world, state, f, i, n + 1) <= t_s:
        n += 1
    return n


@inlined
def in_view(world: World, state: State, s: int, i: int, t_s: float) -> float:
    """Slant range (m) when object `i` is inside the coverage of sensor `s` and in its line of sight at `t_s`; else -1."""
    now = state.objects[i]
    if t_s < now["origin_s"] or t_s >= now["end_s"] or t_s > now["path_end_s"]:
        return -1.0
    if t_s >= state.sensors[s]["changed_s"] and snr_factor(state, s, t_s) <= 0.0:
        return -1.0
    if not world.sensors[s]["steady"] and silent_at(world, s, t_s):
        return -1.0
    return in_cover(world, state, s, i, t_s)


@inlined
def in_cover(world: World, state: State, s: int, i: int, t_s: float) -> float:
    """As `in_view` for an object that is on its path, whatever the condition of the sensor."""
    sensor = world.sensors[s]
    x, y, z, alt_m = object_position(world, state, i, t_s)
    pos, up = sensor["pos_ecef_m"], sensor["up"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    range_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    if range_m > sensor["range_max_m"] or range_m < sensor["range_min_m"]:
        return -1.0
    rise_m = dx * up[0] + dy * up[1] + dz * up[2]
    if rise_m > range_m * sensor["sin_elevation_max"] or rise_m < range_m * sensor["sin_elevation_min"]:
        return -1.0
    if sensor["azimuth_half_width_rad"] < math.pi:
        east, north = sensor["east"], sensor["north"]
        off = math.atan2(dx * east[0] + dy * east[1] + dz * east[2], dx * north[0] + dy * north[1] + dz * north[2]) - sensor["facing_rad"]
        off -= _TWO_PI * math.floor(off / _TWO_PI + 0.5)
        if off > sensor["azimuth_half_width_rad"] or off < -sensor["azimuth_half_width_rad"]:
            return -1.0
    if world.objects[i]["motion"] == _BALLISTIC:
        radius_m, dip_rad = world.settings[0]["effective_radius_ballistic_m"], sensor["horizon_angle_ballistic_rad"]
    else:
        radius_m, dip_rad = world.settings[0]["effective_radius_air_m"], sensor["horizon_angle_air_rad"]
    if sensor["mask_offset"] >= 0:
        return range_m if over_terrain(world, s, i, (dx, dy, dz), alt_m) else -1.0
    if range_m * _ARC_OVER_CHORD <= surely_above_m(alt_m, radius_m, dip_rad):
        return range_m
    settings = world.settings[0]
    sx, sy, sz = surface_point(x, y, z, alt_m, settings["a_m"], settings["e2"])
    foot = sensor["surface_m"]
    arc_m = ground_range_m(foot[0], foot[1], foot[2], sx, sy, sz, settings["mean_radius_m"])
    return range_m if arc_m <= radius_m * dip_rad + arc_to_horizon_m(alt_m, radius_m) else -1.0


@kernel
def over_terrain(world: World, s: int, i: int, off_m: tuple[float, float, float], alt_m: float) -> bool:
    """Whether object `i`, at an offset (ECEF) from sensor `s` and a height, stands above the terrain: one look into the mask."""
    sensor, settings = world.sensors[s], world.settings[0]
    pos, east, north, foot = sensor["pos_ecef_m"], sensor["east"], sensor["north"], sensor["surface_m"]
    dx, dy, dz = off_m
    azimuth = math.atan2(dx * east[0] + dy * east[1] + dz * east[2], dx * north[0] + dy * north[1] + dz * north[2])
    sx, sy, sz = surface_point(pos[0] + dx, pos[1] + dy, pos[2] + dz, alt_m, settings["a_m"], settings["e2"])
    arc_m = ground_range_m(foot[0], foot[1], foot[2], sx, sy, sz, settings["mean_radius_m"])
    first = sensor["mask_offset"] + (CELLS if world.objects[i]["motion"] == _BALLISTIC else 0)
    return bool(alt_m >= mask_alt_m(world, first, sensor["mask_reach_m"], azimuth, arc_m))


@inlined
def look(world: World, state: State, f: int, i: int, n: int, t_s: float) -> int:
    """What look `n`, which happens at `t_s`, gives: 0, VIEWED or VIEWED + HIT."""
    s = world.feeds[f]["sensor"]
    state.cursor[0]["looks"] += 1
    range_m = in_view(world, state, s, i, t_s)
    if range_m < 0.0:
        return 0
    sensor = world.sensors[s]
    if sensor["perfect"]:
        return VIEWED + HIT
    pd = pd_from_table(world.pd_table, sensor["pd_offset"], look_snr(world, state, s, i, range_m, t_s))
    cursor = state.cursor[0]
    if indexed_u01(cursor["seed"], cursor["replication"], _LOOK, sensor["key"], world.objects[i]["key"], n) < pd:
        return VIEWED + HIT
    return VIEWED


@kernel
def best_chance(world: World, state: State, f: int, i: int, n: int, t_s: float) -> tuple[int, float]:
    """An upper bound of the probability of detection from look `n` (at `t_s`) on: (first look beyond it, bound).

    While the object comes closer by at most a share of its range, no look has a better chance than one from that much nearer. The
    share is large where the object is so far away that even so few looks could detect it. Rain and gases could only take from it.
    """
    s = world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    obj = world.objects[i]
    x, y, z, _ = object_position(world, state, i, t_s)
    pos = sensor["pos_ecef_m"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    range_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    if sensor["perfect"]:
        return n + 1, 1.0
    step_m = sensor["period_s"] * obj["speed_max_mps"] / state.objects[i]["scale"]
    closer = _MUCH_CLOSER
    while True:
        looks = min(math.floor(closer * range_m / step_m) - 1, _MOST_LOOKS)  # one period less, for the turn of the beam
        if looks < 1:
            return n + _FUTILE, 1.0
        snr = greatest_snr(world, s, i, (1.0 - closer) * range_m)
        best = pd_from_table(world.pd_table, sensor["pd_offset"], snr)
        if looks * best < _FEW or closer < _CLOSER:
            return (n + looks, best) if best <= LIKELY else (n + max(looks, _FUTILE), 1.0)
        closer *= 0.4


@kernel
def first_possible(world: World, state: State, f: int, i: int, n: int, beyond: int, best: float) -> int:
    """The first look from `n` on and before `beyond` that may detect, given that none has a better chance than `best`.

    A look whose random number is not below the bound misses whatever the geometry, which saves nearly all work on distant targets.
    """
    if best > LIKELY:
        return n
    sensor = world.sensors[world.feeds[f]["sensor"]]
    return first_below(state.cursor[0], _LOOK, sensor["key"], world.objects[i]["key"], n, beyond, best)


@kernel
def possible_looks(world: World, state: State, f: int, i: int, n: int, best: float) -> int:
    """Bit k says whether look `n` + k may detect, k < BITS, given that none of them has a better chance than `best`."""
    sensor = world.sensors[world.feeds[f]["sensor"]]
    return bits_below(state.cursor[0], _LOOK, sensor["key"], world.objects[i]["key"], n, best)


@kernel
def bound_chance(world: World, state: State, f: int, i: int, n: int) -> None:
    """Note which of the looks from `n` on surely detect object `i` if it lives: LOOKS `sure`, before `sure_to`.

    On a level stretch of a great circle the greatest range and the least elevation are those at its ends. So an object that is well
    inside the coverage and above the horizon there stays so, and no look has a smaller chance than one from the greatest range.
    A look whose random number is below that chance detects, whatever the geometry. Where nothing can be said, no bit is set for
    some looks.
    """
    s = world.feeds[f]["sensor"]
    sensor, now, looks = world.sensors[s], state.objects[i], state.looks[i, f]
    looks["sure_from"], looks["sure_to"], looks["sure"] = n, n + min(_PAUSE * sensor["drop_misses"], BITS), 0
    first_s = looks["start_s"] if sensor["continuous"] else state.sensors[s]["phase_s"]
    from_s = first_s + n * sensor["period_s"]
    x, y, z, alt_m = object_position(world, state, i, from_s)
    changed = from_s >= state.sensors[s]["latest_s"]  # earlier looks rest on what it was before
    until_s = now["stop_s"] if changed else min(now["stop_s"], state.sensors[s]["changed_s"])
    if not sensor["steady"]:
        until_s = min(until_s, on_air_until_s(world, s, from_s))
    course = now["course"]
    level = course[7] == 0.0 and course[11] == 0.0 and course[15] == 0.0
    beyond = math.floor((until_s - first_s) / sensor["period_s"])  # look n comes before look n + 1 could
    if not level or from_s < now["origin_s"] or beyond <= n + 1 or state.sensors[s]["blind_s"] < NEVER:
        return
    first_m, first_in_view = well_in_view(world, s, x, y, z, alt_m)
    x, y, z, _ = on_course(now, until_s)
    last_m, last_in_view = well_in_view(world, s, x, y, z, alt_m)
    if not first_in_view or not last_in_view:
        return
    flown_m = world.objects[i]["speed_max_mps"] / now["scale"] * (until_s - from_s)
    nearest_m = 0.5 * (first_m + last_m - flown_m) - _PATH_ERROR_M
    rise_m = alt_m - sensor["alt_m"] + _PATH_ERROR_M
    too_high = sensor["sin_elevation_max"] < 1.0 and rise_m > nearest_m * sensor["sin_elevation_max"]
    if too_high or nearest_m < max(sensor["range_min_m"], _NEAR_M):
        return
    snr = least_snr(world, s, i, max(first_m, last_m) + _PATH_ERROR_M, from_s, until_s)
    if changed:
        snr *= state.sensors[s]["snr_factor"]
    if snr <= 0.0 and not sensor["perfect"]:
        return
    least = 1.0 if sensor["perfect"] else pd_from_table(world.pd_table, sensor["pd_offset"], snr)
    looks["sure_to"] = min(beyond, n + BITS)
    looks["sure"] = bits_below(state.cursor[0], _LOOK, sensor["key"], world.objects[i]["key"], n, least)


@kernel
def well_in_view(world: World, s: int, x: float, y: float, z: float, alt_m: float) -> tuple[float, bool]:
    """(slant range of an air-breathing object from sensor `s`, whether it is in view with a margin that covers a curved path)."""
    sensor = world.sensors[s]
    pos, up, east, north = sensor["pos_ecef_m"], sensor["up"], sensor["east"], sensor["north"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    range_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    if range_m + _PATH_ERROR_M > sensor["range_max_m"]:
        return range_m, False
    if sensor["sin_elevation_min"] > -1.0:
        margin_m = _PATH_ERROR_M + _SQUARE_MARGIN_PER_M * range_m * range_m
        low = dx * up[0] + dy * up[1] + dz * up[2] - margin_m < range_m * sensor["sin_elevation_min"]
        if low or alt_m < sensor["alt_m"]:  # seen from above, the elevation may be lowest in between
            return range_m, False
    if sensor["azimuth_half_width_rad"] < math.pi:
        if sensor["azimuth_half_width_rad"] > 0.5 * math.pi:  # not convex: the path may leave it and come back
            return range_m, False
        off = math.atan2(dx * east[0] + dy * east[1] + dz * east[2], dx * north[0] + dy * north[1] + dz * north[2]) - sensor["facing_rad"]
        off -= _TWO_PI * math.floor(off / _TWO_PI + 0.5)
        if abs(off) + _ANGLE_MARGIN_RAD > sensor["azimuth_half_width_rad"]:
            return range_m, False
    if sensor["mask_offset"] >= 0:  # above all that hides anything up to this range, in all directions
        arc_m = (range_m + _PATH_ERROR_M) * _ARC_OVER_CHORD
        return range_m, alt_m - _PATH_ERROR_M >= ceiling_alt_m(world, sensor["mask_offset"], sensor["mask_reach_m"], arc_m)
    radius_m, dip_rad = world.settings[0]["effective_radius_air_m"], sensor["horizon_angle_air_rad"]
    return range_m, (range_m + _PATH_ERROR_M) * _ARC_OVER_CHORD <= surely_above_m(alt_m, radius_m, dip_rad)


@inlined
def surely_above_m(alt_m: float, radius_m: float, dip_rad: float) -> float:
    """An arc up to which a point as high as `alt_m` is above the horizon: with tangent x of its horizon angle, atan(x) >= x - x^3 / 3."""
    square_m2 = max(alt_m, 0.0) * (2.0 * radius_m + max(alt_m, 0.0))
    return radius_m * dip_rad + math.sqrt(square_m2) * (1.0 - square_m2 / (3.0 * radius_m * radius_m))


@inlined
def surely_hits(looks: Any, n: int) -> bool:
    """Whether the bits of a row of LOOKS say that look `n` detects the object, if it lives then; False says nothing."""
    return bool(looks["sure_from"] <= n < looks["sure_to"] and (looks["sure"] >> (n - looks["sure_from"])) & 1)


@kernel
def out_of_reach_until_s(world: World, state: State, s: int, i: int, from_s: float, until_s: float) -> float:
    """A time from `from_s` to about `until_s` before which object `i` surely is out of view of sensor `s`: steps of what is missing."""
    speed_mps, pos = world.objects[i]["speed_max_mps"] * state.objects[i]["rate"], world.sensors[s]["pos_ecef_m"]
    while from_s < until_s:
        x, y, z, _ = object_position(world, state, i, from_s)
        dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
        lack_m = math.sqrt(dx * dx + dy * dy + dz * dz) - world.sensor_windows[i, s]["reach_m"]
        if lack_m <= speed_mps * _START_STEP_S:
            break
        from_s += lack_m / speed_mps
    return float(from_s)


@kernel
def first_view_s(world: World, state: State, s: int, i: int, from_s: float, until_s: float) -> float:
    """First instant from `from_s` to `until_s` at which object `i` is in view of sensor `s`: steps of one second, then bisection.

    NEVER without one; a view of less than one second may be overlooked.
    """
    end_s = min(state.objects[i]["path_end_s"], until_s)
    t_s = max(from_s, state.objects[i]["origin_s"])
    if in_view(world, state, s, i, t_s) >= 0.0:
        return t_s
    while t_s < end_s:
        low_s = t_s
        t_s = min(t_s + _START_STEP_S, end_s)
        if in_view(world, state, s, i, t_s) >= 0.0:
            high_s = t_s
            while high_s - low_s > _START_TOLERANCE_S:
                mid_s = 0.5 * (low_s + high_s)
                if mid_s <= low_s or mid_s >= high_s:
                    break
                if in_view(world, state, s, i, mid_s) >= 0.0:
                    high_s = mid_s
                else:
                    low_s = mid_s
            return high_s
    return NEVER
