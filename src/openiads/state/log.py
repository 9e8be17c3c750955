"""Appending to the event log. Rows may come in late (a lazy track machine finds a drop afterwards); readers sort them by time."""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.state.arrays import State
from openiads.state.layout import OVERFLOW_LOG


@kernel
def log_row(state: State, time_s: float, code: int, actor: int, i: int, engagement: int, value: float) -> None:
    """One row: at `time_s`, `code` (codes.LogCode) happened to `actor` and object `i`."""
    cursor = state.cursor[0]
    k = cursor["log_count"]
    if k >= state.log.shape[0]:
        cursor["overflow"] = OVERFLOW_LOG
        return
    cursor["log_count"] = k + 1
    row = state.log[k]
    row["time_s"] = time_s
    row["kind"] = cursor["kind"]
    row["code"] = code
    row["actor"] = actor
    row["object"] = i
    row["track"] = -1
    row["engagement"] = engagement
    row["value"] = value
