"""One limit lifted: the same world without one of its limits. Objects and keys stay, so the same replication has the same luck.

A lift replaces tables of the nominal world and nothing else. Limits grow by a number that no raid uses up, so that every comparison
between units stays as it was and a lift that lifts nothing gives the same event log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from openiads.simulation.lower.world import with_hints
from openiads.state.layout import Table, World

#: Rounds or channels beyond those that there are: more than a raid of 60,000 threats could use up; with the greatest stock that a scenario
#: may state still fewer than `state.layout.LOADS`.
UNLIMITED: Final = 1 << 20
#: What is added to every kill probability; weapons that are not used against a class stay unused.
_SSPK_MORE: Final = 0.1
#: Lifts that mean nothing to a defence without a round, and what is said of them there.
_OF_ROUNDS: Final = frozenset({"missiles", "kill"})
_NO_ROUND: Final = "no missile"
#: Tables in which `with_hints` writes.
_HINTED: Final = ("settings", "feeds", "pictures", "posts")


@dataclass(frozen=True)
class Lift:
    """One limit: what is lifted, what is said where there is none, and the tables without it."""

    words: str
    absent: str
    tables: Callable[[World], dict[str, Table]]


def _missiles(world: World) -> dict[str, Table]:
    """A launcher that is killed takes its share of them as ever."""
    return {"magazines": _with(world.magazines, ready=world.magazines["ready"] + UNLIMITED)}


def _channels(world: World) -> dict[str, Table]:
    units = world.units
    return {"units": _with(units, channels=units["channels"] + UNLIMITED, missiles_guided=units["missiles_guided"] + UNLIMITED)}


def _detection(world: World) -> dict[str, Table]:
    return {"sensors": _with(world.sensors, perfect=1)}


def _reaction(world: World) -> dict[str, Table]:
    return {"posts": _with(world.posts, reaction_s=0.0)}


def _link(world: World) -> dict[str, Table]:
    return {
        "feeds": _with(world.feeds, delay_s=0.0, loss=0.0, cue_delay_s=0.0),
        "links": _with(world.links, delay_s=0.0, loss=0.0, cue_error_m=0.0),
    }


def _kill(world: World) -> dict[str, Table]:
    sspk = world.envelopes["sspk"]
    return {"envelopes": _with(world.envelopes, sspk=np.where(sspk > 0.0, np.minimum(sspk + _SSPK_MORE, 1.0), 0.0))}


def _damage(world: World) -> dict[str, Table]:
    aimed_at = (world.objects["aim_component"] >= 0).any()
    return {"damage": _with(world.damage, p_damage=0.0, p_kill=0.0)} if aimed_at else {}


#: By the names of `scenario.schema.LIFTS`.
LIFTS: Final[Mapping[str, Lift]] = {
    "missiles": Lift("missiles unlimited", "nothing to lift", _missiles),
    "channels": Lift("channels unlimited", "nothing to lift", _channels),
    "detection": Lift("perfect detection", "already perfect", _detection),
    "reaction": Lift("no reaction time", "already none", _reaction),
    "link": Lift("perfect link", "already perfect", _link),
    "kill": Lift(f"kill probability +{_SSPK_MORE:g}", "already certain", _kill),
    "damage": Lift("no damage to the defence", "nothing damages it", _damage),
}


def lifted(world: World, name: str) -> World:
    """`world` without the limit `name` of `LIFTS`; shares with it what stays."""
    own = {table: getattr(world, table).copy() for table in _HINTED}
    return with_hints(world._replace(**{**own, **LIFTS[name].tables(world)}))


def limits(world: World, name: str) -> bool:
    """Whether `world` has the limit `name` at all."""
    if _has_no_round(world) and name in _OF_ROUNDS:
        return False
    return any(getattr(world, table).tobytes() != rows.tobytes() for table, rows in LIFTS[name].tables(world).items())


def absence(world: World, name: str) -> str:
    """What is said of the limit `name` where `world` does not have it."""
    return _NO_ROUND if _has_no_round(world) and name in _OF_ROUNDS else LIFTS[name].absent


def _has_no_round(world: World) -> bool:
    """Whether nobody has anything to fire: a missile of which there are none is as one that is not named."""
    return not (world.magazines["ready"] + world.magazines["held"]).any()


def _with(table: Table, **fields: object) -> Table:
    """A copy of a table with other values in some fields."""
    table = table.copy()
    for name, values in fields.items():
        table[name] = values
    return table
