"""The defence of a scenario as plans: one command post with a shared picture, its radars, fire units, missiles and rules of fire.

Under `link: shared-picture` every unit reads one delay-free picture and one post designates for all, so units must agree about what
belongs to that post. Not modelled here: identification errors, cue errors, minimum range of radars, elevation limits that
no source states, manoeuvre of the target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from openiads.codes import Fire, Prefer
from openiads.errors import InputError
from openiads.models.motion.earth import Place
from openiads.models.radar.range_equation import anchor_snr
from openiads.scenario import Scenario, weapon_component
from openiads.scenario.aims import GUN_RADAR
from openiads.scenario.blue import BlueUnit
from openiads.scenario.document import Location
from openiads.scenario.needs import BALLISTIC_CLASSES, FAMILIES, LAUNCHER_LOAD, RADIAL_SPEED_ROW, Structure, printed, structure
from openiads.scenario.support import BURST, GUNS
from openiads.simulation.lower.catalogue_values import RowError, Rows, Values
from openiads.simulation.lower.classes import BAND_EDGES_HZ, ThreatClass, aspect_table, band_middle_hz, rcs_table
from openiads.simulation.lower.components import component_plans, damage_table
from openiads.simulation.lower.places import Places
from openiads.simulation.lower.plan import ComponentPlan, DoctrinePlan, PostPlan, SensorPlan, UnitPlan
from openiads.simulation.lower.sensing import StatedSensing
from openiads.specs import Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Weapon

#: Integration of pulses is inside the anchor of a report, so one look counts as one pulse.
_PULSES_PER_LOOK: Final = 1
#: Reports state what a radar sees of a target of this size.
_ANCHOR_RCS_M2: Final = 1.0
_ALL_ELEVATIONS_RAD: Final = 0.5 * math.pi

_FIRE: Final = {"once": Fire.ONCE, "sequence": Fire.SEQUENCE, "shoot-look-shoot": Fire.SHOOT_LOOK_SHOOT}
_PREFER: Final = {
    "earliest-intercept": Prefer.EARLIEST_INTERCEPT,
    "cheapest-adequate": Prefer.CHEAPEST_ADEQUATE,
    "preserve-long-range": Prefer.PRESERVE_LONG_RANGE,
    "layered": Prefer.LAYERED,
    "highest-probability": Prefer.HIGHEST_PROBABILITY,
}


@dataclass(frozen=True)
class Defence:
    """The parts of a `Plan` that belong to the defence."""

    posts: tuple[PostPlan, ...]
    weapons: tuple[tuple[str, Weapon], ...]
    envelopes: tuple[tuple[Envelope, ...], ...]
    rcs_m2: tuple[tuple[float, ...], ...]
    components: tuple[ComponentPlan, ...]
    damage: tuple[tuple[tuple[float, float], ...], ...]
    aspects: tuple[tuple[float, ...], ...]
    bands: tuple[str, ...]


def unit_rows(unit: BlueUnit, values: Values) -> Rows:
    """The catalogue as this unit has it."""
    return values.of_unit(unit.system, unit.version, unit.override)


class PlacedError(InputError):
    """What is wrong with the values of a unit, and where they stand in the scenario."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        super().__init__(message)


@contextmanager
def _unit(i: int, unit: BlueUnit) -> Iterator[None]:
    """What the rows of a unit cannot be stands at the first override among them, else at the name of the system that states them."""
    try:
        yield
    except RowError as error:
        own = next((name for name in error.names if name in unit.override), None)
        where = ("system",) if own is None else ("override", own, "value")
        raise PlacedError(("blue", "units", i, *where), str(error)) from None


def defence(scenario: Scenario, classes: Sequence[ThreatClass], values: Values, places: Places) -> Defence:
    """Everything of `blue`; several units bring their radars, fire units and missiles to one command post."""
    builder = _Builder(scenario, classes, values, places)
    for i, unit in enumerate(scenario.blue.units):
        with _unit(i, unit):
            builder.add(unit)
    post = PostPlan(
        "command post", post_spec(scenario, values), doctrine_plan(scenario, classes), tuple(builder.sensors), tuple(builder.units)
    )
    if scenario.blue.doctrine.prefer == "cheapest-adequate":
        values.note("every missile with a kill probability against a class counts as adequate")
    table = rcs_table(classes, builder.bands, values)
    components = component_plans(scenario, places, builder.units, values)
    damage = damage_table(scenario, classes, values)
    aspects = aspect_table(classes, values)
    return Defence((post,), tuple(builder.weapons), tuple(builder.envelopes), table, components, damage, aspects, tuple(builder.bands))


