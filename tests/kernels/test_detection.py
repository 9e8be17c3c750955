"""Detection laws against closed forms, scipy, mpmath and printed values; the run's table against the exact law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from openiads.errors import InputError
from openiads.models.radar.detection import (
    albersheim_snr_db,
    detection_curve,
    detection_probability,
    detection_threshold,
    required_snr_db,
    shnidman_snr_db,
)
from openiads.models.radar.pd_table import N_ROWS, PD_CELL, make_pd_table, pd_from_table

SNR = np.logspace(-3, 6, 19)
PFAS = (1e-12, 1e-6, 1e-2)


def test_threshold_of_one_pulse_is_minus_log_pfa():
    assert detection_threshold(1, 1e-6) == pytest.approx(-math.log(1e-6), rel=1e-14)


@pytest.mark.parametrize(("n_pulses", "want"), [(20, 69.0740447048944961), (100, 187.247955363566452)])
def test_threshold_of_many_pulses(n_pulses, want):
    """mpmath, 40 digits, pfa 1e-12."""
    assert detection_threshold(n_pulses, 1e-12) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("pfa", PFAS)
def test_one_pulse_in_closed_form(pfa):
    """Swerling 1 and 2: Pfa^(1/(1+S)); 3 and 4: (1 + T S/2 / (1+S/2)^2) exp(-T / (1+S/2))."""
    t, half = -math.log(pfa), 1.0 + SNR / 2.0
    rayleigh = pfa ** (1.0 / (1.0 + SNR))
    dominant = (1.0 + t * (SNR / 2.0) / half**2) * np.exp(-t / half)
    for swerling, want in ((1, rayleigh), (2, rayleigh), (3, dominant), (4, dominant)):
        assert detection_probability(SNR, pfa, swerling, 1) == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("pfa", PFAS)
@pytest.mark.parametrize("n_pulses", [1, 8, 100, 1000])
def test_steady_target_is_the_noncentral_chi_square(pfa, n_pulses):
    snr = np.logspace(-3, 2, 16)
    want = stats.ncx2.sf(2.0 * special.gammainccinv(n_pulses, pfa), 2 * n_pulses, 2.0 * n_pulses * snr)
    assert detection_probability(snr, pfa, 0, n_pulses) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("pfa", PFAS)
@pytest.mark.parametrize("n_pulses", [2, 20, 1000])
def test_swerling_2_is_a_scaled_gamma(pfa, n_pulses):
    want = special.gammaincc(n_pulses, special.gammainccinv(n_pulses, pfa) / (1.0 + SNR))
    assert detection_probability(SNR, pfa, 2, n_pulses) == pytest.approx(want, abs=1e-10)


@pytest.mark.parametrize(("swerling", "degrees"), [(1, 1), (2, 8), (3, 2), (4, 16)])
def test_fluctuation_averages_the_steady_law(swerling, degrees):
    """The definition: the steady target's law averaged over the gamma law of the total signal, 8 pulses."""
    threshold = special.gammainccinv(8, 1e-4)
    for snr in (0.1, 1.0, 5.0):
        law = stats.gamma(degrees, scale=8.0 * snr / degrees)
        want, _ = integrate.quad(
            lambda x, law=law: law.pdf(x) * stats.ncx2.sf(2.0 * threshold, 16, 2.0 * x), 0.0, law.ppf(1 - 1e-14), epsabs=1e-11, limit=200
        )
        assert float(detection_probability(snr, 1e-4, swerling, 8)) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(
    ("swerling", "n_pulses", "pfa", "snr", "want"),
    [
        (0, 1000, 1e-12, 0.15848931924611134, 0.0147598415506213863),
        (1, 1000, 1e-2, 0.01, 0.0292392349551759218),
        (2, 20, 1e-12, 1.9952623149688795, 0.233888199308669448),
        (3, 100, 1e-6, 1.0, 0.693680466016998864),
        (4, 1000, 1e-6, 0.15848931924611134, 0.505820316004354055),
        (0, 1, 1e-12, 25.118864315095795, 0.39093141546347069),
    ],
)
def test_far_corners(swerling, n_pulses, pfa, snr, want):
    """mpmath, 40 digits: sum over m of P(M = m) P(n + m, T)."""
    assert float(detection_probability(snr, pfa, swerling, n_pulses)) == pytest.approx(want, abs=1e-11)


