"""What the threats killed cost, group by group, at the unit costs of the run."""

from __future__ import annotations

from dataclasses import dataclass

from openiads import units
from openiads.records import Record


@dataclass(frozen=True)
class GroupCost:
    """A group of the raid: mean number killed a night, and what one costs in US dollars."""

    group: str
    killed: float
    unit_usd: float

    @property
    def total_usd(self) -> float:
        """Cost of those killed, mean a night."""
        return self.killed * self.unit_usd


def killed_by_group(record: Record) -> list[GroupCost]:
    """Groups of the raid of which some were killed, the dearest loss first."""
    unit_usd: dict[str, float] = {}
    for row in record.data_lock["parameters"]:
        system, component, name = row["path"].split(".")
        if name == "unit_cost":
            unit_usd |= dict.fromkeys((system, component), row["value"] * units.UNITS["money"][row["unit"]])
    sides = {g["group"]: g["side"] for g in record.description["groups"]}
    found = [
        GroupCost(g["group"], g["killed"]["mean"], unit_usd[_airframe(g["class"])])
        for g in record.summary["groups"]
        if sides[g["group"]] == "red" and g["killed"]["mean"] > 0.0
    ]
    return sorted(found, key=lambda cost: -cost.total_usd)


def _airframe(class_name: str) -> str:
    """The system or component of a class, whose name also has what its group states: ``threat_decoy (0.5 m²) (damage 60 %)``."""
    return class_name.partition(" (")[0]
