"""Where a defence sees, detects and can engage a straight inbound that comes alone: visible, detectable and engageable areas.

An inbound of a stated class, speed and height (above the sea, or over relief above the ground) flies straight from beyond all
instrumented ranges over the centre of the defence, its most valuable asset; one for each bearing. Its path is cut into cells of equal
ground range, and each is judged at its middle:

- *visible*: some radar that searches uncued has it inside its coverage and line of sight;
- *detectable*: one look of such a radar detects it with a probability of at least `LEAST_PD`;
- *engageable*: a round that is ready could meet it there (a complete engagement): launched when track, identification and reaction are
  over, on a track of its unit's engagement radar that lasts until the intercept where the weapon needs it, inside the envelope. Tracks
  and delays are those of the engine in replicates with only this inbound; what holds in more than half of them holds.

The area of a cell is its part of the ring about the centre, one step of bearing wide, on a sphere of the mean radius:
2 pi R^2 (cos(a / R) - cos(b / R)) for a whole ring from a to b.

Terrain and weather are those of the scenario. Not modelled: doctrine beyond the first salvo, reserves and the number of rounds; a
picture that loses the track after the reaction; manoeuvre; silences and factors of radars that hold for a part of the time only. The
random key is fixed, so the answer is the same for every seed and any number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openiads.catalogue import Parameter
from openiads.codes import Fire, Motion, Side
from openiads.geodesy.geodesics import geodesic_direct, geodesic_inverse
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import Place
from openiads.models.motion.follow import following_path
from openiads.scenario.needs import SPEED_ROWS
from openiads.scenario.schema import KEY_WORD
from openiads.scenario.sensing import ALWAYS_S
from openiads.simulation.inbound import Floats, Marks, launch_times, mark_met, mark_sensed, track_spans
from openiads.simulation.lower.classes import ThreatClass, target_class
from openiads.simulation.lower.defence import defence
from openiads.simulation.lower.objects import greatest_speed_mps
from openiads.simulation.lower.plan import AssetPlan, ObjectPlan, Plan, PostPlan, SensorPlan
from openiads.simulation.lower.scenario import Lowered, make_plan
from openiads.simulation.lower.world import build_world, key_of, with_hints
from openiads.simulation.session import Session, whole
from openiads.specs import Threat
from openiads.state.layout import NEVER, State, World

Rows = NDArray[np.void]

#: What flies at the three heights: class of the catalogue, height, and whether over relief it is above the ground instead of the sea.
PROBES: Final = (("threat_subsonic_cm", 50.0, True), ("threat_owa_drone", 1_500.0, True), ("f16", 10_000.0, False))
#: One look detects with this probability or more.
LEAST_PD: Final = 0.5
BEARINGS: Final = 72
REPLICATES: Final = 5
#: Length of a cell, and how many there are at most; then they are longer.
CELL_M: Final = 200.0
MOST_CELLS: Final = 4_000
KINDS: Final = ("visible", "detectable", "engageable")

_SEED = 0
_SPANS = 64

COVERAGE_ROW: Final = np.dtype(
    [
        ("probe", "i4"),
        *((name, "f8") for name in ("height_m", "bearing_rad", "firm_m")),
        *((f"{kind}_{name}", "f8") for kind in KINDS for name in ("outer_m", "inner_m", "area_m2")),
    ]
)


@dataclass(frozen=True)
class Probe:
    """A straight inbound: its class by name and by row of the plan's tables, ground speed and height."""

    name: str
    klass: int
    speed_mps: float
    height_m: float
    above_ground: bool = False
    """Over relief the inbound follows the ground at its height; else it flies level above the sea."""


@dataclass(frozen=True)
class Task:
    """A defence and the inbounds that it is asked about."""

    plan: Plan
    """Its objects do not matter; its tables have a row for the class of every probe."""
    probes: tuple[Probe, ...]
    only_here: tuple[Parameter, ...] = ()
    """Rows of the catalogue that the probes need and the run itself does not."""

    @property
    def centre(self) -> AssetPlan:
        """The most valuable asset, of equals the first."""
        return max(self.plan.assets, key=lambda asset: asset.value)


