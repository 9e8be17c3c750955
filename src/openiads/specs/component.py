"""A part of the defence that can be hit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A radar, a command post, or the launchers of a fire unit."""

    kind: int
    """`codes.ComponentKind`."""
    degraded_factor: float
    """While degraded: of a radar's range, or of a command post's reaction time. Nothing to launchers."""
    launchers: int
    """Launchers at the start; 0 for all other kinds."""
    repair_degraded_s: float
    repair_killed_s: float
    """From the hit until it is as before; a killed launcher is not replaced."""
