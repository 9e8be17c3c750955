"""Making and filling the arrays of `state.layout`."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from openiads.state import layout
from openiads.state.layout import LINE_BYTES, State, Table, World


def fill(row: np.void, spec: object, **lowered: float) -> None:
    """Copy the fields of a spec, and lowered values by name, into one row."""
    for field in dataclasses.fields(spec):  # type: ignore[arg-type]
        row[field.name] = getattr(spec, field.name)
    for name, value in lowered.items():
        row[name] = value


def rows(shape: int | tuple[int, ...], dtype: np.dtype[np.void]) -> Table:
    """Zeros that begin at a cache line, so that a row of 64 bytes lies in one."""
    size = math.prod(shape) if isinstance(shape, tuple) else shape
    room = np.zeros(size * dtype.itemsize + LINE_BYTES, np.uint8)
    first = -room.ctypes.data % LINE_BYTES
    return room[first : first + size * dtype.itemsize].view(dtype).reshape(shape)


def make_state(world: World, *, heap: int = 0, log: int = 0, engagements: int = 0, shots: int = 0) -> State:
    """A `State` for `world`; growing arrays get at least the given lengths."""
    n = len(world.objects)
    limited = world.sensors["capacity"][world.feeds["sensor"][world.feeds["limited"] == 1]]
    feeds, posts, units, magazines = len(world.feeds), len(world.posts), len(world.units), len(world.magazines)
    events = max(heap, (feeds + 6) * n + 256)
    return State(
        objects=rows(n, layout.OBJECT_STATE),
        timeline=rows(n, layout.TIMELINE),
        looks=rows((n, feeds), layout.LOOKS),
        tracks=rows((len(world.pictures), n), layout.TRACKS),
        begun=rows((n, feeds) if len(world.components) else (0, 0), layout.BEGUN),
        held=rows((n, feeds) if limited.size else (0, 0), layout.HELD),
        occupants=rows((len(world.sensors), int(limited.max(initial=0))), layout.OCCUPANTS),
        estimates=rows(n, layout.ESTIMATES),
        designations=rows((n, posts), layout.DESIGNATIONS),
        pairs=rows((n, magazines), layout.PAIRS),
        unit_objects=rows((n, units), layout.UNIT_OBJECT),
        sensors=rows(len(world.sensors), layout.SENSOR_STATE),
        changes=rows((len(world.sensors), _most_changes(world)), layout.CHANGES),
        components=rows(len(world.components), layout.COMPONENT_STATE),
        links=rows(len(world.links), layout.LINK_STATE),
        posts=rows(posts, layout.POST_STATE),
        units=rows(units, layout.UNIT_STATE),
        magazines=rows(magazines, layout.MAGAZINE_STATE),
        engagements=rows(max(engagements, 4 * n + 64), layout.ENGAGEMENTS),
        shots=rows(max(shots, 8 * n + 64), layout.SHOTS),
        waiting=rows((posts, n), layout.WAITING),
        heap=rows(events, layout.HEAP),
        later=rows(events, layout.LATER),
        slots=rows(4 * n + 64, layout.SLOTS),
        log=rows(max(log, 24 * n + 256), layout.LOG),
        cursor=rows(1, layout.CURSOR),
    )


def _most_changes(world: World) -> int:
    """How often a radar can change at most: every object that aims at one may damage it, and every damage be repaired."""
    aims = world.objects["aim_component"]
    return 2 * int(np.bincount(aims[aims >= 0]).max(initial=0))