@dataclass(frozen=True)
class Coverage:
    """Areas of a defence about its centre."""

    task: Task
    rows: Rows
    """`COVERAGE_ROW`, one a probe and bearing: ground ranges from the centre, NaN where nothing holds, and areas."""
    cell_m: float
    bearings: int
    replicates: int
    cells: NDArray[np.bool_]
    """Where what holds: (rows, kinds, cells), cells of `cell_m` from the centre outwards."""


def coverage_task(lowered: Lowered, kinds: Sequence[tuple[str, float, bool]] = PROBES) -> Task:
    """The defence of a scenario at nominal values against airframes of the catalogue at their usual speeds.

    Each is (class, height, whether over relief that is above the ground).
    """
    values = lowered.values.with_drawn({})
    classes = tuple(ThreatClass(name, target_class(values.catalogue, name, "airframe"), name, "airframe") for name, *_ in kinds)
    plan = make_plan(lowered.scenario, defence(lowered.scenario, classes, values, lowered.places), lowered.places)
    probes = []
    for k, (name, height_m, above_ground) in enumerate(kinds):
        rows = values.of(name)
        speed_row = next(row for row in SPEED_ROWS if rows.has(f"airframe.{row}"))
        probes.append(Probe(name, k, rows.si(f"airframe.{speed_row}"), height_m, above_ground))
    known = {row.path for row in lowered.used}
    return Task(plan, tuple(probes), tuple(row for row in values.used if row.path not in known))


def coverage(
    of: Lowered | Task,
    bearings: int = BEARINGS,
    replicates: int = REPLICATES,
    only_rad: Sequence[float] = (),
    advance: Callable[[], None] = lambda: None,
) -> Coverage:
    """Fly every probe from every bearing, alone: in the middle of each of equal sectors, the first of which begins in the north.

    `of` is a lowered scenario, whose defence is asked about the usual three inbounds, or a `coverage_task` with others. The `rows` of
    the answer are a structured array (probes x bearings,) in m, m2 and radians. With `only_rad` it is asked about these bearings and no
    others; each stands for a sector as wide as those of `bearings`. `advance` is called after each inbound.
    """
    bearings, replicates = (whole(name, n, 1, KEY_WORD) for name, n in (("bearings", bearings), ("replicates", replicates)))
    task = coverage_task(of) if isinstance(of, Lowered) else of
    plan, centre = task.plan, task.centre.at
    harmless = tuple((name, replace(weapon, reliability=0.0, launch_reliability=1.0)) for name, weapon in plan.weapons)
    posts = tuple(_always_so(_fires_once(post)) for post in plan.posts)
    alone = replace(plan, posts=posts, weapons=harmless)  # the inbound flies on
    reach_m = _beyond_all_m(plan, centre)
    cells = min(math.ceil(reach_m / CELL_M), MOST_CELLS)
    grid = _Grid(max(CELL_M, reach_m / cells), cells, 2.0 * math.pi / bearings, replicates)
    asked = list(only_rad) or [(bearing + 0.5) * grid.bearing_step_rad for bearing in range(bearings)]
    rows = np.zeros(len(task.probes) * len(asked), COVERAGE_ROW)
    holds = np.zeros((rows.size, len(KINDS), cells), np.bool_)
    for k, probe in enumerate(task.probes):
        world = None
        for n, bearing_rad in enumerate(asked, start=k * len(asked)):
            row = rows[n]
            row["probe"], row["height_m"], row["bearing_rad"] = k, probe.height_m, bearing_rad
            inbound = _inbound(plan, probe, centre, float(row["bearing_rad"]), grid.cells * grid.cell_m)
            world = build_world(replace(alone, objects=(inbound,))) if world is None else _flown_by(world, inbound)
            grid.judge(world, probe, row, holds[n])
            advance()
    return Coverage(task, rows, grid.cell_m, len(asked), replicates, holds)


