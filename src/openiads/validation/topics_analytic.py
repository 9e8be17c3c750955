"""Oracle cases that the closed forms of `openiads.analytic` answer: kill probabilities, Erlang B, confidence intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.analytic import distribution, intervals, magazine, queueing, salvo, saturation
from openiads.analytic.shoot_look_shoot import shoot_look_shoot
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, compare

Case = Mapping[str, Any]


def _leakers(probabilities: NDArray[np.float64]) -> dict[str, float]:
    return {
        "mean_leakers": distribution.mean(probabilities),
        "sd_leakers": distribution.sd(probabilities),
        "p_zero_leak": float(probabilities[0]),
    }


def _relative(case: Case, got: Mapping[str, float]) -> list[Check]:
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _require(case: Case, key: str, value: object) -> None:
    if case["inputs"].get(key, value) != value:
        raise UncoveredError(f"{key}: only {value!r} has a closed form here")


def _salvo(case: Case, context: CaseContext) -> list[Check]:
    _require(case, "independent_shots", True)
    x = case["inputs"]
    leakers = salvo.salvo_leakers(x["threats"], x["shots_per_threat"], x["sspk"])
    got = {
        "p_kill_each": 1.0 - salvo.salvo_leak_probability(x["sspk"], x["shots_per_threat"]),
        "p_at_most_1": float(leakers[:2].sum()),
        "interceptors_used": x["threats"] * x["shots_per_threat"],
    }
    return _relative(case, got | _leakers(leakers))


def _salvo_published(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    p_all_killed = float(salvo.salvo_leakers(x["threats"], x["shots_per_threat"], x["sspk"])[0])
    return compare(case["expected"], {"p_kill_each": p_all_killed, "exact": p_all_killed}, case["tolerance"]["abs"], "abs")


def _layered(case: Case, context: CaseContext) -> list[Check]:
    _require(case, "unlimited_magazines", True)
    threats = case["inputs"]["threats"]
    layers = [salvo.Layer(row["sspk"], row["shots_per_threat"]) for row in case["inputs"]["layers"]]
    p_leak = salvo.layered_leak_probability(layers)
    got = {
        "p_leak_each": p_leak,
        "mean_leakers": threats * p_leak,
        "p_zero_leak": (1.0 - p_leak) ** threats,
        "mean_interceptors": threats * salvo.layered_interceptors(layers),
    }
    return _relative(case, got)


def _wilkening(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    least = salvo.barrage(x["warheads"], x["sspk"], x["p_track_common_mode"], x["required_p_zero_leak"])
    expected = dict(case["expected"])
    achieved = {"achieved_p_zero": expected.pop("achieved_p_zero")} if "achieved_p_zero" in expected else {}
    counts = {"shots_per_warhead": least.shots_per_warhead, "total_interceptors": least.total_interceptors}
    return [
        *compare(expected, counts, 0.0, "exact"),
        *compare(achieved, {"achieved_p_zero": least.p_zero_leak}, case["tolerance"]["rel"], "rel"),
    ]


def _shoot_look_shoot(case: Case, context: CaseContext) -> list[Check]:
    _require(case, "kill_assessment", "perfect")
    x = case["inputs"]
    outcome = shoot_look_shoot(x["sspk"], x["salvo_sequence"], x.get("p_false_alive", 0.0), x.get("p_false_kill", 0.0))
    return _relative(case, {"p_leak": outcome.p_leak, "mean_interceptors_per_threat": outcome.mean_interceptors})


def _magazine_fixed(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    outcome = magazine.fixed_salvo(x["threats"], x["magazine"], x["shots_per_threat"], x["sspk"])
    return _relative(case, _leakers(outcome.leakers) | {"mean_rounds_left": outcome.mean_rounds_left})


def _magazine_sls(case: Case, context: CaseContext) -> list[Check]:
    x = case["inputs"]
    outcome = magazine.magazine_shoot_look_shoot(x["threats"], x["magazine"], x["max_single_shots_per_threat"], x["sspk"])
    return _relative(case, _leakers(outcome.leakers) | {"mean_rounds_left": outcome.mean_rounds_left})


def _saturation(case: Case, context: CaseContext) -> list[Check]:
    _require(case, "kill_assessment", "perfect")
    x = case["inputs"]
    outcome = saturation.saturation_cycles(
        x["threats_simultaneous"], x["channels"], x["engagement_cycles_available"], x["shots_per_engagement"], x["sspk"]
    )
    return _relative(case, _leakers(outcome.leakers) | {"mean_interceptors": outcome.mean_interceptors})


def _erlang_b(case: Case, context: CaseContext) -> list[Check]:
    channels, load = case["inputs"]["channels"], case["inputs"]["offered_load_erlang"]
    got = {"blocking": queueing.erlang_b(channels, load), "mean_busy": queueing.mean_busy_channels(channels, load)}
    return _relative(case, got)


def _wilson(case: Case, context: CaseContext) -> list[Check]:
    lower, upper = intervals.wilson(case["inputs"]["successes"], case["inputs"]["trials"])
    expected, tolerance = case["expected"], case["tolerance"]
    printed = {name: value for name, value in expected.items() if name.startswith("published_")}
    exact = {name: value for name, value in expected.items() if name not in printed}
    checks = compare(exact, {"lower": lower, "upper": upper}, tolerance["abs"], "abs")
    if printed:
        checks += compare(printed, {"published_lower": lower, "published_upper": upper}, tolerance["published_abs"], "abs")
    return checks


def _binomial(case: Case, context: CaseContext) -> list[Check]:
    laws = {"wilson": intervals.wilson, "clopper_pearson": intervals.clopper_pearson}
    got, want = {}, {}
    for name, ends in case["expected"].items():
        if name not in laws:
            raise UncoveredError(f"no interval named {name!r}")
        got[f"{name}_lower"], got[f"{name}_upper"] = laws[name](case["inputs"]["successes"], case["inputs"]["trials"])
        want[f"{name}_lower"], want[f"{name}_upper"] = ends
    return compare(want, got, case["tolerance"]["abs"], "abs")


def _t_interval(case: Case, context: CaseContext) -> list[Check]:
    mean = case["inputs"]["mean"]
    half = intervals.t_half_width(case["inputs"]["n"], case["inputs"]["sd"])
    return _relative(case, {"half_width": half, "lower": mean - half, "upper": mean + half})


def _runs_needed(case: Case, context: CaseContext) -> list[Check]:
    runs = intervals.runs_needed(case["inputs"]["p"], case["inputs"]["half_width"])
    return compare(case["expected"], {"runs": runs}, 0.0, "exact")


_LEAKERS = "mean_leakers? sd_leakers? p_zero_leak?"
_SHOOT_LOOK_SHOOT = Law(
    _shoot_look_shoot, "sspk salvo_sequence p_false_alive? p_false_kill?", "p_leak? mean_interceptors_per_threat?", "rel"
)

LAWS: dict[tuple[str, str], Law] = {
    ("kill_salvo_leakage", "salvo_leakage"): Law(
        _salvo, "threats shots_per_threat sspk", f"p_kill_each? p_at_most_1? interceptors_used? {_LEAKERS}", "rel"
    ),
    ("kill_salvo_leakage", "salvo_leakage_published"): Law(_salvo_published, "threats shots_per_threat sspk", "p_kill_each? exact?", "abs"),
    ("kill_layered", "layered_defence"): Law(
        _layered, "threats layers", "p_leak_each? mean_leakers? p_zero_leak? mean_interceptors?", "rel"
    ),
    ("kill_wilkening", "wilkening_zero_leak_requirement"): Law(
        _wilkening,
        "warheads sspk p_track_common_mode required_p_zero_leak",
        "shots_per_warhead? total_interceptors? achieved_p_zero?",
        "rel",
    ),
    ("kill_shoot_look_shoot", "shoot_look_shoot"): _SHOOT_LOOK_SHOOT,
    ("kill_shoot_look_shoot", "shoot_look_shoot_imperfect_assessment"): _SHOOT_LOOK_SHOOT,
    ("kill_magazine", "magazine_fixed_salvo"): Law(
        _magazine_fixed, "threats magazine shots_per_threat sspk", f"{_LEAKERS} mean_rounds_left?", "rel"
    ),
    ("kill_magazine", "magazine_shoot_look_shoot"): Law(
        _magazine_sls, "threats magazine max_single_shots_per_threat sspk", f"{_LEAKERS} mean_rounds_left?", "rel"
    ),
    ("kill_saturation_cycles", "saturation_raid_cycles"): Law(
        _saturation,
        "threats_simultaneous channels engagement_cycles_available shots_per_engagement sspk",
        f"{_LEAKERS} mean_interceptors?",
        "rel",
    ),
    ("queue_erlang_b", "erlang_b_loss"): Law(_erlang_b, "channels offered_load_erlang", "blocking? mean_busy?", "rel"),
    ("stats_intervals", "wilson_95"): Law(
        _wilson, "successes trials", "lower? upper? published_lower? published_upper?", "abs published_abs?"
    ),
    ("stats_intervals", "binomial_ci_95"): Law(_binomial, "successes trials", "wilson? clopper_pearson?", "abs"),
    ("stats_intervals", "t_interval_95"): Law(_t_interval, "n mean sd", "half_width? lower? upper?", "rel"),
    ("stats_intervals", "runs_needed_normal_95"): Law(_runs_needed, "p half_width", "runs?", ""),
}
