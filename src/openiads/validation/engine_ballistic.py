"""When a radar at the aim point first sees a ballistic missile, run through the engine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from openiads.models.motion.path import Path
from openiads.validation.checks import CaseContext, Check, UncoveredError
from openiads.validation.engine_runs import session_of
from openiads.validation.oracle_plans import ballistic_plan

_KNOWN = {
    "trajectory": "minimum energy, spherical non-rotating, impulsive, no drag",
    "radar": "at the impact point, zero height, no refraction",
}
_DESCENT = "time_to_impact_at_100km_descending_s"
_DESCENT_M = 100e3


def ballistic_rise(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """The first track of a continuous, perfect radar with an elevation mask; the missile flies on to the radar."""
    x, want = case["inputs"], case["expected"]
    for key, text in _KNOWN.items():
        if x.get(key, text) != text:
            raise UncoveredError(f"{key} {x[key]!r}")
    plan, path = ballistic_plan(1e3 * x["range_km"], math.radians(x["elevation_mask_deg"]))
    session = session_of(plan)
    state = session.run(context.seed, 0)
    rise_s, impact_s = float(state.timeline[0]["firm_s"]), float(state.objects[0]["end_s"])
    position = CubicHermiteSpline(path.time_s, path.pos_ecef_m, path.vel_ecef_mps)
    height = CubicHermiteSpline(path.time_s, path.alt_m, path.climb_mps)
    times = {"rise_time_s": rise_s, "time_to_impact_s": impact_s - rise_s}
    state_then = {
        "slant_range_km": 1e-3 * float(np.linalg.norm(position(rise_s) - session.world.sensors[0]["pos_ecef_m"])),
        "altitude_km": 1e-3 * float(height(rise_s)),
        "speed_m_s": float(np.linalg.norm(position(rise_s, 1))),
    }
    if unknown := sorted(set(want) - {*times, *state_then, _DESCENT}):
        raise UncoveredError(f"no run here gives {', '.join(unknown)}")
    checks = [Check(name, got, want[name], case["tolerance"]["time_abs_s"], "abs") for name, got in times.items()]
    checks += [Check(name, got, want[name], case["tolerance"]["range_rel"], "rel") for name, got in state_then.items()]
    return [*checks, _descent(path, impact_s, want[_DESCENT], case["tolerance"]["time_abs_s"])]


def _descent(path: Path, impact_s: float, want_s: float | None, tolerance_s: float) -> Check:
    """How long before impact the missile falls through 100 km, if it ever flies so high."""
    height = CubicHermiteSpline(path.time_s, path.alt_m, path.climb_mps)
    falls_s = [t for t in height.solve(_DESCENT_M, extrapolate=False) if height(t, 1) < 0.0]
    if not falls_s or want_s is None:
        return Check(_DESCENT, "a time" if falls_s else "never", "never" if want_s is None else "a time", 0.0, "exact")
    return Check(_DESCENT, impact_s - falls_s[-1], want_s, tolerance_s, "abs")
