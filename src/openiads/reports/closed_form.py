"""The closed-form check beside the simulated number: the kill law of every weapon, and the whole raid where a textbook formula covers it.

*Single rounds.* An intercept of a living target by one round kills with the round's probability p, whatever else happens. Salvos of
several rounds are left out: their misses may share a cause. The simulated share is a ratio over replicates with its interval.

*Whole raid.* Shoot-look-shoot with independent rounds: a threat leaks with (1 - p)^K, where K is the number of rounds that fit. It holds
only when every threat meets the same K, so all conditions are read from the record and the ones that fail are named. K is read from
the run: the check covers chance and bookkeeping, not the timeline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openiads.analytic.intervals import ratio_estimate
from openiads.analytic.shoot_look_shoot import shoot_look_shoot
from openiads.codes import EngagementEnd
from openiads.metrics.words import RESULT_WORDS, apart, plain
from openiads.records import Record
from openiads.records.schema import NOMINAL
from openiads.reports.words import amount_of, class_title, listed

_KILLED, _MISSED = RESULT_WORDS[EngagementEnd.KILLED], RESULT_WORDS[EngagementEnd.MISSED]
_DECIDED = pa.array([_KILLED, _MISSED])


@dataclass(frozen=True)
class KillLaw:
    """One weapon against one class: the probability of the law and the share of single rounds that killed."""

    weapon: str
    class_name: str
    rounds: int
    expected: float
    simulated: float
    low: float | None
    high: float | None

    @property
    def decimals(self) -> int:
        """Decimals that tell the ends of the interval apart, at least three."""
        return 3 if self.low is None or self.high is None else apart(self.low, self.high, round, range(3, 7))

    @property
    def agrees(self) -> bool:
        """Whether the simulated share is within four standard errors of the law, as `openiads validate` asks of sampled values."""
        return abs(self.simulated - self.expected) <= 4.0 * math.sqrt(self.expected * (1.0 - self.expected) / self.rounds)


@dataclass(frozen=True)
class RaidCheck:
    """The whole raid by formula; `against` lists why none applies."""

    against: tuple[str, ...]
    rounds: int = 0
    p_kill: float = 0.0
    expected: float = 0.0

    @property
    def applies(self) -> bool:
        """Whether a formula covers the whole raid."""
        return not self.against


def kill_laws(record: Record) -> list[KillLaw]:
    """One row per weapon and class with single-round salvos in the nominal replicates and one known probability."""
    if record.description["raid_effect_sd"]:
        return []  # no night has the probability of another
    engagement = _with_classes(record, record.table("engagement"))
    single = engagement.filter(pc.and_(pc.equal(engagement["rounds"], 1), pc.is_in(_text(engagement, "result"), _DECIDED)))
    kills: dict[tuple[str, str], dict[int, dict[str, int]]] = {}
    counts = single.group_by(["weapon", "class", "replication", "result"]).aggregate([([], "count_all")]).to_pylist()
    for row in counts:
        kills.setdefault((row["weapon"], row["class"]), {}).setdefault(row["replication"], {})[row["result"]] = row["count_all"]
    known = _probabilities(record)
    return [
        _kill_law(*pair, list(replicates.values()), next(iter(known[pair])))
        for pair, replicates in sorted(kills.items())
        if len(known.get(pair, ())) == 1
    ]


def _kill_law(weapon: str, class_name: str, replicates: list[dict[str, int]], expected: float) -> KillLaw:
    kills = np.array([counts.get(_KILLED, 0) for counts in replicates])
    rounds = np.array([sum(counts.values()) for counts in replicates])
    share, total = float(kills.sum() / rounds.sum()), int(rounds.sum())
    if (kills * rounds.sum() == rounds * kills.sum()).all():  # one replicate, or all alike: no spread to judge by
        return KillLaw(weapon, class_name, total, expected, share, None, None)
    estimate = ratio_estimate(kills, rounds)
    return KillLaw(weapon, class_name, total, expected, share, max(0.0, estimate.lower), min(1.0, estimate.upper))


def _probabilities(record: Record) -> dict[tuple[str, str], set[float]]:
    """Kill probabilities of the rounds of the kept replicates that reached a target, by weapon and class."""
    shots = _with_classes(record, record.table("shot"))
    found: dict[tuple[str, str], set[float]] = {}
    columns = (_texts(shots, "weapon"), _texts(shots, "class"), _texts(shots, "result"), shots["p_kill"].to_pylist())
    for weapon, name, result, p_kill in zip(*columns, strict=True):
        if result in {_KILLED, _MISSED}:
            found.setdefault((weapon, name), set()).add(round(p_kill, 12))
    return found


def raid_check(record: Record) -> RaidCheck:
    """Shoot-look-shoot for the whole raid, or every condition that this run does not meet."""
    summary = record.summary
    against = _structure(record, summary)
    if against:
        return RaidCheck(tuple(against))
    p_kill = next(iter(_probabilities(record).values()), {0.0})
    if len(p_kill) != 1:
        return RaidCheck(("the kill probability of a round is not one number",))
    depths, unshot = _depths(record)
    if unshot:
        return RaidCheck(("some threats leak without a shot",))
    if len(depths) != 1:
        seen = (
            f"between {min(depths)} and {max(depths)} rounds fit, by threat and by night"
            if depths
            else "no threat survives to show how many fit"
        )
        return RaidCheck((seen,))
    rounds, p = depths.pop(), p_kill.pop()
    return RaidCheck((), rounds, p, summary["threats"] * shoot_look_shoot(p, [1] * rounds).p_leak)


def _structure(record: Record, summary: dict[str, Any]) -> list[str]:
    """Conditions of the formula that the summary and the nominal replicates break, in words."""
    against = []
    if record.description["raid_effect_sd"]:
        against.append("kill probabilities shift from night to night")
    classes = [class_title(c["class"]) for c in summary["classes"]]
    if len(classes) != 1:
        against.append(f"there is not one class of lethal threat but {len(classes)}")
    if any(not g["lethal"] and g["shots"]["mean"] > 0.0 for g in summary["groups"]):
        against.append("rounds are also fired at harmless objects")
    weapons = [w["weapon"] for w in summary["weapons"] if w["shots"]["mean"] > 0.0]
    if len(weapons) != 1:
        against.append(f"several weapons fire in turn ({listed(weapons)})" if weapons else "no round is fired")
    causes = {c["cause"] for c in summary["causes"]}
    if "no_missile" in causes or summary["times"]["ready_gone"]["happens"]["value"] > 0.0:
        loaded = sum(w["ready"] for w in summary["weapons"])
        against.append(f"shots share a magazine that limits them ({plain(loaded)} ready rounds)")
    against += _channels(record, summary, causes)
    engagement = record.table("engagement")
    if engagement.num_rows and pc.max(engagement["rounds"]).as_py() > 1:
        against.append("salvos of several rounds share part of their luck")
    against += _troubles(engagement)
    return against


def _channels(record: Record, summary: dict[str, Any], causes: set[str]) -> list[str]:
    """Whether channels decide: nights that were run again with unlimited ones tell; else that all of them are busy says that they may."""
    amount = amount_of(sum(u["channels"] for u in summary["units"]), "channel")
    again = [row["change"] for row in summary.get("lifted", ()) if row["limit"] == "channels" and row["absent"] is None]
    if "no_channel" in causes or any(change["mean"] or change["simulation_error"] for change in again):
        return [f"threats wait for the {amount}"]
    return [f"all {amount} are busy at times"] if not again and _channels_full(record, summary) else []


def _channels_full(record: Record, summary: dict[str, Any]) -> bool:
    table = record.table("unit")
    table = table.filter(pc.equal(table["draw"], NOMINAL))
    channels = {u["unit"]: u["channels"] for u in summary["units"]}
    return any(peak >= channels[name] for name, peak in zip(_texts(table, "unit"), table["peak_channels"].to_pylist(), strict=True))


def _troubles(engagement: pa.Table) -> list[str]:
    results = set(_texts(engagement, "result")) - {_KILLED, _MISSED}
    found = [f"some rounds end otherwise than in a hit or a miss ({', '.join(sorted(results))})"] if results else []
    ended = engagement.filter(pc.is_valid(engagement["end_s"]))
    believed, true = ended["called_killed"].to_pylist(), [r == _KILLED for r in _texts(ended, "result")]
    if believed != true:
        found.append("kill assessment makes errors")
    return found


def _depths(record: Record) -> tuple[set[int], bool]:
    """Numbers of rounds that surviving threats met, and whether threats leaked that never met one."""
    engagement = record.table("engagement")
    fired: dict[tuple[int, int], int] = {}
    dead = set()
    columns = (engagement["replication"].to_pylist(), engagement["object"].to_pylist(), _texts(engagement, "result"))
    for replication, number, result in zip(*columns, strict=True):
        key = (replication, number)
        fired[key] = fired.get(key, 0) + 1
        if result == _KILLED:
            dead.add(key)
    survivors = [count for key, count in fired.items() if key not in dead]
    replicate = record.table("replicate")
    leakers = pc.sum(replicate.filter(pc.equal(replicate["draw"], NOMINAL))["leakers"]).as_py()
    return set(survivors), len(survivors) < leakers


def _with_classes(record: Record, table: pa.Table) -> pa.Table:
    """The table with the class of every row's object."""
    classes = _text(record.table("object"), "class")
    return table.append_column("class", pc.take(classes, table["object"]))


def _text(table: pa.Table, name: str) -> pa.ChunkedArray:
    return table[name].cast(pa.string())


def _texts(table: pa.Table, name: str) -> list[str]:
    return list(_text(table, name).to_pylist())