def _fires_once(post: PostPlan) -> PostPlan:
    """The post with one round for the only target: what it would keep for others is there for this one."""
    rules = replace(post.doctrine.doctrine, fire=Fire.ONCE, reserve_rounds=0)
    return replace(post, doctrine=replace(post.doctrine, doctrine=rules, salvos=tuple(1 for _ in post.doctrine.salvos)))


def _always_so(post: PostPlan) -> PostPlan:
    """The post with what is stated of its radars for the whole run; when the inbound comes, nobody says."""

    def of(sensor: SensorPlan) -> SensorPlan:
        return replace(sensor, epochs=tuple(e for e in sensor.epochs if (e.from_s, e.to_s) == ALWAYS_S))

    units = tuple(u if u.fire_control is None else replace(u, fire_control=of(u.fire_control)) for u in post.units)
    return replace(post, sensors=tuple(map(of, post.sensors)), units=units)


def _beyond_all_m(plan: Plan, centre: Place) -> float:
    """A ground range from the centre beyond which no radar reaches."""
    earth = plan.conditions.earth
    sensors = [sensor for post in plan.posts for sensor in post.sensors]
    sensors += [unit.fire_control for post in plan.posts for unit in post.units if unit.fire_control is not None]
    reaches = [1.001 * s.radar.range_max_m + _distance_m(centre, s.at, earth.a_m, earth.f) for s in sensors]
    return max([CELL_M, *reaches])


def _distance_m(a: Place, b: Place, radius_m: float, flattening: float) -> float:
    return geodesic_inverse(a.lat_rad, a.lon_rad, b.lat_rad, b.lon_rad, radius_m, flattening)[0]


def _inbound(plan: Plan, probe: Probe, centre: Place, bearing_rad: float, length_m: float) -> ObjectPlan:
    earth = plan.conditions.earth
    lat, lon, _ = geodesic_direct(centre.lat_rad, centre.lon_rad, bearing_rad, length_m, earth.a_m, earth.f)
    end = centre._replace(alt_m=probe.height_m)
    start, legs, ground = Place(lat, lon, probe.height_m), [Leg(end, probe.speed_mps)], plan.conditions.ground
    follows = probe.above_ground and ground is not None
    path = following_path(start, legs, probe.height_m, ground.alt_m, earth) if follows and ground else air_path(start, legs, earth)
    threat = Threat(
        key=key_of(f"coverage/{probe.name}"),
        group=0,
        klass=probe.klass,
        side=Side.RED,
        lethal=False,
        motion=Motion.AIR,
        aim_asset=0,
        aim_component=-1,
        speed_max_mps=greatest_speed_mps(path),
        unit_cost_usd=0.0,
        shift_half_width_s=0.0,
        scale_half_width=0.0,
        rotation_sd_rad=0.0,
        arrival_rate_per_s=0.0,
    )
    return ObjectPlan(threat, path, 0.0, centre)


def _flown_by(world: World, inbound: ObjectPlan) -> World:
    """The world with another inbound of the same probe in place of its own."""
    objects, path = world.objects.copy(), inbound.path
    objects["knot_count"], objects["duration_s"] = path.time_s.size, path.time_s[-1]
    objects["speed_max_mps"] = inbound.threat.speed_max_mps
    return with_hints(world._replace(knots=path.knots(), objects=objects))


