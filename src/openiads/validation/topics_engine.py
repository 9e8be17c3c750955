"""Oracle cases that are run through the engine: single inbound, saturation, kill chains and magazines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Fire
from openiads.models.propagation.horizon import horizon_ground_range_m
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, Plan
from openiads.specs.command import MAX_SEQUENCE
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError
from openiads.validation.engine_ballistic import ballistic_rise
from openiads.validation.engine_poisson import poisson_raid
from openiads.validation.engine_runs import QUANTITIES, raid_checks, raid_columns, session_of
from openiads.validation.oracle_plans import Defence, Raid, inbound_plan

Case = Mapping[str, Any]

#: An inbound starts so much farther away than the horizon.
_BEYOND_HORIZON = 1.1
#: Expected values that one run with shots that all miss gives.
_TIMELINE = (
    "detection_ground_range_m",
    "n_salvos",
    "launch_times_s",
    "intercept_times_s",
    "intercept_ranges_m",
    "time_to_reach_defended_point_s",
)
_CYCLES = ("cycles", "intercept_times_s")
#: Fire units over which the channels of a saturation case are split as well, and replicates in which that must change nothing.
_SPLIT = 6
_PAIRED = 1_000
#: Threats that one replicate of a shoot-look-shoot case sends one after another, each against its own sequence of salvos.
_STREAM = 16
#: Geometry of cases that state none: room for far more than `MAX_SEQUENCE` engagements in a row of each threat.
_STAND = Defence(sspk=0.0, interceptor_mps=1_000.0, range_min_m=1_000.0, range_max_m=50_000.0, assessment_s=1.0)
#: The next threat starts when the one before has ended.
_FLIGHT = Raid(start_m=60_000.0, speed_mps=100.0, spacing_s=600.0)


def _defence(case: Case) -> Defence:
    x = case["inputs"]
    return Defence(
        sspk=x["sspk"],
        interceptor_mps=x["interceptor_speed_m_s"],
        range_min_m=x["min_intercept_range_m"],
        range_max_m=x["max_intercept_range_m"],
        assessment_s=x["assessment_time_s"],
        reaction_s=x["reaction_time_s"],
        salvo=x["salvo_size"],
    )


def _effective_earth(text: str) -> float:
    """Effective-earth factor on the engine's own radius from a text such as ``4/3 * 6371000 m smooth``."""
    found = re.fullmatch(r"([0-9./]+) \* ([0-9.e]+) m smooth", text)
    if found is None:
        raise UncoveredError(f"earth {text!r}")
    return float(Fraction(found[1])) * float(found[2]) / HORIZON_RADIUS_M


def _series(name: str, got: NDArray[np.float64], want: Sequence[float], tolerance: float) -> list[Check]:
    """One check of the length of two lists, and one per member of both."""
    members = enumerate(zip(got, want, strict=False))
    length = Check(f"number of {name}", float(len(got)), float(len(want)), 0.0, "exact")
    return [length, *(Check(f"{name}[{k}]", float(g), float(w), tolerance, "abs") for k, (g, w) in members)]


def _single_inbound(case: Case, context: CaseContext) -> list[Check]:
    x, want = case["inputs"], case["expected"]
    defence = replace(_defence(case), antenna_height_m=x["antenna_height_m"], effective_earth=_effective_earth(x["earth"]))
    horizon_m = horizon_ground_range_m(
        float(x["antenna_height_m"]), float(x["target_altitude_m"]), HORIZON_RADIUS_M * defence.effective_earth
    )
    raid = Raid(start_m=_BEYOND_HORIZON * horizon_m, speed_mps=x["target_speed_m_s"], alt_m=x["target_altitude_m"])
    timeline = _timeline(inbound_plan(replace(defence, lethal=False), raid), raid, case)
    return timeline + raid_checks(inbound_plan(defence, raid), {name: want[name] for name in want if name not in _TIMELINE}, context.seed)


def _timeline(plan: Plan, raid: Raid, case: Case) -> list[Check]:
    """Times count from the detection."""
    want, time_s, range_m = case["expected"], case["tolerance"]["time_abs_s"], case["tolerance"]["range_abs_m"]
    state = session_of(plan).run(0, 0)
    salvos = state.engagements[: state.cursor[0]["engagement_count"]]
    firsts = [np.flatnonzero(state.shots["engagement"][: state.cursor[0]["shot_count"]] == e)[0] for e in range(salvos.size)]
    detected_s = state.timeline[0]["firm_s"]
    return [
        Check("detection_ground_range_m", raid.start_m - raid.speed_mps * detected_s, want["detection_ground_range_m"], range_m, "abs"),
        Check("n_salvos", float(salvos.size), want["n_salvos"], 0.0, "exact"),
        *_series("launch_times_s", salvos["launch_s"] - detected_s, want["launch_times_s"], time_s),
        *_series("intercept_times_s", salvos["last_intercept_s"] - detected_s, want["intercept_times_s"], time_s),
        *_series("intercept_ranges_m", state.shots["range_m"][firsts], want["intercept_ranges_m"], range_m),
        Check(
            "time_to_reach_defended_point_s", state.objects[0]["end_s"] - detected_s, want["time_to_reach_defended_point_s"], time_s, "abs"
        ),
    ]


