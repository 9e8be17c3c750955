"""What radars saw of friendly and neutral aircraft, against the looks and tracks that an eager run records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openiads.codes import LogCode, Side
from openiads.models.motion.objects import object_position, object_velocity
from openiads.models.radar.look import in_view, last_look_at, look_time_s
from openiads.simulation.exposure import EXPOSURE_FIELDS, ExposureReader
from openiads.simulation.lower.plan import Conditions, EpochPlan, Plan
from openiads.simulation.lower.world import build_world
from openiads.simulation.outcome import OutcomeReader
from openiads.simulation.session import Session
from openiads.state.layout import HIT, NEVER, VIEWED
from plans import mixed_plan, place

from .test_sensing import ASPECTS, plain_aspect

LOOKS, HITS, TRACK_S = (EXPOSURE_FIELDS.index(name) for name in ("looks", "hits", "track_s"))


def traffic_plan(capacity: int = 10**6, **changes: object) -> Plan:
    """One radar without weapons, silent for a while, at which every second object of the mixed raid only flies by."""
    plan = mixed_plan(24, 5, conditions=Conditions(**changes))
    (post,) = plan.posts
    (search, *_) = post.sensors
    radar = replace(search.radar, capacity=capacity, anchor_range_m=120e3)
    search = replace(search, at=place(70.0, 60e3), radar=radar, epochs=(EpochPlan(400.0, 460.0, silent=True),))
    objects = tuple(
        replace(one, threat=replace(one.threat, side=int(Side.BLUE), lethal=False, aim_asset=-1)) if k % 2 else one
        for k, one in enumerate(plan.objects)
    )
    return replace(plan, objects=objects, aspects=ASPECTS, posts=(replace(post, sensors=(search,), units=()),))


def recorded(session: Session, replication: int) -> tuple[np.ndarray, np.ndarray]:
    """Looks in view and hits of each object by the log of an eager run."""
    state = session.run(3, replication, record=True)
    rows = state.log[: state.cursor[0]["log_count"]]
    rows = rows[rows["code"] == LogCode.LOOK]
    flags = rows["value"].astype(int)
    n = len(session.world.objects)
    viewed, hit = (np.bincount(rows["object"][(flags & bit) != 0], minlength=n) for bit in (VIEWED, HIT))
    return viewed, hit


def in_track_s(session: Session, replication: int) -> np.ndarray:
    """Seconds from FIRM to TRACK_DROPPED, or to the end of the flight, of each object: the picture has one radar and no delay."""
    state = session.run(3, replication)
    rows = state.log[: state.cursor[0]["log_count"]]
    rows = rows[np.isin(rows["code"], (LogCode.FIRM, LogCode.TRACK_DROPPED))]
    rows = rows[np.argsort(rows["time_s"], kind="stable")]
    total, since = np.zeros(len(session.world.objects)), {}
    for row in rows:
        i = int(row["object"])
        if row["code"] == LogCode.FIRM:
            since[i] = row["time_s"]
        elif i in since:
            total[i] += min(row["time_s"], state.objects[i]["path_end_s"]) - since.pop(i)
    for i, firm_s in since.items():
        total[i] += state.objects[i]["path_end_s"] - firm_s
    return total


def test_looks_and_hits_are_those_that_an_eager_run_records() -> None:
    lazy, eager = Session(build_world(traffic_plan())), Session(build_world(traffic_plan(eager=True)))
    reader, seen = ExposureReader(lazy.world), 0
    for replication in range(4):
        viewed, hit = recorded(eager, replication)
        counts = reader.read(lazy.run(3, replication))[:, 0]
        assert counts[:, LOOKS].tolist() == viewed[reader.objects].tolist()
        assert counts[:, HITS].tolist() == hit[reader.objects].tolist()
        seen += int(counts[:, HITS].sum())
        for what, first in ((LOOKS, 3), (HITS, 7)):
            assert (counts[:, first : first + 4].sum(axis=1) == counts[:, what]).all()
        assert counts[:, TRACK_S] == pytest.approx(in_track_s(eager, replication)[reader.objects], abs=1e-6)
        assert counts[:, TRACK_S].any()
    assert seen > 500


@pytest.mark.parametrize("capacity", [2, 5])
def test_time_in_track_of_a_full_radar_is_that_of_the_places_it_gave(capacity: int) -> None:
    session = Session(build_world(traffic_plan(capacity)))
    assert session.world.feeds[0]["limited"]
    reader, roomy = ExposureReader(session.world), Session(build_world(traffic_plan()))
    less = 0.0
    for replication in range(6):
        got = reader.read(session.run(3, replication))[:, 0, TRACK_S]
        assert got == pytest.approx(in_track_s(session, replication)[reader.objects], abs=1e-6)
        less += float(ExposureReader(roomy.world).read(roomy.run(3, replication))[:, 0, TRACK_S].sum() - got.sum())
    assert less > 60.0


def test_looks_by_aspect_are_those_of_plain_geometry() -> None:
    session = Session(build_world(traffic_plan()))
    world, reader = session.world, ExposureReader(session.world)
    state = session.run(3, 0)
    counts = reader.read(state)[:, 0, 3:7]
    for row, i in zip(counts, reader.objects.tolist(), strict=True):
        expected, unsure = np.zeros(4), 0
        n = last_look_at(world, state, 0, i, float(state.objects[i]["origin_s"]))
        while (t_s := look_time_s(world, state, 0, i, n)) <= state.objects[i]["path_end_s"]:
            if in_view(world, state, 0, i, t_s) >= 0.0:
                at = np.array(object_position(world, state, i, t_s)[:3])
                aspect, near_deg = plain_aspect(world.sensors[0]["pos_ecef_m"] - at, np.array(object_velocity(world, state, i, t_s)), at)
                expected[aspect] += 1
                unsure += near_deg < 0.01
            n += 1
        assert np.abs(row - expected).sum() <= 2 * unsure
    assert (counts.sum(axis=0) > 10).sum() >= 3


def test_reading_the_exposure_changes_nothing_and_costs_nothing_without_traffic() -> None:
    session = Session(build_world(traffic_plan()))
    reader = OutcomeReader(session.world)
    state = session.run(3, 1)
    looks = int(state.cursor[0]["looks"])
    first = reader.row(state)
    assert reader.row(state).tobytes() == first.tobytes()
    assert state.cursor[0]["looks"] == looks
    assert first["exposure"].shape == (1, np.unique(session.world.objects["group"][1::2]).size, 1, len(EXPOSURE_FIELDS))
    assert first["exposure"].sum(axis=1)[0, 0] == pytest.approx(ExposureReader(session.world).read(state).sum(axis=0)[0])
    plain = OutcomeReader(build_world(mixed_plan(6)))
    assert "exposure" not in (plain.dtype.names or ())


def test_a_stored_radar_has_no_exposure() -> None:
    plan = traffic_plan()
    (post,) = plan.posts
    stored = replace(post.sensors[0], epochs=(EpochPlan(-1e9, 1e9, silent=True),))
    session = Session(build_world(replace(plan, posts=(replace(post, sensors=(stored,)),))))
    state = session.run(3, 0)
    assert not ExposureReader(session.world).read(state).any()
    assert ExposureReader(session.world).rows(state).size == 0
    assert (state.timeline["firm_s"] >= NEVER).all()
