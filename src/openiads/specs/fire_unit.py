"""A fire unit and its magazines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FireUnit:
    """One engagement radar with its launchers."""

    channels: int
    """Targets engaged at once."""
    missiles_guided: int
    """Missiles in flight at once."""
    launch_interval_s: float
    """Between any two launches of the unit."""
    assessment_time_s: float
    """From the last intercept of a salvo to the decision about it."""


@dataclass(frozen=True)
class Magazine:
    """The rounds of one weapon in one fire unit."""

    ready: int
    """Rounds on launchers at the start."""
    held: int
    """Rounds in store."""
    launcher_load: int
    """Rounds that one reload puts on a launcher."""
    reload_s: float
    """From an empty launcher to a full one."""
