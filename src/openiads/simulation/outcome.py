"""What one replicate came to: from a finished `State` to one row of numbers, and the rows of its story.

Everything is read from whole arrays. The row's fields that count per group, unit, magazine or asset are sub-arrays, so that rows of
many replicates stack into one array.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Cause, EngagementEnd, LogCode, ObjectStatus, Side
from openiads.errors import RunError
from openiads.records.schema import FUNNEL
from openiads.simulation.exposure import EXPOSURE_FIELDS, ExposureReader
from openiads.state.layout import HIT, NEVER, State, World

Rows = NDArray[np.void]

CAUSES = len(Cause)
#: What becomes of rounds that are launched; they sum to `shots`.
ROUND_ENDS = {
    "hits": [EngagementEnd.KILLED],
    "missed": [EngagementEnd.MISSED],
    "wasted": [EngagementEnd.WASTED],
    "no_intercept": [EngagementEnd.NO_INTERCEPT],
    "lost": [EngagementEnd.TRACK_LOST, EngagementEnd.RADAR_LOST],
    "launch_failed": [EngagementEnd.LAUNCH_FAILED],
}
#: Bounds that let kind, code, actor and object of an event share one 64-bit number: 4 + 6 + 26 + 26 bits.
_MOST_CODES, _MOST_ROWS = 1 << 6, 1 << 26


def outcome_dtype(world: World) -> np.dtype[np.void]:
    """One row per replicate; G groups, U units, M magazines and A assets as in `world`."""
    groups, units, magazines, assets = group_count(world), (len(world.units),), (len(world.magazines),), (len(world.assets),)
    components = (len(world.components),)
    traffic = np.unique(world.objects["group"][world.objects["side"] != Side.RED]).size
    exposure = [("exposure", "f8", (traffic, len(world.sensors), len(EXPOSURE_FIELDS)))] if traffic else []
    ends = ("leakers", "kills", "expired", "decoys_through", "decoys_killed", "assets_hit")
    counts = (*ends, "engagements", "shots", *ROUND_ENDS, "missiles_left")
    return np.dtype(
        [
            ("replication", "i8"),
            *((name, "i4") for name in counts),
            *((name, "f8") for name in ("value_of_assets_hit", "interceptors_usd", "killed_usd")),
            *((name, "f8") for name in ("ready_gone_s", "first_leak_s", "last_event_s")),
            ("event_log_hash", "u8"),
            *((f"group_{name}", "i4", (groups,)) for name in ("leaked", "killed", "expired", "shots")),
            ("group_funnel", "i4", (groups, len(FUNNEL))),
            ("group_cause", "i4", (groups, CAUSES)),
            *((f"unit_{name}", "i4", units) for name in ("engagements", "shots", "peak_channels")),
            ("unit_channel_s", "f8", units),
            *((f"magazine_{name}", "i4", magazines) for name in ("shots", *ROUND_ENDS, "ready_left", "held_left", "destroyed")),
            ("asset_leakers", "i4", assets),
            *((f"component_{name}", "f8", components) for name in ("hit_s", "killed_s")),
            ("component_launchers_lost", "i4", components),
            *exposure,  # by group of the traffic, in order of their numbers
        ]
    )


def group_count(world: World) -> int:
    """Number of groups; they are numbered from 0."""
    return int(world.objects["group"].max(initial=-1)) + 1


class OutcomeReader:
    """Reads the outcomes of replicates of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dtype = outcome_dtype(world)
        self._groups = group_count(world)
        self._group = world.objects["group"].copy()
        self._lethal = world.objects["lethal"] != 0
        self._decoy = (world.objects["side"] == Side.RED) & ~self._lethal
        self._aim = world.objects["aim_asset"].copy()
        self._exposure = ExposureReader(world)
        self._traffic = np.unique(self._group[self._exposure.objects], return_inverse=True)[1]
        self._unloaded = not world.magazines["ready"].any()

    def row(self, state: State) -> Rows:
        """The outcome of the replicate in `state`, shape (1,)."""
        out = np.zeros(1, self.dtype)
        row = out[0]
        cursor = state.cursor[0]
        row["replication"] = cursor["replication"]
        self._ends(row, state)
        self._causes(row, state)
        self._assets(row, state)
        self._rounds(row, state)
        for name in ("hit_s", "killed_s"):
            row[f"component_{name}"] = never_as_nan(state.components[name])
        if self._traffic.size:
            np.add.at(row["exposure"], self._traffic, self._exposure.read(state))
        row["component_launchers_lost"] = state.components["launchers_lost"]
        row["engagements"] = cursor["engagement_count"]
        row["ready_gone_s"] = 0.0 if self._unloaded else _never(cursor["empty_s"])
        row["last_event_s"] = cursor["now_s"]
        row["event_log_hash"] = event_log_hash(state)
        return out

    def _per_group(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(self._group[mask], minlength=self._groups)

    def _ends(self, row: np.void, state: State) -> None:
        status = state.objects["status"]
        leaked, killed = status == ObjectStatus.LEAKED, status == ObjectStatus.KILLED
        expired = status == ObjectStatus.EXPIRED
        if int(leaked.sum() + killed.sum() + expired.sum()) != status.size:
            raise RunError(f"replicate {state.cursor[0]['replication']} ended with objects that have no end")
        row["leakers"], row["kills"] = leaked.sum(), (killed & self._lethal).sum()
        row["expired"] = (expired & self._lethal).sum()
        row["decoys_through"], row["decoys_killed"] = (expired & self._decoy).sum(), (killed & self._decoy).sum()
        row["killed_usd"] = self.world.objects["unit_cost_usd"][killed & (self.world.objects["side"] == Side.RED)].sum()
        row["first_leak_s"] = state.objects["end_s"][leaked].min(initial=np.inf)
        if not leaked.any():
            row["first_leak_s"] = np.nan
        row["group_leaked"], row["group_killed"] = self._per_group(leaked), self._per_group(killed)
        row["group_expired"] = self._per_group(expired)
        row["group_shots"] = np.bincount(self._group, weights=state.objects["shots"], minlength=self._groups)
        for k, reached in enumerate(funnel(state)):
            row["group_funnel"][:, k] = self._per_group(reached & self._lethal)

    def _causes(self, row: np.void, state: State) -> None:
        leaked = state.objects["status"] == ObjectStatus.LEAKED
        cause = state.timeline["cause"][leaked]
        if (cause == Cause.NONE).any():
            raise RunError(f"replicate {state.cursor[0]['replication']} has a leaker without a cause")
        cells = np.bincount(self._group[leaked] * CAUSES + cause, minlength=self._groups * CAUSES)
        row["group_cause"] = cells.reshape(self._groups, CAUSES)

    def _assets(self, row: np.void, state: State) -> None:
        aimed = (state.objects["status"] == ObjectStatus.LEAKED) & (self._aim >= 0)
        leakers = np.bincount(self._aim[aimed], minlength=len(self.world.assets))
        row["asset_leakers"] = leakers
        row["assets_hit"] = (leakers > 0).sum()
        row["value_of_assets_hit"] = self.world.assets["value"][leakers > 0].sum()

    def _rounds(self, row: np.void, state: State) -> None:
        magazines, unit = state.magazines, self.world.magazines["unit"]
        n_units = len(self.world.units)
        engagements = state.engagements[: state.cursor[0]["engagement_count"]]
        shots = state.shots[: state.cursor[0]["shot_count"]]
        cells = engagements["magazine"][shots["engagement"]] * len(EngagementEnd) + shots["result"]
        became = np.bincount(cells, minlength=magazines.size * len(EngagementEnd)).reshape(magazines.size, len(EngagementEnd))
        for name, results in ROUND_ENDS.items():
            row[f"magazine_{name}"] = became[:, results].sum(axis=1)
            row[name] = row[f"magazine_{name}"].sum()
        row["magazine_shots"] = magazines["fired"]
        row["magazine_ready_left"], row["magazine_held_left"] = magazines["ready"], magazines["held"]
        row["magazine_destroyed"] = magazines["destroyed"]
        row["shots"] = magazines["fired"].sum()
        row["missiles_left"] = magazines["ready"].sum() + magazines["held"].sum()
        row["interceptors_usd"] = (magazines["fired"] * self.world.weapons["unit_cost_usd"][self.world.magazines["weapon"]]).sum()
        row["unit_engagements"] = np.bincount(engagements["unit"], minlength=n_units)
        row["unit_shots"] = np.bincount(unit, weights=magazines["fired"], minlength=n_units)
        row["unit_peak_channels"], row["unit_channel_s"] = state.units["peak_channels"], state.units["channel_seconds"]


def funnel(state: State) -> list[NDArray[np.bool_]]:
    """For each step of `FUNNEL`, which objects (n,) got at least so far before their end."""
    timeline, end_s = state.timeline, state.objects["end_s"]
    hit = (np.bitwise_or.reduce(state.looks["seen"], axis=1, initial=0) & HIT) != 0
    cause = timeline["cause"]  # only the audit of a leaker asks whether a radar could have seen what it never hit
    reached = [
        hit | ((cause > Cause.NOT_VISIBLE) & (cause != Cause.RADAR_SILENT)),
        hit,
        *(timeline[name] <= end_s for name in ("firm_s", "identified_s", "designated_s", "ready_s", "first_feasible_s", "first_launch_s")),
    ]
    for k in range(len(reached) - 2, -1, -1):
        reached[k] = reached[k] | reached[k + 1]
    return reached


def event_log_hash(state: State) -> int:
    """64 bits of BLAKE2b over the event log, looks left out since only kept replicates record them."""
    return int.from_bytes(hashlib.blake2b(sorted_log(state, looks=False).tobytes(), digest_size=8).digest(), "little")


def sorted_log(state: State, *, looks: bool = True) -> Rows:
    """The event log in the order time, kind, code, actor, object."""
    log = state.log[: state.cursor[0]["log_count"]]
    if not looks:
        log = log[log["code"] != LogCode.LOOK]
    kind, code, actor, obj = (log[name].astype(np.int64) for name in ("kind", "code", "actor", "object"))
    rank = ((kind * _MOST_CODES + code) * _MOST_ROWS + actor + 1) * _MOST_ROWS + obj + 1
    return np.asarray(log[np.lexsort((rank, log["time_s"]))])


ENGAGEMENT_ROW = np.dtype(
    [
        ("replication", "i8"),
        *((name, "i4") for name in ("engagement", "object", "unit", "magazine", "salvo", "rounds", "channel", "result", "called_killed")),
        *((name, "f8") for name in ("launch_s", "last_intercept_s", "end_s", "range_m")),
    ]
)


def engagement_rows(state: State) -> Rows:
    """The engagements of the replicate in `state`, dtype `ENGAGEMENT_ROW`; a time that did not come, or range, is NaN."""
    cursor = state.cursor[0]
    source = state.engagements[: cursor["engagement_count"]]
    rows = np.zeros(source.size, ENGAGEMENT_ROW)
    rows["replication"], rows["engagement"], rows["rounds"] = cursor["replication"], np.arange(source.size), source["launched"]
    for name in ("object", "unit", "magazine", "salvo", "channel", "result", "called_killed", "launch_s", "last_intercept_s"):
        rows[name] = source[name]
    rows["end_s"] = never_as_nan(source["end_s"])
    rows["range_m"] = np.nan
    shots = state.shots[: cursor["shot_count"]]
    met = shots[np.isin(shots["result"], (EngagementEnd.KILLED, EngagementEnd.MISSED, EngagementEnd.WASTED))]
    rows["range_m"][met["engagement"]] = met["range_m"]  # of several rounds the last
    return rows


LEAKER_TIMES = (
    "visible_s",
    "firm_s",
    "identified_s",
    "designated_s",
    "ready_s",
    "first_feasible_s",
    "first_launch_s",
    "last_end_s",
)
LEAKER_ROW = np.dtype(
    [
        ("replication", "i8"),
        *((name, "i4") for name in ("object", "cause", "why_no_more", "unit")),
        *((name, "f8") for name in ("start_s", *LEAKER_TIMES, "end_s")),
    ]
)


def leaker_rows(state: State) -> Rows:
    """The leakers of the replicate in `state`, dtype `LEAKER_ROW`; what did not come before the end of the leaker is NaN."""
    cursor, end_s = state.cursor[0], state.objects["end_s"]
    leaked = np.nonzero(state.objects["status"] == ObjectStatus.LEAKED)[0]
    timeline = state.timeline[leaked]
    rows = np.zeros(leaked.size, LEAKER_ROW)
    rows["replication"], rows["object"] = cursor["replication"], leaked
    rows["start_s"], rows["end_s"] = state.objects["origin_s"][leaked], end_s[leaked]
    for name in ("cause", "why_no_more", "unit"):
        rows[name] = timeline[name]
    for name in LEAKER_TIMES:
        rows[name] = np.where(timeline[name] <= end_s[leaked], timeline[name], np.nan)
    engagements = state.engagements[: cursor["engagement_count"]]
    running = engagements["object"][engagements["end_s"] > end_s[engagements["object"]]]
    rows["last_end_s"][np.isin(leaked, running)] = np.nan
    return rows


def never_as_nan(times_s: NDArray[Any]) -> NDArray[np.float64]:
    """The same times (n,) with NaN where a time does not come."""
    return np.where(times_s >= NEVER, np.nan, times_s)


def _never(time_s: float) -> float:
    return float("nan") if time_s >= NEVER else float(time_s)
