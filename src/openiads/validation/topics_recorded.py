"""Oracle topics of recordings: real ADS-B traffic, real ASTERIX, and the tracker on real trajectories beside a peer.

The recordings are in packages of others and are not shipped here. They are looked for under the folder that the user gave
(``--data FOLDER``, in which the paths of the cases start) and, failing that, in the packages if they are installed; ``make recordings``
fetches them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.interop.adsb import Traffic, read_traffic
from openiads.interop.asterix import records
from openiads.metrics.pictures import gospa
from openiads.models.propagation.horizon import effective_radius_m, horizon_ground_range_m
from openiads.records.scans import Rejects
from openiads.simulation.tracker import Plots, Tracker
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, band

Floats = NDArray[np.float64]

_RADIUS_M = 6_371_000.0
_SAMPLES = "traffic/data/samples"
#: In the first ten scans the peers' means are not taken: tracks begin there.
FIRST_SCORED = 10


def recording(context: CaseContext, path: str) -> Path:
    """A file of a package: in the user's folder, or in the package where it is installed."""
    if context.data is not None and (context.data / path).is_file():
        return context.data / path
    package, _, rest = path.partition("/")
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / rest).is_file():
            return Path(folder) / rest
    raise UncoveredError(f"needs the recording {path}: 'make recordings', then --data build/recordings")


@lru_cache(maxsize=1)
def _traffic(path: Path) -> Traffic:
    return read_traffic(path)


