"""A command post and its doctrine."""

from __future__ import annotations

from dataclasses import dataclass

#: Salvos that a stated firing sequence may have.
MAX_SEQUENCE = 8
#: Fire units that a command post may have: sets of them are the bits of one positive integer.
MAX_UNITS = 63


@dataclass(frozen=True)
class Post:
    """Who designates targets: a command post for its fire units, or a fire unit for itself."""

    reaction_s: float
    """Mean time from designation to readiness to launch."""
    reaction_cv: float
    """Event-to-event spread of the reaction: coefficient of variation of a lognormal law; 0 is none."""
    identification_s: float
    """From a firm track in the picture to its identification."""
    p_misidentification: float
    capacity: int
    """Tracks that the picture can hold."""
    refuses_newcomers: bool = False
    """When the picture is full: True, newcomers stay out; False, the track with the lowest score goes."""


@dataclass(frozen=True)
class Doctrine:
    """Rules of fire."""

    fire: int
    """`codes.Fire`."""
    sequence_length: int
    """Salvos per threat for `Fire.SEQUENCE`."""
    prefer: int
    """`codes.Prefer`."""
    adequate_sspk: float
    """`CHEAPEST_ADEQUATE` takes the cheapest weapon whose kill probability is at least this; else the best one."""
    p_false_alive: float
    p_false_kill: float
    reopen_hits: int
    """Hits on a target called killed until it may be engaged again; below 0 never."""
    reserve_rounds: int
    """Rounds kept for the classes that are marked as reserved for; 0 keeps none."""
    hold: bool
    """Weapons hold: nothing is designated."""
