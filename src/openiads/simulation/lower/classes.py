"""Classes of a raid: which kill probability counts against each, and its radar cross-section in every band and aspect of the defence.

Rows state radar cross-sections from the nose, and ratios of other aspects to them, the same in all bands. A class without ratios has one
value; of one with some, what is missing is listed: the tail is taken as the nose, the belly as the side. A stated value, what a decoy
imitates and a reflector hold in all bands and aspects. A band that no row states is interpolated between
the stated ones, straight in decibels over the logarithm of frequency; outside them the nearest one holds.
Reference: band edges of IEEE Std 521-2019; a band stands at the geometric mean of its edges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openiads.catalogue import Catalogue
from openiads.errors import InputError
from openiads.scenario import Scenario, is_ballistic
from openiads.scenario.needs import RCS_RATIOS, RCS_REFLECTOR, RCS_ROW, TARGET_CLASSES
from openiads.scenario.red import RedGroup
from openiads.scenario.references import airframes
from openiads.scenario.traffic import TrafficGroup
from openiads.simulation.lower.catalogue_values import Rows, Values

_ALIKE: Final = (1.0, 1.0, 1.0, 1.0)
#: Edges of the radar bands in Hz.
BAND_EDGES_HZ: Final[Mapping[str, tuple[float, float]]] = {
    "VHF": (30e6, 300e6),
    "UHF": (300e6, 1e9),
    "L": (1e9, 2e9),
    "S": (2e9, 4e9),
    "C": (4e9, 8e9),
    "X": (8e9, 12e9),
    "Ku": (12e9, 18e9),
}


@dataclass(frozen=True)
class ThreatClass:
    """One row of the tables of radar cross-sections and envelopes. `system` is empty for a class that no member of the raid has."""

    name: str
    target_class: str
    system: str = ""
    component: str = ""
    stated_rcs_m2: float | None = None
    ballistic: bool = False
    stated_p_damage: float | None = None
    reflector: bool = False


def threat_class(group: RedGroup | TrafficGroup, catalogue: Catalogue) -> ThreatClass:
    """The class of a group; `InputError` if no kill probability is known to count against one of the raid."""
    frames = airframes(catalogue, group.class_name, traffic=isinstance(group, TrafficGroup))
    component = group.component or frames[0]
    name = group.class_name if len(frames) == 1 else component
    stated = group.rcs.value_m2 if group.rcs else None
    if stated is not None:
        name = f"{name} ({stated:g} m²)"
    p_damage = group.damage.value if group.damage else None
    if p_damage is not None:
        name = f"{name} (damage {100.0 * p_damage:g} %)"
    if group.reflector:
        name = f"{name} (with reflector)"
    ballistic = is_ballistic(catalogue.system(group.class_name))
    stated_class: str | None = catalogue.system(group.class_name).components[component].target_class
    if stated_class is None and isinstance(group, TrafficGroup):
        counted = ""  # nobody shoots at it
    else:
        counted = target_class(catalogue, group.class_name, component)
    return ThreatClass(name, counted, group.class_name, component, stated, ballistic, p_damage, group.reflector)


def target_class(catalogue: Catalogue, system: str, component: str) -> str:
    """The class of kill probability rows (`sspk_<class>`) that counts against an airframe; `InputError` if its file does not say."""
    part = catalogue.system(system).components.get(component)
    if part is None or part.target_class is None:
        raise InputError(f"'{system}.{component}' states no target_class; one of {', '.join(TARGET_CLASSES)}")
    return part.target_class


def with_reserved(classes: Sequence[ThreatClass], scenario: Scenario) -> tuple[ThreatClass, ...]:
    """The classes, and those for which missiles are kept though none of them is in the raid."""
    missing = [r.target_class for r in scenario.blue.doctrine.reserve if r.target_class not in {c.target_class for c in classes}]
    return (*classes, *(ThreatClass(name, name) for name in missing))


def rcs_table(classes: Sequence[ThreatClass], bands: Sequence[str], values: Values) -> tuple[tuple[float, ...], ...]:
    """Radar cross-sections from the nose in m^2, [class][band]; 0 for a class that is not in the raid."""
    return tuple(_rcs_m2(cls, bands, values) for cls in classes)


def aspect_table(classes: Sequence[ThreatClass], values: Values) -> tuple[tuple[float, ...], ...]:
    """Radar cross-section from nose, side, tail and belly over that from the nose, [class]; empty where none differs."""
    table = tuple(_aspects(cls, values) for cls in classes)
    return table if any(ratios != _ALIKE for ratios in table) else ()


def _aspects(cls: ThreatClass, values: Values) -> tuple[float, ...]:
    if not cls.system or cls.stated_rcs_m2 is not None or cls.reflector:
        return _ALIKE
    rows = values.of(cls.system)
    stated = {aspect: rows.si(name) for aspect, row in RCS_RATIOS.items() if rows.has(name := f"{cls.component}.{row}")}
    if not stated:
        if not rows.has(f"{cls.component}.rcs_imitated"):
            values.note(f"radar cross-section of {cls.name}: that from the nose, whatever the aspect")
        return _ALIKE
    fallback = {"side": "nose", "tail": "nose", "belly": "side"}
    if missing := [f"{aspect} ({fallback[aspect]})" for aspect in RCS_RATIOS if aspect not in stated]:
        values.note(f"radar cross-section of {cls.name}: no row states that from {', '.join(missing)}; in brackets the aspect taken for it")
    values.note("aspects: nose, tail and belly within 45 degrees of flight direction, its opposite and straight down; the rest is the side")
    side = stated.get("side", 1.0)
    return 1.0, side, stated.get("tail", 1.0), stated.get("belly", side)


def _rcs_m2(cls: ThreatClass, bands: Sequence[str], values: Values) -> tuple[float, ...]:
    if not cls.system:
        return (0.0,) * len(bands)
    if cls.stated_rcs_m2 is not None:
        return (cls.stated_rcs_m2,) * len(bands)
    rows = values.of(cls.system)
    if cls.reflector:
        values.note(f"{cls.name}: the reflector is what radars see, in all bands and aspects")
        return (rows.si(f"{cls.component}.{RCS_REFLECTOR}"),) * len(bands)
    if rows.has(f"{cls.component}.rcs_imitated"):
        return (rows.si(f"{cls.component}.rcs_imitated"),) * len(bands)
    stated = {_letter(match[1]): name for name in rows.names(cls.component) if (match := RCS_ROW.fullmatch(name))}
    if not stated:
        raise InputError(f"'{cls.system}.{cls.component}' states no radar cross-section; state one with 'rcs'")
    return tuple(_in_band(band, stated, cls, rows, values) for band in bands)


def _in_band(band: str, stated: Mapping[str, str], cls: ThreatClass, rows: Rows, values: Values) -> float:
    def si(letter: str) -> float:
        return rows.si(f"{cls.component}.{stated[letter]}")

    if band in stated:
        return si(band)
    place = _ln_frequency(band)
    below = max((b for b in stated if _ln_frequency(b) < place), key=_ln_frequency, default=None)
    above = min((b for b in stated if _ln_frequency(b) > place), key=_ln_frequency, default=None)
    if below is None or above is None:
        nearest = str(below or above)
        values.note(f"radar cross-section of {cls.name} in {band} band: that of {nearest} band, the nearest one stated")
        return si(nearest)
    values.note(f"radar cross-section of {cls.name} in {band} band: interpolated between {below} and {above} band")
    share = (place - _ln_frequency(below)) / (_ln_frequency(above) - _ln_frequency(below))
    return math.exp((1.0 - share) * math.log(si(below)) + share * math.log(si(above)))


def band_middle_hz(band: str) -> float:
    """The frequency that stands for a band: the geometric mean of its edges."""
    return math.exp(_ln_frequency(band))


def _ln_frequency(band: str) -> float:
    low_hz, high_hz = BAND_EDGES_HZ[band]
    return 0.5 * (math.log(low_hz) + math.log(high_hz))


def _letter(name: str) -> str:
    return next(band for band in BAND_EDGES_HZ if band.lower() == name)