@dataclass(frozen=True)
class _Grid:
    """The cells of every path: `cells` of them, from the centre outwards."""

    cell_m: float
    cells: int
    bearing_step_rad: float
    replicates: int

    def judge(self, world: World, probe: Probe, row: np.void, cells: NDArray[np.bool_]) -> None:
        """Fill the ranges and areas of a row, and its cells (kinds, cells), from a world in which only its inbound flies."""
        session, length_m = Session(world), self.cells * self.cell_m
        since_m = (np.arange(self.cells, 0, -1).astype(np.float64) - 0.5) * self.cell_m  # the cell at the centre, flown last, comes first
        times_s = since_m / probe.speed_mps
        firm_s, votes = np.zeros(self.replicates), np.zeros(self.cells, np.int64)
        sensed, near = np.zeros((2, self.cells), np.int64), 0
        launches: dict[int, Floats] = {}
        for replication in range(self.replicates):
            state = session.run(_SEED, replication)
            if replication == 0:  # the path is the same in every replicate
                mark_sensed(world, state, 0, times_s, LEAST_PD, sensed)
                near = int(np.flatnonzero(sensed[0]).max(initial=-1)) + 1  # nothing is met before it is seen
                launches = _launches(world, state, probe, times_s[:near])
            firm_s[replication] = state.timeline[0]["firm_s"]
            votes[:near] += _met(world, state, times_s[:near], launches)
        firm_at_s = float(np.median(firm_s))
        row["firm_m"] = length_m - firm_at_s * probe.speed_mps if firm_at_s < NEVER else np.nan
        cells[:] = (*sensed.astype(bool), 2 * votes > self.replicates)
        for kind, holds in zip(KINDS, cells, strict=True):
            self._measure(world, kind, holds, row)

    def _measure(self, world: World, kind: str, holds: NDArray[np.bool_], row: np.void) -> None:
        """Outermost and innermost range of the cells that hold, and their area."""
        radius_m = float(world.settings[0]["mean_radius_m"])
        caps_m2 = self.bearing_step_rad * 2.0 * (radius_m * np.sin(np.arange(self.cells + 1) * self.cell_m / (2.0 * radius_m))) ** 2
        where = np.flatnonzero(holds)
        row[f"{kind}_outer_m"] = (where[-1] + 1) * self.cell_m if where.size else np.nan
        row[f"{kind}_inner_m"] = where[0] * self.cell_m if where.size else np.nan
        row[f"{kind}_area_m2"] = np.diff(caps_m2)[where].sum()


def _launches(world: World, state: State, probe: Probe, times_s: Floats) -> dict[int, Floats]:
    """When a round of each magazine must leave to meet the inbound at each point (n,), for magazines that could ever launch."""
    found = {}
    for m, magazine in enumerate(world.magazines):
        weapon = world.weapons[magazine["weapon"]]
        used = world.envelopes[magazine["weapon"], probe.klass]["sspk"] > 0.0 and probe.speed_mps <= weapon["target_speed_max_mps"]
        if magazine["ready"] and used:
            launch_s = np.empty(times_s.size)
            if launch_times(world, state, m, 0, times_s, launch_s):
                found[m] = launch_s
    return found


def _met(world: World, state: State, times_s: Floats, launches: dict[int, Floats]) -> Marks:
    """Points (n,) at which some round could meet the inbound of the replicate that has just been run."""
    met, spans = np.zeros(times_s.size, np.int64), {-1: np.empty((0, 2))}
    ready_s = state.designations[0]["ready_s"]
    for m, launch_s in launches.items():
        unit = world.units[world.magazines[m]["unit"]]
        f, unit_ready_s = int(unit["fire_control_feed"]), float(ready_s[unit["post"]])
        if unit_ready_s < NEVER:
            if f not in spans:
                spans[f] = _spans(world, state, f)
            mark_met(world, m, unit_ready_s, spans[f], times_s, launch_s, met)
    return met


def _spans(world: World, state: State, f: int) -> Floats:
    """When feed `f` has a firm track of the inbound: (n, 2)."""
    feed = world.feeds[f]
    from_s = float(state.timeline[0]["designated_s"] + feed["cue_delay_s"]) if feed["cued"] else 0.0
    size = _SPANS
    while True:
        spans_s = np.empty((size, 2))
        count = track_spans(world, state, f, 0, from_s, spans_s)
        if count < size:
            return spans_s[:count]
        size *= 2
