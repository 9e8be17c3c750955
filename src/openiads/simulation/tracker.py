"""A tracker for plots of one radar or picture: the compiled tracker with arrays of its own, from Python."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openiads.errors import InputError
from openiads.models.tracking.converter import convert_polar
from openiads.models.tracking.plot_scan import scan_plots
from openiads.state import plots as layout
from openiads.state.allocate import rows
from openiads.state.plots import COMBINED, FIRM, FREE, MODELS, PlotTracker
from openiads.state.rows import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FIRST_TRACKS, _FIRST_PAIRS = 64, 1024


@dataclass(frozen=True)
class TrackerOptions:
    """What a `Tracker` is told about the radar, the targets and the rules; the defaults suit air traffic in metres and seconds."""

    dimensions: int = 3
    """2 (a plane) or 3."""
    detection: float = 0.9
    """Chance that a scan has a plot of a target."""
    gate_probability: float = 0.9999
    """Chance that the plot of a target is inside the gate (chi-square)."""
    clutter_per_m: float = 0.0
    """False plots a scan per square (3-D: cubic) metre; 0: estimated as the scans come."""
    confirm_hits: int = 2
    """M: so many hits ..."""
    confirm_window: int = 5
    """N: ... among so many scans, and the score, make a track firm."""
    confirm_score: float = 5.0
    """Logarithm of the likelihood ratio of a target to clutter from which a track may be firm: ln(0.9 / 0.006), which misses one target in
    ten and calls 6 of 1,000 beginnings of clutter a target (A. Wald, Sequential Analysis (1947), section 3.2)."""
    sure_hits: int = 6
    """So many hits make a track firm with any score."""
    drop_misses: int = 3
    """K: so many scans in a row without a plot end a firm track."""
    tentative_misses: int = 2
    """The same for a track that is not firm yet."""
    speed_limit_mps: float = 700.0
    """No target is faster: two plots that would need more do not begin a track."""
    start_speed_sd_mps: float = 250.0
    """Spread of each horizontal velocity of a new track."""
    start_climb_sd_mps: float = 50.0
    """Spread of its vertical velocity."""
    accelerations: tuple[float, ...] = (1.0, 400.0)
    """Power spectral density of horizontal acceleration of each motion model, in m2/s3: one is a Kalman filter, more are mixed (IMM)."""
    climb_accelerations: tuple[float, ...] = (1.0, 25.0)
    """The same for vertical acceleration."""
    stay: float = 0.9
    """Chance that a target keeps to its motion model from one plot to the next."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        wrong = [
            (self.dimensions in (2, 3), "dimensions must be 2 or 3"),
            (0.0 < self.detection < 1.0, "detection must be between 0 and 1"),
            (0.0 < self.gate_probability < 1.0, "gate_probability must be between 0 and 1"),
            (self.clutter_per_m >= 0.0, "clutter_per_m must not be negative"),
            (1 <= self.confirm_hits <= self.confirm_window <= 60, "confirm_hits must be from 1 to confirm_window, and that at most 60"),
            (self.drop_misses >= 1 and self.tentative_misses >= 1, "drop_misses and tentative_misses must be at least 1"),
            (self.speed_limit_mps > 0.0, "speed_limit_mps must be above 0"),
            (self.start_speed_sd_mps > 0.0 and self.start_climb_sd_mps > 0.0, "start_speed_sd_mps and start_climb_sd_mps must be above 0"),
            (1 <= len(self.accelerations) <= MODELS, f"accelerations must be 1 to {MODELS} numbers"),
            (len(self.accelerations) == len(self.climb_accelerations), "climb_accelerations must be as many as accelerations"),
            (min((*self.accelerations, *self.climb_accelerations), default=0.0) >= 0.0, "accelerations must not be negative"),
            (0.0 < self.stay < 1.0 or self.stay == len(self.accelerations) == 1, "stay must be between 0 and 1"),
        ]
        for good, message in wrong:
            if not good:
                raise InputError(message)


