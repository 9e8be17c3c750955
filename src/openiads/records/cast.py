"""Who takes part: the names behind the numbers of a replicate's outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """One group of objects; members follow one another in the table of objects."""

    name: str
    class_name: str
    side: str
    count: int
    lethal: bool
    aims: tuple[int, ...]
    """Row of `Cast.aims` of each member, -1 without one."""


@dataclass(frozen=True)
class Unit:
    """One fire unit."""

    name: str
    channels: int


@dataclass(frozen=True)
class Magazine:
    """The rounds of one weapon in one fire unit at the start; `unit` and `weapon` are rows."""

    unit: int
    weapon: int
    ready: int
    held: int


@dataclass(frozen=True)
class Asset:
    """Something worth defending."""

    name: str
    value: float


@dataclass(frozen=True)
class Component:
    """A part of the defence at which somebody aims."""

    name: str
    kind: str


@dataclass(frozen=True)
class Sensor:
    """A radar."""

    name: str
    band: str


@dataclass(frozen=True)
class Cast:
    """Groups, fire units, weapons, magazines, assets and components in the order of their rows."""

    groups: tuple[Group, ...]
    units: tuple[Unit, ...]
    weapons: tuple[str, ...]
    magazines: tuple[Magazine, ...]
    assets: tuple[Asset, ...]
    components: tuple[Component, ...] = ()
    """Empty where nobody aims at any."""
    sensors: tuple[Sensor, ...] = ()

    @property
    def aims(self) -> tuple[str, ...]:
        """What threats aim at: assets, then components."""
        return (*(a.name for a in self.assets), *(c.name for c in self.components))

    @property
    def traffic(self) -> tuple[Group, ...]:
        """Friendly and neutral groups."""
        return tuple(g for g in self.groups if g.side != "red")

    @property
    def threats(self) -> int:
        """Number of lethal threats."""
        return sum(g.count for g in self.groups if g.lethal)
