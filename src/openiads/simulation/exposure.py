"""What each radar saw of friendly and neutral aircraft in the replicate that has just been run.

Every look is a pure function of its index, so all looks of a flight can be walked through afterwards, with the geometry and the luck that
the engine had. A *look* is one with the aircraft inside coverage and line of sight of a radar on air, a *hit* one that detected it. Time
in track is from M hits in N looks to the K-th miss in a row, or to the end of the flight; where a radar can be full, that of the places it
really had. A radar that looks only where it is cued does not look at aircraft that nobody engages: its exposure is zero.

Not modelled: what can be learned from a look (signal-to-noise ratio, polarisation, resolution); looks that are not independent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Side
from openiads.kernel import kernel
from openiads.models.radar.aspect import ASPECTS, aspect_sector
from openiads.models.radar.look import last_look_at, look, look_time_s
from openiads.models.tracking.machine import ones
from openiads.state.arrays import State, World
from openiads.state.layout import HIT, NEVER, VIEWED

Floats = NDArray[np.float64]

_LOOKS, _HITS, _TRACK_S, _LOOKS_BY, _HITS_BY = 0, 1, 2, 3, 7
#: What is counted of one object and radar, in the order of the last axis.
EXPOSURE_FIELDS: Final = ("looks", "hits", "track_s", *(f"looks_{a}" for a in ASPECTS), *(f"hits_{a}" for a in ASPECTS))
EXPOSURE_ROW: Final = np.dtype(
    [("replication", "i8"), ("object", "i4"), ("sensor", "i4"), *((name, "f8" if name == "track_s" else "i4") for name in EXPOSURE_FIELDS)]
)


class ExposureReader:
    """Reads the exposure of the traffic of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.objects = np.flatnonzero(world.objects["side"] != Side.RED)
        feeds = world.feeds
        uncued = [np.flatnonzero((feeds["sensor"] == s) & (feeds["cued"] == 0)) for s in range(len(world.sensors))]
        self._feeds = np.array([found[0] if found.size else -1 for found in uncued], np.int64)

    def read(self, state: State) -> Floats:
        """Counts of the replicate in `state`: (traffic, sensors, `EXPOSURE_FIELDS`)."""
        counts = np.zeros((self.objects.size, self._feeds.size, len(EXPOSURE_FIELDS)))
        if self.objects.size:
            looks = int(state.cursor[0]["looks"])
            expose(self.world, state, self.objects, self._feeds, counts)
            state.cursor[0]["looks"] = looks  # these are not the engine's
        return counts

    def rows(self, state: State) -> NDArray[np.void]:
        """The same as rows of dtype `EXPOSURE_ROW`, without radars that never had the aircraft in view."""
        counts = self.read(state)
        member, sensor = np.nonzero(counts[..., _LOOKS])
        rows = np.zeros(member.size, EXPOSURE_ROW)
        rows["replication"], rows["object"], rows["sensor"] = state.cursor[0]["replication"], self.objects[member], sensor
        for k, name in enumerate(EXPOSURE_FIELDS):
            rows[name] = counts[member, sensor, k]
        return rows


@kernel
def expose(world: World, state: State, objects: NDArray[np.int64], feeds: NDArray[np.int64], counts: Floats) -> None:
    """Count the looks of the feeds (sensors,), -1 for none, at objects (n,): `counts` (n, sensors, `EXPOSURE_FIELDS`), zeros at first."""
    for k in range(objects.shape[0]):
        for s in range(feeds.shape[0]):
            if feeds[s] >= 0 and state.looks[objects[k], feeds[s]]["start_s"] < NEVER:
                expose_to(world, state, feeds[s], objects[k], counts[k, s])


@kernel
def expose_to(world: World, state: State, f: int, i: int, counts: Floats) -> None:
    """Count the looks of feed `f` at object `i`, whose flight is over, and its time in track."""
    s, end_s = world.feeds[f]["sensor"], state.objects[i]["path_end_s"]
    sensor = world.sensors[s]
    continuous = sensor["continuous"]
    needed, window = (1, 1) if continuous else (sensor["confirm_hits"], (1 << sensor["confirm_window"]) - 1)
    n = 0 if continuous else last_look_at(world, state, f, i, state.objects[i]["origin_s"])
    firm_s, history, misses = NEVER, 0, 0
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= end_s:
        outcome = look(world, state, f, i, n, t_s)
        hit = (outcome & HIT) >> 1
        if outcome & VIEWED:
            aspect = aspect_sector(world, state, s, i, t_s)
            counts[_LOOKS] += 1.0
            counts[_LOOKS_BY + aspect] += 1.0
            counts[_HITS] += hit
            counts[_HITS_BY + aspect] += hit
        if firm_s < NEVER:
            misses = 0 if hit else misses + 1
            if misses >= sensor["drop_misses"]:
                counts[_TRACK_S] += t_s - firm_s
                firm_s, history = NEVER, 0
        else:
            history = ((history << 1) | hit) & window
            if hit and ones(history) >= needed:
                firm_s, misses = t_s, 0
        n += 1
        t_s = look_time_s(world, state, f, i, n)
    if firm_s < NEVER:
        counts[_TRACK_S] += end_s - firm_s
    if world.feeds[f]["limited"]:
        counts[_TRACK_S] = state.held[i, f]["track_s"]
