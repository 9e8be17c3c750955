"""What a system or a threat of the catalogue must state to stand in a scenario, and which component of a system does what.

Components are found by their kind and rows, not by their names, so that a system of the user's own needs no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

from openiads import units
from openiads.catalogue import Component, Parameter, System
from openiads.catalogue.model import TargetClass
from openiads.errors import InputError

TARGET_CLASSES: Final[tuple[str, ...]] = get_args(TargetClass)
#: Target classes against which the ballistic range of a missile counts.
BALLISTIC_CLASSES: Final = frozenset({"srbm", "mrbm"})
#: Rows that hold the speed of an air-breathing class, the first one that it has.
SPEED_ROWS: Final = ("speed", "speed_cruise", "speed_high")
RCS_ROW: Final = re.compile(r"rcs_(vhf|uhf|l|s|c|x|ku)(_nose)?")
#: Rows that hold the radar cross-section of an aspect over that of the nose, in all bands.
RCS_RATIOS: Final = {"side": "rcs_side_to_nose_ratio", "tail": "rcs_rear_to_nose_ratio", "belly": "rcs_belly_to_nose_ratio"}
#: The row of a reflector, which holds in all bands and aspects.
RCS_REFLECTOR: Final = "rcs_with_luneburg_reflector"
#: Least radial speed of a radar; without the row it has no Doppler notch.
RADIAL_SPEED_ROW: Final = "radial_speed_min"
#: Name of the launchers of a fire unit, as an aim.
LAUNCHERS: Final = "launchers"
#: Missiles on one launcher; a missile that states it needs no rule of its family.
LAUNCHER_LOAD: Final = "launcher_load"
#: Families of the S-400, whose launchers and packs rows of the unit and the launcher describe.
FAMILIES: Final = ("40N6", "48N6", "9M96")


class _Need(NamedTuple):
    """A row: a quantity of `dimension`, more than 0 if `positive`, or one of some `words`."""

    dimension: str = ""
    positive: bool = False
    words: tuple[str, ...] = ()


_COUNT, _LENGTH, _TIME = _Need("count", positive=True), _Need("length", positive=True), _Need("time", positive=True)
_SPEED, _CHANCE, _COST = _Need("speed", positive=True), _Need("fraction"), _Need("money")
_RATIO = _Need("count", positive=True)
_HEIGHT, _DURATION = _Need("length"), _Need("time")

_RADAR: Final = {
    "band": _Need(words=("VHF", "UHF", "L", "S", "C", "X", "Ku")),
    "instrumented_range": _LENGTH,
    "range_ref_1m2": _LENGTH,
    "tracks_max": _COUNT,
    "antenna_height": _HEIGHT,
    "confirm_hits": _COUNT,
    "confirm_window": _COUNT,
    "drop_misses": _COUNT,
    "anchor_pd": _Need("fraction", positive=True),
    "anchor_pfa": _Need("fraction", positive=True),
    "anchor_swerling": _Need("count"),
}
_TURNS: Final = {"scan_period": _TIME}
_REVISITS: Final = {"track_update_period": _TIME, "azimuth_sector": _Need("angle", positive=True)}
#: One of these makes a radar an engagement radar.
_ENGAGES: Final = frozenset({"simultaneous_targets", *_REVISITS})
_UNIT: Final = {
    "reaction_time": _DURATION,
    "launch_interval": _DURATION,
    "reload_time_per_launcher": _DURATION,
    "missiles_guided_per_engagement_radar": _COUNT,
}
_POST: Final = {"tracks_max": _COUNT}
_LAUNCHER: Final = {"launch_reliability": _CHANCE}
_MISSILE: Final = {
    "range_min": _HEIGHT,
    "altitude_min": _HEIGHT,
    "altitude_max": _LENGTH,
    "speed_avg": _SPEED,
    "unit_cost": _COST,
    "needs_radar_until": _Need(words=("intercept", "launch")),
    "launch_on_remote": _Need(words=("yes", "no")),
}
_BALLISTIC: Final = {"range": _LENGTH, "apogee": _LENGTH, "flight_time": _TIME}


@dataclass(frozen=True)
class Structure:
    """Components of a system of missiles, by what they do in a unit."""

    unit: str
    post: str
    search: tuple[str, ...]
    """Radars at the command post."""
    engagement: str
    """The radar of each fire unit."""
    launcher: str
    turns: bool
    """The engagement radar turns and searches, and its own tracks are fired on; else it looks where it is cued."""


def printed(component: str) -> str:
    """``radar_92n6e`` -> ``92N6E``; a name of one word as it is."""
    return component.partition("_")[2].upper() or component


def missile_components(system: System) -> list[str]:
    """Components that are missiles with a printed name."""
    return [name for name, part in system.components.items() if part.kind == "missile" and name.startswith("msl_")]


def is_defence(system: System) -> bool:
    """Whether a system is meant to stand in the defence: it has a fire unit."""
    return any(part.kind == "fire_unit" for part in system.components.values())


def structure(system: System) -> Structure:
    """Which component does what; `InputError` if one is missing or there are several."""
    found, problems = _found(system)
    if found is None:
        raise InputError(f"'{system.id}' lacks what a unit needs: {'; '.join(problems)}")
    return found


def system_lacks(system: System) -> list[str]:
    """What a system would need to be a unit of the defence, by path; empty if nothing."""
    found, problems = _found(system)
    names = missile_components(system)
    if not names:
        problems.append("a component msl_NAME of kind missile")
    if found is not None:
        unit, radar = system.components[found.unit], system.components[found.engagement]
        problems += _rows(system, found.unit, _UNIT)
        channels = "simultaneous_targets"
        if "targets_engaged_per_engagement_radar" in unit.parameters:
            problems += _rows(system, found.unit, {"targets_engaged_per_engagement_radar": _COUNT})
        if channels in radar.parameters or "targets_engaged_per_engagement_radar" not in unit.parameters:
            problems += _rows(system, found.engagement, {channels: _COUNT})
        problems += _rows(system, found.post, _POST)
        for name in found.search:
            problems += _rows(system, name, _RADAR | _TURNS)
        for name in (*found.search, found.engagement):
            problems += _rows(system, name, {RADIAL_SPEED_ROW: _SPEED} if RADIAL_SPEED_ROW in system.components[name].parameters else {})
        problems += _rows(system, found.engagement, _RADAR | (_TURNS if found.turns else _REVISITS))
        problems += _rows(system, found.launcher, _LAUNCHER)
        for name in names:
            problems += _of_missile(system, name, found)
    return problems


def threat_lacks(system: System, component: str, stated: Iterable[str]) -> list[str]:
    """What a threat or an aircraft would need to fly in a raid; `stated` are the keys of its group, which may stand in for rows."""
    problems = list(_rows(system, component, {"unit_cost": _COST}))
    if system.components[component].target_class is None:
        problems.append(f"{system.id}.{component}.target_class (one of {', '.join(TARGET_CLASSES)})")
    return problems + flight_lacks(system, component, stated)


def flight_lacks(system: System, component: str, stated: Iterable[str]) -> list[str]:
    """What an airframe would need to fly and to be seen; `stated` are the keys of its group, which may stand in for rows."""
    part, problems = system.components[component], list[str]()
    path, rows = f"{system.id}.{component}", part.parameters
    if any("apogee" in other.parameters for other in system.components.values()) or part.target_class in BALLISTIC_CLASSES:
        problems += _rows(system, component, _BALLISTIC)
    elif "speed" not in stated:
        name = next((name for name in SPEED_ROWS if name in rows), None)
        if name is None:
            problems.append(f"{path}.speed (or 'speed' in the group)")
        elif name == "speed_high":
            heights = {"altitude_cruise": _HEIGHT, "altitude_terminal": _HEIGHT}
            problems += _rows(system, component, {"speed_high": _SPEED, "speed_low": _SPEED, **heights})
        else:
            problems += _rows(system, component, {name: _SPEED})
    problems += _rows(system, component, {name: _RATIO for name in RCS_RATIOS.values() if name in rows})
    if "rcs" not in stated:
        names = [name for name in rows if name == "rcs_imitated" or RCS_ROW.fullmatch(name)]
        problems += _rows(system, component, dict.fromkeys(names, _Need("area")))
        if not names:
            problems.append(f"{path}.rcs_x_nose (or another band, or 'rcs' in the group)")
    return problems


def _found(system: System) -> tuple[Structure | None, list[str]]:
    """The structure, or None and what prevents it."""
    parts = system.components
    engaging = [name for name, part in parts.items() if part.kind == "radar" and _ENGAGES & set(part.parameters)]
    search = tuple(name for name, part in parts.items() if part.kind == "radar" and name not in engaging)
    single: dict[str, list[str]] = {
        "a component of kind fire_unit": _of_kind(parts, "fire_unit"),
        "a component of kind command_post": _of_kind(parts, "command_post"),
        "an engagement radar (kind radar, with simultaneous_targets)": engaging,
        "a component of kind launcher": _of_kind(parts, "launcher"),
    }
    problems = [what for what, names in single.items() if not names]
    problems += [f"only one of {', '.join(f'{system.id}.{n}' for n in names)} ({what})" for what, names in single.items() if len(names) > 1]
    if problems:
        return None, problems
    unit, post, engagement, launcher = (names[0] for names in single.values())
    turns = "scan_period" in parts[engagement].parameters
    if turns and "track_update_period" in parts[engagement].parameters:
        return None, [f"only one of scan_period (it turns) and track_update_period (it is cued) in {system.id}.{engagement}"]
    if not turns and not search:
        return None, [f"a search radar (kind radar, with scan_period), or {system.id}.{engagement}.scan_period"]
    names = [printed(name) for name in (post, *search, engagement)]
    if len(set(names)) < len(names) or LAUNCHERS in names:
        return None, [f"different names for the radars and the command post, not {', '.join(names)}"]
    return Structure(unit, post, search, engagement, launcher, turns), []


def _of_kind(parts: Mapping[str, Component], kind: str) -> list[str]:
    return [name for name, part in parts.items() if part.kind == kind]


def _of_missile(system: System, name: str, found: Structure) -> Iterator[str]:
    rows, path = system.components[name].parameters, f"{system.id}.{name}"
    yield from _rows(system, name, _MISSILE)
    if "target_speed_max" in rows or "target_speed_max" not in system.components[found.unit].parameters:
        yield from _rows(system, name, {"target_speed_max": _SPEED})
    against = [row.removeprefix("sspk_") for row in rows if row.startswith("sspk_")]
    yield from (f"{path}.sspk_{other} under a name of {', '.join(TARGET_CLASSES)}" for other in against if other not in TARGET_CLASSES)
    if not against:
        yield f"{path}.sspk_owa_drone (or another target class)"
    ballistic = "range_max_ballistic" in rows and set(against) <= BALLISTIC_CLASSES
    yield from _rows(system, name, dict.fromkeys(["range_max_ballistic"] if ballistic else ["range_max_aircraft"], _LENGTH))
    of_family = _family_rows(printed(name), found)
    if LAUNCHER_LOAD in rows or not of_family <= set(_names(system)):
        yield from _rows(system, name, {LAUNCHER_LOAD: _COUNT})
    else:
        for component, _, row in (path.partition(".") for path in sorted(of_family)):
            yield from _rows(system, component, {row: _COUNT})


def _family_rows(missile: str, found: Structure) -> set[str]:
    """Rows from which the load of a launcher follows without a row of the missile's own."""
    if missile.startswith("40N6"):
        return {f"{found.unit}.missiles_per_launcher_40n6"}
    if missile.startswith(FAMILIES):
        loads = {f"{found.unit}.missiles_per_launcher_{load}" for load in ("heavy_only", "medium_only", "mixed")}
        return loads | {f"{found.launcher}.positions"}
    return {LAUNCHER_LOAD}  # of no component: there is no rule


def _names(system: System) -> Iterator[str]:
    yield from (f"{component}.{row}" for component, part in system.components.items() for row in part.parameters)


def _rows(system: System, component: str, needs: Mapping[str, _Need]) -> Iterator[str]:
    rows = system.components[component].parameters
    for name, need in needs.items():
        path = f"{system.id}.{component}.{name}"
        if name not in rows:
            yield path
        elif fault := _fault(rows[name], need):
            yield f"{path} {fault}"


def _fault(row: Parameter, need: _Need) -> str:
    """What is wrong with a row that is there; empty if nothing."""
    if need.words:
        return "" if row.nominal in need.words else f"as one of {', '.join(need.words)}, not {row.nominal!r}"
    if not row.is_number or not (row.unit in units.UNITS[need.dimension] or (need.dimension, row.unit) == ("area", "dBsm")):
        given = f"in {row.unit!r}" if row.is_number else "a category"
        return f"as {units.article(need.dimension)} {need.dimension}, not {given}"
    return "above 0" if need.positive and not (row.low or 0) > 0 else ""
