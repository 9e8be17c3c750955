"""When a weapon may be launched at a track so that the predicted intercept lies inside its envelope.

The envelope of a weapon against a class: least and greatest range, least and greatest height, greatest target speed; a kill
probability of 0 means that it is not used. The time of flight is `delay + range / speed_avg` with the range from launcher to intercept
(slant or ground, as the scenario says). Turning that round, an intercept at time t needs a launch at t - delay - range(t) / speed_avg,
so the stretches of the extrapolated path inside the envelope give the windows of launch. For an air-breathing track they are in
closed form, because the distance from a fixed point to a point on a great circle is: range^2 = closest^2 + 2 B sin^2((a - a0) / 2). For a
ballistic arc the edges are found by steps that cannot jump over one, since no coordinate changes faster than the object flies.

Not modelled: heading-dependent reach and energy; a target that opens faster than the missile flies.
Reference: the geometry is the haversine identity on the great circle.
"""

from __future__ import annotations

import math
from typing import Any

from openiads.codes import Motion, RangeMeasure
from openiads.geodesy.ground import ground_range_m, surface_point
from openiads.geodesy.small_angles import asin, atan2
from openiads.kernel import inlined, kernel
from openiads.models.motion.objects import object_position
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

_BALLISTIC = int(Motion.BALLISTIC)
_GROUND = int(RangeMeasure.GROUND)
EDGE_M = 1e-3
"""Edges of an envelope hold within a millimetre."""
_EDGE_STEP_S = 0.25
_LEAST_S = 1e-9
_MAX_STEPS = 100


@kernel
def range_to_m(world: World, state: State, u: int, i: int, t_s: float) -> tuple[float, float]:
    """(range, height above mean sea level) of object `i` from the launchers of unit `u`, in the measure of the scenario."""
    x, y, z, alt_m = object_position(world, state, i, t_s)
    return measured_m(world, u, x, y, z, alt_m), alt_m