class _Builder:
    """Collects what the units bring."""

    def __init__(self, scenario: Scenario, classes: Sequence[ThreatClass], values: Values, places: Places) -> None:
        self.alone = len(scenario.blue.units) == 1
        self.classes, self.values, self.places = classes, values, places
        self.stated = StatedSensing(scenario, values.catalogue, values)
        self.refuses = scenario.blue.doctrine.when_full == "newcomers-refused"
        self.bands: list[str] = []
        self.sensors: list[SensorPlan] = []
        self.units: list[UnitPlan] = []
        self.weapons: list[tuple[str, Weapon]] = []
        self.envelopes: list[tuple[Envelope, ...]] = []

    def add(self, unit: BlueUnit) -> None:
        """Search radars at the command post, fire units on their ring."""
        rows = unit_rows(unit, self.values)
        middle = self.places.named(unit.id)
        if unit.system == GUNS:
            self._add_guns(unit, rows, middle)
            return
        parts = structure(self.values.catalogue.system(unit.system))
        for component in parts.search:
            radar = radar_spec(rows, component, self._band(rows, component), self.values)
            self.sensors.append(self._sensor(f"{unit.id}/{printed(component)}", radar, middle))
        band = self._band(rows, parts.engagement)
        control = radar_spec(rows, parts.engagement, band, self.values, revisits=not parts.turns)
        weapons = self._weapons(unit, rows, parts)
        spec = fire_unit_spec(rows, parts, self.values)
        for k, (at, outward_rad) in enumerate(self.places.ring(middle, unit.spread_m, unit.parts)):
            facing_rad = outward_rad if unit.facing_rad is None else unit.facing_rad
            sensor = self._sensor(f"{unit.id}-{k + 1}/{printed(parts.engagement)}", control, at, facing_rad)
            if parts.turns:
                self.sensors.append(sensor)
            stocks = {name: self._magazine(unit, rows, parts, name, k) for name in weapons}
            magazines = tuple((row, stocks[name]) for name, row in weapons.items())
            launchers = launchers_of(stocks, rows)
            self.units.append(UnitPlan(f"{unit.id}-{k + 1}", spec, at, magazines, sensor, cued=not parts.turns, launchers=launchers))

    def _add_guns(self, unit: BlueUnit, rows: Rows, middle: Place) -> None:
        """One radar for the battery, whose tracks its guns fire on; each vehicle is a fire unit, and a burst a round."""
        radar = self._sensor(f"{unit.id}/{GUN_RADAR}", radar_spec(rows, "radar", self._band(rows, "radar"), self.values), middle)
        self.sensors.append(radar)
        row = len(self.weapons)
        self.weapons.append((BURST if self.alone else f"{unit.id}/{BURST}", burst_spec(rows, self.values)))
        self.envelopes.append(tuple(envelope(rows, "gun", cls, self.values) for cls in self.classes))
        for k, (at, _) in enumerate(self.places.ring(middle, unit.spread_m, unit.parts)):
            load = rows.count("gun.bursts_before_reload")
            ready = load if unit.ready is None else share(unit.ready.get(BURST, 0), unit.parts, k)
            stock = Magazine(ready, share(unit.held.get(BURST, 0), unit.parts, k), load, rows.si("gun.reload_time"))
            gun = FireUnit(1, 1, rows.si("gun.burst_interval"), rows.si("gun.assessment_time"))
            self.units.append(UnitPlan(f"{unit.id}-{k + 1}", gun, at, ((row, stock),), radar, cued=False))

    def _sensor(self, name: str, radar: Radar, at: Place, facing_rad: float = 0.0) -> SensorPlan:
        return self.stated.of(SensorPlan(name, replace(radar, refuses_newcomers=self.refuses), at, facing_rad))

    def _band(self, rows: Rows, component: str) -> int:
        band = rows.word(f"{component}.band")
        if band not in BAND_EDGES_HZ:
            raise rows.refused([f"{component}.band"], f"{band!r} is not a radar band; allowed: {', '.join(BAND_EDGES_HZ)}")
        if band not in self.bands:
            self.bands.append(band)
        return self.bands.index(band)

    def _weapons(self, unit: BlueUnit, rows: Rows, parts: Structure) -> dict[str, int]:
        """Row of every missile of a unit, by its printed name."""
        common = self.values.of("network_integration")
        found: dict[str, int] = {}
        for name in dict.fromkeys((*(unit.ready or ()), *unit.held)):
            component = weapon_component(name)
            envelopes = tuple(envelope(rows, component, cls, self.values) for cls in self.classes)
            found[name] = len(self.weapons)
            self.weapons.append((name if self.alone else f"{unit.id}/{name}", weapon_spec(rows, common, parts, component, self.values)))
            self.envelopes.append(envelopes)
        return found

    def _magazine(self, unit: BlueUnit, rows: Rows, parts: Structure, name: str, k: int) -> Magazine:
        return Magazine(
            ready=share((unit.ready or {}).get(name, 0), unit.parts, k),
            held=share(unit.held.get(name, 0), unit.parts, k),
            launcher_load=launcher_load(name, (*(unit.ready or ()), *unit.held), rows, parts, self.values),
            reload_s=rows.si(f"{parts.unit}.reload_time_per_launcher"),
        )


