"""Where and when a missile meets its target, or that it does not: truth, not the track.

The intercept is the first root of t - launch - delay - range(t) / speed_avg on the true path. No range changes faster than the target
flies, so a step of the residual over its greatest slope never jumps over a root; where the missile is faster there is but one, and
secants find it. Nothing is met later than `delay` plus greatest range over average speed, nor after the end of the path. Fifty
milliseconds are granted beyond the first of these: a launch waits until the predicted intercept is at the greatest range, and a track is
extrapolated on a great circle, a few metres off the true path after a few minutes. Without it every round that is launched so would
fall short by metres.

Not modelled: the speed along the flight, lofting, drag, guidance, turns of the missile; all of it is inside the average speed.
Reference: steps by a bound on the slope, J. C. Hart, "Sphere tracing", The Visual Computer 12 (1996), 527-545; secants, R. P. Brent,
Algorithms for Minimization without Derivatives (1973), chapter 4.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.models.interceptor.envelope import range_to_m
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

_LATE_S = 0.05
_AT_END_S = 1e-6
_STEP_S = 1e-10
_MAX_STEPS = 400


@kernel
def intercept(world: World, state: State, i: int, m: int, launch_s: float) -> tuple[float, float]:
    """(time, range) of the intercept of object `i` by a round of magazine `m` launched at `launch_s`; (NEVER, 0) without one."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    u = world.magazines[m]["unit"]
    now = state.objects[i]
    speed = weapon["speed_avg_mps"]
    fastest = world.objects[i]["speed_max_mps"] / now["scale"]
    slope = 1.0 + fastest / speed
    limit_s = launch_s + world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["far_flight_s"] + _LATE_S
    limit_s = min(limit_s, now["path_end_s"] + _AT_END_S)
    t_s, before_s, before = launch_s + weapon["delay_s"], 0.0, NEVER
    for _ in range(_MAX_STEPS):
        if t_s > limit_s:
            return NEVER, 0.0
        range_m, _alt_m = range_to_m(world, state, u, i, t_s)
        residual = range_m / speed - (t_s - launch_s - weapon["delay_s"])
        step_s = residual / slope
        if fastest < speed and residual != before < NEVER:  # one root only, since the residual falls all the time: secants
            step_s = residual * (t_s - before_s) / (before - residual)
            if step_s > limit_s - t_s > 0.0:
                step_s = limit_s - t_s
        before_s, before = t_s, residual
        t_s += step_s
        if abs(step_s) < _STEP_S:
            return min(t_s, max(now["path_end_s"], launch_s)), range_m
    return NEVER, 0.0
