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
from openiads.models.motion.objects import leg_end_s, object_position, object_velocity
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
def launch_windows(world: World, state: State, q: int, i: int, units: int) -> None:
    """Bring the launch windows of the magazines of `units` (bits) of post `q` against object `i` up to date with its estimate.

    They are right up to the next turn, at which the estimate will be made anew.
    """
    units &= ~state.designations[i, q]["known"]
    if units:
        make_windows(world, state, q, i, units, state.estimates[i]["valid_to_s"])


@kernel
def make_windows(world: World, state: State, q: int, i: int, units: int, until_s: float) -> None:
    """The launch windows of the magazines of `units` (bits) of post `q` against object `i` from its estimate on.

    After `until_s` they may be wrong.
    """
    post, estimate = world.posts[q], state.estimates[i]
    ballistic, rate = world.objects[i]["motion"] == _BALLISTIC, estimate["rate_radps"]
    if ballistic:
        units = post["all_units"]
    state.designations[i, q]["known"] |= units
    for m in range(post["magazine_first"], post["magazine_first"] + post["magazine_count"]):
        if world.magazines[m]["bit"] & units:
            pair = state.pairs[i, m]
            pair["from_1_s"] = pair["from_2_s"] = NEVER
            pair["to_1_s"] = pair["to_2_s"] = -NEVER
    if ballistic:
        windows_on_arc(world, state, i, post["magazine_first"], post["magazine_first"] + post["magazine_count"])
    elif rate > 0.0:
        end, shared = last_meeting(estimate), (1.0 / estimate["radius_m"], 1.0 / rate, until_s)
        for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
            if world.units[u]["bit"] & units:
                windows_on_circle(world, state, i, u, end, shared)


@inlined
def last_meeting(estimate: Any) -> tuple[float, float, float, float, float, float]:
    """Where the track arrives at its presumed aim, after which nothing is met (ECEF, m), and its direction there."""
    end_s, pos, along, radius_m = estimate["arrival_s"], estimate["pos_ecef_m"], estimate["along"], estimate["radius_m"]
    angle = estimate["rate_radps"] * (end_s - estimate["time_s"]) if end_s < NEVER else 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    x, y, z = pos[0] * cos + along[0] * sin * radius_m, pos[1] * cos + along[1] * sin * radius_m, pos[2] * cos + along[2] * sin * radius_m
    sin /= radius_m
    return x, y, z, along[0] * cos - pos[0] * sin, along[1] * cos - pos[1] * sin, along[2] * cos - pos[2] * sin


@kernel
def windows_on_circle(world: World, state: State, i: int, u: int, end: tuple[float, ...], shared: tuple[float, ...]) -> None:
    """Launch windows of the magazines of unit `u` against a track on a great circle at constant speed and height.

    `end` is its `last_meeting`; `shared` is the same for all units: 1 / radius, 1 / rate, and a time. A magazine gets no window if the
    track cannot be near enough for a launch before that time.
    """
    per_radius, per_rate, until_s = shared
    estimate = state.estimates[i]
    settings, unit, klass = world.settings[0], world.units[u], world.objects[i]["klass"]
    site, site_m, pos, along, radius_m = unit["site"], unit["site_m"], estimate["pos_ecef_m"], estimate["along"], estimate["radius_m"]
    toward = (site[0] * pos[0] + site[1] * pos[1] + site[2] * pos[2]) * per_radius
    ahead = site[0] * along[0] + site[1] * along[1] + site[2] * along[2]
    if settings["range_measure"] == _GROUND:
        site_m = radius_m = settings["mean_radius_m"]
    both_m2, product_m2, rate = site_m * site_m + radius_m * radius_m, 2.0 * site_m * radius_m, estimate["rate_radps"]
    now_m2 = both_m2 - product_m2 * toward
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        weapon = world.weapons[world.magazines[m]["weapon"]]
        envelope = world.envelopes[world.magazines[m]["weapon"], klass]
        if envelope["sspk"] <= 0.0 or estimate["speed_mps"] > weapon["target_speed_max_mps"]:
            continue
        if not weapon["alt_min_m"] <= estimate["alt_m"] <= weapon["alt_max_m"]:
            continue
        near_enough_m = envelope["range_max_m"] + rate * radius_m * (until_s - estimate["time_s"] + envelope["far_flight_s"])
        if now_m2 <= near_enough_m * near_enough_m:
            end_m = measured_m(world, u, end[0], end[1], end[2], estimate["alt_m"])
            end_ahead = site[0] * end[3] + site[1] * end[4] + site[2] * end[5]
            geometry = (both_m2, product_m2, toward, ahead, now_m2, end_ahead, end_m)
            window_on_circle(weapon, envelope, estimate, state.pairs[i, m], geometry, per_rate)