def share(rounds: int, units: int, k: int) -> int:
    """What unit `k` gets of the rounds of a set, split as evenly as possible; the first units get the odd ones."""
    return rounds // units + (k < rounds % units)


def launcher_load(name: str, stock: Sequence[str], rows: Rows, parts: Structure, values: Values) -> int:
    """Missiles of this name on one launcher: its own row, or for the families of the S-400 what rows of the unit say.

    40N6: a row. A set with both 48N6 and 9M96 uses mixed launchers (a pack of 9M96 in one position, 48N6 in the others); a set with
    one family only uses launchers of that family. A pack is what a launcher of 9M96 alone carries, by its positions. What is drawn leaves
    at least one of each family on a mixed launcher.
    """
    if _states_load(name, rows):
        return rows.count(_load_row(name))
    carried = f"{parts.unit}.missiles_per_launcher"
    if name.startswith("40N6"):
        return rows.count(f"{carried}_40n6")
    families = {missile[:4] for missile in stock}
    if not {"48N6", "9M96"} <= families:
        return rows.count(f"{carried}_{'heavy' if name.startswith('48N6') else 'medium'}_only")
    values.note("launchers are mixed: one position with a pack of 9M96, the others with 48N6")
    medium, positions, mixed = f"{carried}_medium_only", f"{parts.launcher}.positions", f"{carried}_mixed"
    pack = rows.count(medium) // rows.count(positions)
    heavy = rows.count(mixed) - pack
    if rows.are_nominal and pack < 1:
        carrying = f"{rows.count(medium)} missiles in {rows.count(positions)} positions"
        raise rows.refused([medium, positions], f"{carrying} leave no pack of 9M96 for a mixed launcher")
    if rows.are_nominal and heavy < 1:
        raise rows.refused([mixed, medium, positions], f"a mixed launcher of {rows.count(mixed)} with a pack of {pack} 9M96 has no 48N6")
    return max(pack if name.startswith("9M96") else heavy, 1)