class Plots(NamedTuple):
    """Plots of one scan, as `Tracker.step` takes them: make them with `Plots.cartesian` or `Plots.polar`."""

    table: Table

    @classmethod
    def cartesian(cls, time_s: ArrayLike, pos_m: ArrayLike, sd_m: ArrayLike | None = None, cov_m2: ArrayLike | None = None) -> Plots:
        """From positions (n, 2) or (n, 3) in metres with standard deviations (any shape that fits them) or covariances (n, d, d)."""
        pos = np.asarray(pos_m, float)
        if pos.ndim != 2 or pos.shape[1] not in (2, 3):
            raise InputError("pos_m must have the shape (n, 2) or (n, 3)")
        if (sd_m is None) == (cov_m2 is None):
            raise InputError("give either sd_m or cov_m2")
        if sd_m is not None and not _all_above_0(sd_m):
            raise InputError("sd_m must be finite and above 0")
        if cov_m2 is not None and not (np.isfinite(cov_m2).all() and (np.linalg.eigvalsh(np.asarray(cov_m2, float)) > 0.0).all()):
            raise InputError("cov_m2 must be finite and positive definite")
        n, axes = pos.shape
        table = _plots(n, time_s)
        table["pos_m"][:, :axes] = pos
        if cov_m2 is not None:
            table["cov_m2"][:, :axes, :axes] = np.asarray(cov_m2, float)
        else:
            for a, column in enumerate(np.broadcast_to(np.asarray(sd_m, float), pos.shape).T):
                table["cov_m2"][:, a, a] = column**2
        if axes == 2:
            table["cov_m2"][:, 2, 2] = 1.0
        return cls(table)

    @classmethod
    def polar(
        cls,
        time_s: ArrayLike,
        range_m: ArrayLike,
        azimuth_rad: ArrayLike,
        range_sd_m: ArrayLike,
        azimuth_sd_rad: ArrayLike,
        elevation_rad: ArrayLike | None = None,
        elevation_sd_rad: ArrayLike = 0.0,
    ) -> Plots:
        """From slant ranges and azimuths (clockwise from north), with elevations in three dimensions; x is east, y north, z up.

        Positions and covariances are unbiased conversions (`models.tracking.converter`).
        """
        if not (_all_above_0(range_sd_m) and _all_above_0(azimuth_sd_rad) and (elevation_rad is None or _all_above_0(elevation_sd_rad))):
            raise InputError("standard deviations must be finite and above 0")
        ranges = np.atleast_1d(np.asarray(range_m, float))
        table = _plots(len(ranges), time_s)
        polar = rows(len(ranges), layout.POLAR_PLOTS)
        polar["range_m"], polar["angle_rad"] = ranges, 0.5 * math.pi - np.asarray(azimuth_rad, float)
        polar["range_sd_m"], polar["angle_sd_rad"] = range_sd_m, azimuth_sd_rad
        if elevation_rad is not None:
            polar["elevation_rad"], polar["elevation_sd_rad"] = elevation_rad, elevation_sd_rad
        convert_polar(table, polar)
        return cls(table)

    def with_radial_speed(self, radial_mps: ArrayLike, sd_mps: ArrayLike, from_m: ArrayLike = (0.0, 0.0, 0.0)) -> Plots:
        """The same plots with measured radial speeds (positive: away from the radar at `from_m`); NaN: not measured."""
        table, speed = self.table.copy(), np.broadcast_to(np.asarray(radial_mps, float), len(self.table))
        toward = table["pos_m"] - np.asarray(from_m, float)
        table["toward"] = toward / np.maximum(np.linalg.norm(toward, axis=1), 1e-9)[:, None]
        known = np.isfinite(speed)
        table["radial_mps"] = np.where(known, speed, 0.0)
        table["radial_var_m2ps2"] = np.where(known, np.asarray(sd_mps, float) ** 2, -1.0)
        return Plots(table)

    def moved(self, by_m: ArrayLike) -> Plots:
        """The same plots in a frame in which their radar stands at `by_m`."""
        table = self.table.copy()
        table["pos_m"] += np.asarray(by_m, float)
        return Plots(table)

    @classmethod
    def together(cls, parts: list[Plots]) -> Plots:
        """Several sets of plots as one scan."""
        return cls(np.concatenate([part.table for part in parts]) if parts else _plots(0, 0.0))

    def __len__(self) -> int:
        return len(self.table)


