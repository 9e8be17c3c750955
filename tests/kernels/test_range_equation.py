"""The radar equation against printed worked examples, and the anchored law against arithmetic."""

from __future__ import annotations

import math

import pytest

from openiads.models.radar.range_equation import (
    MatchedFilterRadar,
    SearchRadar,
    anchor_constant,
    anchor_snr,
    anchored_snr,
    from_db,
    search_solid_angle_sr,
    to_db,
)


def radar(gain_db: float, pulse_s: float, temperature_k: float, loss_db: float) -> MatchedFilterRadar:
    return MatchedFilterRadar(
        pulse_s=pulse_s,
        frequency_hz=10e9,
        gain_tx_db=gain_db,
        gain_rx_db=gain_db,
        system_temperature_k=temperature_k,
        loss_db=loss_db,
    )


def test_published_snr():
    """MATLAB Radar Toolbox, radareqsnr example: 14.3778 dB."""
    assert to_db(radar(40.0, 1e-6, 300.0, 3.0).snr(1e6, 100e3, 0.5)) == pytest.approx(14.3778, abs=5e-5)


def test_published_range():
    """MATLAB Radar Toolbox, radareqrng example: 41.057 km."""
    assert radar(20.0, 1e-5, 290.0, 0.0).max_range_m(1e6, from_db(6.0), 1.0) == pytest.approx(41057.0, abs=0.5)


def test_published_power():
    """MATLAB Radar Toolbox, radareqpow example: 2.2809 MW."""
    assert radar(30.0, 1e-6, 300.0, 3.0).peak_power_w(from_db(10.0), 50e3, 0.5) == pytest.approx(2.2809e6, abs=50.0)


def test_published_search():
    """MATLAB Radar Toolbox, radareqsearchsnr example: 13.8182 dB, 0.37024 sr."""
    solid_angle_sr = search_solid_angle_sr(0.0, math.radians(30.0), 0.0, math.radians(45.0))
    assert solid_angle_sr == pytest.approx(0.37024024484653045)
    search = SearchRadar(3e6, 10.0, solid_angle_sr, 487.0, 6.0)
    assert to_db(search.snr(1000e3, 0.1)) == pytest.approx(13.8182, abs=5e-5)


def test_a_search_radar_is_known_by_power_times_aperture_times_time():
    """SNR = P A t rcs / (4 pi Omega k Ts L R^4)."""
    search = SearchRadar(2e5, 7.0, 0.5, 500.0, 3.0)
    want = 2e5 * 7.0 * 0.3 / (4.0 * math.pi * 0.5 * 1.380649e-23 * 500.0 * 10.0**0.3 * 2e5**4)
    assert search.snr(2e5, 0.3) == pytest.approx(want, rel=1e-12)


def test_range_and_power_invert_the_snr():
    one = radar(35.0, 3e-6, 450.0, 4.0)
    snr = one.snr(2e5, 80e3, 0.3)
    assert one.max_range_m(2e5, snr, 0.3) == pytest.approx(80e3)
    assert one.peak_power_w(snr, 80e3, 0.3) == pytest.approx(2e5)


def test_decibels():
    assert to_db(100.0) == pytest.approx(20.0)
    assert from_db(-30.0) == pytest.approx(1e-3)


def test_anchored_snr_is_the_anchor_at_the_anchor():
    k = anchor_constant(snr0=20.0, range0_m=400e3, rcs0_m2=4.0)
    assert anchored_snr(400e3, 4.0, k) == pytest.approx(20.0)
    assert anchored_snr(200e3, 4.0, k) == pytest.approx(20.0 * 16.0)
    assert anchored_snr(400e3, 0.4, k) == pytest.approx(2.0)


def test_default_anchor_in_closed_form():
    """Swerling 1, one look: Pd = Pfa^(1/(1+S)), so S = ln Pfa / ln Pd - 1."""
    assert anchor_snr(0.5, 1e-6, 1, 1) == pytest.approx(math.log(1e-6) / math.log(0.5) - 1.0, rel=1e-9)


def test_an_anchor_at_pd_09_gives_62_percent_more_range():
    assert (anchor_snr(0.9, 1e-6, 1, 1) / anchor_snr(0.5, 1e-6, 1, 1)) ** 0.25 == pytest.approx(1.62, abs=0.005)
