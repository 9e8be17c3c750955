"""The event queue: ordered by time, then kind of event, then subject; never by order of arrival.

The events of the slot of time at hand are in a binary heap, which so stays small. Those of later slots wait unsorted, a linked list for
each slot, and enter the heap when their slot comes. Whatever lies beyond the last slot waits in it.

Reference: the two-tier idea is that of W. T. Tang, R. S. M. Goh and I. L.-J. Thng, "Ladder queue", ACM TOMACS 15 (2005) 175.
"""

from __future__ import annotations

from typing import Any

from openiads.kernel import inlined, kernel
from openiads.state.arrays import State, World
from openiads.state.layout import OVERFLOW_HEAP, OVERFLOW_LATER

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
def clear_queue(world: World, state: State) -> None:
    """No events; as many slots as there are rows for them, over the time that the raid takes."""
    cursor, slots = state.cursor[0], state.slots
    cursor["heap_count"] = cursor["later_count"] = cursor["later_used"] = cursor["slot"] = 0
    cursor["later_free"] = -1
    cursor["slots_per_s"] = slots.shape[0] / world.settings[0]["span_s"]
    for k in range(slots.shape[0]):
        slots[k]["first"] = -1


@kernel
def push(state: State, time_s: float, kind: int, subject: int) -> None:
    """Schedule an event; without room for it the overflow flag makes the caller of the loop start again with more."""
    cursor = state.cursor[0]
    key = kind * _SUBJECTS + subject
    slot = int(min(time_s * cursor["slots_per_s"], float(state.slots.shape[0] - 1)))
    if slot <= cursor["slot"]:
        into_heap(state, time_s, key)
        return
    k = cursor["later_free"]
    if k >= 0:
        cursor["later_free"] = state.later[k]["next"]
    else:
        k = cursor["later_used"]
        if k >= state.later.shape[0]:
            cursor["overflow"] = OVERFLOW_LATER
            return
        cursor["later_used"] = k + 1
    first, event = state.slots[slot], state.later[k]
    event["time_s"], event["key"], event["next"] = time_s, key, first["first"]
    first["first"] = k
    cursor["later_count"] += 1


@kernel
def has_next(state: State) -> bool:
    """Whether there is an event left; if so, the first is at the top of the heap."""
    cursor = state.cursor[0]
    while cursor["heap_count"] == 0:
        if cursor["later_count"] == 0:
            return False
        cursor["slot"] += 1
        first = state.slots[cursor["slot"]]
        k, first["first"] = first["first"], -1
        while k >= 0:
            event = state.later[k]
            into_heap(state, event["time_s"], event["key"])
            cursor["later_count"] -= 1
            below, event["next"] = event["next"], cursor["later_free"]
            cursor["later_free"], k = k, below
    return True


@kernel
def into_heap(state: State, time_s: float, key: int) -> None:
    """Add an event to the heap."""
    cursor, heap = state.cursor[0], state.heap
    k = cursor["heap_count"]
    if k >= heap.shape[0]:
        cursor["overflow"] = OVERFLOW_HEAP
        return
    cursor["heap_count"] = k + 1
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
    cursor, heap = state.cursor[0], state.heap
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
