"""The event queue: a binary heap ordered by time, then kind of event, then subject; never by order of arrival."""

from __future__ import annotations

from typing import Any

from openiads.kernel import inlined, kernel
from openiads.state.arrays import State
from openiads.state.layout import OVERFLOW_HEAP


@inlined
def _earlier(a: Any, b: Any) -> bool:
    if a["time_s"] != b["time_s"]:
        return bool(a["time_s"] < b["time_s"])
    if a["kind"] != b["kind"]:
        return bool(a["kind"] < b["kind"])
    return bool(a["subject"] < b["subject"])


@inlined
def _swap(a: Any, b: Any) -> None:
    a["time_s"], b["time_s"] = b["time_s"], a["time_s"]
    a["kind"], b["kind"] = b["kind"], a["kind"]
    a["subject"], b["subject"] = b["subject"], a["subject"]


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
    heap[k]["time_s"] = time_s
    heap[k]["kind"] = kind
    heap[k]["subject"] = subject
    while k > 0:
        parent = (k - 1) >> 1
        if not _earlier(heap[k], heap[parent]):
            break
        _swap(heap[k], heap[parent])
        k = parent


@kernel
def drop_first(state: State) -> None:
    """Remove the first event."""
    cursor = state.cursor[0]
    heap = state.heap
    n = cursor["heap_count"] - 1
    cursor["heap_count"] = n
    if n == 0:
        return
    heap[0]["time_s"] = heap[n]["time_s"]
    heap[0]["kind"] = heap[n]["kind"]
    heap[0]["subject"] = heap[n]["subject"]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        if child + 1 < n and _earlier(heap[child + 1], heap[child]):
            child += 1
        if not _earlier(heap[child], heap[k]):
            break
        _swap(heap[k], heap[child])
        k = child