@pytest.mark.parametrize("swerling", range(5))
def test_limits_and_shape(swerling):
    assert float(detection_probability(0.0, 1e-6, swerling, 5)) == pytest.approx(1e-6, rel=1e-12)
    assert float(detection_probability(1e12, 1e-6, swerling, 5)) == pytest.approx(1.0, abs=1e-9)
    assert detection_probability(np.ones((2, 3)), 1e-6, swerling, 5).shape == (2, 3)


@pytest.mark.parametrize("swerling", range(5))
def test_slope_is_the_derivative(swerling):
    step = 1e-4
    up, down = (detection_probability(SNR * math.exp(s), 1e-6, swerling, 20) for s in (step, -step))
    assert detection_curve(SNR, 1e-6, swerling, 20)[1] == pytest.approx((up - down) / (2.0 * step), abs=1e-7)


@pytest.mark.parametrize("swerling", range(5))
@pytest.mark.parametrize("pd", [1e-4, 0.5, 0.99])
def test_required_snr_inverts(swerling, pd):
    snr = 10.0 ** (required_snr_db(pd, 1e-6, swerling, 10) / 10.0)
    assert float(detection_probability(snr, 1e-6, swerling, 10)) == pytest.approx(pd, abs=1e-10)


def test_required_snr_of_a_printed_case():
    """Oracle detection_required_snr_exact."""
    assert required_snr_db(0.95, 1e-6, 0, 1) == pytest.approx(13.662435810279385, abs=1e-8)


@pytest.mark.parametrize(("pd", "want"), [(0.05, 5.577010678961301), (0.2, 9.410329568464647)])
def test_albersheim(pd, want):
    """MATLAB albersheim(), pfa 1e-6, one pulse."""
    assert albersheim_snr_db(pd, 1e-6, 1) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(
    ("pd", "swerling", "n_pulses", "want"),
    [
        (0.15, 0, 1, 9.176472527195301),
        (0.3, 0, 1, 10.214925964858082),
        (0.5, 0, 40, -0.226123038305275),
        (0.9, 0, 5, 7.579174333996299),
    ],
)
def test_shnidman(pd, swerling, n_pulses, want):
    """MATLAB shnidman(), pfa 1e-6, and oracle detection_shnidman_vs_exact."""
    assert shnidman_snr_db(pd, 1e-6, swerling, n_pulses) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(("pd", "pfa", "n_pulses"), [(0.95, 1e-6, 30), (0.9, 1e-8, 5), (0.8, 1e-6, 30)])
def test_shnidman_charges_high_probabilities_of_fluctuating_targets_extra(pd, pfa, n_pulses):
    """The printed formula by hand for Swerling 1 (K = 1), less that for a steady target; the second part from pd 0.872 on."""
    c = ((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525
    if pd > 0.872:
        c += math.exp(27.31 * pd - 25.14) + (pd - 0.8) * (0.7 * math.log(1e-5 / pfa) + (2 * n_pulses - 20) / 80)
    got = shnidman_snr_db(pd, pfa, 1, n_pulses) - shnidman_snr_db(pd, pfa, 0, n_pulses)
    assert got == pytest.approx(c, abs=1e-9)


@pytest.mark.parametrize(("n_pulses", "alpha"), [(40, 0.0), (41, 0.25)])
def test_shnidman_corrects_for_many_pulses_above_forty(n_pulses, alpha):
    """The printed formula by hand, for a steady target at pd 0.9 and pfa 1e-6."""
    eta = math.sqrt(-0.8 * math.log(4e-6 * (1.0 - 1e-6))) + math.sqrt(-0.8 * math.log(4.0 * 0.9 * 0.1))
    steady = eta * (eta + 2.0 * math.sqrt(n_pulses / 2.0 + alpha - 0.25))
    assert shnidman_snr_db(0.9, 1e-6, 0, n_pulses) == pytest.approx(10.0 * math.log10(steady / n_pulses), abs=1e-12)


@pytest.mark.parametrize("swerling", range(5))
def test_shnidman_is_as_close_as_claimed(swerling):
    """0.5 dB (Richards, Fundamentals of Radar Signal Processing, chapter 6)."""
    for n_pulses in (1, 10):
        for pd in (0.5, 0.9):
            exact = required_snr_db(pd, 1e-6, swerling, n_pulses)
            assert abs(shnidman_snr_db(pd, 1e-6, swerling, n_pulses) - exact) <= 0.5
    for pfa in (1e-3, 1e-9):
        assert abs(shnidman_snr_db(0.9, pfa, swerling, 4) - required_snr_db(0.9, pfa, swerling, 4)) <= 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: detection_probability(1.0, 1e-6, 5, 1), "Swerling case 5"),
        (lambda: shnidman_snr_db(0.5, 1e-6, -1, 1), "Swerling case -1"),
        (lambda: detection_probability(1.0, 1e-6, 1, 0), "number of pulses"),
        (lambda: detection_threshold(1, 0.0), "false-alarm probability"),
        (lambda: detection_probability(-1.0, 1e-6, 1, 1), "signal-to-noise"),
        (lambda: detection_probability(math.nan, 1e-6, 1, 1), "signal-to-noise"),
        (lambda: required_snr_db(1.0, 1e-6, 1, 1), "probability of detection"),
        (lambda: required_snr_db(1e-6, 1e-6, 1, 1), "probability of detection"),
        (lambda: required_snr_db(1e-6 * (1 + 1e-15), 1e-6, 1, 1), "rounding"),
        (lambda: albersheim_snr_db(0.5, 2.0, 1), "false-alarm probability"),
    ],
)
def test_bad_input_gets_one_clear_message(call, message):
    with pytest.raises(InputError, match=message):
        call()


