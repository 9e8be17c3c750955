"""The story of some small plans, word for word: notices change, and says nothing about what is right.

Between them the plans in `PLANS` have every kind of object, event and rule: drones, cruise and ballistic missiles, fighters, decoys,
Poisson arrivals; radars that turn, stare, see at once, have a sector, fluctuate, are full, tell late; pictures that are full; guns on a
radar of their post; launches on remote tracks; salvos, sequences, one shot, reserve, all preferences; wrong assessments; launch failures
and intervals; reloads; two posts; both range measures; a raid effect; and hits on radars, launchers and a command post that are repaired.

`python tests/engine/test_golden.py`, with `src` and `tests` on the path, writes `tests/golden/stories.txt` anew. A change of it is a
change of results: the changelog says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openiads.codes import Cause, EngagementEnd, LogCode, ObjectStatus
from openiads.models.motion.earth import Place
from openiads.models.radar.range_equation import anchor_snr
from openiads.simulation.lower.plan import ComponentPlan, Conditions, ObjectPlan, Plan, SensorPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs import Component, FireUnit, Magazine
from openiads.state.layout import NEVER
from plans import BALLISTIC, CRUISE, DRONE, FIGHTER, doctrine, mixed_plan, place

STORIES = Path(__file__).parents[1] / "golden" / "stories.txt"
#: In the open sea, off the equator and the planes of the axes, so that every component of every vector counts.
SOMEWHERE = Place(math.radians(-37.0), math.radians(-118.0), 0.0)
SEED, REPLICATIONS = 11, 2
#: Edges of envelopes hold within a millimetre.
WITHIN_S = 1e-5
FASTEST_MPS = 3000.0


def small(n: int = 14, seed: int = 1, **changes: object) -> Plan:
    """The mixed raid three times as fast against half the channels, with few rounds: some objects wait, and some leak."""
    plan = mixed_plan(n, seed, origin=SOMEWHERE, **changes)
    (post,) = plan.posts
    units = []
    for unit in post.units:
        stock = tuple((weapon, replace(m, ready=5, held=4, launcher_load=3, reload_s=80.0)) for weapon, m in unit.magazines)
        units.append(replace(unit, unit=replace(unit.unit, channels=2, missiles_guided=3), magazines=stock))
    objects = tuple(replace(one, start_s=one.start_s / 3.0) for one in plan.objects)
    return replace(plan, objects=objects, posts=(replace(post, units=tuple(units)),))


def searching(plan: Plan, *more: SensorPlan, **changes: object) -> Plan:
    """The search radar changed, and more of them."""
    (post,) = plan.posts
    search = replace(post.sensors[0], radar=replace(post.sensors[0].radar, **changes))
    return replace(plan, posts=(replace(post, sensors=(search, *more)),))


def controlled(plan: Plan, **changes: object) -> Plan:
    """All engagement radars changed."""
    (post,) = plan.posts
    units = []
    for unit in post.units:
        assert unit.fire_control is not None
        units.append(replace(unit, fire_control=replace(unit.fire_control, radar=replace(unit.fire_control.radar, **changes))))
    return replace(plan, posts=(replace(post, units=tuple(units)),))


def armed(plan: Plan, **changes: object) -> Plan:
    """All weapons changed."""
    return replace(plan, weapons=tuple((name, replace(weapon, **changes)) for name, weapon in plan.weapons))


def threatened(plan: Plan, klass: int, **changes: object) -> Plan:
    """The threats of one class changed."""
    objects = tuple(replace(o, threat=replace(o.threat, **changes)) if o.threat.klass == klass else o for o in plan.objects)
    return replace(plan, objects=objects)


def full() -> Plan:
    """A radar with four places, a picture with five, engagement radars with three."""
    plan = controlled(searching(small(18, 3), capacity=4), capacity=3)
    (post,) = plan.posts
    return replace(plan, posts=(replace(post, post=replace(post.post, capacity=5)),))


def two_radars() -> Plan:
    """A second radar with a sector and another kind of target model; a third that sees at once what it sees."""
    plan = searching(small(14, 4), rotating=True, period_s=4.0)
    first = plan.posts[0].sensors[0]
    mode = {"swerling": 3, "n_pulses": 8, "anchor_snr": anchor_snr(0.8, 1e-6, 3, 8), "anchor_range_m": 90e3}
    sector = replace(first.radar, rotating=False, period_s=2.5, azimuth_half_width_rad=0.6, elevation_max_rad=0.5, **mode)
    at_once = replace(first.radar, continuous=True, perfect=True, period_s=1.0, range_max_m=25e3, drop_misses=5)
    return searching(
        plan,
        SensorPlan("sector", sector, place(80.0, 30e3, 0.0, SOMEWHERE), math.radians(75.0)),
        SensorPlan("at-once", at_once, place(10.0, 8e3, 0.0, SOMEWHERE)),
    )


def guns() -> Plan:
    """A unit that fires bursts on the track of a search radar, and one that may launch without a track of its own radar."""
    plan = armed(small(16, 5), launch_on_remote=True, remote_track_pk_factor=0.8, needs_radar_until_intercept=False)
    (post,) = plan.posts
    burst = FireUnit(channels=1, missiles_guided=2, launch_interval_s=1.0, assessment_time_s=2.0)
    stock = ((1, Magazine(3, 6, 3, 60.0)),)
    gun = replace(
        post.units[0],
        name="gun",
        unit=burst,
        at=place(70.0, 2e3, 0.0, SOMEWHERE),
        magazines=stock,
        fire_control=post.sensors[0],
        cued=False,
    )
    return replace(plan, posts=(replace(post, units=(*post.units, gun)),))


def struck() -> Plan:
    """Ballistic missiles and drones at two radars, launchers and the command post, which are repaired while the raid lasts."""
    plan = small(16, 8, p_false_alive=0.2, p_false_kill=0.2, reopen_hits=1)
    kinds = {"search": (0, "search", 0), "control-0": (1, "control-0", 0), "launchers": (2, "unit-1", 4), "post": (3, "post", 0)}
    components = tuple(ComponentPlan(name, of, Component(kind, 0.6, n, 40.0, 90.0)) for name, (kind, of, n) in kinds.items())
    objects: list[ObjectPlan] = []
    for k, one in enumerate(plan.objects):
        aims = one.threat.klass in (DRONE, BALLISTIC)
        threat = replace(one.threat, aim_component=k % 4, aim_asset=-1) if aims else one.threat
        objects.append(replace(one, threat=threat))
    damage = ((0.9, 0.4),) * 4
    plan = replace(plan, objects=tuple(objects), components=components, damage=(damage,) * 4)
    return replace(plan, envelopes=tuple((replace(rows[0], sspk=0.3), *rows[1:]) for rows in plan.envelopes))


def decoys() -> Plan:
    """Drones and fighters do no harm, and nobody can shoot at drones; cruise missiles at random times; a raid effect; ground ranges."""
    plan = small(16, 6, conditions=Conditions(range_measure=1, raid_effect_sd=0.8), prefer=1, adequate_sspk=0.65)
    plan = threatened(threatened(plan, DRONE, lethal=False), FIGHTER, lethal=False)
    plan = replace(plan, envelopes=tuple((replace(rows[0], sspk=0.0), *rows[1:]) for rows in plan.envelopes))
    return threatened(plan, CRUISE, arrival_rate_per_s=0.05, rotation_sd_rad=0.05, scale_half_width=0.1)


def two_posts() -> Plan:
    """A second post with a radar, units and rules of its own; each shoots for itself. Its engagement radars may be full."""
    plan = small(16, 12)
    (post,) = plan.posts
    search = replace(post.sensors[0], name="second", at=place(120.0, 12e3, 0.0, SOMEWHERE))
    units = []
    for unit in controlled(plan, capacity=2).posts[0].units:
        assert unit.fire_control is not None
        at = place(150.0, 9e3, 0.0, SOMEWHERE)
        control = replace(unit.fire_control, name=f"second-{unit.fire_control.name}", at=at)
        units.append(replace(unit, name=f"second-{unit.name}", at=at, fire_control=control))
    orders = doctrine(prefer=0, p_false_alive=0.2, p_false_kill=0.2, reopen_hits=1, reserve_class=2, reserve_rounds=6)
    rules = replace(post.post, reaction_s=5.0, identification_s=1.0)
    return replace(plan, posts=(post, replace(post, name="second", post=rules, doctrine=orders, sensors=(search,), units=tuple(units))))


PLANS: dict[str, Callable[[], Plan]] = {
    "as planned": small,
    "wrong assessments": lambda: small(16, 2, p_false_alive=0.3, p_false_kill=0.4, reopen_hits=2, salvos=(2, 3, 2, 1)),
    "sequences and a reserve": lambda: small(20, 1, fire=1, sequence=(2, 1), prefer=3, reserve_class=2, reserve_rounds=9),
    "one shot, the long reach kept back": lambda: armed(small(14, 7, fire=0, prefer=4), launch_reliability=0.7),
    "layers": lambda: small(14, 9, prefer=2, units=3),
    "earliest": lambda: armed(small(14, 10, prefer=0, units=3), salvo_correlation=0.9, reliability=0.6),
    "full": full,
    "two radars": two_radars,
    "guns": guns,
    "struck": struck,
    "decoys": decoys,
    "two posts": two_posts,
}


def world_of(name: str):  # type: ignore[no-untyped-def]
    world = build_world(PLANS[name]())
    if name == "two radars":
        world.feeds["delay_s"][:3] = 1.5, 0.0, 4.0
    return world


def shown(number: float) -> str:
    return "never" if number >= NEVER else f"{number:.6f}"


def story(name: str) -> Iterator[str]:
    """One line for each row of the log, then how everything ended."""
    session = Session(world_of(name))
    for replication in range(REPLICATIONS):
        yield f"# {name}, night {replication}"
        state = session.run(SEED, replication)
        rows = state.log[: state.cursor[0]["log_count"]]
        for row in rows[np.lexsort((rows["engagement"], rows["object"], rows["actor"], rows["code"], rows["time_s"].round(5)))]:
            yield f"{row['time_s']:.6f} {LogCode(row['code']).name} {row['actor']} {row['object']} {row['engagement']} {row['value']:.6f}"
        for i, row in enumerate(state.timeline):
            now = state.objects[i]
            words = ObjectStatus(now["status"]).name, Cause(row["cause"]).name, Cause(row["why_no_more"]).name
            times = (row["firm_s"], row["identified_s"], row["ready_s"], row["first_feasible_s"], row["last_end_s"])
            yield " ".join(["object", str(i), *words, str(row["unit"]), *map(shown, times)])
        for row in state.shots[: state.cursor[0]["shot_count"]]:
            end = EngagementEnd(row["result"]).name
            yield f"shot {row['engagement']} {end} {row['remote']} {shown(row['p_kill'])} {shown(row['range_m'])}"
        for row in state.units:
            yield f"unit {row['peak_channels']} {shown(row['channel_seconds'])}"
        for row in state.magazines:
            yield f"magazine {row['ready']} {row['held']} {row['fired']} {row['destroyed']}"
        for row in state.components:
            yield f"component {row['status']} {row['launchers_lost']} {shown(row['hit_s'])} {shown(row['killed_s'])}"
        yield f"empty {shown(state.cursor[0]['empty_s'])}"


def parts(line: str) -> tuple[list[str], list[float]]:
    """The words of a line, and its numbers with a fraction."""
    words = line.split()
    return [word for word in words if "." not in word], [float(word) for word in words if "." in word]


@pytest.mark.parametrize("name", PLANS)
def test_the_story_is_the_one_that_was_kept(name: str) -> None:
    kept = STORIES.read_text().split("# ")
    want = [line for part in kept if part.startswith(f"{name}, night ") for line in f"# {part}".splitlines()]
    got = list(story(name))
    for k, (one, other) in enumerate(zip(got, want, strict=False)):
        (words, numbers), (kept_words, kept_numbers) = parts(one), parts(other)
        apart = [abs(a - b) for a, b in zip(numbers, kept_numbers, strict=True)] if words == kept_words else [np.inf]
        assert max([*apart[:-1], 0.0]) <= WITHIN_S, f"line {k}: {one} | {other}"
        assert apart[-1:] <= [FASTEST_MPS * WITHIN_S], f"line {k}: {one} | {other}"  # the last number may be a range
    assert len(got) == len(want)


def test_the_stories_are_eventful() -> None:
    """Every kind of row that a run can write, and nearly every end of a shot, is in some story."""
    text = STORIES.read_text()
    unused = ["APPEARED", "IDENTIFIED", "READY", "FIRE_CONTROL_TRACK", "INTERCEPT", "CHANNEL_FREED", "LOOK", "NO_INTERCEPT", "LINK_DOWN"]
    unused += ["LINK_UP", "EPOCH", "NEUTRAL_ENGAGED", "FRATRICIDE", "ROUNDS_LOST"]
    assert {code.name for code in LogCode if f" {code.name} " not in text} == set(unused)
    assert {end.name for end in EngagementEnd if f" {end.name} " not in text} <= {"OPEN", "NO_INTERCEPT"}
    assert len({word for word in Cause.__members__ if f" {word} " in text}) > 6


if __name__ == "__main__":
    STORIES.write_text("".join(f"{line}\n" for name in PLANS for line in story(name)))