def _file(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    path, want = recording(context, case["inputs"]["path"]), case["expected"]
    rows, raw = _traffic(path), path.read_bytes()
    _, who = np.unique(rows.aircraft, return_inverse=True)
    lat, lon = np.degrees(rows.lat_rad), np.degrees(rows.lon_rad)
    got: dict[str, float | str] = {
        "sha256": hashlib.sha256(raw).hexdigest(),
        "compressed_bytes": len(raw),
        "rows": len(rows.time_s),
        "aircraft": int(who.max()) + 1,
        "t_min_unix": float(rows.time_s.min()),
        "t_max_unix": float(rows.time_s.max()),
        "peak_concurrent_aircraft_10s": int(rows.airborne_at_once(who, rows.time_s - rows.time_s.min(), 10.0).max()),
    }
    checks = [Check(name, got[name], want[name], 0.0, "exact") for name in got]
    for name, values in (("lat", lat), ("lon", lon)):
        for k, value in enumerate((np.nanmin(values), np.nanmax(values))):  # degrees come back from radians: the last digits differ
            checks.append(Check(f"{name}[{k}]", float(value), want[name][k], 1e-12, "rel"))
    return checks


def _folded(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    given, want = case["inputs"], case["expected"]
    if given["key"] != "icao24/callsign#fold index":
        raise UncoveredError(f"flights are told apart by another key: {given['key']}")
    rows = _traffic(recording(context, f"{_SAMPLES}/{given['file']}"))
    time_s, flight, flights = rows.folded(float(given["fold_period_s"]))
    at_once = rows.airborne_at_once(flight, time_s, float(given["bin_s"]))
    got = {"peak_concurrent": int(at_once.max()), "median_concurrent": float(np.median(at_once)), "distinct_folded_flights": flights}
    return [Check(name, got[name], want[name], 0.0, "exact") for name in got]


def _horizon(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """By the product's horizon, on an earth of 6,371 km with 4/3 of it for rays."""
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    rows = _traffic(recording(context, f"{_SAMPLES}/{given['file']}"))
    known = np.isfinite(rows.alt_m) & np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad)
    lat, lon, alt = rows.lat_rad[known], rows.lon_rad[known], rows.alt_m[known]
    lat0, lon0 = math.radians(given["radar_lat"]), math.radians(given["radar_lon"])
    half = np.sin(0.5 * (lat - lat0)) ** 2 + math.cos(lat0) * np.cos(lat) * np.sin(0.5 * (lon - lon0)) ** 2
    ground_m = 2.0 * _RADIUS_M * np.arcsin(np.sqrt(half))
    bent_m = 4.0 / 3.0 * _RADIUS_M
    assert math.isclose(effective_radius_m(_RADIUS_M, -0.25 / _RADIUS_M), bent_m)
    seen = np.array([g <= horizon_ground_range_m(given["antenna_height_m"], h, bent_m) for g, h in zip(ground_m, alt, strict=True)])
    return [
        Check("rows", float(known.sum()), want["rows"], 0.0, "exact"),
        Check("fraction_visible", float(seen.mean()), want["fraction_visible"], tolerance["fraction_abs"], "abs"),
        Check("max_visible_range_m", float(ground_m[seen].max()), want["max_visible_range_m"], tolerance["range_abs_m"], "abs"),
    ]


def _asterix(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """Numbers are multiples of their least significant bit, in which both decoders must agree."""
    given = case["inputs"]
    found = _decoded(recording(context, given["file"])).get((given["frame_index"], given["record_index"]))
    if found is None:
        return [Check("record", "not found", "found", 0.0, "exact")]
    checks = []
    for name, want in case["expected"].items():
        got = found.get(name, "not there")
        if isinstance(want, float) and isinstance(got, int | float):
            checks.append(Check(name, float(got), want, 1e-12, "rel"))
        else:
            checks.append(Check(name, got, want, 0.0, "exact"))
    return checks


@lru_cache(maxsize=4)
def _decoded(path: Path) -> dict[tuple[int, int], dict[str, Any]]:
    return {(record.frame, record.number): record.items for record in records(path, Rejects())}


_RECIPE = re.compile(
    r".*fold (\d+) s, aeqd projection at ([\d.]+)N ([\d.]+)E, (\d+) scans of (\d+) s, Pd ([\d.]+), sigma (\d+) m / ([\d.]+) deg, "
    r"(\d+) clutter per scan, (\d+)\.\.(\d+) km"
)


def _real(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """The recipe of the case with draws of our own: the peer's plots are not stored, and its random numbers are not ours."""
    given, want = case["inputs"], case["expected"]
    recipe = _RECIPE.fullmatch(given["recipe"])
    if recipe is None:
        raise UncoveredError(f"another recipe: {given['recipe']}")
    fold_s, lat0, lon0, scans, period_s, pd, sd_m, sd_deg, clutter, near_km, far_km = map(float, recipe.groups())
    rows = _traffic(recording(context, f"{_SAMPLES}/{given['recording'].partition('samples/')[2]}"))
    times_s = given["start_s"] + period_s * np.arange(int(scans))
    at = _flights_at(rows, fold_s, (math.radians(lat0), math.radians(lon0)), times_s)
    luck, tracker = np.random.default_rng(given["seed"]), Tracker(dimensions=2, detection=pd)
    near_m, far_m, scores = 1e3 * near_km, 1e3 * far_km, []
    for k, time_s in enumerate(times_s):
        truth = at[k]
        truth = truth[_between(truth, near_m, far_m)]
        seen = truth[luck.random(len(truth)) < pd]
        ranges = np.hypot(seen[:, 0], seen[:, 1]) + luck.normal(0.0, sd_m, len(seen))
        azimuths = np.arctan2(seen[:, 0], seen[:, 1]) + luck.normal(0.0, math.radians(sd_deg), len(seen))
        false = luck.uniform(-far_m, far_m, (4 * int(clutter), 2))  # a square holds 4 / pi of its circle: enough are left
        false = false[_between(false, near_m, far_m)][: int(clutter)]
        ranges = np.concatenate([ranges, np.hypot(false[:, 0], false[:, 1])])
        azimuths = np.concatenate([azimuths, np.arctan2(false[:, 0], false[:, 1])])
        tracks = tracker.step(Plots.polar(time_s, ranges, azimuths, sd_m, math.radians(sd_deg)), float(time_s))
        shown = tracks.pos_m[_between(tracks.pos_m, near_m, far_m), :2]
        found = gospa(truth, shown, _CUTOFF_M)
        scores.append((found.distance, found.missed_p / _HALF_M2, found.false_p / _HALF_M2, len(truth)))
    means = dict(zip(("gospa_m", "missed", "false", "n_truth"), np.mean(scores[FIRST_SCORED:], axis=0), strict=True))
    judged = ("gospa_m", "missed", "false")
    checks = [band(f"{name}, at most 1.1 of the peer's", float(means[name]), 0.0, 1.1 * want[name]) for name in judged]
    return [*checks, Check("n_truth", float(means["n_truth"]), want["n_truth"], 0.01, "rel")]


_CUTOFF_M = 1000.0
_HALF_M2 = 0.5 * _CUTOFF_M**2


def _between(points: Floats, near_m: float, far_m: float) -> NDArray[np.bool_]:
    off = np.hypot(points[:, 0], points[:, 1])
    return np.asarray((near_m <= off) & (off <= far_m))


def _flights_at(rows: Traffic, fold_s: float, origin_rad: tuple[float, float], times_s: Floats) -> list[Floats]:
    """Positions (n, 2) of the folded flights at each time, on straight lines between reports; azimuthal equidistant, spherical."""
    time_s, flight, flights = rows.folded(fold_s)
    lat0, lon0 = origin_rad
    cosine = np.sin(lat0) * np.sin(rows.lat_rad) + np.cos(lat0) * np.cos(rows.lat_rad) * np.cos(rows.lon_rad - lon0)
    arc = np.arccos(np.clip(cosine, -1.0, 1.0))
    scale = _RADIUS_M * np.where(arc > 0.0, arc / np.where(arc > 0.0, np.sin(arc), 1.0), 1.0)
    east = scale * np.cos(rows.lat_rad) * np.sin(rows.lon_rad - lon0)
    north = scale * (np.cos(lat0) * np.sin(rows.lat_rad) - np.sin(lat0) * np.cos(rows.lat_rad) * np.cos(rows.lon_rad - lon0))
    order = np.lexsort((time_s, flight))
    starts = np.searchsorted(flight[order], np.arange(flights + 1))
    found: list[list[tuple[float, float]]] = [[] for _ in times_s]
    for first, last in pairwise(starts):
        mine = order[first:last]
        own_s = time_s[mine]
        inside = np.flatnonzero((times_s >= own_s[0]) & (times_s <= own_s[-1])) if len(mine) > 1 else ()
        for k in inside:
            found[k].append((float(np.interp(times_s[k], own_s, east[mine])), float(np.interp(times_s[k], own_s, north[mine]))))
    return [np.array(points, np.float64).reshape(-1, 2) for points in found]


_SCAN = "package file frame_index record_index udp_payload_offset"

LAWS: dict[tuple[str, str], Law] = {
    ("real_adsb_traffic", "recorded_adsb_file"): Law(
        _file, "package path", "sha256 compressed_bytes rows aircraft t_min_unix t_max_unix peak_concurrent_aircraft_10s lat lon", "exact"
    ),
    ("real_adsb_traffic", "time_folded_switzerland"): Law(
        _folded, "file fold_period_s key bin_s", "peak_concurrent median_concurrent distinct_folded_flights", "exact"
    ),
    ("real_adsb_traffic", "fraction_above_smooth_earth_horizon"): Law(
        _horizon, "file radar_lat radar_lon antenna_height_m note", "rows fraction_visible max_visible_range_m", "fraction_abs range_abs_m"
    ),
    ("interop_asterix_recorded", "asterix_cat048"): Law(
        _asterix,
        _SCAN,
        "category sac sic time_of_day_s rho_nmi theta_deg flight_level? mode3a? icao_address? ground_speed? heading_deg? typ?",
        "lsb",
    ),
    ("interop_asterix_recorded", "asterix_cat034"): Law(_asterix, _SCAN, "category sac sic message_type time_of_day_s", "lsb"),
    ("interop_asterix_recorded", "asterix_cat062"): Law(_asterix, _SCAN, "category sac sic lat lon track_number", "lsb"),
    ("peer_tracker", "tracker_scores_real_trajectories"): Law(
        _real,
        "recording recipe seed start_s detections? detections_sha256?",
        "peer gospa_m missed false n_truth rms_localisation_m? cpu_seconds?",
        "rule",
    ),
}