@inlined
def window_on_circle(weapon: Any, envelope: Any, estimate: Any, pair: Any, geometry: Any, per_rate: float) -> None:
    """The launch windows of a row of PAIRS by the identity above. A window without an instant ends before it begins."""
    both_m2, product_m2, toward, ahead, now_m2, end_ahead, end_m = geometry
    far2, near2, now_s, end_s = envelope["far_chord2_m2"], weapon["near_chord2_m2"], estimate["time_s"], estimate["arrival_s"]
    spread = product_m2 * math.sqrt(toward * toward + ahead * ahead)  # B of the identity
    closest2 = max(both_m2 - spread, 0.0)
    if closest2 > far2:
        return
    last_s = end_s - weapon["delay_s"] - end_m / weapon["speed_avg_mps"]  # for an intercept at the presumed aim
    never_near = (closest2 > near2) | ((ahead < 0.0) & (now_m2 > near2)) | ((end_ahead > 0.0) & (end_m > weapon["range_min_m"]))
    if never_near & (end_s < NEVER) & (now_m2 < far2) & (end_m < envelope["range_max_m"]):  # `and` is a branch, often guessed wrongly
        pair["from_1_s"], pair["to_1_s"] = now_s, last_s  # inside all the way
        return
    outer_rad, inner_rad = half_width_rad(far2 - closest2, spread), half_width_rad(near2 - closest2, spread)
    nearest_s = now_s + atan2(ahead, toward) * per_rate
    far_s, near_s = envelope["far_flight_s"], weapon["near_flight_s"]
    enter_s, leave_s = nearest_s - outer_rad * per_rate, nearest_s + outer_rad * per_rate
    if inner_rad < 0.0:
        if enter_s <= end_s:
            pair["from_1_s"], pair["to_1_s"] = max(enter_s - far_s, now_s), leave_s - far_s if leave_s <= end_s else last_s
        return
    close_s, open_s = nearest_s - inner_rad * per_rate, nearest_s + inner_rad * per_rate
    if enter_s <= end_s:
        pair["from_1_s"], pair["to_1_s"] = max(enter_s - far_s, now_s), close_s - near_s if close_s <= end_s else last_s
    if open_s <= end_s:
        pair["from_2_s"], pair["to_2_s"] = max(open_s - near_s, now_s), leave_s - far_s if leave_s <= end_s else last_s


@inlined
def half_width_rad(excess_m2: float, spread_m2: float) -> float:
    """Half the angle over which the squared distance is less than `excess_m2` above the least; -1 if it never is."""
    if excess_m2 < 0.0:
        return -1.0
    return 2.0 * asin(min(math.sqrt(0.5 * excess_m2 / spread_m2), 1.0))


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
def windows_on_arc(world: World, state: State, i: int, first: int, beyond: int) -> None:
    """Launch windows of magazines `first` to `beyond` - 1 against a ballistic track: the first two stretches of its arc inside.

    Where one stretch is known beforehand, all magazines look for its beginning before any looks for its end: an object goes back on
    its course no more often than needed.
    """
    now, end_s = state.objects[i], state.objects[i]["path_end_s"]
    for m in range(first, beyond):
        if not usable(world, state, i, m):
            continue
        pair, t_s = state.pairs[i, m], state.estimates[i]["time_s"]
        if inside_once(world, state, i, m):
            pair["from_1_s"], pair["from_2_s"] = first_inside_s(world, state, i, m, t_s)
            continue
        if world.settings[0]["culling"]:
            t_s = max(t_s, now["origin_s"] + now["scale"] * world.edge_windows[i, m]["outside_to_s"])
        pair["from_1_s"], pair["to_1_s"], leave_s = stretch_s(world, state, i, m, t_s)
        if leave_s < end_s:
            pair["from_2_s"], pair["to_2_s"], leave_s = stretch_s(world, state, i, m, leave_s + _EDGE_STEP_S)
    for m in range(first, beyond):
        if usable(world, state, i, m) and inside_once(world, state, i, m):
            pair = state.pairs[i, m]
            pair["to_1_s"] = max(pair["from_1_s"], last_inside_s(world, state, i, m, pair["from_2_s"]))
            pair["from_2_s"] = NEVER