def _saturation(case: Case, context: CaseContext) -> list[Check]:
    """All threats on one path at the same time; the same channels in one fire unit and split over several."""
    x, want = case["inputs"], case["expected"]
    raid = Raid(start_m=x["detection_ground_range_m"], speed_mps=x["target_speed_m_s"], count=x["threats"])
    whole = replace(_defence(case), channels=x["channels"])
    split = replace(whole, units=_SPLIT)
    checks = [check for one in (whole, split) for check in _cycles(inbound_plan(replace(one, lethal=False), raid), case)]
    checks += raid_checks(inbound_plan(whole, raid), {name: want[name] for name in want if name not in _CYCLES}, context.seed)
    return [*checks, _same(inbound_plan(whole, raid), inbound_plan(split, raid), context.seed)]


def _same(one: Plan, other: Plan, seed: int) -> Check:
    """With the same luck both plans lose the same threats and spend as many rounds, replicate by replicate."""
    a, b = (raid_columns(session_of(plan), seed, 0, _PAIRED) for plan in (one, other))
    differing = (a["leakers"] != b["leakers"]) | (a["interceptors"] != b["interceptors"])
    return Check("replicates changed by a split", float(np.count_nonzero(differing)), 0.0, 0.0, "exact")


def _cycles(plan: Plan, case: Case) -> list[Check]:
    """With shots that all miss, every cycle engages as many threats as there are channels (or threats), all at once."""
    x, want, tolerance = case["inputs"], case["expected"], case["tolerance"]["time_abs_s"]
    state = session_of(plan).run(0, 0)
    count = int(state.cursor[0]["engagement_count"])
    at_once = min(x["channels"], x["threats"])
    times_s = np.sort(state.engagements["last_intercept_s"][:count])
    starts, ends = times_s[::at_once], times_s[at_once - 1 :: at_once]
    return [
        Check("cycles", count / at_once, want["cycles"], 0.0, "exact"),
        *_series("first intercept_times_s", starts, want["intercept_times_s"], tolerance),
        *_series("last intercept_times_s", ends, want["intercept_times_s"], tolerance),
    ]


def _sequence(salvos: Sequence[int]) -> tuple[int, ...]:
    if len(salvos) > MAX_SEQUENCE:
        raise UncoveredError(f"a firing sequence of the engine has at most {MAX_SEQUENCE} salvos")
    return tuple(salvos)


def _shoot_look_shoot(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    defence = replace(
        _STAND,
        sspk=x["sspk"],
        fire=Fire.SEQUENCE,
        sequence=_sequence(x["salvo_sequence"]),
        p_false_alive=x.get("p_false_alive", 0.0),
        p_false_kill=x.get("p_false_kill", 0.0),
    )
    return raid_checks(inbound_plan(defence, replace(_FLIGHT, count=_STREAM)), case["expected"], context.seed)


def _magazine_fixed(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    defence = replace(_STAND, sspk=x["sspk"], rounds=x["magazine"], fire=Fire.ONCE, salvo=x["shots_per_threat"])
    return raid_checks(inbound_plan(defence, replace(_FLIGHT, count=x["threats"])), case["expected"], context.seed)


def _magazine_sls(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    sequence = _sequence((1,) * x["max_single_shots_per_threat"])
    defence = replace(_STAND, sspk=x["sspk"], rounds=x["magazine"], fire=Fire.SEQUENCE, sequence=sequence)
    return raid_checks(inbound_plan(defence, replace(_FLIGHT, count=x["threats"])), case["expected"], context.seed)


_DEFENCE = (
    "sspk interceptor_speed_m_s min_intercept_range_m max_intercept_range_m assessment_time_s reaction_time_s salvo_size target_speed_m_s"
)
_RAID = " ".join(f"{name}?" for name in QUANTITIES)
_SHOOT_LOOK_SHOOT = Law(_shoot_look_shoot, "sspk salvo_sequence p_false_alive? p_false_kill?", _RAID, "")

LAWS: dict[tuple[str, str], Law] = {
    ("e2e_single_inbound", "single_inbound_timeline"): Law(
        _single_inbound, f"{_DEFENCE} antenna_height_m target_altitude_m earth", f"{' '.join(_TIMELINE)} {_RAID}", "time_abs_s range_abs_m"
    ),
    ("e2e_saturation", "synchronous_saturation_raid"): Law(
        _saturation, f"{_DEFENCE} detection_ground_range_m threats channels", f"{' '.join(_CYCLES)} {_RAID}", "time_abs_s"
    ),
    ("e2e_poisson_raid", "poisson_raid_no_queue"): Law(
        poisson_raid,
        "sspk channels salvo_size channel_hold_s arrival_rate_per_s",
        "offered_load_erlang? blocked_fraction? leak_fraction? interceptors_per_arrival? mean_busy_channels?",
        "",
    ),
    ("e2e_ballistic_rise", "ballistic_rise_time"): Law(
        ballistic_rise,
        "range_km elevation_mask_deg",
        "rise_time_s time_to_impact_s slant_range_km altitude_km speed_m_s time_to_impact_at_100km_descending_s",
        "time_abs_s range_rel",
    ),
    ("kill_shoot_look_shoot", "shoot_look_shoot"): _SHOOT_LOOK_SHOOT,
    ("kill_shoot_look_shoot", "shoot_look_shoot_imperfect_assessment"): _SHOOT_LOOK_SHOOT,
    ("kill_magazine", "magazine_fixed_salvo"): Law(_magazine_fixed, "threats magazine shots_per_threat sspk", _RAID, ""),
    ("kill_magazine", "magazine_shoot_look_shoot"): Law(_magazine_sls, "threats magazine max_single_shots_per_threat sspk", _RAID, ""),
}
