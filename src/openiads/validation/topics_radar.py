"""Oracle topics of detection, the radar equation and scanning.

Where a run uses a kernel or a table of a law, that is compared too: the law that runs is the law that is validated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.models.radar import scan
from openiads.models.radar.detection import (
    albersheim_snr_db,
    detection_probability,
    detection_threshold,
    required_snr_db,
    shnidman_snr_db,
)
from openiads.models.radar.pd_table import make_pd_table, pd_from_table
from openiads.models.radar.range_equation import (
    MatchedFilterRadar,
    SearchRadar,
    anchor_constant,
    anchored_snr,
    from_db,
    search_solid_angle_sr,
    to_db,
)
from openiads.validation.checks import CaseContext, Check, Law

_pd_table = lru_cache(maxsize=64)(make_pd_table)


def _mode(given: Mapping[str, Any]) -> tuple[int, int, float]:
    return int(given["swerling"]), int(given["n_pulses"]), float(given["pfa"])


def _pd(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    swerling, n_pulses, pfa = _mode(given)
    snr = from_db(given["snr_per_pulse_db"])
    exact = float(detection_probability(snr, pfa, swerling, n_pulses))
    table = float(pd_from_table(_pd_table(swerling, n_pulses, pfa), 0, snr))
    return [
        Check("pd", exact, want["pd"], tolerance["pd_abs"], "abs"),
        Check("pd from the table", table, want["pd"], tolerance["pd_abs"], "abs"),
        Check("threshold_T", detection_threshold(n_pulses, pfa), want["threshold_T"], tolerance["threshold_rel"], "rel"),
    ]


def _required_snr(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    swerling, n_pulses, pfa = _mode(case["inputs"])
    got = required_snr_db(case["inputs"]["pd"], pfa, swerling, n_pulses)
    return [Check("snr_per_pulse_db", got, case["expected"]["snr_per_pulse_db"], case["tolerance"]["snr_abs_db"], "abs")]


def _albersheim(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    _swerling, n_pulses, pfa = _mode(case["inputs"])
    got = albersheim_snr_db(case["inputs"]["pd"], pfa, n_pulses)
    return [Check("snr_db", got, case["expected"]["snr_db"], case["tolerance"]["snr_abs_db"], "abs")]


def _shnidman(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    swerling, n_pulses, pfa = _mode(case["inputs"])
    got = shnidman_snr_db(case["inputs"]["pd"], pfa, swerling, n_pulses)
    return [Check("snr_db", got, case["expected"]["snr_db"], case["tolerance"]["snr_abs_db"], "abs")]


def _shnidman_vs_exact(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    want, tolerance = case["expected"], case["tolerance"]["snr_abs_db"]
    swerling, n_pulses, pfa = _mode(case["inputs"])
    pd = case["inputs"]["pd"]
    approximate = shnidman_snr_db(pd, pfa, swerling, n_pulses)
    exact = required_snr_db(pd, pfa, swerling, n_pulses)
    return [
        Check("shnidman_snr_db", approximate, want["shnidman_snr_db"], tolerance, "abs"),
        Check("exact_snr_db", exact, want["exact_snr_db"], tolerance, "abs"),
        Check("difference_db", approximate - exact, want["difference_db"], tolerance, "abs"),
    ]


def _stated(case: Mapping[str, Any], key: str, got: float) -> Check:
    """Compare with ``expected[key]`` or, in published files, ``expected["value"]``, in the tolerance's own measure."""
    want, tolerance = case["expected"], case["tolerance"]
    if "rel" in tolerance:
        return Check(key, got, want.get(key, want.get("value")), tolerance["rel"], "rel")
    return Check(key, got, want.get(key, want.get("value")), tolerance["abs_db"], "abs")


def _with_recomputed(case: Mapping[str, Any], key: str, got: float) -> list[Check]:
    """As `_stated`, and the same against what a published file says that it gets with more digits."""
    more = case["expected"].get("recomputed")
    again = {**case, "expected": {"recomputed": more}}
    return [_stated(case, key, got), *([] if more is None else [_stated(again, "recomputed", got)])]


def _radar(given: Mapping[str, Any]) -> MatchedFilterRadar:
    return MatchedFilterRadar(
        pulse_s=given["tau_s"],
        frequency_hz=given["freq_hz"],
        gain_tx_db=given["gain_tx_db"],
        gain_rx_db=given["gain_rx_db"],
        system_temperature_k=given["ts_k"],
        loss_db=given["loss_db"],
    )


