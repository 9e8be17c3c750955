"""Quantities at the boundary: text such as ``250 km`` or ``-10 dBsm`` becomes a float in SI units and radians, and back.

Inside, every float is SI and its name ends in its unit. Nothing below the scenario and the catalogue ever parses a unit.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from openiads.errors import UnitError

#: Dimension -> unit -> factor to SI. Levels (dBsm) are handled apart.
UNITS: Final[dict[str, dict[str, float]]] = {
    "length": {"m": 1.0, "km": 1e3, "ft": 0.3048, "kft": 304.8, "nmi": 1852.0, "NM": 1852.0, "mi": 1609.344},
    "time": {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "speed": {"m/s": 1.0, "km/s": 1e3, "km/h": 1 / 3.6, "kt": 1852.0 / 3600.0},
    "angle": {"rad": 1.0, "mrad": 1e-3, "deg": math.pi / 180.0},
    "frequency": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "area": {"m^2": 1.0, "m2": 1.0, "km^2": 1e6, "km2": 1e6},
    "money": {"USD": 1.0, "kUSD": 1e3, "MUSD": 1e6},
    "rate": {"1/s": 1.0, "/s": 1.0, "1/min": 1 / 60.0, "/min": 1 / 60.0, "1/h": 1 / 3600.0, "/h": 1 / 3600.0},
    "rain": {"mm/h": 1.0},
    "count": {"": 1.0, "1": 1.0},
    "fraction": {"": 1.0, "1": 1.0, "%": 0.01, "probability": 1.0},
    "year": {"year": 1.0, "": 1.0},
}

_EXAMPLES: Final = {
    "length": "250 km",
    "time": "10 s",
    "speed": "240 m/s",
    "angle": "90 deg",
    "rate": "0.1 /s",
    "fraction": "70 %",
    "area": "0.02 m^2",
    "rain": "10 mm/h",
}

_NUMBER = r"[+-]?(?:\d+(?:[_ ]?\d{3})*|\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^\s*(?P<number>{_NUMBER})\s*(?P<unit>(?:1/)?[^\d\s].*?)?\s*$")


@dataclass(frozen=True)
class Quantity:
    """A value in SI units with the text that it came from."""

    value: float
    unit: str
    text: str


def parse(text: str | float, dimension: str) -> float:
    """SI value of `text` such as ``'250 km'``; raises `UnitError` that names what is allowed."""
    return quantity(text, dimension).value


def quantity(text: str | float, dimension: str) -> Quantity:
    """As `parse`, keeping unit and text. Bare numbers are accepted only where a unit-less value makes sense."""
    allowed = UNITS[dimension]
    if isinstance(text, bool):
        raise UnitError(f"{text!r} is not {article(dimension)} {dimension}; {_allowed(dimension)}")
    if isinstance(text, (int, float)):
        number, unit = float(text), ""
    else:
        match = _QUANTITY.match(str(text))
        if not match or not match["number"] or not re.search(r"\d", match["number"]):
            raise UnitError(f"{str(text)!r} is not {article(dimension)} {dimension}; {_allowed(dimension)}")
        number = float(re.sub(r"[_ ]", "", match["number"]))
        unit = (match["unit"] or "").strip()
    if not math.isfinite(number):
        raise UnitError(f"{text!r} is not a finite number")
    if dimension == "area" and unit == "dBsm":
        return Quantity(10.0 ** (number / 10.0), unit, str(text))
    if unit not in allowed:
        if unit == "":
            raise UnitError(f"{str(text)!r} has no unit; {_allowed(dimension)}")
        wrong = f"{str(text)!r}: unit {unit!r} is not {article(dimension)} {dimension}"
        raise UnitError(f"{wrong}; {_allowed(dimension)}{_nearest(unit, dimension)}")
    value = number / 100.0 if unit == "%" else number * allowed[unit]  # 70 % is the float 0.7, not 70 * 0.01
    return Quantity(value, unit, str(text))


def dimension_of(unit: str) -> str | None:
    """The dimension that knows `unit`, or None; ``1`` is a count."""
    if unit == "dBsm":
        return "area"
    for dimension, units in UNITS.items():
        if unit in units and unit != "":
            return dimension
    return None


def in_unit(value: float, unit: str) -> float:
    """An SI `value` expressed in `unit`."""
    if unit == "dBsm":
        return 10.0 * math.log10(value)
    dimension = dimension_of(unit)
    if dimension is None:
        raise UnitError(f"unknown unit {unit!r}")
    return value / UNITS[dimension][unit]


#: Units in which a dimension is written; the last is the SI unit.
_WRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "length": ("km", "m"),
    "time": ("min", "s"),
    "speed": ("m/s",),
    "angle": ("deg", "rad"),
    "area": ("m^2",),
    "rate": ("/s",),
    "fraction": ("%",),
    "rain": ("mm/h",),
}


def text(value: float, dimension: str) -> str:
    """The shortest text that `parse` turns back into exactly this SI `value`: 250000.0 as a length is ``250 km``."""
    written = _WRITTEN[dimension]
    if value == 0.0:
        return f"0 {written[-1]}"
    candidates = [f"{in_unit(value, unit):.12g} {unit}" for unit in written]
    exact = [candidate for candidate in candidates if parse(candidate, dimension) == value]
    si_unit = next(unit for unit, factor in UNITS[dimension].items() if factor == 1.0)
    return min(exact, key=len, default=f"{value!r} {si_unit}".strip())


def _allowed(dimension: str) -> str:
    names = [u for u in UNITS[dimension] if u]
    if dimension == "area":
        names.append("dBsm")
    example = f" (for example '{_EXAMPLES[dimension]}')" if dimension in _EXAMPLES else ""
    return f"allowed units: {', '.join(names) or 'none'}{example}"


def _nearest(unit: str, dimension: str) -> str:
    if dimension_of(unit) is not None:  # a length for a time is no slip of the pen
        return ""
    return f"; did you mean {near!r}?" if (near := nearest(unit, UNITS[dimension])) else ""


def nearest(unit: str, allowed: Iterable[str]) -> str:
    """What an unknown `unit` was probably meant to be: in other letters, by its first letter (``sec``), or alike; empty for no idea."""
    units = [name for name in allowed if name]
    if same := [name for name in units if name.lower() == unit.lower()]:
        return same[0]
    first = [name for name in units if name[0].lower() == unit[:1].lower()]
    near = difflib.get_close_matches(unit, first, 1, 0.25) or difflib.get_close_matches(unit, units, 1, 0.5)
    return near[0] if near else ""


def article(noun: str) -> str:
    """The indefinite article of a noun."""
    return "an" if noun[0] in "aeiou" else "a"
