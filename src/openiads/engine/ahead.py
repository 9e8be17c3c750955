"""Asking the memory for the rows of the next event while this one is handled."""

from __future__ import annotations

from openiads.codes import EventKind
from openiads.engine.queue import has_next, kind_of, subject_of
from openiads.kernel import kernel
from openiads.state.arrays import State, World, fetch

_ARRIVE = int(EventKind.ARRIVE)
_DECIDE = int(EventKind.DECIDE)
_SCAN = int(EventKind.SCAN)
#: The state of fewer objects stays in the fast caches anyway.
_FITS = 256
#: Rows of one cache line.
_PAIRS, _UNITS = 2, 8


@kernel
def fetch_next(world: World, state: State) -> None:
    """Ask for the rows that the next event will probably need."""
    n = world.objects.shape[0]
    if n < _FITS or not has_next(state):
        return
    event = state.heap[0]
    kind, subject = kind_of(event), subject_of(event)
    if kind == _DECIDE:
        i = subject % (n + 1)
    elif kind in (_SCAN, _ARRIVE):
        i = subject % n
    else:
        return
    if i == n:
        return
    fetch(state.objects[i])
    fetch(state.estimates[i])
    fetch(state.timeline[i])
    fetch(world.objects[i])
    for p in range(world.pictures.shape[0]):
        fetch(state.tracks[p, i])
        fetch(state.looks[i, world.pictures[p]["feed_first"]])
    if kind == _SCAN:
        for f in range(world.feeds.shape[0]):
            fetch(state.looks[i, f])
    for q in range(world.posts.shape[0]):
        fetch(state.designations[i, q])
    for m in range(0, world.magazines.shape[0], _PAIRS):
        fetch(state.pairs[i, m])
    for u in range(0, world.units.shape[0], _UNITS):
        fetch(state.unit_objects[i, u])