def _snr_db(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """The equation itself, and the anchored kernel with its anchor at 1 m2 and twice the range."""
    given = case["inputs"]
    radar, power_w, range_m, rcs_m2 = _radar(given), given["pt_w"], float(given["range_m"]), float(given["rcs_m2"])
    anchor_k = anchor_constant(radar.snr(power_w, 2.0 * range_m, 1.0), 2.0 * range_m, 1.0)
    return [
        *_with_recomputed(case, "snr_db", to_db(radar.snr(power_w, range_m, rcs_m2))),
        *_with_recomputed(case, "snr_db", to_db(anchored_snr(range_m, rcs_m2, anchor_k))),
    ]


def _max_range(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    return _with_recomputed(case, "range_m", _radar(given).max_range_m(given["pt_w"], from_db(given["snr_db"]), given["rcs_m2"]))


def _peak_power(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    return _with_recomputed(case, "peak_power_w", _radar(given).peak_power_w(from_db(given["snr_db"]), given["range_m"], given["rcs_m2"]))


def _search_snr(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    solid_angle_sr = search_solid_angle_sr(*map(math.radians, (*given["az_deg"], *given["el_deg"])))
    radar = SearchRadar(given["power_aperture_w_m2"], given["t_search_s"], solid_angle_sr, given["ts_k"], given["loss_db"])
    return _with_recomputed(case, "snr_db", to_db(radar.snr(given["range_m"], given["rcs_m2"])))


def _first_detection_delay(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    pd, period_s = float(case["inputs"]["pd"]), float(case["inputs"]["scan_period_s"])
    return [
        _stated(case, "mean_delay_s", scan.first_detection_delay_mean_s(pd, period_s)),
        _stated(case, "sd_delay_s", scan.first_detection_delay_sd_s(pd, period_s)),
        _stated(case, "p_delay_gt_2T", scan.first_detection_later(2.0 * period_s, pd, period_s)),
    ]


def _hits_per_scan(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    beamwidth_rad, period_s, prf_hz = math.radians(given["beamwidth_deg"]), float(given["scan_period_s"]), float(given["prf_hz"])
    return [
        _stated(case, "hits", scan.hits_per_scan(beamwidth_rad, period_s, prf_hz)),
        _stated(case, "time_on_target_s", scan.time_on_target_s(beamwidth_rad, period_s)),
        _stated(case, "unambiguous_range_m", scan.unambiguous_range_m(prf_hz)),
    ]


def _cumulative_detection(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """Cumulative detection with the anchored kernel and the table that a run uses."""
    given, want = case["inputs"], case["expected"]
    table = _pd_table(*_mode(given))
    anchor_k = anchor_constant(from_db(given["snr_db_at_R0"]), float(given["R0_m"]), 1.0)

    def single_look(range_m: float) -> float:
        return float(pd_from_table(table, 0, anchored_snr(range_m, 1.0, anchor_k)))

    def pd_at(ranges_m: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([single_look(r) for r in ranges_m.flat]).reshape(ranges_m.shape)

    def until(end_m: float) -> tuple[float, float]:
        target = scan.ClosingTarget(float(given["start_range_m"]), end_m, float(given["closing_speed_m_s"]))
        return scan.cumulative_detection(target, pd_at, float(given["scan_period_s"]))

    rel = case["tolerance"]["rel"]
    checks = [
        _stated(case, "single_scan_pd_at_R0", single_look(float(given["R0_m"]))),
        _stated(case, "mean_first_detection_range_m", until(float(given["end_range_m"]))[1]),
    ]
    for place, wanted in want["p_detected_before_range"].items():
        checks.append(Check(f"p detected before {place}", until(1000.0 * float(place.removesuffix(" km")))[0], wanted, rel, "rel"))
    return checks


_MODE = "swerling n_pulses pfa"
_RADAR = "tau_s freq_hz rcs_m2 gain_tx_db gain_rx_db ts_k loss_db"
_REL_OR_DB = "rel|abs_db"
_SNR_DB = Law(_snr_db, f"{_RADAR} pt_w range_m", "snr_db|value recomputed?", _REL_OR_DB)
_MAX_RANGE = Law(_max_range, f"{_RADAR} pt_w snr_db", "range_m|value recomputed?", _REL_OR_DB)

LAWS: dict[tuple[str, str], Law] = {
    ("detection_pd_exact", "Pd"): Law(_pd, f"{_MODE} snr_per_pulse_db", "pd threshold_T", "pd_abs threshold_rel"),
    ("detection_required_snr_exact", "required SNR"): Law(_required_snr, f"{_MODE} pd", "snr_per_pulse_db", "snr_abs_db"),
    ("detection_albersheim_shnidman", "albersheim"): Law(_albersheim, f"{_MODE} pd", "snr_db", "snr_abs_db"),
    ("detection_albersheim_shnidman", "shnidman"): Law(_shnidman, f"{_MODE} pd", "snr_db", "snr_abs_db"),
    ("detection_shnidman_vs_exact", "shnidman_vs_exact"): Law(
        _shnidman_vs_exact, f"{_MODE} pd", "shnidman_snr_db exact_snr_db difference_db", "snr_abs_db"
    ),
    ("radar_equation_exact", "snr_db"): _SNR_DB,
    ("radar_equation_exact", "max_range_m"): _MAX_RANGE,
    ("radar_equation_published", "snr_db"): _SNR_DB,
    ("radar_equation_published", "max_range_m"): _MAX_RANGE,
    ("radar_equation_published", "peak_power_w"): Law(
        _peak_power, f"{_RADAR} range_m snr_db", "peak_power_w|value recomputed?", _REL_OR_DB
    ),
    ("radar_equation_published", "search_snr_db"): Law(
        _search_snr, "power_aperture_w_m2 t_search_s az_deg el_deg ts_k loss_db range_m rcs_m2", "snr_db|value recomputed?", _REL_OR_DB
    ),
    ("scan_schedule", "first_detection_delay"): Law(
        _first_detection_delay, "pd scan_period_s", "mean_delay_s|value sd_delay_s|value p_delay_gt_2T|value", _REL_OR_DB
    ),
    ("scan_schedule", "hits_per_scan"): Law(
        _hits_per_scan, "beamwidth_deg scan_period_s prf_hz", "hits|value time_on_target_s|value unambiguous_range_m|value", _REL_OR_DB
    ),
    ("scan_cumulative_detection", "cumulative_detection_closing_target"): Law(
        _cumulative_detection,
        f"{_MODE} snr_db_at_R0 R0_m start_range_m end_range_m closing_speed_m_s scan_period_s",
        "single_scan_pd_at_R0|value mean_first_detection_range_m|value p_detected_before_range",
        "rel",
    ),
}
