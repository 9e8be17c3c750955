"""What a case must state before its law is asked: which keys, and what each may hold.

A key means the same in every topic, so its kind is stated once, here; a key that is not listed holds a number. Keys that no law reads
are not looked at, except that no tolerance may be negative. What only a law can judge, such as more successes than trials, is left to it.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openiads.validation.checks import Law, names

Fault = tuple[str, str]
"""Key and message."""

_LARGEST = 1e300
#: Counts beyond this are not what any table states, and would keep a law busy for hours.
_MOST = 1_000_000


@dataclass(frozen=True)
class _Kind:
    words: str
    fits: Callable[[Any], bool]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST


def _is_count(value: object) -> bool:
    return _is_number(value) and isinstance(value, int) and 0 <= value <= _MOST


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _are(fits: Callable[[Any], bool], value: object, length: int | None = None) -> bool:
    """Whether it is a list whose entries all fit."""
    return isinstance(value, list) and all(map(fits, value)) and (length is None or len(value) == length)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and value != "" and all(c in "0123456789abcdefABCDEF" for c in value)


def _is_layer(value: object) -> bool:
    return isinstance(value, dict) and _is_share(value.get("sspk")) and _is_count(value.get("shots_per_threat"))


def _is_sample(value: object) -> bool:
    return isinstance(value, dict) and "t_s" in value and all(map(_is_number, value.values()))


def _is_record(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _is_by_range(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    places = (name.removesuffix(" km") for name in value)
    return all(map(_is_number, value.values())) and all(place.replace(".", "", 1).isdecimal() for place in places)


def _is_by_count(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values())) and all(name.isdecimal() for name in value)


_NUMBER = _Kind("a number", _is_number)
_POSITIVE = _Kind("a number above 0", _is_positive)
_NOT_NEGATIVE = _Kind("a number of at least 0", lambda v: _is_number(v) and v >= 0)
_SHARE = _Kind("a number from 0 to 1", _is_share)
_COUNT = _Kind(f"a whole number from 0 to {_MOST:,}", _is_count)
_FROM_ONE = _Kind(f"a whole number from 1 to {_MOST:,}", lambda v: _is_count(v) and v >= 1)
_TEXT = _Kind("a text", lambda v: isinstance(v, str))
_NUMBERS = _Kind("a list of numbers", lambda v: _are(_is_number, v))
_MATRIX = _Kind("a list of lists of numbers, all as long", lambda v: _are(lambda row: _are(_is_number, row, len(v[0])), v))
_PATHS = _Kind("a list of lists of rows of numbers", lambda v: _are(lambda path: _MATRIX.fits(path) and path != [], v))
_PAIR = _Kind("a list of two numbers", lambda v: _are(_is_number, v, 2))


def _words_of(count: int) -> _Kind:
    return _Kind(f"a list of {count} texts of hexadecimal digits", lambda v: _are(_is_hex, v, count))


_INPUTS: dict[_Kind, str] = {
    _SHARE: "sspk pd pfa p p_false_alive p_false_kill p_track_common_mode required_p_zero_leak gate_probability p_false_per_gate",
    _COUNT: "threats threats_simultaneous channels magazine engagement_cycles_available shots_per_threat shots_per_engagement "
    "max_single_shots_per_threat swerling successes rounds frame_index record_index udp_payload_offset seed detections",
    _FROM_ONE: "scans n n_pulses salvo_size trials warheads M N meas_dim state_dim monte_carlo_runs consecutive_misses",
    _POSITIVE: "arrival_rate_per_s beamwidth_deg burnout_speed_m_s channel_hold_s closing_speed_m_s detection_ground_range_m "
    "earth_radius_m end_range_m freq_hz half_width interceptor_speed_m_s k_factor max_intercept_range_m offered_load_erlang "
    "power_aperture_w_m2 prf_hz pt_w R0_m range_km range_m rcs_m2 scan_period_s start_range_m t_search_s target_speed_m_s tau_s ts_k "
    "T_s sigma_a_m_s2 sigma_meas_m fold_period_s bin_s",
    _NOT_NEGATIVE: "antenna_height_m assessment_time_s ground_range_m instrumented_slant_range_m min_intercept_range_m reaction_time_s "
    "sd slant_range_m target_altitude_m target_height_m",
    _Kind("a latitude from -90 to 90", lambda v: _is_number(v) and -90 <= v <= 90): "lat_deg lat0_deg lat1_deg lat2_deg launch_lat_deg "
    "target_lat_deg",
    _TEXT: "earth state models base_distance area gospa model window truth_paths association package file path key note recording recipe "
    "detections_sha256",
    _PATHS: "truths tracks",
    _MATRIX: "mahalanobis2 transition truth estimates measurements",
    _NUMBERS: "x0 P0_diag mu0",
    _Kind("a number, or a list of numbers", lambda v: _is_number(v) or _are(_is_number, v)): "q_psd",
    _Kind("an object of texts", lambda v: isinstance(v, dict) and all(isinstance(text, str) for text in v.values())): "files",
    _PAIR: "az_deg el_deg",
    _Kind("a list of objects with sspk (from 0 to 1) and shots_per_threat (a whole number)", lambda v: _are(_is_layer, v)): "layers",
    _Kind("a list of whole numbers of at least 1", lambda v: _are(_FROM_ONE.fits, v)): "salvo_sequence",
    _words_of(4): "counter_hex",
    _words_of(2): "key_hex",
}
_EXPECTED: dict[_Kind, str] = {
    _NUMBERS: "launch_times_s intercept_times_s intercept_ranges_m x_final nis",
    _MATRIX: "P_final mode_probabilities P_post P_pred",
    _TEXT: "peer sha256 mode3a icao_address",
    _Kind("a number, or a list of two numbers", lambda v: _is_number(v) or _are(_is_number, v, 2)): "lat lon",
    _Kind("an object with numbers under whole numbers", _is_by_count): "p_confirmed_by_scan",
    _Kind("a list of plots, null without one", lambda v: _are(lambda j: j is None or _is_number(j), v)): "assignment_track_to_plot",
    _Kind("a list of objects of numbers", lambda v: _are(_is_record, v)): "per_scan",
    _PAIR: "wilson clopper_pearson",
    _words_of(4): "output_hex",
    _Kind("true or false", lambda v: isinstance(v, bool)): "horizon_limited",
    _Kind("a number, or null for never", lambda v: v is None or _is_number(v)): "time_to_impact_at_100km_descending_s",
    _Kind("a list of objects of numbers, each with t_s", lambda v: _are(_is_sample, v)): "samples",
    _Kind("an object with numbers under texts such as '50 km'", _is_by_range): "p_detected_before_range",
}
_TOLERANCE: dict[_Kind, str] = {
    _TEXT: "rule lsb",
    _Kind("true or false", lambda v: isinstance(v, bool)): "exact",
    _Kind("a list of two numbers, the lower one first", lambda v: _PAIR.fits(v) and v[0] <= v[1]): "reported_minus_model_s",
}
_PARTS = {
    part: {key: kind for kind, keys in kinds.items() for key in keys.split()}
    for part, kinds in (("inputs", _INPUTS), ("expected", _EXPECTED), ("tolerance", _TOLERANCE))
}


def faults(body: Mapping[str, Any], laws: Sequence[Law]) -> Iterator[Fault]:
    """Everything that keeps a case from being put to its laws; a fault that two laws share comes twice."""
    for name, value in body["tolerance"].items():
        if _is_number(value) and value < 0:
            yield f"tolerance.{name}", f"{value} must be {_NOT_NEGATIVE.words}"
    for law in laws:
        for part, keys in (("inputs", law.inputs), ("expected", law.expected), ("tolerance", law.tolerance)):
            for name in names(keys):
                yield from _key_faults(body[part], part, name)


def _key_faults(given: Mapping[str, Any], part: str, name: str) -> Iterator[Fault]:
    keys = name.removesuffix("?").split("|")
    kinds = {key: _PARTS[part].get(key, _NUMBER) for key in keys}
    stated = [key for key in keys if key in given]
    if not stated and not name.endswith("?"):
        yield f"{part}.{' or '.join(keys)}", f"is missing; it must be {kinds[keys[0]].words}"
    for key in stated:
        if not kinds[key].fits(given[key]):
            yield f"{part}.{key}", f"{reprlib.repr(given[key])} must be {kinds[key].words}"