@kernel
def usable(world: World, state: State, i: int, m: int) -> bool:
    """Whether a round of magazine `m` can have an effect on ballistic object `i`, wherever it is."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    slow = world.objects[i]["speed_max_mps"] / state.objects[i]["scale"] <= weapon["target_speed_max_mps"]
    return bool(slow and world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["sspk"] > 0.0)


@kernel
def inside_once(world: World, state: State, i: int, m: int) -> bool:
    """Whether ballistic object `i` has one stretch inside the envelope of magazine `m` between known times, and not behind it."""
    now, hint = state.objects[i], world.edge_windows[i, m]
    known = world.settings[0]["culling"] and hint["inside_from_s"] < NEVER
    return bool(known and state.estimates[i]["time_s"] < now["origin_s"] + now["scale"] * hint["inside_to_s"])


@kernel
def first_inside_s(world: World, state: State, i: int, m: int, t_s: float) -> tuple[float, float]:
    """(first launch, entry) of the one stretch inside the envelope, from `t_s` on; the entry is between the times of its hint."""
    now, hint = state.objects[i], world.edge_windows[i, m]
    enter_s = max(t_s, now["origin_s"] + now["scale"] * hint["outside_to_s"])
    inside_s = now["origin_s"] + now["scale"] * hint["inside_from_s"]
    if enter_s < inside_s:
        slack = slack_m(world, state, i, m, enter_s)
        if slack < -EDGE_M:
            enter_s = edge_between_s(world, state, i, m, enter_s, slack, inside_s, slack_m(world, state, i, m, inside_s))
    return launch_for_s(world, state, i, m, enter_s), enter_s


@kernel
def last_inside_s(world: World, state: State, i: int, m: int, enter_s: float) -> float:
    """The last launch for the one stretch inside the envelope, which begins at `enter_s`; its end is between the times of its hint."""
    now, hint = state.objects[i], world.edge_windows[i, m]
    inside_s = max(now["origin_s"] + now["scale"] * hint["inside_to_s"], enter_s)
    leave_s = min(now["origin_s"] + now["scale"] * hint["outside_from_s"], now["path_end_s"])
    slack = slack_m(world, state, i, m, leave_s)
    if slack < -EDGE_M:
        leave_s = edge_between_s(world, state, i, m, inside_s, slack_m(world, state, i, m, inside_s), leave_s, slack)
    return launch_for_s(world, state, i, m, leave_s)


@kernel
def launch_for_s(world: World, state: State, i: int, m: int, intercept_s: float) -> float:
    """When a round of magazine `m` must leave to meet object `i` at `intercept_s`."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    range_m, _ = range_to_m(world, state, world.magazines[m]["unit"], i, intercept_s)
    return float(intercept_s - weapon["delay_s"] - range_m / weapon["speed_avg_mps"])


@kernel
def stretch_s(world: World, state: State, i: int, m: int, t_s: float) -> tuple[float, float, float]:
    """The next stretch of the true path inside the envelope, from `t_s` on: (first launch, last launch, time of leaving)."""
    end_s = state.objects[i]["path_end_s"]
    enter_s = next_edge_s(world, state, i, m, t_s, False)
    if slack_m(world, state, i, m, enter_s) < -EDGE_M:
        return NEVER, -NEVER, end_s
    leave_s = next_edge_s(world, state, i, m, enter_s, True)
    first_s = launch_for_s(world, state, i, m, enter_s)
    return first_s, max(first_s, launch_for_s(world, state, i, m, leave_s)), leave_s


@kernel
def reachable(world: World, state: State, i: int, m: int) -> bool:
    """Whether a round of magazine `m` launched when object `i` appeared, or later, could meet it: the gate "envelope at zero delay"."""
    ballistic, t_s = world.objects[i]["motion"] == _BALLISTIC, state.objects[i]["origin_s"]
    if ballistic and not usable(world, state, i, m):
        return False
    if world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["sspk"] <= 0.0:
        return False
    while t_s < state.objects[i]["path_end_s"]:
        enter_s = next_edge_s(world, state, i, m, t_s, False)
        if slack_m(world, state, i, m, enter_s) < -EDGE_M:
            return False
        t_s = next_edge_s(world, state, i, m, enter_s, True)
        while enter_s < t_s:  # leg by leg
            until_s = t_s if ballistic else min(leg_end_s(world, state, i, enter_s), t_s)
            in_time = launch_for_s(world, state, i, m, until_s) >= state.objects[i]["origin_s"]
            if in_time and (ballistic or slow_enough(world, state, i, m, 0.5 * (enter_s + until_s))):
                return True
            enter_s = max(until_s, enter_s + _LEAST_S)
        t_s += _EDGE_STEP_S
    return False


@kernel
def slow_enough(world: World, state: State, i: int, m: int, t_s: float) -> bool:
    """Whether object `i` is not too fast for the weapon of magazine `m` at `t_s`."""
    vx, vy, vz = object_velocity(world, state, i, t_s)
    most_mps = world.weapons[world.magazines[m]["weapon"]]["target_speed_max_mps"]
    return bool(vx * vx + vy * vy + vz * vz <= most_mps * most_mps)
