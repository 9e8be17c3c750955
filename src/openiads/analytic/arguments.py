"""Checks of arguments that every closed form shares."""

from __future__ import annotations

import math

from openiads.errors import InputError


def require_probability(name: str, value: float) -> None:
    """Refuse anything outside [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{name} must be a probability from 0 to 1, not {value}")


def require_count(name: str, value: int, least: int = 0) -> None:
    """Refuse anything but a whole number of at least `least`."""
    if not (least <= value < math.inf and value == math.floor(value)):
        raise InputError(f"{name} must be a whole number of at least {least}, not {value}")


def require_positive(name: str, value: float) -> None:
    """Refuse zero, negative and infinite values."""
    if not (value > 0.0 and math.isfinite(value)):
        raise InputError(f"{name} must be a finite number above 0, not {value}")
