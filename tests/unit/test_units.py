"""Quantities at the boundary, against pint and printed definitions."""

from __future__ import annotations

import math

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openiads import units
from openiads.errors import UnitError

PINT_NAMES = {"kft": "kilofoot", "nmi": "nautical_mile", "NM": "nautical_mile", "kt": "knot", "h": "hour", "d": "day", "min": "minute"}
PHYSICAL = ("length", "time", "speed", "angle", "frequency", "rate")
CASES = [(dimension, unit) for dimension in PHYSICAL for unit in units.UNITS[dimension]]


@pytest.mark.parametrize(("dimension", "unit"), CASES)
def test_every_factor_agrees_with_pint(dimension: str, unit: str) -> None:
    registry = pint.UnitRegistry()
    name = f"1{unit}" if unit.startswith("/") else PINT_NAMES.get(unit, unit)
    expected = (3.5 * registry.parse_expression(name.replace("/h", "/hour").replace("/min", "/minute"))).to_base_units().magnitude
    assert units.parse(f"3.5 {unit}", dimension) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        ("250 km", "length", 250_000.0),
        ("250km", "length", 250_000.0),
        ("60 000 m", "length", 60_000.0),
        ("1_500 m", "length", 1_500.0),
        ("-1.5e3 m", "length", -1_500.0),
        ("70 %", "fraction", 0.7),
        (0.25, "fraction", 0.25),
        ("-10 dBsm", "area", 0.1),
        ("0.02 m^2", "area", 0.02),
        ("6/min", "rate", 0.1),
    ],
)
def test_text_becomes_si(text: str | float, dimension: str, expected: float) -> None:
    assert units.parse(text, dimension) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "dimension", "words"),
    [
        ("300", "length", "no unit"),
        (300, "length", "no unit"),
        ("20 km", "time", "unit 'km' is not a time"),
        ("90 degrees", "angle", "did you mean 'deg'"),
        ("fast", "speed", "allowed units: m/s"),
        ("", "length", "is not a length"),
        ("nan km", "length", "is not a length"),
        ("1e999 km", "length", "not a finite number"),
        (math.nan, "fraction", "not a finite number"),
        (True, "fraction", "is not a fraction"),
        ("5 5 km", "length", "is not a length"),
    ],
)
def test_what_cannot_be_read_says_what_is_allowed(text: str | float, dimension: str, words: str) -> None:
    with pytest.raises(UnitError, match=words):
        units.parse(text, dimension)


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (250_000.0, "length", "250 km"),
        (50.0, "length", "50 m"),
        (0.0, "length", "0 m"),
        (5_700.0, "time", "95 min"),
        (20.0, "time", "20 s"),
        (math.radians(60.0), "angle", "60 deg"),
        (0.7, "fraction", "70 %"),
        (0.1, "rate", "0.1 /s"),
    ],
)
def test_si_becomes_the_short_text(value: float, dimension: str, text: str) -> None:
    assert units.text(value, dimension) == text


@settings(derandomize=True, database=None, deadline=None)
@given(st.floats(min_value=-1e7, max_value=1e7, allow_nan=False), st.sampled_from(["length", "time", "speed", "angle", "rate", "fraction"]))
def test_text_and_parse_are_inverse_to_the_last_bit(value: float, dimension: str) -> None:
    assert units.parse(units.text(value, dimension), dimension) == value


def test_a_cross_section_in_dbsm_and_back() -> None:
    assert units.in_unit(units.parse("-17 dBsm", "area"), "dBsm") == pytest.approx(-17.0, abs=1e-12)
    assert units.dimension_of("dBsm") == "area"


def test_an_unknown_unit_is_an_error() -> None:
    assert units.dimension_of("furlong") is None
    with pytest.raises(UnitError, match="furlong"):
        units.in_unit(1.0, "furlong")


@pytest.mark.parametrize(
    ("dimension", "written", "meant"),
    [
        ("length", "Km", "km"),
        ("length", "M", "m"),
        ("length", "metres", "m"),
        ("length", "furlong", ""),
        ("time", "sec", "s"),
        ("time", "minutes", "min"),
        ("time", "hours", "h"),
        ("angle", "degrees", "deg"),
        ("speed", "knots", "kt"),
    ],
)
def test_a_unit_in_other_letters_or_written_out_is_understood(dimension: str, written: str, meant: str) -> None:
    assert units.nearest(written, units.UNITS[dimension]) == meant
