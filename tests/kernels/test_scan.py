"""Rotating-radar timing against oracle values and hand arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

from openiads.errors import InputError
from openiads.models.radar import scan
from openiads.models.radar.detection import detection_probability


def test_hits_per_scan():
    """Oracle scan_schedule: 1.5 degrees, 10 s, 250 Hz."""
    beamwidth_rad = math.radians(1.5)
    assert scan.time_on_target_s(beamwidth_rad, 10.0) == pytest.approx(10.0 * 1.5 / 360.0)
    assert scan.hits_per_scan(beamwidth_rad, 10.0, 250.0) == pytest.approx(10.416666666666666)
    assert scan.unambiguous_range_m(250.0) == pytest.approx(599584.916)


def test_first_detection_delay():
    """Oracle scan_schedule: pd 0.8, 4 s; pd 1 is the uniform law."""
    assert scan.first_detection_delay_mean_s(0.8, 4.0) == pytest.approx(3.0)
    assert scan.first_detection_delay_sd_s(0.8, 4.0) == pytest.approx(2.5166114784235827)
    assert scan.first_detection_later(8.0, 0.8, 4.0) == pytest.approx(0.04)
    assert scan.first_detection_delay_sd_s(1.0, 12.0) == pytest.approx(12.0 / math.sqrt(12.0))


@pytest.mark.parametrize("pd", [0.3, 0.8, 1.0])
def test_the_distribution_of_the_delay_has_its_moments(pd):
    """Mean = integral of P(D > t), mean square = integral of 2 t P(D > t)."""
    turns = [i * 5.0 for i in range(120)]
    mean = sum(integrate.quad(lambda t: scan.first_detection_later(t, pd, 5.0), a, a + 5.0)[0] for a in turns)
    square = sum(integrate.quad(lambda t: 2.0 * t * scan.first_detection_later(t, pd, 5.0), a, a + 5.0)[0] for a in turns)
    assert scan.first_detection_delay_mean_s(pd, 5.0) == pytest.approx(mean, rel=1e-9)
    assert scan.first_detection_delay_sd_s(pd, 5.0) == pytest.approx(math.sqrt(square - mean * mean), rel=1e-9)


def test_a_perfect_radar_detects_at_its_first_look():
    target = scan.ClosingTarget(100e3, 10e3, 300.0)
    detected, mean_m = scan.cumulative_detection(target, np.ones_like, 10.0)
    assert detected == pytest.approx(1.0)
    assert mean_m == pytest.approx(100e3 - 0.5 * 3000.0)


def test_constant_pd_counts_looks():
    """10.4 periods of flight: 40 % of phases have 11 looks, the others 10."""
    target = scan.ClosingTarget(62.4e3, 10e3, 52.4e3 / 104.0)
    detected, _ = scan.cumulative_detection(target, lambda r: np.full_like(r, 0.1), 10.0)
    assert detected == pytest.approx(1.0 - 0.4 * 0.9**11 - 0.6 * 0.9**10)


def test_a_fast_target_may_pass_between_two_looks():
    target = scan.ClosingTarget(20e3, 10e3, 4000.0)
    detected, mean_m = scan.cumulative_detection(target, np.ones_like, 10.0)
    assert detected == pytest.approx(0.25)
    assert mean_m == pytest.approx(15e3)


def test_blind_radar():
    detected, mean_m = scan.cumulative_detection(scan.ClosingTarget(50e3, 10e3, 300.0), np.zeros_like, 10.0)
    assert detected == 0.0
    assert math.isnan(mean_m)


def test_closing_target_against_the_oracle():
    """Oracle scan_cumulative_detection (64 phases, so good to 0.2 %): Swerling 1, 13 dB at 100 km, 900 m/s, 10 s."""

    def pd(ranges_m):
        return detection_probability(10**1.3 * (100e3 / ranges_m) ** 4, 1e-6, 1, 1)

    _, mean_m = scan.cumulative_detection(scan.ClosingTarget(250e3, 10e3, 900.0), pd, 10.0)
    at_100_km, _ = scan.cumulative_detection(scan.ClosingTarget(250e3, 100e3, 900.0), pd, 10.0)
    assert mean_m == pytest.approx(120761.08314709079, rel=2e-3)
    assert at_100_km == pytest.approx(0.826297829747705, rel=2e-3)


@pytest.mark.parametrize("target", [(10e3, 10e3, 300.0), (50e3, 0.0, 300.0), (50e3, 10e3, 0.0), (50e3, math.nan, 300.0)])
def test_targets_that_do_not_close_are_refused(target):
    with pytest.raises(InputError, match="closing target"):
        scan.cumulative_detection(scan.ClosingTarget(*target), np.ones_like, 10.0)


@pytest.mark.parametrize("pd", [0.0, -0.1, 1.1, math.nan])
def test_impossible_pd_is_refused(pd):
    with pytest.raises(InputError, match="probability of detection"):
        scan.first_detection_delay_mean_s(pd, 10.0)