def launchers_of(magazines: Mapping[str, Magazine], rows: Rows) -> int:
    """Launchers that the ready missiles of a fire unit fill: each kind its own, but 48N6 and 9M96 of the S-400 the same mixed ones."""
    own, mixed = 0, dict.fromkeys(FAMILIES, 0)
    for name, magazine in magazines.items():
        filled = -(-magazine.ready // magazine.launcher_load)
        if _states_load(name, rows) or name.startswith("40N6"):
            own += filled
        else:
            mixed[name[:4]] += filled
    return own + max(mixed.values())


def _load_row(missile: str) -> str:
    return f"{weapon_component(missile)}.{LAUNCHER_LOAD}"


def _states_load(missile: str, rows: Rows) -> bool:
    """Whether a missile states the load of its launchers itself, so that no rule of a family of the S-400 applies, whatever its name."""
    return rows.has(_load_row(missile))


def radar_spec(rows: Rows, component: str, band: int, values: Values, *, revisits: bool = False) -> Radar:
    """A radar anchored on its range against 1 m^2, which revisits what it is cued to, or turns."""
    elevation_max_rad = _ALL_ELEVATIONS_RAD
    if rows.has(f"{component}.elevation_max"):
        elevation_max_rad = rows.si(f"{component}.elevation_max")
    else:
        values.note(f"the elevation of {_named(component)} is not limited: no row states a limit")
    values.note("radars have no minimum range: no row states one")
    swerling, pfa = rows.count(f"{component}.anchor_swerling"), rows.si(f"{component}.anchor_pfa")
    period = f"{component}.{'track_update_period' if revisits else 'scan_period'}"
    hits, window, misses = (rows.count(f"{component}.{name}") for name in ("confirm_hits", "confirm_window", "drop_misses"))
    if rows.si(period) <= 0.0:
        raise rows.refused([period], "must be more than 0 s")
    if hits > window:
        names = [f"{component}.confirm_hits", f"{component}.confirm_window"]
        raise rows.refused(names, f"{hits} hits of {window} looks can never be; allowed: from 1 to {window}")
    return Radar(
        period_s=rows.si(period),
        rotating=not revisits,
        continuous=False,
        range_min_m=0.0,
        range_max_m=rows.si(f"{component}.instrumented_range"),
        elevation_min_rad=-_ALL_ELEVATIONS_RAD,
        elevation_max_rad=elevation_max_rad,
        azimuth_half_width_rad=0.5 * rows.si(f"{component}.azimuth_sector") if revisits else math.pi,
        antenna_height_m=rows.si(f"{component}.antenna_height"),
        anchor_range_m=rows.si(f"{component}.range_ref_1m2"),
        anchor_rcs_m2=_ANCHOR_RCS_M2,
        anchor_snr=_anchor_snr(rows.si(f"{component}.anchor_pd"), pfa, swerling),
        swerling=swerling,
        n_pulses=_PULSES_PER_LOOK,
        pfa=pfa,
        perfect=False,
        confirm_hits=hits,
        confirm_window=window,
        drop_misses=misses,
        capacity=rows.count(f"{component}.tracks_max"),
        band=band,
        frequency_hz=band_middle_hz(rows.word(f"{component}.band")),
        radial_speed_min_mps=rows.si(notch) if rows.has(notch := f"{component}.{RADIAL_SPEED_ROW}") else 0.0,
    )


@cache
def _anchor_snr(pd: float, pfa: float, swerling: int) -> float:
    return anchor_snr(pd, pfa, swerling, _PULSES_PER_LOOK)


def fire_unit_spec(rows: Rows, parts: Structure, values: Values) -> FireUnit:
    """Channels of one engagement radar: two rows may state the same number, and an override of either holds."""
    targets = f"{parts.unit}.targets_engaged_per_engagement_radar"
    same = f"{parts.engagement}.simultaneous_targets"
    channels = rows.count(same if rows.is_overridden(same) or not rows.has(targets) else targets)
    if rows.is_overridden(targets) and rows.count(targets) != channels:
        raise rows.refused([same, targets], "the overrides differ; they are the same quantity, keep one")
    return FireUnit(
        channels=channels,
        missiles_guided=rows.count(f"{parts.unit}.missiles_guided_per_engagement_radar"),
        launch_interval_s=rows.si(f"{parts.unit}.launch_interval"),
        assessment_time_s=values.of("network_integration").si("common.kill_assessment_time"),
    )


def weapon_spec(rows: Rows, common: Rows, parts: Structure, component: str, values: Values) -> Weapon:
    """A missile. Its average speed covers the flight from the launch instant on, so there is no delay beside it."""
    ranges = [f"{component}.{name}" for name in ("range_max_aircraft", "range_max_ballistic") if rows.has(f"{component}.{name}")]
    target_speed = f"{component}.target_speed_max"
    if not rows.has(target_speed):
        target_speed = f"{parts.unit}.target_speed_max"
        values.note(f"greatest target speed of {printed(component)}: that of the whole system, no row states its own")
    return Weapon(
        speed_avg_mps=rows.si(f"{component}.speed_avg"),
        delay_s=0.0,
        range_min_m=rows.si(f"{component}.range_min"),
        alt_min_m=rows.si(f"{component}.altitude_min"),
        alt_max_m=rows.si(f"{component}.altitude_max"),
        target_speed_max_mps=rows.si(target_speed),
        reliability=common.si("common.interceptor_reliability"),
        launch_reliability=rows.si(f"{parts.launcher}.launch_reliability"),
        salvo_correlation=common.si("common.pk_correlation_within_salvo"),
        needs_radar_until_intercept=rows.word(f"{component}.needs_radar_until") == "intercept",
        launch_on_remote=rows.word(f"{component}.launch_on_remote") == "yes",
        remote_track_pk_factor=common.si("links.remote_track_pk_factor"),
        unit_cost_usd=rows.si(f"{component}.unit_cost"),
        reach_m=max(rows.si(name) for name in ranges),
    )


def burst_spec(rows: Rows, values: Values) -> Weapon:
    """A burst of a gun as one round, which the radar of the battery must follow to the end."""
    values.note("guns shoot down to the ground: no row states a least height")
    common = values.of("network_integration")
    return Weapon(
        speed_avg_mps=rows.si("gun.speed_avg"),
        delay_s=0.0,
        range_min_m=rows.si("gun.range_min"),
        alt_min_m=0.0,
        alt_max_m=rows.si("gun.altitude_max"),
        target_speed_max_mps=rows.si("gun.target_speed_max"),
        reliability=rows.si("gun.reliability"),
        launch_reliability=1.0,
        salvo_correlation=common.si("common.pk_correlation_within_salvo"),
        needs_radar_until_intercept=rows.word("gun.needs_radar_until") == "intercept",
        launch_on_remote=rows.word("gun.launch_on_remote") == "yes",
        remote_track_pk_factor=common.si("links.remote_track_pk_factor"),
        unit_cost_usd=rows.si("gun.cost_per_burst"),
        reach_m=rows.si("gun.range_max_aircraft"),
    )


def envelope(rows: Rows, component: str, cls: ThreatClass, values: Values) -> Envelope:
    """A missile against a class: not engageable without a row `sspk_<class>`."""
    sspk = f"{component}.sspk_{cls.target_class}"
    if not rows.has(sspk):
        return Envelope(range_max_m=0.0, sspk=0.0, pk_factor=1.0)
    reach = f"{component}.range_max_{'ballistic' if cls.target_class in BALLISTIC_CLASSES else 'aircraft'}"
    if not rows.has(reach):
        reach = f"{component}.range_max_aircraft"
        values.note(f"range of {printed(component)} against ballistic missiles: that against aircraft, no row states its own")
    return Envelope(range_max_m=rows.si(reach), sspk=rows.si(sspk), pk_factor=1.0)


def post_spec(scenario: Scenario, values: Values) -> Post:
    """The command post, about which all units must agree."""
    with_post = [unit for unit in scenario.blue.units if unit.system != GUNS]
    if with_post and len(with_post) < len(scenario.blue.units):
        values.note("guns react with the command post that designates their targets, not by themselves")
    posts = {unit.id: _post_of(unit_rows(unit, values), values) for unit in with_post or scenario.blue.units}
    first = next(iter(posts))
    for unit, post in posts.items():
        if post != posts[first]:
            shared = f"'{unit}' and '{first}' share one command post (link shared-picture)"
            raise InputError(f"{shared}, so reaction time and tracks must be alike; state the same override for all units")
    values.note("identification makes no errors: misidentification is not yet modelled")
    values.note("link shared-picture: one picture without delay and loss, cues without error")
    return replace(posts[first], refuses_newcomers=scenario.blue.doctrine.when_full == "newcomers-refused")


def _post_of(rows: Rows, values: Values) -> Post:
    if rows.system == GUNS:
        reaction, capacity = ("platoon.reaction_time", "radar.tracks_max")
    else:
        parts = structure(values.catalogue.system(rows.system))
        reaction, capacity = (f"{parts.unit}.reaction_time", f"{parts.post}.tracks_max")
    return Post(
        reaction_s=rows.si(reaction),
        reaction_cv=rows.cv(reaction),
        identification_s=values.of("network_integration").si("links.id_time_integrated"),
        p_misidentification=0.0,
        capacity=rows.count(capacity),
    )


def doctrine_plan(scenario: Scenario, classes: Sequence[ThreatClass]) -> DoctrinePlan:
    """Rules of fire; salvos, and what missiles are kept for, by row of the classes."""
    doctrine = scenario.blue.doctrine
    kept_for = doctrine.reserve[0].target_class if doctrine.reserve else None
    spec = Doctrine(
        fire=_FIRE[doctrine.fire.policy],
        sequence_length=len(doctrine.fire.sequence),
        prefer=_PREFER[doctrine.prefer],
        adequate_sspk=0.0,
        p_false_alive=doctrine.assess.p_false_alive,
        p_false_kill=doctrine.assess.p_false_kill,
        reopen_hits=-1 if doctrine.assess.reopen_hits is None else doctrine.assess.reopen_hits,
        reserve_rounds=doctrine.reserve[0].missiles if doctrine.reserve else 0,
        hold=doctrine.control == "hold",
    )
    salvos = tuple(doctrine.salvo.get(cls.target_class, doctrine.salvo["default"]) for cls in classes)  # type: ignore[call-overload]
    return DoctrinePlan(spec, doctrine.fire.sequence, salvos, tuple(cls.target_class == kept_for for cls in classes))


def _named(component: str) -> str:
    return f"the {component}" if printed(component) == component else printed(component)
