"""The raid of a `Plan` as a SimPy program in natural object style: the yardstick of the engine's speed and a check of its leakage.

It obeys the rules of the engine (MODEL sections 3 to 6) with code of its own and random numbers of its own. Radars, command post, units,
tracks and engagements are objects and processes. It covers what `benchmarks.raid` uses: one post with a delay-free shared picture,
all-round radars that look at multiples of their period, one weapon a unit, one round a salvo, shoot-look-shoot with a perfect
assessment, shortest reach first. Not covered: sectors, elevation limits, misidentification, reserves, launch failures, capacity limits.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.twin_targets import NEVER, Target, Track
from openiads.codes import Motion
from openiads.geodesy.ellipsoid import geodetic_to_ecef
from openiads.models.motion.earth import Place
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, Plan, SensorPlan, UnitPlan
from openiads.specs import Envelope, Weapon

Events = Generator[simpy.Event, Any, None]
#: A round may fly so much longer than to its greatest range: what the extrapolation of a track is wrong by.
LATE_S = 0.05


class Sight:
    """What a radar knows of one target: its last looks, and whether it holds a track."""

    __slots__ = ("history", "misses", "tracked")

    def __init__(self) -> None:
        self.history, self.misses, self.tracked = 0, 0, False


class Radar:
    """A radar that looks at every target it watches once a period."""

    def __init__(self, raid: Raid, planned: SensorPlan) -> None:
        radar = planned.radar
        self.raid = raid
        self.x, self.y, self.z = raid.ecef(planned.at, radar.antenna_height_m)
        self.height_m = planned.at.alt_m + radar.antenna_height_m
        self.period_s, self.reach_m = radar.period_s, radar.range_max_m
        self.snr_constant = radar.anchor_snr * radar.anchor_range_m**4 / radar.anchor_rcs_m2
        self.log_pfa = math.log(radar.pfa)
        self.hits_to_confirm, self.window = radar.confirm_hits, (1 << radar.confirm_window) - 1
        self.misses_to_drop = radar.drop_misses
        self.horizon_m = {motion: arc_to_horizon_m(self.height_m, raid.effective_radius_m[motion]) for motion in Motion}
        self.sights: dict[Target, Sight] = {}
        raid.env.process(self.scan())

    def watch(self, target: Target) -> None:
        self.sights.setdefault(target, Sight())

    def forget(self, target: Target) -> None:
        self.sights.pop(target, None)

    def holds(self, target: Target) -> bool:
        sight = self.sights.get(target)
        return sight is not None and sight.tracked

    def scan(self) -> Events:
        """Look at everything once a period."""
        env, raid = self.raid.env, self.raid
        yield env.timeout(raid.rng.random() * self.period_s)
        while True:
            for target, sight in list(self.sights.items()):
                hit = self.detects(target, env.now)
                if sight.tracked:
                    sight.misses = 0 if hit else sight.misses + 1
                    if sight.misses == self.misses_to_drop:
                        sight.tracked, sight.history = False, 0
                        raid.on_drop(self, target)
                else:
                    sight.history = (sight.history << 1 | hit) & self.window
                    if hit and sight.history.bit_count() >= self.hits_to_confirm:
                        sight.tracked, sight.misses = True, 0
                        raid.on_confirm(self, target)
            yield env.timeout(self.period_s)

    def range2_in_view_m2(self, target: Target, now_s: float) -> float:
        """Slant range squared inside the instrumented range and above the horizon; NEVER elsewhere."""
        x, y, z, alt_m = target.position(now_s)
        dx, dy, dz = x - self.x, y - self.y, z - self.z
        range2_m2 = dx * dx + dy * dy + dz * dz
        if range2_m2 > self.reach_m * self.reach_m:
            return NEVER
        horizon_m = self.horizon_m[target.motion] + arc_to_horizon_m(alt_m, self.raid.effective_radius_m[target.motion])
        return range2_m2 if ground_range_m(range2_m2, self.height_m, alt_m) <= horizon_m else NEVER

    def detects(self, target: Target, now_s: float) -> bool:
        """Swerling-1 detection in view."""
        range2_m2 = self.range2_in_view_m2(target, now_s)
        if range2_m2 == NEVER:
            return False
        snr = self.snr_constant * target.rcs_m2 / (range2_m2 * range2_m2)
        return self.raid.rng.random() < math.exp(self.log_pfa / (1.0 + snr))


class Unit:
    """A fire unit with its channels, rounds and weapon."""

    def __init__(self, raid: Raid, planned: UnitPlan, weapon: Weapon, envelopes: tuple[Envelope, ...]) -> None:
        (_, magazine), *_ = planned.magazines
        self.raid, self.weapon, self.envelopes = raid, weapon, envelopes
        self.x, self.y, self.z = raid.ecef(planned.at, 0.0)
        self.free_channels, self.assessment_s = planned.unit.channels, planned.unit.assessment_time_s
        self.rounds, self.held, self.load, self.reload_s = magazine.ready, magazine.held, magazine.launcher_load, magazine.reload_s
        self.emptied = 0
        self.cued = planned.cued
        assert planned.fire_control is not None
        self.radar = Radar(raid, planned.fire_control)

    def can_fire(self) -> bool:
        return self.free_channels > 0 and self.rounds > 0

    def spend_round(self) -> None:
        self.rounds -= 1
        self.emptied += 1
        if self.emptied >= self.load or self.rounds == 0:
            load = min(self.emptied, self.held)
            self.emptied = 0
            self.held -= load
            if load:
                self.raid.env.process(self.reload(load))

    def reload(self, load: int) -> Events:
        yield self.raid.env.timeout(self.reload_s)
        self.rounds += load
        self.raid.serve()

    def flight_limit_s(self, target: Target) -> float:
        return self.weapon.delay_s + self.envelopes[target.klass].range_max_m / self.weapon.speed_avg_mps

    def intercept_s(self, target: Target, launch_s: float) -> float:
        """First time at which a missile launched now is as far from here as the target; NEVER beyond its reach or the target's end."""
        speed = self.weapon.speed_avg_mps
        start_s = t_s = launch_s + self.weapon.delay_s
        limit_s = min(launch_s + self.flight_limit_s(target) + LATE_S, target.end_s + 1e-6)
        while t_s <= limit_s:
            x, y, z, _ = target.position(t_s)
            range_m = math.dist((x, y, z), (self.x, self.y, self.z))
            step_s = (range_m / speed - (t_s - start_s)) / (1.0 + target.speed_max_mps / speed)
            if step_s < 1e-9:
                return t_s
            t_s += step_s
        return NEVER


