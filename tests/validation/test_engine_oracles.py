"""Oracle topics through the engine: given cases, unseen numbers against closed forms and arithmetic, and broken laws that must be seen."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from openiads.analytic.magazine import fixed_salvo
from openiads.analytic.queueing import erlang_b
from openiads.analytic.saturation import saturation_cycles
from openiads.analytic.shoot_look_shoot import shoot_look_shoot
from openiads.errors import InputError
from openiads.validation import engine_ballistic, engine_poisson, topics_engine
from openiads.validation.checks import CaseContext, Check, UncoveredError
from openiads.validation.oracle_plans import Defence, Raid, ballistic_plan, inbound_plan
from openiads.validation.runner import GIVEN_CASES, SEED

Case = dict[str, Any]

#: Topic -> places in its file of cases that need few replicates.
FEW = {
    "e2e_ballistic_rise": range(12),
    "e2e_poisson_raid": [0],
    "e2e_saturation": [1, 7],
    "e2e_single_inbound": [1, 2, 7],
    "kill_magazine": [0, 1, 7],
    "kill_shoot_look_shoot": [6, 10, 13, 14, 20, 31, 33],
}


def given(topic: str, place: int) -> Case:
    document = json.loads((GIVEN_CASES / f"{topic}.json").read_text())
    case: Case = document["cases"][place]
    return case


def answer(topic: str, case: Mapping[str, Any]) -> list[Check]:
    return topics_engine.LAWS[topic, case["quantity"]].answer(case, CaseContext(topic, None, SEED))


def failed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if check.error_ratio() > 1.0]


@pytest.mark.parametrize(("topic", "place"), [(topic, place) for topic, places in FEW.items() for place in places])
def test_given_cases_pass_and_every_expected_value_is_compared(topic: str, place: int) -> None:
    case = given(topic, place)
    checks = answer(topic, case)
    assert failed(checks) == []
    compared = " ".join(check.name for check in checks)
    assert all(name in compared for name in case["expected"])


@pytest.mark.parametrize(
    ("topic", "place", "name"),
    [
        ("e2e_single_inbound", 1, "launch_times_s"),
        ("e2e_single_inbound", 1, "intercept_ranges_m"),
        ("e2e_saturation", 1, "intercept_times_s"),
    ],
)
def test_a_timeline_of_another_length_fails(topic: str, place: int, name: str) -> None:
    case = given(topic, place)
    for other in ([], case["expected"][name][:-1], [*case["expected"][name], 999.0]):
        assert failed(answer(topic, {**case, "expected": {**case["expected"], name: other}}))


@pytest.mark.slow
@pytest.mark.parametrize("topic", FEW)
def test_all_given_cases_pass(topic: str) -> None:
    cases = json.loads((GIVEN_CASES / f"{topic}.json").read_text())["cases"]
    assert {case["id"]: found for case in cases if (found := failed(answer(topic, case)))} == {}


# ------------------------------------------------------------------------------------------------------- unseen numbers

INBOUND = {
    "antenna_height_m": 25,
    "target_altitude_m": 45,
    "target_speed_m_s": 410,
    "interceptor_speed_m_s": 730,
    "reaction_time_s": 11.5,
    "assessment_time_s": 6.5,
    "min_intercept_range_m": 1200.0,
    "max_intercept_range_m": 33000.0,
    "salvo_size": 3,
    "sspk": 0.45,
    "earth": "6/5 * 6371000 m smooth",
}


def timeline(x: Mapping[str, Any], detected_m: float) -> list[tuple[float, float, float]]:
    """(launch, intercept, range) of every salvo at a target that survives them all, by arithmetic on a line."""
    salvos = []
    free_s, v, s = x["reaction_time_s"], x["target_speed_m_s"], x["interceptor_speed_m_s"]
    while True:
        at_edge_s = (detected_m - x["max_intercept_range_m"]) / v - x["max_intercept_range_m"] / s
        launch_s = max(free_s, at_edge_s)
        flight_s = (detected_m - v * launch_s) / (v + s)
        if s * flight_s < x["min_intercept_range_m"]:
            return salvos
        salvos.append((launch_s, launch_s + flight_s, s * flight_s))
        free_s = launch_s + flight_s + x["assessment_time_s"]


def test_a_single_inbound_with_other_numbers() -> None:
    radius_m = 6_371_000.0 * 6 / 5
    detected_m = sum(radius_m * math.acos(radius_m / (radius_m + h)) for h in (25.0, 45.0))
    salvos = timeline(INBOUND, detected_m)
    assert len(salvos) >= 2
    miss = (1.0 - 0.45) ** 3
    launches, intercepts, ranges = (list(column) for column in zip(*salvos, strict=True))
    expected = {
        "detection_ground_range_m": detected_m,
        "n_salvos": len(salvos),
        "launch_times_s": launches,
        "intercept_times_s": intercepts,
        "intercept_ranges_m": ranges,
        "time_to_reach_defended_point_s": detected_m / 410,
        "p_leak": miss ** len(salvos),
        "mean_interceptors": 3.0 * sum(miss**k for k in range(len(salvos))),
    }
    case = {"quantity": "single_inbound_timeline", "inputs": INBOUND, "expected": expected}
    tight = case | {"tolerance": {"time_abs_s": 1e-5, "range_abs_m": 1e-2}}
    assert failed(answer("e2e_single_inbound", tight)) == []


def test_a_saturation_raid_with_channels_that_do_not_divide_evenly() -> None:
    inputs = {
        "threats": 11,
        "channels": 8,
        "salvo_size": 2,
        "sspk": 0.3,
        "detection_ground_range_m": 21_000.0,
        "target_speed_m_s": 350,
        "interceptor_speed_m_s": 900,
        "reaction_time_s": 7,
        "assessment_time_s": 2.5,
        "min_intercept_range_m": 2_500.0,
        "max_intercept_range_m": 14_000.0,
    }
    salvos = timeline(inputs, 21_000.0)
    outcome = saturation_cycles(11, 8, len(salvos), 2, 0.3)
    mean = sum(k * p for k, p in enumerate(outcome.leakers))
    expected = {
        "cycles": len(salvos),
        "intercept_times_s": [intercept_s for _, intercept_s, _ in salvos],
        "mean_leakers": mean,
        "sd_leakers": math.sqrt(sum((k - mean) ** 2 * p for k, p in enumerate(outcome.leakers))),
        "mean_interceptors": outcome.mean_interceptors,
    }
    case = {"quantity": "synchronous_saturation_raid", "inputs": inputs, "expected": expected, "tolerance": {"time_abs_s": 1e-5}}
    assert failed(answer("e2e_saturation", case)) == []


def test_a_poisson_raid_with_other_numbers() -> None:
    blocked = erlang_b(2, 3.0)
    inputs = {"channels": 2, "arrival_rate_per_s": 0.2, "channel_hold_s": 15, "sspk": 0.6, "salvo_size": 1}
    expected = {
        "offered_load_erlang": 3.0,
        "blocked_fraction": blocked,
        "leak_fraction": blocked + (1.0 - blocked) * 0.4,
        "mean_busy_channels": 3.0 * (1.0 - blocked),
        "interceptors_per_arrival": 1.0 - blocked,
    }
    case = {"quantity": "poisson_raid_no_queue", "inputs": inputs, "expected": expected, "tolerance": {}}
    assert failed(answer("e2e_poisson_raid", case)) == []


def test_kill_chains_with_other_numbers() -> None:
    outcome = shoot_look_shoot(0.35, [3, 2, 2, 1], 0.15, 0.02)
    inputs = {"sspk": 0.35, "salvo_sequence": [3, 2, 2, 1], "p_false_alive": 0.15, "p_false_kill": 0.02}
    expected = {"p_leak": outcome.p_leak, "mean_interceptors_per_threat": outcome.mean_interceptors}
    case = {"quantity": "shoot_look_shoot_imperfect_assessment", "inputs": inputs, "expected": expected, "tolerance": {}}
    assert failed(answer("kill_shoot_look_shoot", case)) == []

    left = fixed_salvo(7, 16, 3, 0.5)
    mean = sum(k * p for k, p in enumerate(left.leakers))
    inputs = {"threats": 7, "magazine": 16, "shots_per_threat": 3, "sspk": 0.5}
    case = {"quantity": "magazine_fixed_salvo", "inputs": inputs, "expected": {"mean_leakers": mean}, "tolerance": {}}
    assert failed(answer("kill_magazine", case)) == []


# --------------------------------------------------------------------------------------------------------- broken laws

LATE = {"reaction_s": 0.2}
SLOW = {"assessment_s": 1.0}
DEADLY = {"sspk": 0.05}


@pytest.mark.parametrize(
    ("topic", "place", "change", "noticed"),
    [
        ("e2e_single_inbound", 2, LATE, "launch_times_s[0]"),
        ("e2e_single_inbound", 2, SLOW, "intercept_times_s[1]"),
        ("e2e_single_inbound", 2, DEADLY, "mean_interceptors"),
        ("e2e_single_inbound", 1, {"effective_earth": -1.0 / 3.0}, "detection_ground_range_m"),
        ("e2e_single_inbound", 1, {"range_max_m": 100.0}, "launch_times_s[0]"),
        ("e2e_saturation", 7, SLOW, "first intercept_times_s[1]"),
        ("e2e_saturation", 7, DEADLY, "mean_leakers"),
        ("e2e_saturation", 7, {"channels": 1}, "cycles"),
        ("e2e_poisson_raid", 0, DEADLY, "leak_fraction"),
        ("e2e_poisson_raid", 0, {"assessment_s": 3.0}, "mean_busy_channels"),
        ("kill_magazine", 0, DEADLY, "mean_leakers"),
        ("kill_magazine", 7, {"rounds": 1}, "mean_leakers"),
        ("kill_shoot_look_shoot", 10, DEADLY, "p_leak"),
        ("kill_shoot_look_shoot", 33, {"p_false_alive": 0.05}, "mean_interceptors_per_threat"),
        ("kill_shoot_look_shoot", 33, {"p_false_kill": 0.05}, "p_leak"),
    ],
)
def test_a_broken_law_is_noticed(topic: str, place: int, change: dict[str, float], noticed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(defence: Defence, raid: Raid) -> Any:
        return inbound_plan(replace(defence, **{name: getattr(defence, name) + by for name, by in change.items()}), raid)

    for module in (topics_engine, engine_poisson):
        monkeypatch.setattr(module, "inbound_plan", broken)
    assert noticed in failed(answer(topic, given(topic, place)))


def test_a_split_that_changes_the_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(defence: Defence, raid: Raid) -> Any:
        return inbound_plan(replace(defence, rounds=3) if defence.units > 1 else defence, raid)

    monkeypatch.setattr(topics_engine, "inbound_plan", broken)
    assert "replicates changed by a split" in failed(answer("e2e_saturation", given("e2e_saturation", 7)))


def test_a_wrong_elevation_mask_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_ballistic, "ballistic_plan", lambda range_m, mask_rad: ballistic_plan(range_m, mask_rad + 1e-3))
    names = failed(answer("e2e_ballistic_rise", given("e2e_ballistic_rise", 3)))
    assert {"rise_time_s", "slant_range_km", "altitude_km"} <= set(names)


def test_a_missile_that_never_comes_down_through_100_km() -> None:
    low, high = given("e2e_ballistic_rise", 0), given("e2e_ballistic_rise", 3)
    name = "time_to_impact_at_100km_descending_s"
    assert low["expected"][name] is None
    assert failed(answer("e2e_ballistic_rise", low | {"expected": low["expected"] | {name: 60.0}})) == [name]
    assert failed(answer("e2e_ballistic_rise", high | {"expected": high["expected"] | {name: None}})) == [name]


# ------------------------------------------------------------------------------------------------- what is not answered


@pytest.mark.parametrize(
    ("topic", "place", "part", "change", "message"),
    [
        ("e2e_single_inbound", 0, "inputs", {"earth": "WGS-84"}, "WGS-84"),
        ("e2e_single_inbound", 0, "expected", {"p_scratch": 0.5}, "p_scratch"),
        ("e2e_poisson_raid", 0, "expected", {"mean_queue": 0.5}, "mean_queue"),
        ("e2e_ballistic_rise", 0, "inputs", {"trajectory": "lofted"}, "lofted"),
        ("kill_shoot_look_shoot", 0, "inputs", {"salvo_sequence": [1] * 9}, "at most 8"),
    ],
)
def test_questions_that_no_run_answers_are_not_covered(topic: str, place: int, part: str, change: Case, message: str) -> None:
    case = given(topic, place)
    with pytest.raises(UncoveredError, match=message):
        answer(topic, case | {part: case[part] | change})


@pytest.mark.parametrize(
    ("topic", "change", "message"),
    [
        ("e2e_saturation", {"channels": 0}, "at least one channel"),
        ("e2e_saturation", {"threats": 0}, "at least one threat"),
        ("e2e_single_inbound", {"target_speed_m_s": -5}, "speed of a leg"),
        ("e2e_poisson_raid", {"arrival_rate_per_s": 0}, "above 0"),
    ],
)
def test_impossible_numbers_are_refused(topic: str, change: Case, message: str) -> None:
    case = given(topic, 0)
    with pytest.raises(InputError, match=message):
        answer(topic, case | {"inputs": case["inputs"] | change})
