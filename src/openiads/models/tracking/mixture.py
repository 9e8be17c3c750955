"""Interacting multiple models: several filters of one track that differ in how much the target may manoeuvre.

All models move at nearly constant velocity, with different noise; a quiet one follows straight flight closely, an agile one turns. As
they share the motion, the mixture of their predictions is the prediction of their mixture, so that gates need one prediction only.
Not modelled: turns at a constant rate.
Reference: H. Blom and Y. Bar-Shalom, "The interacting multiple model algorithm for systems with Markovian switching coefficients",
IEEE Trans. Automatic Control 33 (1988), 780-783; Bar-Shalom, Li and Kirubarajan (2001), section 11.6.6.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.kernel import kernel
from openiads.models.tracking.predictor import add_noise, predict
from openiads.models.tracking.updater import compare, radial_misfit, update, update_radial
from openiads.state.arrays import PlotTracker
from openiads.state.plots import COMBINED


@kernel
def next_share(tracker: PlotTracker, k: int, to: int) -> float:
    """Chance that track `k` follows model `to` when its next plot comes."""
    rules, share = tracker.rules[0], tracker.tracks[k]["share"]
    total = 0.0
    for m in range(rules["models"]):
        total += rules["stay"][m, to] * share[m]
    return total


@kernel
def predict_mixture(tracker: PlotTracker, k: int, dt_s: float) -> None:
    """Prediction of the mixture of track `k` into the last row of `work`."""
    rules, ahead = tracker.rules[0], tracker.work[COMBINED]
    copy_estimate(tracker.estimates[k, COMBINED], ahead)
    predict(ahead, dt_s)
    for axis in range(3):
        psd = 0.0
        for m in range(rules["models"]):
            psd += next_share(tracker, k, m) * rules["psd_m2ps3"][m, axis]
        add_noise(ahead, dt_s, axis, psd)


@kernel
def copy_estimate(source: np.void, target: np.void) -> None:
    """Copy one estimate over another."""
    for a in range(3):
        target["pos_m"][a], target["vel_mps"][a] = source["pos_m"][a], source["vel_mps"][a]
        for b in range(3):
            target["cov_pos_m2"][a, b] = source["cov_pos_m2"][a, b]
            target["cov_pos_vel"][a, b] = source["cov_pos_vel"][a, b]
            target["cov_vel_m2ps2"][a, b] = source["cov_vel_m2ps2"][a, b]


@kernel
def clear_estimate(estimate: np.void) -> None:
    """Set an estimate to zero."""
    for a in range(3):
        estimate["pos_m"][a] = estimate["vel_mps"][a] = 0.0
        for b in range(3):
            estimate["cov_pos_m2"][a, b] = estimate["cov_pos_vel"][a, b] = estimate["cov_vel_m2ps2"][a, b] = 0.0


@kernel
def add_mean(total: np.void, part: np.void, weight: float) -> None:
    """Add a part of a mixture to its mean."""
    for a in range(3):
        total["pos_m"][a] += weight * part["pos_m"][a]
        total["vel_mps"][a] += weight * part["vel_mps"][a]


@kernel
def add_spread(total: np.void, part: np.void, weight: float) -> None:
    """Add a part of a mixture, whose mean is complete, to its covariance: its own and that of its distance from the mean."""
    for a in range(3):
        dp, dv = part["pos_m"][a] - total["pos_m"][a], part["vel_mps"][a] - total["vel_mps"][a]
        for b in range(3):
            ep, ev = part["pos_m"][b] - total["pos_m"][b], part["vel_mps"][b] - total["vel_mps"][b]
            total["cov_pos_m2"][a, b] += weight * (part["cov_pos_m2"][a, b] + dp * ep)
            total["cov_pos_vel"][a, b] += weight * (part["cov_pos_vel"][a, b] + dp * ev)
            total["cov_vel_m2ps2"][a, b] += weight * (part["cov_vel_m2ps2"][a, b] + dv * ev)


@kernel
def interact(tracker: PlotTracker, k: int) -> None:
    """What each model of track `k` starts from, into `work`: the mixture of the models that it may have come from."""
    rules, share = tracker.rules[0], tracker.tracks[k]["share"]
    for to in range(rules["models"]):
        mixed, total = tracker.work[to], next_share(tracker, k, to)
        clear_estimate(mixed)
        for m in range(rules["models"]):
            add_mean(mixed, tracker.estimates[k, m], rules["stay"][m, to] * share[m] / total)
        for m in range(rules["models"]):
            add_spread(mixed, tracker.estimates[k, m], rules["stay"][m, to] * share[m] / total)


@kernel
def combine(tracker: PlotTracker, k: int) -> None:
    """The mixture of the models of track `k`."""
    rules, share, total = tracker.rules[0], tracker.tracks[k]["share"], tracker.estimates[k, COMBINED]
    clear_estimate(total)
    for m in range(rules["models"]):
        add_mean(total, tracker.estimates[k, m], share[m])
    for m in range(rules["models"]):
        add_spread(total, tracker.estimates[k, m], share[m])


@kernel
def update_mixture(tracker: PlotTracker, k: int, plot: np.void) -> None:
    """Bring all models of track `k` to the time of a plot, correct them, and weigh them by how well each foresaw it."""
    rules, track = tracker.rules[0], tracker.tracks[k]
    dt_s, models = plot["time_s"] - track["time_s"], rules["models"]
    if models > 1:
        interact(tracker, k)
    best = -1e300
    for m in range(models):
        estimate, found = tracker.estimates[k, m], tracker.innovations[m]
        if models > 1:
            copy_estimate(tracker.work[m], estimate)
        predict(estimate, dt_s)
        for axis in range(3):
            add_noise(estimate, dt_s, axis, rules["psd_m2ps3"][m, axis])
        compare(estimate, plot, found)
        update(estimate, found)
        distance2, log_var = radial_misfit(estimate, plot)
        found["distance2"] += found["log_det"] + distance2 + log_var
        update_radial(estimate, plot)
        best = max(best, -0.5 * found["distance2"])
    for m in range(models):  # `distance2` is now -2 log likelihood but for a constant
        tracker.innovations[m]["distance2"] = next_share(tracker, k, m) * math.exp(-0.5 * tracker.innovations[m]["distance2"] - best)
    total = 0.0
    for m in range(models):
        total += tracker.innovations[m]["distance2"]
    for m in range(models):
        track["share"][m] = tracker.innovations[m]["distance2"] / total
    track["time_s"] = plot["time_s"]
    combine(tracker, k)
