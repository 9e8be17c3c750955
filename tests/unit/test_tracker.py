"""`Tracker` from Python: words for what is wrong, three dimensions, radial speeds; distances of pictures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from openiads import Plots, Tracker
from openiads.errors import InputError
from openiads.metrics.pictures import gospa, ospa


def test_a_manoeuvre_is_followed_closer_by_two_models_than_by_one_quiet_one() -> None:
    """Ten scans straight on, then a turn of 3 degrees a second, as positions on a circle; errors of 50 m."""
    luck, misses = np.random.default_rng(2), {1: 0.0, 2: 0.0}
    for _ in range(20):
        heading, at, path = 0.0, np.zeros(2), []
        for k in range(30):
            heading += np.radians(3.0) * 4.0 if 10 <= k < 20 else 0.0
            at = at + 4.0 * 250.0 * np.array([np.cos(heading), np.sin(heading)])
            path.append(at)
        seen = np.array(path) + luck.normal(0.0, 50.0, (30, 2))
        for models in (1, 2):
            noise = {"accelerations": (1.0,), "climb_accelerations": (1.0,)} if models == 1 else {}
            tracker = Tracker(dimensions=2, clutter_per_m=1e-14, drop_misses=30, gate_probability=0.999999999, **noise)
            for k in range(30):
                tracks = tracker.step(Plots.cartesian(4.0 * k, seen[k : k + 1], sd_m=50.0))
                if k >= 12:
                    misses[models] += float(min(np.linalg.norm(tracks.pos_m[:, :2] - path[k], axis=1), default=1e3))
    assert misses[2] < 0.5 * misses[1]


def test_three_dimensions_and_radial_speeds() -> None:
    tracker = Tracker(clutter_per_m=1e-20)
    for k in range(8):
        at = np.array([[40e3 - 4.0 * k * 300.0, 3e3, 8e3]])
        radial = -300.0 * at[:, 0] / np.linalg.norm(at, axis=1)
        tracks = tracker.step(Plots.cartesian(4.0 * k, at, sd_m=40.0).with_radial_speed(radial, 1.0))
    assert tracks.vel_mps[0] == pytest.approx([-300.0, 0.0, 0.0], abs=4.0)
    assert tracks.pos_m[0] == pytest.approx(at[0], abs=20.0)


def _steps(*times_s: float) -> None:
    tracker = Tracker(dimensions=2)
    for time_s in times_s:
        tracker.step(Plots.cartesian(time_s, [[1e3, 2e3]], sd_m=30.0))


def test_one_model_stays_what_it_is() -> None:
    assert Tracker(stay=1.0, accelerations=(1.0,), climb_accelerations=(1.0,)).options.stay == 1.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Tracker(gate=3.0), "a tracker has no option 'gate'; allowed: dimensions, detection"),
        (lambda: Tracker(dimensions=4), "dimensions must be 2 or 3"),
        (lambda: Tracker(detection=1.0), "detection must be between 0 and 1"),
        (lambda: Tracker().step(Plots.cartesian([], np.zeros((0, 3)), sd_m=1.0)), "an empty scan needs time_s"),
        (lambda: Tracker().step(Plots.cartesian(0.0, [[np.nan, 0.0, 0.0]], sd_m=1.0)), "must have finite times and positions"),
        (lambda: Plots.cartesian(0.0, [[1.0]], sd_m=1.0), r"must have the shape \(n, 2\) or \(n, 3\)"),
        (lambda: Plots.cartesian(0.0, [[1.0, 2.0]]), "either sd_m or cov_m2"),
        (lambda: Tracker(stay=1.0), "stay must be between 0 and 1"),
        (lambda: Plots.cartesian(0.0, [[1.0, 2.0]], sd_m=0.0), "sd_m must be finite and above 0"),
        (lambda: Plots.cartesian(0.0, [[1.0, 2.0]], cov_m2=[[[1.0, 2.0], [2.0, 1.0]]]), "positive definite"),
        (lambda: Plots.polar(0.0, [1e3], [0.1], 50.0, -0.1), "standard deviations must be finite and above 0"),
        (lambda: _steps(4.0, 3.0), "a plot at 3 s comes after one at 4 s; scans must be in the order of time"),
        (lambda: Tracker(dimensions=2).step(Plots.cartesian(4.0, [[1.0, 2.0]], sd_m=1.0), 3.0), "not before the latest plot, at 4 s"),
        (lambda: Tracker(dimensions=2).step(Plots.cartesian(4.0, [[1.0, 2.0]], sd_m=1.0), np.inf), "time_s must be finite"),
        (lambda: gospa([[0.0]], [[0.0, 1.0]], 5.0), "with the same d"),
        (lambda: ospa([[0.0]], [[0.0]], 0.0), "c must be above 0"),
    ],
)
def test_what_is_wrong_is_said(make, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=words):
        make()


def test_distances_of_pictures_by_hand() -> None:
    """One pair 3 m apart, one truth missed, two estimates false, with c = 10 m and p = 2."""
    found = gospa([[0.0, 0.0], [100.0, 0.0]], [[0.0, 3.0], [50.0, 0.0], [60.0, 50.0]], 10.0)
    assert (found.localisation_p, found.missed_p, found.false_p) == (9.0, 50.0, 100.0)
    assert found.distance == pytest.approx(159.0**0.5)
    assert found.pairs.tolist() == [[0, 0]]
    assert ospa([[0.0, 0.0], [100.0, 0.0]], [[0.0, 3.0], [50.0, 0.0], [60.0, 50.0]], 10.0) == pytest.approx((209.0 / 3.0) ** 0.5)
    assert (gospa([], [], 10.0).distance, ospa([], [], 10.0)) == (0.0, 0.0)
    assert gospa([], [[1.0, 1.0]], 10.0).distance == pytest.approx(50.0**0.5)
