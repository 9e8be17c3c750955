"""The event queue: a binary heap ordered by time, then kind of event, then subject; never by order of arrival."""

from __future__ import annotations

from typing import Any

from openiads.kernel import inlined, kernel
from openiads.state.arrays import State
from openiads.state.layout import OVERFLOW_HEAP

#: Subjects are below this.
_SUBJECTS = 1 << 48


@inlined
def kind_of(event: Any) -> int:
    """The kind of a row of the heap (codes.EventKind)."""
    return int(event["key"] // _SUBJECTS)


@inlined
def subject_of(event: Any) -> int:
    """What a row of the heap is about."""
    return int(event["key"] % _SUBJECTS)


@kernel
def push(state: State, time_s: float, kind: int, subject: int) -> None:
    """Schedule an event; a full heap sets the overflow flag, which makes the caller of the loop start again with more room."""
    cursor = state.cursor[0]
    heap = state.heap
    k = cursor["heap_count"]
    if k >= heap.shape[0]:
        cursor["overflow"] = OVERFLOW_HEAP
        return
    cursor["heap_count"] = k + 1
    key = kind * _SUBJECTS + subject
    while k > 0:
        parent = heap[(k - 1) >> 1]
        if parent["time_s"] < time_s or (parent["time_s"] == time_s and parent["key"] <= key):
            break
        heap[k]["time_s"], heap[k]["key"] = parent["time_s"], parent["key"]
        k = (k - 1) >> 1
    heap[k]["time_s"], heap[k]["key"] = time_s, key


@kernel
def drop_first(state: State) -> None:
    """Remove the first event: its place is filled from below by the earlier child until the last event of the heap fits."""
    cursor = state.cursor[0]
    heap = state.heap
    n = cursor["heap_count"] - 1
    cursor["heap_count"] = n
    time_s, key = heap[n]["time_s"], heap[n]["key"]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        below, other = heap[child], heap[child + 1]
        if child + 1 < n and (other["time_s"] < below["time_s"] or (other["time_s"] == below["time_s"] and other["key"] < below["key"])):
            below = other
            child += 1
        if time_s < below["time_s"] or (time_s == below["time_s"] and key <= below["key"]):
            break
        heap[k]["time_s"], heap[k]["key"] = below["time_s"], below["key"]
        k = child
    heap[k]["time_s"], heap[k]["key"] = time_s, key
