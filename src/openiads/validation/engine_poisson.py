"""A steady Poisson raid against fire channels that nobody queues for, run through the engine: an Erlang loss system.

A threat can be engaged only while its intercept would fall into a window 0.1 m deep: whoever finds no channel free is lost. A channel
is held for the flight of the salvo and its assessment. Fractions are taken over the first arrivals after the warm-up, busy channels
over a fixed time after it, so that neither is biased by its own length. One replicate is one raid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Fire, LogCode, ObjectStatus
from openiads.errors import InputError
from openiads.simulation.session import Session
from openiads.state.layout import NEVER, State
from openiads.validation.checks import CaseContext, Check, UncoveredError
from openiads.validation.engine_runs import session_of
from openiads.validation.oracle_plans import Defence, Raid, inbound_plan
from openiads.validation.sampling import Sampled, sampled_checks

_WINDOW_M = 0.1
_WARM_UP_HOLDS = 20.0
#: Arrivals that are counted in one replicate.
_COUNTED = 500
#: The raid is longer than needed by so many standard deviations of the number of arrivals in that time.
_SPARE_SIGMAS = 7.0
#: Half of a hold is flight, half assessment; a threat is half as fast as an interceptor, so it outlives the assessment.
_INTERCEPTOR_MPS = 500.0
_THREAT_MPS = 250.0
_LOAD = "offered_load_erlang"


@dataclass(frozen=True)
class _Window:
    """What is counted in each run: arrivals in order from `from_s` on, and busy channels until `to_s`."""

    from_s: float
    to_s: float
    lead_s: float
    """From the start of a threat to the instant at which it can be engaged."""


def poisson_raid(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """Blocked and leaked fractions, busy channels and interceptors per arrival."""
    x, want = case["inputs"], dict(case["expected"])
    hold_s, rate = float(x["channel_hold_s"]), float(x["arrival_rate_per_s"])
    if not (hold_s > 0.0 and rate > 0.0):
        raise InputError(f"arrivals and holds must be above 0, not {rate} per s and {hold_s} s")
    flight_s = 0.5 * hold_s
    reach_m = _INTERCEPTOR_MPS * flight_s
    defence = Defence(
        sspk=x["sspk"],
        interceptor_mps=_INTERCEPTOR_MPS,
        range_min_m=reach_m - _WINDOW_M,
        range_max_m=reach_m,
        assessment_s=hold_s - flight_s,
        channels=x["channels"],
        salvo=x["salvo_size"],
        fire=Fire.ONCE,
    )
    raid = Raid(
        start_m=reach_m + 1.5 * _THREAT_MPS * flight_s, speed_mps=_THREAT_MPS, arrival_rate_per_s=rate, count=_arrivals(hold_s, rate)
    )
    begin_s = _WARM_UP_HOLDS * hold_s
    window = _Window(begin_s, begin_s + _COUNTED / rate, 0.5 * flight_s)
    session = session_of(inbound_plan(defence, raid))
    checks = [Check(_LOAD, rate * hold_s, want.pop(_LOAD), 1e-9, "rel")] if _LOAD in want else []
    if unknown := sorted(set(want) - set(_measured(session.run(context.seed, 0), window))):
        raise UncoveredError(f"no run here gives {', '.join(unknown)}")
    values = [Sampled(name, name, "mean", value) for name, value in want.items()]
    return checks + sampled_checks(lambda first, count: _columns(session, window, context.seed, range(first, first + count)), values)


def _arrivals(hold_s: float, rate: float) -> int:
    """So many that warm-up and window are always filled."""
    mean = _WARM_UP_HOLDS * hold_s * rate + _COUNTED
    return math.ceil(mean + _SPARE_SIGMAS * math.sqrt(mean))


def _columns(session: Session, window: _Window, seed: int, replications: range) -> dict[str, NDArray[np.float64]]:
    rows = [_measured(session.run(seed, replication), window) for replication in replications]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _measured(state: State, window: _Window) -> dict[str, float]:
    first = int(np.searchsorted(state.objects["origin_s"] + window.lead_s, window.from_s))
    counted = slice(first, first + _COUNTED)
    return {
        "blocked_fraction": float(np.mean(state.timeline["first_launch_s"][counted] >= NEVER)),
        "leak_fraction": float(np.mean(state.objects["status"][counted] == ObjectStatus.LEAKED)),
        "interceptors_per_arrival": float(np.mean(state.objects["shots"][counted])),
        "mean_busy_channels": _busy_channels(state, window),
    }


def _busy_channels(state: State, window: _Window) -> float:
    """Mean over the window, from the log: a channel is taken by the first launch of an engagement and released by its assessment."""
    log = state.log[: state.cursor[0]["log_count"]]
    launches = log[log["code"] == LogCode.LAUNCHED]
    taken_s = launches["time_s"][np.unique(launches["engagement"], return_index=True)[1]]
    released_s = log["time_s"][(log["code"] == LogCode.CALLED_KILLED) | (log["code"] == LogCode.CALLED_ALIVE)]
    busy_s = np.clip(released_s, window.from_s, window.to_s).sum() - np.clip(taken_s, window.from_s, window.to_s).sum()
    return float(busy_s / (window.to_s - window.from_s))