class Tracks(NamedTuple):
    """Tracks at one time, a row of each array for each."""

    id: Ints
    """Counted from 1, never used again."""
    firm: NDArray[np.bool_]
    time_s: Floats
    """Time of the estimate: the asked one."""
    plot_s: Floats
    """Time of the last plot."""
    pos_m: Floats
    """(n, 3)"""
    vel_mps: Floats
    """(n, 3)"""
    cov_m2: Floats
    """(n, 3, 3): covariance of the position."""
    hits: Ints
    misses: Ints
    """Scans in a row without a plot."""
    score: Floats
    """Logarithm of the likelihood ratio of a target to clutter."""
    plot: Ints
    """Number of its plot in the last scan, or -1."""


class Tracker:
    """Turns scans of plots into tracks: gating, global nearest neighbour, Kalman filter or interacting multiple models.

    >>> tracker = Tracker(dimensions=2, detection=0.9)
    >>> for k in range(4):
    ...     tracks = tracker.step(Plots.cartesian(4.0 * k, [[800.0 * k, 5000.0]], sd_m=50.0))
    >>> int(tracks.id[0]), bool(tracks.firm[0])
    (1, True)
    """

    def __init__(self, options: TrackerOptions | None = None, **changes: Any) -> None:
        """With options, or with the default ones but for `changes`, by name."""
        known = [field.name for field in fields(TrackerOptions)]
        if unknown := sorted(set(changes) - set(known)):
            raise InputError(f"a tracker has no option {unknown[0]!r}; allowed: {', '.join(known)}")
        self.options = replace(options or TrackerOptions(), **changes)
        self._rows = rows_for(self.options)
        self._latest_s = -math.inf

    def step(self, plots: Plots, time_s: float | None = None) -> Tracks:
        """Take one scan; returns the firm tracks at `time_s` (default: the latest plot; an empty scan needs it).

        Scans come in the order of time: a plot that is older than the latest one of an earlier scan is an `InputError`.
        """
        table = plots.table
        if time_s is None and not len(table):
            raise InputError("an empty scan needs time_s")
        if len(table) and not (np.isfinite(table["pos_m"]).all() and np.isfinite(table["time_s"]).all()):
            raise InputError("plots must have finite times and positions")
        now_s = float(table["time_s"].max()) if time_s is None else float(time_s)
        latest_s = max(float(table["time_s"].max()) if len(table) else -math.inf, self._latest_s)
        if len(table) and (first_s := float(table["time_s"].min())) < self._latest_s:
            raise InputError(f"a plot at {first_s:g} s comes after one at {self._latest_s:g} s; scans must be in the order of time")
        if not latest_s <= now_s < math.inf:
            raise InputError(f"time_s must be finite and not before the latest plot, at {latest_s:g} s")
        self._latest_s = latest_s
        self._grow(len(table))
        self._rows.plots[: len(table)] = table
        self._rows.scan[0]["plots"] = len(table)
        while scan_plots(self._rows):
            self._rows = self._rows._replace(pairs=rows(2 * len(self._rows.pairs), layout.PAIRS))
        return self.tracks(now_s)

    def tracks(self, time_s: float | None = None, *, tentative: bool = False) -> Tracks:
        """The firm tracks (with `tentative`, all) as they are, or moved on to `time_s`, at constant velocity."""
        end = int(self._rows.scan[0]["track_end"])
        status = self._rows.tracks["status"][:end]
        chosen = np.flatnonzero(status != FREE if tentative else status == FIRM)
        track, estimate = self._rows.tracks[chosen], self._rows.estimates[chosen, COMBINED]
        when = track["time_s"].copy() if time_s is None else np.full(len(chosen), float(time_s))
        dt = (when - track["time_s"])[:, None]
        pv = estimate["cov_pos_vel"]
        cov = estimate["cov_pos_m2"] + dt[..., None] * (pv + pv.transpose(0, 2, 1)) + (dt**2)[..., None] * estimate["cov_vel_m2ps2"]
        pos = estimate["pos_m"] + dt * estimate["vel_mps"]
        return Tracks(
            track["id"].copy(), track["status"] == FIRM, when, track["time_s"].copy(), pos, estimate["vel_mps"].copy(), cov,
            track["hits"].copy(), track["misses"].copy(), track["score"].copy(), track["plot"].copy(),
        )  # fmt: skip

    @property
    def clutter_per_m(self) -> float:
        """Density of clutter in use, told or estimated."""
        return float(self._rows.scan[0]["clutter_per_m"])

    def _grow(self, n: int) -> None:
        """Room for `n` plots, each of which may begin a track."""
        r = self._rows
        if n > len(r.plots):
            room = 2 * n
            r = r._replace(
                plots=rows(room, layout.PLOTS),
                cells=rows(room + 2, layout.CELLS),
                order=rows(room, layout.ORDER),
                touched=rows(room, layout.TOUCHED),
            )
        needed = int(r.scan[0]["track_end"]) + n
        if needed > len(r.tracks):
            tracks, estimates = rows(2 * needed, layout.TRACK_FILES), rows((2 * needed, MODELS + 1), layout.ESTIMATES)
            tracks[: len(r.tracks)], estimates[: len(r.tracks)] = r.tracks, r.estimates
            r = r._replace(tracks=tracks, estimates=estimates)
        self._rows = r


