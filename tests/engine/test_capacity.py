"""Radars and pictures that can be full, against a plain walk over all looks in order of time."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import pytest

from openiads.codes import Cause, LogCode
from openiads.engine.begin import begin
from openiads.models.command.estimate import refresh_estimate
from openiads.models.radar.look import look, look_time_s
from openiads.simulation.lower.plan import Conditions
from openiads.simulation.lower.windows import with_places
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state.layout import HIT
from plans import mixed_plan


def picture_story(session: Session, seed: int, replication: int) -> list[tuple[float, str, int]]:
    """Tracks that the picture gained and lost, in order of time."""
    state = session.run(seed, replication)
    rows = state.log[: state.cursor[0]["log_count"]]
    names = {int(LogCode.FIRM): "firm", int(LogCode.TRACK_DROPPED): "dropped"}
    return sorted((float(row["time_s"]), names[int(row["code"])], int(row["object"])) for row in rows if int(row["code"]) in names)


def plain_story(session: Session, seed: int, replication: int) -> list[tuple[float, str, int]]:
    """The same of the one radar of a world without fire units: every look of every object in order of time, one rule after another."""
    world, state = session.world, session.state
    begin(world, state, seed, replication)
    radar = world.sensors[0]
    n_objects = len(world.objects)
    now = state.objects
    looks = []
    for i in range(n_objects):
        k = int(state.looks[i, 0]["last_look"]) + 1
        heapq.heappush(looks, (look_time_s(world, state, 0, i, k), i, k))
    shut_out: dict[int, float] = {}  # until when at most
    history: dict[int, list[bool]] = {}  # tentative
    misses: dict[int, int] = {}  # firm
    story = []
    linger_s = (radar["drop_misses"] + radar["confirm_window"] + 2) * radar["period_s"]

    def score(i: int, t_s: float) -> tuple[float, int]:
        if t_s >= state.estimates[i]["valid_to_s"]:
            refresh_estimate(world, state, i, t_s)
        return float(state.estimates[i]["arrival_s"]), i

    def leave(t_s: float) -> None:
        alive = [v for v in shut_out if t_s < now[v]["path_end_s"]]
        if alive:
            del shut_out[min(score(v, t_s) for v in alive)[1]]

    while looks:
        t_s, i, k = heapq.heappop(looks)
        if t_s > now[i]["path_end_s"] + linger_s:
            continue
        heapq.heappush(looks, (look_time_s(world, state, 0, i, k + 1), i, k + 1))
        hit = t_s <= now[i]["path_end_s"] and bool(look(world, state, 0, i, k, t_s) & HIT)
        if i in misses:
            misses[i] = 0 if hit else misses[i] + 1
            if misses[i] == radar["drop_misses"]:
                del misses[i]
                leave(t_s)
                story.append((t_s, "dropped", i))
        elif i in history:
            history[i] = [*history[i], hit][-int(radar["confirm_window"]) :]
            if hit and sum(history[i]) >= radar["confirm_hits"]:
                del history[i]
                misses[i] = 0
                story.append((t_s, "firm", i))
            elif not any(history[i]):
                del history[i]
                leave(t_s)
        elif hit and t_s > shut_out.get(i, -1.0):
            shut_out.pop(i, None)
            held = [*history, *misses]
            if len(held) >= radar["capacity"]:
                worst = i if radar["refuses_newcomers"] else max([score(v, t_s) for v in held] + [score(i, t_s)])[1]
                score(i, t_s)
                if worst == i:
                    shut_out[i] = float(state.estimates[i]["valid_to_s"])
                    continue
                if worst in misses:
                    story.append((t_s, "dropped", worst))
                    del misses[worst]
                else:
                    del history[worst]
                stay = max(score(v, t_s)[0] for v in [*history, *misses, i])
                alive = [score(v, t_s)[0] for v in shut_out if t_s < now[v]["path_end_s"]]
                if alive and min(alive) < stay:  # the place has gone to a lower score
                    leave(t_s)
            history[i] = [True]
    return sorted(story)


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("capacity", [2, 4, 6])
def test_a_full_radar_against_a_plain_walk(capacity: int, refuses: bool) -> None:
    plan = mixed_plan(40)
    (post,) = plan.posts
    (search, *_) = post.sensors
    search = replace(search, radar=replace(search.radar, capacity=capacity, refuses_newcomers=refuses))
    session = Session(build_world(replace(plan, posts=(replace(post, sensors=(search,), units=()),))))
    assert session.world.feeds[0]["limited"]
    roomy = Session(build_world(replace(plan, posts=(replace(post, sensors=(post.sensors[0],), units=()),))))
    mattered = 0
    for replication in range(6):
        got, want = picture_story(session, 3, replication), plain_story(session, 3, replication)
        ended = session.state.objects["path_end_s"].max()
        assert [row for row in got if row[0] <= ended] == [row for row in want if row[0] <= ended]
        most = np.cumsum([1 if what == "firm" else -1 for _, what, _ in want]).max()
        assert most <= capacity
        mattered += want != picture_story(roomy, 3, replication)
    assert mattered


def test_a_radar_that_is_never_full_changes_nothing() -> None:
    """All objects at once and one place more than that: the same story by events as without."""
    plan = mixed_plan(30)
    free = Session(build_world(plan))
    by_events = Session(build_world(plan))
    by_events.world.feeds["limited"] = 1
    by_events.world.sensors["capacity"] = 31
    by_events = Session(by_events.world)
    by_events.world.settings["limited"] = 1
    for replication in range(20):
        assert story_of(free, replication) == story_of(by_events, replication)


def story_of(session: Session, replication: int) -> list[tuple[object, ...]]:
    """Decisions of a replicate; tracks of dead targets fade unnoticed where nobody asks."""
    state = session.run(5, replication)
    rows = state.log[: state.cursor[0]["log_count"]]
    left_out = (LogCode.WAITS_FOR_CHANNEL, LogCode.WAITS_FOR_MISSILE)
    ended_s = np.append(state.objects["end_s"], np.inf)
    kept = [row for row in rows if row["code"] not in left_out]
    kept = [row for row in kept if row["code"] != LogCode.TRACK_DROPPED or row["time_s"] < ended_s[row["object"]]]
    return sorted((float(row["time_s"]), int(row["code"]), int(row["actor"]), int(row["object"])) for row in kept)


@pytest.mark.parametrize("capacity", [4, 8, 20])
def test_engagement_radars_that_are_full_now_and_then(capacity: int) -> None:
    """A replicate is run with places only when they may run out; always run with places, and with every look an event, it is the same."""
    stories = {}
    for name in ("in doubt", "places", "eager"):
        plan = mixed_plan(40, conditions=Conditions(eager=name == "eager"))
        (post,) = plan.posts
        units = []
        for unit in post.units:
            assert unit.fire_control is not None
            radar = replace(unit.fire_control.radar, capacity=capacity)
            units.append(replace(unit, fire_control=replace(unit.fire_control, radar=radar)))
        world = build_world(replace(plan, posts=(replace(post, units=tuple(units)),)))
        assert world.feeds["doubtful"].any()
        session = Session(world if name == "in doubt" else with_places(world))
        stories[name] = [story_of(session, replication) for replication in range(12)]
    assert stories["in doubt"] == stories["places"] == stories["eager"]


@pytest.mark.parametrize("eager", [False, True])
def test_a_full_picture_keeps_the_objects_with_least_time_to_go(eager: bool) -> None:
    plan = mixed_plan(40, conditions=Conditions(eager=eager))
    (post,) = plan.posts
    session = Session(build_world(replace(plan, posts=(replace(post, post=replace(post.post, capacity=5)),))))
    assert session.world.pictures[0]["limited"]
    assert not session.world.feeds["limited"].any()
    for replication in range(6):
        held: set[int] = set()
        firm = 0
        for _, what, i in picture_story(session, 3, replication):
            held = held | {i} if what == "firm" else held - {i}
            firm += what == "firm"
            assert len(held) <= 5
        assert firm > 20  # places are given again and again


def test_a_full_picture_that_refuses_newcomers_drops_nobody_for_them() -> None:
    """Fewer tracks leave it than a picture that gives its places to those with less time to go."""
    plan = mixed_plan(40)
    (post,) = plan.posts
    dropped = {}
    for name, changes in {"refuses": {"capacity": 5, "refuses_newcomers": True}, "takes": {"capacity": 5}, "roomy": {}}.items():
        session = Session(build_world(replace(plan, posts=(replace(post, post=replace(post.post, **changes)),))))
        stories = [picture_story(session, 3, replication) for replication in range(6)]
        dropped[name] = [{(t_s, i) for t_s, what, i in story if what == "dropped"} for story in stories]
        held: set[int] = set()
        for _, what, i in stories[0]:
            held = held | {i} if what == "firm" else held - {i}
            assert name == "roomy" or len(held) <= 5
    assert 0 < sum(map(len, dropped["refuses"])) < sum(map(len, dropped["takes"]))


@pytest.mark.parametrize("refuses", [False, True])
def test_the_same_story_lazy_and_eager_when_the_picture_is_full(refuses: bool) -> None:
    stories = []
    for eager in (False, True):
        plan = mixed_plan(40, conditions=Conditions(eager=eager))
        (post,) = plan.posts
        full = replace(post.post, capacity=5, refuses_newcomers=refuses)
        session = Session(build_world(replace(plan, posts=(replace(post, post=full),))))
        stories.append([story_of(session, replication) for replication in range(10)])
    assert stories[0] == stories[1]


def test_who_never_had_a_place_leaks_for_want_of_one() -> None:
    causes = {}
    for capacity in (2, 1000):
        plan = mixed_plan(40)
        (post,) = plan.posts
        sensors = tuple(replace(sensor, radar=replace(sensor.radar, capacity=capacity)) for sensor in post.sensors)
        session = Session(build_world(replace(plan, posts=(replace(post, sensors=sensors),))))
        causes[capacity] = sum(int((session.run(3, r).timeline["cause"] == Cause.NOT_IN_PICTURE).sum()) for r in range(6))
    assert causes[2] > 10
    assert causes[1000] == 0