@inlined
def measured_m(world: World, u: int, x: float, y: float, z: float, alt_m: float) -> float:
    """Slant or ground range from the launchers of unit `u` to a point."""
    settings = world.settings[0]
    if settings["range_measure"] == _GROUND:
        sx, sy, sz = surface_point(x, y, z, alt_m, settings["a_m"], settings["e2"])
        foot = world.units[u]["surface_m"]
        return ground_range_m(foot[0], foot[1], foot[2], sx, sy, sz, settings["mean_radius_m"])
    pos = world.units[u]["pos_ecef_m"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@inlined
def next_launch_s(pair: Any, t_s: float) -> float:
    """First instant at or after `t_s` inside the launch windows of a row of PAIRS, or NEVER."""
    if t_s <= pair["to_1_s"]:
        return max(t_s, pair["from_1_s"])
    if t_s <= pair["to_2_s"]:
        return max(t_s, pair["from_2_s"])
    return NEVER


@kernel
def launch_windows(world: World, state: State, q: int, i: int) -> None:
    """Bring the launch windows of all magazines of post `q` against object `i` up to date with its estimate."""
    designation = state.designations[i, q]
    stamp = state.estimates[i]["stamp"]
    if designation["windows"] == stamp:
        return
    designation["windows"] = stamp
    post = world.posts[q]
    ballistic = world.objects[i]["motion"] == _BALLISTIC
    for m in range(post["magazine_first"], post["magazine_first"] + post["magazine_count"]):
        pair = state.pairs[i, m]
        pair["from_1_s"] = pair["from_2_s"] = NEVER
        pair["to_1_s"] = pair["to_2_s"] = -NEVER
        if ballistic:
            windows_on_arc(world, state, i, m)
    end_s = state.estimates[i]["arrival_s"]
    if not ballistic and state.estimates[i]["rate_radps"] > 0.0:
        x, y, z = extrapolated(state, i, end_s if end_s < NEVER else state.estimates[i]["time_s"])
        for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
            windows_on_circle(world, state, i, u, x, y, z)


@kernel
def windows_on_circle(world: World, state: State, i: int, u: int, x: float, y: float, z: float) -> None:
    """Launch windows of the magazines of unit `u` against a track on a great circle at constant speed and height.

    (x, y, z) is where the track arrives at its presumed aim; no intercept is later. A window without an instant ends before it begins.
    """
    estimate = state.estimates[i]
    rate = estimate["rate_radps"]
    settings, unit, klass = world.settings[0], world.units[u], world.objects[i]["klass"]
    ground = settings["range_measure"] == _GROUND
    site, site_m, pos, along, radius_m = unit["site"], unit["site_m"], estimate["pos_ecef_m"], estimate["along"], estimate["radius_m"]
    toward = (site[0] * pos[0] + site[1] * pos[1] + site[2] * pos[2]) / radius_m
    ahead = site[0] * along[0] + site[1] * along[1] + site[2] * along[2]
    if ground:
        site_m = radius_m = settings["mean_radius_m"]
    spread = 2.0 * site_m * radius_m * math.sqrt(toward * toward + ahead * ahead)  # B of the identity above
    closest2 = max(site_m * site_m + radius_m * radius_m - spread, 0.0)
    per_spread, per_rate = 0.5 / spread, 1.0 / rate
    nearest_s, end_s, end_m = NEVER, estimate["arrival_s"], 0.0
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        weapon = world.weapons[world.magazines[m]["weapon"]]
        envelope = world.envelopes[world.magazines[m]["weapon"], klass]
        if envelope["sspk"] <= 0.0 or estimate["speed_mps"] > weapon["target_speed_max_mps"]:
            continue
        if not weapon["alt_min_m"] <= estimate["alt_m"] <= weapon["alt_max_m"]:
            continue
        outer_rad = half_width_rad(envelope["far_chord2_m2"] - closest2, per_spread)
        if outer_rad < 0.0:
            continue
        if nearest_s >= NEVER:
            nearest_s = estimate["time_s"] + atan2(ahead, toward) * per_rate
            end_m = measured_m(world, u, x, y, z, estimate["alt_m"])
        inner_rad = half_width_rad(weapon["near_chord2_m2"] - closest2, per_spread)
        pair = state.pairs[i, m]
        far_s, near_s = envelope["far_flight_s"], weapon["near_flight_s"]
        enter_s, leave_s = nearest_s - outer_rad * per_rate, nearest_s + outer_rad * per_rate
        last_s = end_s - weapon["delay_s"] - end_m / weapon["speed_avg_mps"]  # for an intercept at the presumed aim
        if inner_rad < 0.0:
            if enter_s <= end_s:
                pair["from_1_s"], pair["to_1_s"] = enter_s - far_s, leave_s - far_s if leave_s <= end_s else last_s
            continue
        close_s, open_s = nearest_s - inner_rad * per_rate, nearest_s + inner_rad * per_rate
        if enter_s <= end_s:
            pair["from_1_s"], pair["to_1_s"] = enter_s - far_s, close_s - near_s if close_s <= end_s else last_s
        if open_s <= end_s:
            pair["from_2_s"], pair["to_2_s"] = open_s - near_s, leave_s - far_s if leave_s <= end_s else last_s


@inlined
def half_width_rad(excess_m2: float, per_spread: float) -> float:
    """Half the angle over which the squared distance is less than `excess_m2` above the least; -1 if it never is."""
    if excess_m2 < 0.0:
        return -1.0
    return 2.0 * asin(min(math.sqrt(excess_m2 * per_spread), 1.0))


@inlined
def extrapolated(state: State, i: int, t_s: float) -> tuple[float, float, float]:
    """ECEF position (m) of the track of an air-breathing object, extrapolated to `t_s`."""
    estimate = state.estimates[i]
    angle = estimate["rate_radps"] * (t_s - estimate["time_s"])
    cos, sin = math.cos(angle), math.sin(angle) * estimate["radius_m"]
    pos, along = estimate["pos_ecef_m"], estimate["along"]
    return pos[0] * cos + along[0] * sin, pos[1] * cos + along[1] * sin, pos[2] * cos + along[2] * sin


@kernel
def slack_m(world: World, state: State, i: int, m: int, t_s: float) -> float:
    """Distance of object `i` at `t_s` to the nearest edge of the envelope of magazine `m`; negative outside."""
    range_m, alt_m = range_to_m(world, state, world.magazines[m]["unit"], i, t_s)
    return inside_m(world, i, m, range_m, alt_m)


@inlined
def inside_m(world: World, i: int, m: int, range_m: float, alt_m: float) -> float:
    """How far inside the envelope of magazine `m` against the class of object `i` a point is; negative outside."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    envelope = world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]
    return min(envelope["range_max_m"] - range_m, range_m - weapon["range_min_m"], alt_m - weapon["alt_min_m"], weapon["alt_max_m"] - alt_m)


@kernel
def next_edge_s(world: World, state: State, i: int, m: int, t_s: float, inside: bool) -> float:
    """When the true path next leaves (`inside`) or enters the envelope of magazine `m`, from `t_s` on; its end if it never does.

    Steps of the slack over the greatest speed, and at least `_EDGE_STEP_S` (a shorter stay may be overlooked), then regula falsi.
    """
    end_s = state.objects[i]["path_end_s"]
    speed = world.objects[i]["speed_max_mps"] / state.objects[i]["scale"]
    slack = slack_m(world, state, i, m, t_s)
    while (slack >= -EDGE_M) == inside and t_s < end_s:
        before_s, before = t_s, slack
        t_s = min(t_s + max(abs(slack) / speed, _EDGE_STEP_S), end_s)
        slack = slack_m(world, state, i, m, t_s)
        if (slack >= -EDGE_M) != inside:
            return edge_between_s(world, state, i, m, before_s, before, t_s, slack)
    return t_s


@kernel
def edge_between_s(world: World, state: State, i: int, m: int, a_s: float, a: float, b_s: float, b: float) -> float:
    """The time between `a_s` and `b_s` at which the slack, `a` and `b` there with unlike signs, is within a millimetre of 0.

    Regula falsi in the Illinois form (M. Dowell and P. Jarratt, BIT 11 (1971) 168).
    """
    if abs(a) <= EDGE_M:
        return a_s
    t_s, kept = b_s, 0
    for _ in range(_MAX_STEPS):
        t_s = a_s + (b_s - a_s) * (a / (a - b))
        slack = slack_m(world, state, i, m, t_s)
        if abs(slack) <= 0.5 * EDGE_M or b_s - a_s < _LEAST_S:
            break
        if (slack > 0.0) == (b > 0.0):
            b_s, b = t_s, slack
            a *= 0.5 if kept == 1 else 1.0
            kept = 1
        else:
            a_s, a = t_s, slack
            b *= 0.5 if kept == 2 else 1.0
            kept = 2
    return t_s


@kernel
def windows_on_arc(world: World, state: State, i: int, m: int) -> None:
    """Launch windows against a ballistic track: the first two stretches of its arc inside the envelope."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    if world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["sspk"] <= 0.0:
        return
    if world.objects[i]["speed_max_mps"] / state.objects[i]["scale"] > weapon["target_speed_max_mps"]:
        return
    pair, now, hint = state.pairs[i, m], state.objects[i], world.edge_windows[i, m]
    end_s, t_s = now["path_end_s"], state.estimates[i]["time_s"]
    if world.settings[0]["culling"]:
        if hint["inside_from_s"] < NEVER and t_s < now["origin_s"] + now["scale"] * hint["inside_to_s"]:
            pair["from_1_s"], pair["to_1_s"] = hinted_stretch_s(world, state, i, m, t_s)
            return
        t_s = max(t_s, now["origin_s"] + now["scale"] * hint["outside_to_s"])
    pair["from_1_s"], pair["to_1_s"], leave_s = stretch_s(world, state, i, m, t_s)
    if leave_s < end_s:
        pair["from_2_s"], pair["to_2_s"], leave_s = stretch_s(world, state, i, m, leave_s + _EDGE_STEP_S)


@kernel
def hinted_stretch_s(world: World, state: State, i: int, m: int, t_s: float) -> tuple[float, float]:
    """The one stretch of a ballistic path inside the envelope, from `t_s` on, between the times of its hint: (first, last launch)."""
    now, hint = state.objects[i], world.edge_windows[i, m]
    origin_s, scale, end_s = now["origin_s"], now["scale"], now["path_end_s"]
    enter_s = max(t_s, origin_s + scale * hint["outside_to_s"])
    inside_s = origin_s + scale * hint["inside_from_s"]
    if enter_s < inside_s:
        slack = slack_m(world, state, i, m, enter_s)
        if slack < -EDGE_M:
            enter_s = edge_between_s(world, state, i, m, enter_s, slack, inside_s, slack_m(world, state, i, m, inside_s))
    inside_s = max(origin_s + scale * hint["inside_to_s"], enter_s)
    leave_s = min(origin_s + scale * hint["outside_from_s"], end_s)
    slack = slack_m(world, state, i, m, leave_s)
    if slack < -EDGE_M:
        leave_s = edge_between_s(world, state, i, m, inside_s, slack_m(world, state, i, m, inside_s), leave_s, slack)
    return launches_s(world, state, i, m, enter_s, leave_s)


@kernel
def launches_s(world: World, state: State, i: int, m: int, enter_s: float, leave_s: float) -> tuple[float, float]:
    """First and last launch for intercepts of object `i` between entering and leaving the envelope of magazine `m`."""
    weapon, u = world.weapons[world.magazines[m]["weapon"]], world.magazines[m]["unit"]
    enter_m, _ = range_to_m(world, state, u, i, enter_s)
    leave_m, _ = range_to_m(world, state, u, i, leave_s)
    first_s = enter_s - weapon["delay_s"] - enter_m / weapon["speed_avg_mps"]
    last_s = leave_s - weapon["delay_s"] - leave_m / weapon["speed_avg_mps"]
    return first_s, max(first_s, last_s)


@kernel
def stretch_s(world: World, state: State, i: int, m: int, t_s: float) -> tuple[float, float, float]:
    """The next stretch of the true path inside the envelope, from `t_s` on: (first launch, last launch, time of leaving)."""
    end_s = state.objects[i]["path_end_s"]
    enter_s = next_edge_s(world, state, i, m, t_s, False)
    if slack_m(world, state, i, m, enter_s) < -EDGE_M:
        return NEVER, -NEVER, end_s
    leave_s = next_edge_s(world, state, i, m, enter_s, True)
    first_s, last_s = launches_s(world, state, i, m, enter_s, leave_s)
    return first_s, last_s, leave_s


@kernel
def reachable(world: World, state: State, i: int, m: int) -> bool:
    """Whether the true path of object `i` ever enters the envelope of magazine `m`: the gate "envelope at zero delay"."""
    if world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["sspk"] <= 0.0:
        return False
    if world.settings[0]["culling"] and world.objects[i]["motion"] == _BALLISTIC and world.edge_windows[i, m]["inside_from_s"] < NEVER:
        return True
    enter_s = next_edge_s(world, state, i, m, state.objects[i]["origin_s"], False)
    return slack_m(world, state, i, m, enter_s) >= -EDGE_M