def _all_above_0(values: ArrayLike) -> bool:
    numbers = np.asarray(values, float)
    return bool(np.isfinite(numbers).all() and (numbers > 0.0).all())


def _plots(n: int, time_s: ArrayLike) -> Table:
    table = rows(n, layout.PLOTS)
    table["time_s"], table["radial_var_m2ps2"] = time_s, -1.0
    return table


def rows_for(options: TrackerOptions, tracks: int = _FIRST_TRACKS, plots: int = 1, pairs: int = _FIRST_PAIRS) -> PlotTracker:
    """The arrays of a tracker with these options, with room for so many tracks, plots and pairs of both."""
    from scipy.special import chdtri

    rules = rows(1, layout.TRACK_RULES)
    rule, models = rules[0], len(options.accelerations)
    for name in (
        "dimensions", "detection", "clutter_per_m", "confirm_hits", "confirm_window", "confirm_score", "sure_hits", "drop_misses",
        "tentative_misses", "speed_limit_mps",
    ):  # fmt: skip
        rule[name] = getattr(options, name)
    rule["models"] = models
    rule["gate"] = float(chdtri(options.dimensions, 1.0 - options.gate_probability))
    rule["least_clutter_per_m"] = 1e-10 if options.dimensions == 2 else 1e-14
    rule["start_speed_sd_mps"] = (options.start_speed_sd_mps, options.start_speed_sd_mps, options.start_climb_sd_mps)
    away = (1.0 - options.stay) / (models - 1) if models > 1 else 0.0
    rule["stay"][:models, :models] = np.full((models, models), away) + np.eye(models) * ((options.stay if models > 1 else 1.0) - away)
    rule["start_share"][:models] = 1.0 / models
    for m, (level, climb) in enumerate(zip(options.accelerations, options.climb_accelerations, strict=True)):
        rule["psd_m2ps3"][m] = (level, level, climb if options.dimensions == 3 else 0.0)
    scan = rows(1, layout.SCAN)
    scan["area_low_m"], scan["area_high_m"] = math.inf, -math.inf
    return PlotTracker(
        rules=rules,
        tracks=rows(tracks, layout.TRACK_FILES),
        estimates=rows((tracks, MODELS + 1), layout.ESTIMATES),
        work=rows(MODELS + 1, layout.ESTIMATES),
        innovations=rows(MODELS + 1, layout.INNOVATIONS),
        plots=rows(plots, layout.PLOTS),
        pairs=rows(pairs, layout.PAIRS),
        cells=rows(plots + 2, layout.CELLS),
        order=rows(plots, layout.ORDER),
        touched=rows(plots, layout.TOUCHED),
        scan=scan,
    )
