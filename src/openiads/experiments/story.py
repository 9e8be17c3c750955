"""The tables of a record from arrays: one row per replicate and group, unit or asset; and the story of the replicates that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openiads.codes import Cause, EngagementEnd, EventKind, LogCode, ObjectStatus
from openiads.metrics import Lifted
from openiads.metrics.course import BANDS, QUANTITIES, course_lines
from openiads.metrics.words import CAUSE_WORDS, CODE_WORDS, RESULT_WORDS, STATUS_WORDS
from openiads.records.cast import Cast
from openiads.records.schema import FUNNEL, TABLES
from openiads.records.tables import Names, make_table
from openiads.simulation.exposure import EXPOSURE_FIELDS
from openiads.simulation.outcome import LEAKER_TIMES, ROUND_ENDS, never_as_nan, sorted_log
from openiads.simulation.tracks import replicate_positions
from openiads.state.layout import State, World

Rows = NDArray[np.void]
Columns = dict[str, "NDArray[Any] | Names"]

_CAUSES = ["", *(CAUSE_WORDS[cause] for cause in Cause if cause != Cause.NONE)]
_RESULTS = [RESULT_WORDS[end] for end in EngagementEnd]
_STATUS = [STATUS_WORDS[status] for status in ObjectStatus]
_KINDS = ["", *(kind.name.lower() for kind in EventKind)]
_CODES = ["", *(CODE_WORDS[code] for code in LogCode)]


def replicate_tables(draw: NDArray[np.int32], rows: Rows, cast: Cast) -> dict[str, pa.Table]:
    """The tables with rows for every replicate, from outcome rows (n,) of the draws (n,)."""
    scalars = [c.name for c in TABLES["replicate"].columns if c.name != "draw"]
    groups, units, magazines = len(cast.groups), len(cast.units), len(cast.magazines)
    columns: dict[str, Columns] = {
        "replicate": {"draw": draw, **{name: rows[name] for name in scalars}},
        "group": {
            **_keys(draw, rows, groups),
            **_group_names(cast, np.tile(np.arange(groups), rows.size)),
            "threats": np.tile([g.count for g in cast.groups], rows.size),
            **{name: rows[f"group_{name}"].reshape(-1) for name in ("leaked", "killed", "expired", "shots")},
            **{step: rows["group_funnel"][:, :, k].reshape(-1) for k, (step, _) in enumerate(FUNNEL)},
        },
        "unit": {
            **_keys(draw, rows, units),
            "unit": Names(np.tile(np.arange(units), rows.size), [u.name for u in cast.units]),
            **{name: rows[f"unit_{name}"].reshape(-1) for name in ("engagements", "shots", "peak_channels", "channel_s")},
        },
        "magazine": {
            **_keys(draw, rows, magazines),
            "unit": Names(np.tile([m.unit for m in cast.magazines], rows.size), [u.name for u in cast.units]),
            "weapon": Names(np.tile([m.weapon for m in cast.magazines], rows.size), cast.weapons),
            **{name: rows[f"magazine_{name}"].reshape(-1) for name in ("shots", *ROUND_ENDS, "ready_left", "held_left", "destroyed")},
        },
        "asset": {
            **_keys(draw, rows, len(cast.assets)),
            "asset": Names(np.tile(np.arange(len(cast.assets)), rows.size), [a.name for a in cast.assets]),
            "leakers": rows["asset_leakers"].reshape(-1),
        },
        "component": {
            **_keys(draw, rows, len(cast.components)),
            "component": Names(np.tile(np.arange(len(cast.components)), rows.size), [c.name for c in cast.components]),
            **{name: rows[f"component_{name}"].reshape(-1) for name in ("hit_s", "killed_s", "launchers_lost")},
        },
        "cause": _cause_columns(draw, rows, cast),
    }
    return {name: make_table(name, table) for name, table in columns.items()}


def _keys(draw: NDArray[np.int32], rows: Rows, count: int) -> Columns:
    return {"draw": np.repeat(draw, count), "replication": np.repeat(rows["replication"], count)}


def _group_names(cast: Cast, index: NDArray[Any]) -> Columns:
    classes = list(dict.fromkeys(g.class_name for g in cast.groups))
    of_group = np.array([classes.index(g.class_name) for g in cast.groups], np.int32)
    return {"group": Names(index, [g.name for g in cast.groups]), "class": Names(of_group[index], classes)}


def _cause_columns(draw: NDArray[np.int32], rows: Rows, cast: Cast) -> Columns:
    row, group, cause = np.nonzero(rows["group_cause"])
    return {
        "draw": draw[row],
        "replication": rows["replication"][row],
        "group": Names(group, [g.name for g in cast.groups]),
        "cause": Names(cause, _CAUSES),
        "leakers": rows["group_cause"][row, group, cause],
    }


def engagement_table(rows: Rows, cast: Cast) -> pa.Table:
    """The table engagement from rows of dtype `simulation.outcome.ENGAGEMENT_ROW`."""
    plain = ("replication", "engagement", "object", "salvo", "rounds", "channel", "launch_s", "last_intercept_s", "end_s", "range_m")
    columns: Columns = {
        **{name: rows[name] for name in plain},
        **_arms(rows["unit"], rows["magazine"], cast),
        "result": Names(rows["result"], _RESULTS),
        "called_killed": rows["called_killed"] != 0,
    }
    return make_table("engagement", columns)


def leaker_table(rows: Rows, cast: Cast) -> pa.Table:
    """The table leaker from rows of dtype `simulation.outcome.LEAKER_ROW`."""
    columns: Columns = {
        **{name: rows[name] for name in ("replication", "object", "start_s", *LEAKER_TIMES, "end_s")},
        "cause": Names(_named(rows["cause"]), _CAUSES),
        "why_no_more": Names(_named(rows["why_no_more"]), _CAUSES),
        "unit": Names(rows["unit"], [u.name for u in cast.units]),
    }
    return make_table("leaker", columns)


def course_table(counts: NDArray[np.int32], grid_s: NDArray[np.float64], cast: Cast) -> pa.Table:
    """The table course from the counts (n, lines, times) of `simulation.course` of all nominal replicates."""
    lines = list(course_lines(counts, cast))
    names = list(dict.fromkeys(line.name for line in lines if line.name is not None))
    index = [-1 if line.name is None else names.index(line.name) for line in lines]
    columns: Columns = {
        "quantity": Names(np.repeat([QUANTITIES.index(line.quantity) for line in lines], grid_s.size), QUANTITIES),
        "name": Names(np.repeat(index, grid_s.size), names),
        "time_s": np.tile(grid_s, len(lines)),
        "mean": np.concatenate([line.mean for line in lines]),
        **{band: np.concatenate([line.bands[k] for line in lines]) for k, band in enumerate(BANDS)},
    }
    return make_table("course", columns)


def exposure_table(rows: Rows, cast: Cast) -> pa.Table:
    """The table exposure from rows of dtype `simulation.exposure.EXPOSURE_ROW`."""
    bands = list(dict.fromkeys(sensor.band for sensor in cast.sensors))
    band_of = np.array([bands.index(sensor.band) for sensor in cast.sensors], np.int32)
    columns: Columns = {
        **{name: rows[name] for name in ("replication", "object", *EXPOSURE_FIELDS)},
        "radar": Names(rows["sensor"], [sensor.name for sensor in cast.sensors]),
        "band": Names(band_of[rows["sensor"]], bands),
    }
    return make_table("exposure", columns)


def _arms(unit: NDArray[Any], magazine: NDArray[Any], cast: Cast) -> Columns:
    weapon_of = np.array([m.weapon for m in cast.magazines], np.int32)
    return {"unit": Names(unit, [u.name for u in cast.units]), "weapon": Names(weapon_of[magazine], cast.weapons)}


def lifted_table(lifted: Sequence[Lifted]) -> pa.Table:
    """The table lifted: limits in the order given, replicates in theirs."""
    run = [(lift.name, lift.rows) for lift in lifted if lift.rows is not None]
    columns: Columns = {"limit": Names(np.repeat(np.arange(len(run)), [rows.size for _, rows in run]), [name for name, _ in run])}
    for name in ("replication", "leakers", "event_log_hash"):
        columns[name] = np.concatenate([np.zeros(0, np.uint64 if name == "event_log_hash" else np.int64), *(rows[name] for _, rows in run)])
    return make_table("lifted", columns)


def object_table(cast: Cast) -> pa.Table:
    """The table object."""
    group = np.repeat(np.arange(len(cast.groups)), [g.count for g in cast.groups])
    sides = list(dict.fromkeys(g.side for g in cast.groups))
    columns: Columns = {
        "object": np.arange(group.size),
        "name": np.array([f"{g.name}-{k + 1}" for g in cast.groups for k in range(g.count)]),
        **_group_names(cast, group),
        "side": Names(np.array([sides.index(g.side) for g in cast.groups])[group], sides),
        "lethal": np.array([g.lethal for g in cast.groups])[group],
        "aim": Names(np.array([aim for g in cast.groups for aim in g.aims]), cast.aims),
    }
    return make_table("object", columns)


def story_tables(world: World, state: State, cast: Cast, step_s: float) -> dict[str, pa.Table]:
    """The tables timeline, shot, event and track of the replicate in `state`, which was run with record on."""
    columns = {
        "timeline": _timeline(state, cast),
        "shot": _shots(state, cast),
        "event": _events(state),
        "track": _tracks(world, state, step_s),
    }
    replication = int(state.cursor[0]["replication"])
    return {name: make_table(name, {**table, "replication": np.full(n, replication)}) for name, (n, table) in columns.items()}


def _timeline(state: State, cast: Cast) -> tuple[int, Columns]:
    timeline, objects = state.timeline, state.objects
    leaked = objects["status"] == ObjectStatus.LEAKED
    names = ("firm_s", "identified_s", "designated_s", "ready_s", "first_feasible_s", "first_launch_s", "last_end_s")
    return objects.size, {
        "object": np.arange(objects.size),
        "appeared_s": objects["origin_s"],
        **{name: never_as_nan(timeline[name]) for name in names},
        "end_s": objects["end_s"],
        "end": Names(objects["status"], _STATUS),
        "shots": objects["shots"],
        "cause": Names(_named(np.where(leaked, timeline["cause"], 0)), _CAUSES),
        "why_no_more": Names(_named(np.where(leaked, timeline["why_no_more"], 0)), _CAUSES),
        "unit": Names(np.where(leaked, timeline["unit"], -1), [u.name for u in cast.units]),
    }


def _named(code: NDArray[Any]) -> NDArray[Any]:
    return np.where(code > 0, code, -1)


def _shots(state: State, cast: Cast) -> tuple[int, Columns]:
    shots = state.shots[: state.cursor[0]["shot_count"]]
    engagement = state.engagements[shots["engagement"]]
    return shots.size, {
        "shot": np.arange(shots.size),
        "engagement": shots["engagement"],
        "object": engagement["object"],
        **_arms(engagement["unit"], engagement["magazine"], cast),
        **{name: shots[name] for name in ("launch_s", "end_s", "range_m", "p_kill")},
        "result": Names(shots["result"], _RESULTS),
    }


def _events(state: State) -> tuple[int, Columns]:
    log = sorted_log(state)
    return log.size, {
        **{name: log[name] for name in ("time_s", "actor", "object", "engagement")},
        "value": never_as_nan(log["value"]),
        "kind": Names(log["kind"], _KINDS),
        "code": Names(log["code"], _CODES),
    }


def _tracks(world: World, state: State, step_s: float) -> tuple[int, Columns]:
    positions = replicate_positions(world, state, step_s)
    columns: Columns = {"entity": Names(positions.entity, ("object", "shot")), "number": positions.number, "time_s": positions.time_s}
    for name in ("east_m", "north_m", "alt_m"):
        columns[name] = getattr(positions, name).astype(np.float32)
    return positions.time_s.size, columns