class Raid:
    """One replicate: targets, radars, and the command post with its picture."""

    def __init__(self, plan: Plan, seed: int) -> None:
        (post,) = plan.posts
        self.plan, self.earth = plan, plan.conditions.earth
        self.rng, self.env = random.Random(seed), simpy.Environment()
        self.effective_radius_m = {
            Motion.AIR: HORIZON_RADIUS_M * plan.conditions.effective_earth_air,
            Motion.BALLISTIC: HORIZON_RADIUS_M * plan.conditions.effective_earth_ballistic,
        }
        self.reaction_mean_s, self.reaction_cv = post.post.reaction_s, post.post.reaction_cv
        self.identification_s = post.post.identification_s
        self.assets = [self.ecef(asset.at, 0.0) for asset in plan.assets]
        self.search_radars = [Radar(self, planned) for planned in post.sensors]
        self.units = []
        for planned in post.units:
            (weapon, _), *_ = planned.magazines
            self.units.append(Unit(self, planned, plan.weapons[weapon][1], plan.envelopes[weapon]))
        self.search_radars += [unit.radar for unit in self.units if not unit.cued]
        self.cued_radars = [unit.radar for unit in self.units if unit.cued]
        self.tracks: dict[Target, Track] = {}
        self.waiting: set[Track] = set()
        self.leaked = self.shots = self.kills = 0
        self.left = len(plan.objects)
        self.over = self.env.event()
        for index, planned_object in enumerate(plan.objects):
            rcs_m2 = plan.rcs_m2[planned_object.threat.klass][0]
            target = Target(index, planned_object, rcs_m2, self.ecef(planned_object.aim, 0.0), self.rng)
            self.env.process(self.fly(target))

    def ecef(self, place: Place, above_m: float) -> tuple[float, float, float]:
        return geodetic_to_ecef(place.lat_rad, place.lon_rad, place.alt_m + above_m, self.earth.a_m, self.earth.e2)

    def run(self) -> int:
        """Run to the end of the last target; the number of leakers."""
        self.env.run(until=self.over)
        return self.leaked

    def fly(self, target: Target) -> Events:
        """The life of a target: it appears, and arrives unless it is killed."""
        yield self.env.timeout(target.start_s)
        for radar in self.search_radars:
            radar.watch(target)
        yield self.env.timeout(target.end_s - self.env.now)
        if target.alive:
            self.leaked += 1
            self.end(target)

    def end(self, target: Target) -> None:
        target.alive = False
        for radar in self.search_radars:
            radar.forget(target)
        self.drop_track(target)
        self.left -= 1
        if self.left == 0:
            self.over.succeed()

    # -- the picture

    def on_confirm(self, radar: Radar, target: Target) -> None:
        """A radar has a new track: the first one of a target goes into the picture, any other may be the one a launch waits for."""
        if target not in self.tracks:
            track = self.tracks[target] = Track(target)
            self.env.process(self.handle(track))
        elif self.tracks[target] in self.waiting:
            self.serve()

    def on_drop(self, radar: Radar, target: Target) -> None:
        """A radar lost its track: a missile in flight loses its guidance, the picture its track when no radar is left."""
        track = self.tracks.get(target)
        if track is None:
            return
        if track.unit is None:
            self.drop_if_lost(track)
        elif track.unit.radar is radar and track.flight is not None:
            track.flight.interrupt()

    def drop_if_lost(self, track: Track) -> None:
        target = track.target
        if not any(radar.holds(target) for radar in self.search_radars) and not any(radar.holds(target) for radar in self.cued_radars):
            self.drop_track(target)

    def drop_track(self, target: Target) -> None:
        track = self.tracks.pop(target, None)
        if track is not None:
            self.waiting.discard(track)
        for radar in self.cued_radars:
            radar.forget(target)

    # -- command

    def reaction_s(self) -> float:
        if self.reaction_cv == 0.0:
            return self.reaction_mean_s
        variance = math.log(1.0 + self.reaction_cv**2)
        return self.reaction_mean_s * self.rng.lognormvariate(-0.5 * variance, math.sqrt(variance))

    def handle(self, track: Track) -> Events:
        """Identify, designate when a launch after the reaction could meet the target, cue, react, then try whenever a window opens."""
        env = self.env
        if self.identification_s > 0.0:
            yield env.timeout(self.identification_s)
        reaction_s = self.reaction_s()
        while self.tracks.get(track.target) is track:
            track.update(env.now, self)
            if track.first_launch_s(env.now + reaction_s, self.units) < NEVER:
                break
            yield env.timeout(max(track.valid_to_s - env.now, 0.0))
        else:
            return
        for radar in self.cued_radars:
            radar.watch(track.target)
        yield env.timeout(reaction_s)
        if self.tracks.get(track.target) is track:
            self.waiting.add(track)
        while self.tracks.get(track.target) is track:
            track.update(env.now, self)
            self.serve()
            yield env.timeout(track.next_change_s(env.now, self.units) - env.now)

    def serve(self) -> None:
        """Give free channels to the waiting tracks, least time to go first; shortest reach first, then most free channels."""
        now_s = self.env.now
        able = [unit for unit in self.units if unit.can_fire()]
        if not able:
            return
        for track in sorted(self.waiting, key=Track.urgency):
            ready = [unit for unit in able if track.may_launch(unit, now_s) and unit.radar.holds(track.target)]
            if ready:
                unit = min(ready, key=lambda unit: (unit.weapon.reach_m, -unit.free_channels))
                self.waiting.discard(track)
                track.unit = unit
                unit.free_channels -= 1
                track.flight = self.env.process(self.engage(track, unit))
                unit.spend_round()
                able = [unit for unit in able if unit.can_fire()]
                if not able:
                    return

    def engage(self, track: Track, unit: Unit) -> Events:
        """A missile flies; the channel is held to the end of the assessment, or until the engagement radar loses the target."""
        env, target = self.env, track.target
        self.shots += 1
        intercept_s = unit.intercept_s(target, env.now)
        end_s = intercept_s if intercept_s < NEVER else env.now + unit.flight_limit_s(target)
        try:
            yield env.timeout(max(end_s - env.now, 0.0))
            track.flight = None
            meets = target.alive and intercept_s < NEVER
            if not meets or unit.radar.range2_in_view_m2(target, env.now) < NEVER:  # a target out of view is a lost one
                if meets and self.rng.random() < self.p_kill(unit, target):
                    self.kills += 1
                    self.end(target)
                yield env.timeout(unit.assessment_s)
        except simpy.Interrupt:
            track.flight = None
        unit.free_channels += 1
        track.unit = None
        if self.tracks.get(target) is track:
            self.waiting.add(track)
            track.update(env.now, self)
            self.drop_if_lost(track)
        self.serve()

    def p_kill(self, unit: Unit, target: Target) -> float:
        envelope = unit.envelopes[target.klass]
        return envelope.sspk * envelope.pk_factor * unit.weapon.reliability


def arc_to_horizon_m(height_m: float, radius_m: float) -> float:
    """Ground distance from a point at `height_m` to its horizon on a sphere of effective radius."""
    return radius_m * math.acos(radius_m / (radius_m + height_m)) if height_m > 0.0 else 0.0


def ground_range_m(range2_m2: float, height_m: float, other_m: float) -> float:
    """Arc between the feet of two points a slant range apart, by the law of cosines."""
    rise_m = other_m - height_m
    across = (range2_m2 - rise_m * rise_m) / (4.0 * (HORIZON_RADIUS_M + height_m) * (HORIZON_RADIUS_M + other_m))
    return 2.0 * HORIZON_RADIUS_M * math.asin(math.sqrt(max(across, 0.0)))