def from_table(table, snr, offset=0):
    return np.array([pd_from_table(table, offset, s) for s in snr.tolist()])


@pytest.mark.parametrize("swerling", range(5))
@pytest.mark.parametrize(
    ("n_pulses", "pfa"), [(1, 1e-6), (1, 1e-12), (2, 1e-6), (8, 1e-6), (20, 1e-6), (100, 1e-6), (100, 1e-12), (100, 1e-2)]
)
def test_table_is_exact_to_1e_6_and_never_falls(swerling, n_pulses, pfa):
    """Off the grid (an irrational step), from below the first point to above the last, densest where the law is steep."""
    levels_db = np.sort(np.concatenate([np.arange(-65.0, 85.0, 0.1 * math.pi), np.arange(-15.0, 25.0, 0.01 * math.pi)]))
    snr = 10.0 ** (levels_db / 10.0)
    got = from_table(make_pd_table(swerling, n_pulses, pfa), snr)
    assert np.max(np.abs(got - detection_probability(snr, pfa, swerling, n_pulses))) <= 1e-6
    assert np.all(np.diff(got) >= 0.0)
    assert np.all((got >= 0.0) & (got <= 1.0))


@pytest.mark.parametrize("swerling", range(5))
def test_table_slopes_are_limited(swerling):
    """Fritsch and Carlson: non-negative and at most three times either neighbouring rise, so no cubic can fall."""
    table = make_pd_table(swerling, 20, 1e-6)
    rise = np.diff(table["pd"])
    assert np.all(rise >= 0.0)
    start, end = table["linear"], table["linear"] + 2.0 * table["square"] + 3.0 * table["cube"]
    for slope in (start[:-1], end[:-1]):
        assert np.all(slope >= -1e-15)
        assert np.all(slope <= 3.0 * rise + 1e-15)
    assert np.allclose(table["pd"][:-1] + table["linear"][:-1] + table["square"][:-1] + table["cube"][:-1], table["pd"][1:], atol=1e-15)


def test_table_holds_its_end_values_and_stands_anywhere():
    swerling_1, swerling_0 = make_pd_table(1, 1, 1e-6), make_pd_table(0, 8, 1e-4)
    assert swerling_1.dtype == PD_CELL
    assert swerling_1.shape == (N_ROWS,)
    both = np.concatenate([swerling_1, swerling_0])
    for snr in (-1.0, 0.0, 1e-30, math.nan):
        assert pd_from_table(both, 0, snr) == swerling_1["pd"][0]
        assert pd_from_table(both, N_ROWS, snr) == swerling_0["pd"][0]
    for snr in (1e9, math.inf):
        assert pd_from_table(both, 0, snr) == swerling_1["pd"][-1]
        assert pd_from_table(both, N_ROWS, snr) == swerling_0["pd"][-1]
    assert pd_from_table(both, N_ROWS, 1.0) == pd_from_table(swerling_0, 0, 1.0)
