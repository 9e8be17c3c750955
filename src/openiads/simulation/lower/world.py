"""From a `Plan` to the arrays of the compiled core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from openiads.codes import ComponentKind, RangeMeasure
from openiads.geodesy.ellipsoid import geodetic_to_ecef
from openiads.models.motion.earth import Place
from openiads.models.motion.path import Path
from openiads.models.propagation.loss import anchor_gain
from openiads.models.radar.pd_table import make_pd_table
from openiads.models.radar.range_equation import anchor_constant
from openiads.simulation.lower.edges import edge_windows
from openiads.simulation.lower.environment import lay_masks, local_axes, set_losses
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, Conditions, Plan, SensorPlan
from openiads.simulation.lower.windows import mark_limited, sensor_windows
from openiads.specs import Weapon
from openiads.state import allocate, layout
from openiads.state.allocate import fill
from openiads.state.layout import World

#: The same detection law serves many radars and many draws.
_PD_TABLES: dict[tuple[int, int, float], NDArray[np.void]] = {}


def key_of(name: str) -> int:
    """Entity code of a name: 32 bits, the same on every machine."""
    return crc32(name.encode())


def build_world(plan: Plan) -> World:
    """All arrays of `plan`, ready to run."""
    builder = _Builder(plan)
    return builder.world()


def with_hints(world: World) -> World:
    """`world` with the hints that its radars, weapons and paths give."""
    n = len(world.objects)
    world = world._replace(
        sensor_windows=np.zeros((n, len(world.sensors)), layout.SENSOR_WINDOWS),
        edge_windows=np.zeros((n, len(world.magazines)), layout.EDGE_WINDOWS),
    )
    sensor_windows(world)
    edge_windows(world)
    mark_limited(world)
    world.settings[0]["span_s"] = _span_s(world.objects)
    return world


def _span_s(objects: layout.Table) -> float:
    """About the time at which the last object ends its path."""
    rate_per_s = objects["arrival_rate_per_s"]
    drawn_s = (1.0 / rate_per_s[rate_per_s > 0.0]).sum()
    longest_s = (1.0 + objects["scale_half_width"]) * objects["duration_s"]
    return float(np.max(objects["start_s"] + objects["shift_half_width_s"] + longest_s, initial=1.0) + drawn_s)


class _Builder:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.earth = plan.conditions.earth
        self.sensors: list[SensorPlan] = []

    def world(self) -> World:
        plan = self.plan
        posts, pictures, feeds, units, magazines = self._command()
        knots, objects = self._objects()
        pd_table, offsets = _pd_tables(self.sensors)
        sensors = self._sensors(offsets)
        masks = lay_masks(plan, self.sensors, sensors)
        world = World(
            settings=self._settings(),
            knots=knots,
            objects=objects,
            components=self._components(),
            sensors=sensors,
            pd_table=pd_table,
            rcs=_rcs(plan),
            masks=masks,
            epochs=_epochs(self.sensors),
            pictures=pictures,
            feeds=feeds,
            links=_empty(layout.LINKS),
            posts=posts,
            units=units,
            magazines=magazines,
            weapons=_weapons(plan),
            envelopes=_envelopes(plan),
            tof=_empty(layout.TOF),
            doctrines=_doctrines(plan),
            salvos=_salvos(plan),
            confusion=_empty(layout.CONFUSION),
            assets=self._assets(),
            damage=_damage(plan),
            sensor_windows=_empty(layout.SENSOR_WINDOWS),
            edge_windows=_empty(layout.EDGE_WINDOWS),
        )
        return with_hints(world)

    def _settings(self) -> layout.Table:
        conditions: Conditions = self.plan.conditions
        settings = np.zeros(1, layout.SETTINGS)
        row = settings[0]
        row["a_m"], row["e2"] = self.earth.a_m, self.earth.e2
        row["mean_radius_m"] = self.earth.a_m * (1.0 - self.earth.f / 3.0)
        row["effective_radius_air_m"] = HORIZON_RADIUS_M * conditions.effective_earth_air
        row["effective_radius_ballistic_m"] = HORIZON_RADIUS_M * conditions.effective_earth_ballistic
        row["range_measure"] = conditions.range_measure
        row["raid_effect_sd"] = conditions.raid_effect_sd
        row["rain_top_m"], row["rain_extent_m"] = conditions.weather.rain_top_m, conditions.weather.rain_extent_m
        row["eager"], row["culling"] = conditions.eager, conditions.culling
        return settings

    def _ecef(self, place: Place, above_m: float = 0.0) -> tuple[float, float, float]:
        return geodetic_to_ecef(place.lat_rad, place.lon_rad, place.alt_m + above_m, self.earth.a_m, self.earth.e2)

    def _foot(self, place: Place) -> tuple[float, float, float]:
        return geodetic_to_ecef(place.lat_rad, place.lon_rad, 0.0, self.earth.a_m, self.earth.e2)

    def _command(self) -> tuple[layout.Table, ...]:
        posts = np.zeros(len(self.plan.posts), layout.POSTS)
        pictures = np.zeros(len(self.plan.posts), layout.PICTURES)
        feeds: list[dict[str, Any]] = []
        units: list[np.void] = []
        magazines: list[np.void] = []
        for q, post in enumerate(self.plan.posts):
            feed_first, unit_first, magazine_first = len(feeds), len(units), len(magazines)
            for sensor in post.sensors:
                feeds.append(self._feed(sensor, q, -1, cued=False, cue_delay_s=0.0))
            for unit in post.units:
                row = np.zeros(1, layout.UNITS)[0]
                fill(row, unit.unit, key=key_of(f"unit/{unit.name}"), post=q, fire_control_feed=-1)
                row["pos_ecef_m"], row["surface_m"] = self._ecef(unit.at), self._foot(unit.at)
                site = row["surface_m"] if self.plan.conditions.range_measure == RangeMeasure.GROUND else row["pos_ecef_m"]
                row["site_m"] = np.linalg.norm(site)
                row["site"] = site / row["site_m"]
                row["magazine_first"], row["magazine_count"] = len(magazines), len(unit.magazines)
                row["bit"] = 1 << (len(units) - unit_first)
                shared = post.sensors.index(unit.fire_control) if unit.fire_control in post.sensors and not unit.cued else -1
                if shared >= 0:
                    row["fire_control_feed"] = feed_first + shared
                elif unit.fire_control is not None:
                    row["fire_control_feed"] = len(feeds)
                    feeds.append(self._feed(unit.fire_control, q, len(units), cued=unit.cued, cue_delay_s=unit.cue_delay_s))
                for weapon, magazine in unit.magazines:
                    rounds = np.zeros(1, layout.MAGAZINES)[0]
                    fill(rounds, magazine, unit=len(units), weapon=weapon, bit=row["bit"])
                    magazines.append(rounds)
                units.append(row)
            fill(posts[q], post.post, key=key_of(f"post/{post.name}"), picture=q, superior=-1, doctrine=q)
            posts[q]["unit_first"], posts[q]["unit_count"] = unit_first, len(units) - unit_first
            posts[q]["all_units"] = (1 << len(post.units)) - 1
            posts[q]["paced"] = any(unit.unit.launch_interval_s > 0.0 for unit in post.units)
            posts[q]["magazine_first"], posts[q]["magazine_count"] = magazine_first, len(magazines) - magazine_first
            pictures[q]["key"], pictures[q]["capacity"] = key_of(f"picture/{post.name}"), post.post.capacity
            pictures[q]["refuses_newcomers"] = post.post.refuses_newcomers
            pictures[q]["feed_first"], pictures[q]["feed_count"] = feed_first, len(feeds) - feed_first
        table = np.zeros(len(feeds), layout.FEEDS)
        for row, values in zip(table, feeds, strict=True):
            for name, value in values.items():
                row[name] = value
        return posts, pictures, table, _stack(units, layout.UNITS), _stack(magazines, layout.MAGAZINES)

    def _feed(self, sensor: SensorPlan, picture: int, unit: int, *, cued: bool, cue_delay_s: float) -> dict[str, Any]:
        if sensor not in self.sensors:
            self.sensors.append(sensor)
        index = self.sensors.index(sensor)
        return {
            "key": key_of(f"feed/{sensor.name}/{picture}/{unit}"),
            "sensor": index,
            "picture": picture,
            "unit": unit,
            "cued": cued,
            "cue_delay_s": cue_delay_s,
        }

    def _sensors(self, offsets: Sequence[int]) -> layout.Table:
        table = np.zeros(len(self.sensors), layout.SENSORS)
        conditions = self.plan.conditions
        epochs = 0
        for row, sensor, offset in zip(table, self.sensors, offsets, strict=True):
            radar = sensor.radar
            key = key_of(f"sensor/{sensor.name}")
            fill(row, radar, key=key, facing_rad=sensor.facing_rad, pd_offset=offset, mask_offset=-1)
            row["pos_ecef_m"], row["surface_m"] = self._ecef(sensor.at, radar.antenna_height_m), self._foot(sensor.at)
            row["east"], row["north"], row["up"] = local_axes(sensor.at)
            row["alt_m"] = sensor.at.alt_m + radar.antenna_height_m
            row["sin_elevation_min"], row["sin_elevation_max"] = math.sin(radar.elevation_min_rad), math.sin(radar.elevation_max_rad)
            set_losses(row, radar.frequency_hz, conditions.weather)
            if not radar.perfect:
                row["anchor_k"] = anchor_constant(radar.anchor_snr, radar.anchor_range_m, radar.anchor_rcs_m2)
                row["anchor_k"] *= anchor_gain(row, radar.anchor_range_m) if row["lossy"] else 1.0
            row["horizon_angle_air_rad"] = _dip_rad(row["alt_m"], HORIZON_RADIUS_M * conditions.effective_earth_air)
            row["epoch_first"], row["epoch_count"] = epochs, len(sensor.epochs)
            epochs += len(sensor.epochs)
            row["steady"] = not sensor.epochs and radar.radial_speed_min_mps <= 0.0
            row["horizon_angle_ballistic_rad"] = _dip_rad(row["alt_m"], HORIZON_RADIUS_M * conditions.effective_earth_ballistic)
        return table

    def _components(self) -> layout.Table:
        table = np.zeros(len(self.plan.components), layout.COMPONENTS)
        rows = {
            "sensor": [sensor.name for sensor in self.sensors],
            "unit": [unit.name for post in self.plan.posts for unit in post.units],
            "post": [post.name for post in self.plan.posts],
        }
        for row, component in zip(table, self.plan.components, strict=True):
            fill(row, component.component, key=key_of(f"component/{component.name}"))
            for field, names in rows.items():
                row[field] = names.index(component.of) if component.of in names else -1
            if row["sensor"] >= 0:
                controlled = [u.fire_control.name for post in self.plan.posts for u in post.units if u.fire_control is not None]
                row["unit"] = controlled.index(component.of) if component.of in controlled else -1
        return table

    def _objects(self) -> tuple[layout.Table, layout.Table]:
        table = allocate.rows(len(self.plan.objects), layout.OBJECTS)
        paths: dict[int, tuple[int, Path]] = {}
        count = 0
        for row, planned in zip(table, self.plan.objects, strict=True):
            if id(planned.path) not in paths:
                paths[id(planned.path)] = (count, planned.path)
                count += planned.path.time_s.size
            first, path = paths[id(planned.path)]
            fill(row, planned.threat, knot_first=first, knot_count=path.time_s.size, start_s=planned.start_s)
            row["duration_s"] = path.time_s[-1] - path.time_s[0]
            row["aim_ecef_m"], row["aim_up"] = self._ecef(planned.aim), local_axes(planned.aim)[2]
        knots = np.zeros(count, layout.KNOTS)
        for first, path in paths.values():
            own = path.knots()
            own["time_s"] -= path.time_s[0]
            knots[first : first + own.size] = own
        return knots, table

    def _assets(self) -> layout.Table:
        table = np.zeros(len(self.plan.assets), layout.ASSETS)
        for row, asset in zip(table, self.plan.assets, strict=True):
            row["key"], row["value"] = key_of(f"asset/{asset.name}"), asset.value
            row["pos_ecef_m"], row["up"] = self._ecef(asset.at), local_axes(asset.at)[2]
        return table


def _dip_rad(alt_m: float, radius_m: float) -> float:
    return math.acos(radius_m / (radius_m + max(alt_m, 0.0)))


def _pd_tables(sensors: Sequence[SensorPlan]) -> tuple[layout.Table, list[int]]:
    """One detection table per radar mode, one after another, and the first row of each sensor's."""
    modes: list[tuple[int, int, float]] = []
    rows: list[int] = []
    for sensor in sensors:
        mode = (sensor.radar.swerling, sensor.radar.n_pulses, sensor.radar.pfa)
        if sensor.radar.perfect:
            rows.append(-1)
            continue
        if mode not in _PD_TABLES:
            _PD_TABLES[mode] = make_pd_table(*mode)
        if mode not in modes:
            modes.append(mode)
        rows.append(modes.index(mode))
    if not modes:
        return np.zeros(1, layout.PD_TABLE), [0] * len(sensors)
    tables = [_PD_TABLES[mode] for mode in modes]
    size = tables[0].size
    return np.concatenate(tables).astype(layout.PD_TABLE), [max(row, 0) * size for row in rows]


def _weapons(plan: Plan) -> layout.Table:
    table = np.zeros(len(plan.weapons), layout.WEAPONS)
    for row, (name, weapon) in zip(table, plan.weapons, strict=True):
        fill(row, weapon, key=key_of(f"weapon/{name}"), tof_first=-1)
        row["near_chord2_m2"], row["near_flight_s"] = _chord2_m2(plan, weapon.range_min_m), _flight_s(weapon, weapon.range_min_m)
    return table


def _flight_s(weapon: Weapon, range_m: float) -> float:
    return weapon.delay_s + range_m / weapon.speed_avg_mps


def _chord2_m2(plan: Plan, range_m: float) -> float:
    """Square of the straight length that stands for a range limit in the measure of the scenario."""
    if plan.conditions.range_measure != RangeMeasure.GROUND:
        return range_m**2
    mean_radius_m = plan.conditions.earth.a_m * (1.0 - plan.conditions.earth.f / 3.0)
    return (2.0 * mean_radius_m * math.sin(0.5 * range_m / mean_radius_m)) ** 2


def _envelopes(plan: Plan) -> layout.Table:
    table = np.zeros((len(plan.envelopes), len(plan.rcs_m2)), layout.ENVELOPES)
    for rows, envelopes, (_, weapon) in zip(table, plan.envelopes, plan.weapons, strict=True):
        for row, envelope in zip(rows, envelopes, strict=True):
            fill(row, envelope)
            row["far_chord2_m2"], row["far_flight_s"] = _chord2_m2(plan, envelope.range_max_m), _flight_s(weapon, envelope.range_max_m)
    return table


def _rcs(plan: Plan) -> layout.Table:
    """Radar cross-sections by class, band and aspect."""
    table = _grid(layout.RCS, "rcs_m2", plan.rcs_m2)
    table["aspects_m2"] = table["rcs_m2"][..., None]
    if plan.aspects:
        table["aspects_m2"] *= np.asarray(plan.aspects)[:, None, :]
    table["least_m2"], table["greatest_m2"] = table["aspects_m2"].min(axis=-1), table["aspects_m2"].max(axis=-1)
    table["varies"] = table["least_m2"] < table["greatest_m2"]
    return table


def _epochs(sensors: Sequence[SensorPlan]) -> layout.Table:
    """What is stated for times of each sensor."""
    stated = [epoch for sensor in sensors for epoch in sensor.epochs]
    table = np.zeros(len(stated), layout.EPOCHS) if stated else _empty(layout.EPOCHS)
    for row, epoch in zip(table, stated, strict=True):
        row["from_s"], row["to_s"], row["silent"], row["snr_factor"] = epoch.from_s, epoch.to_s, epoch.silent, epoch.range_factor**4
        row["half_width_rad"] = 2.0 * math.pi
        if epoch.sector_rad is not None:
            from_rad, to_rad = epoch.sector_rad
            row["half_width_rad"] = 0.5 * ((to_rad - from_rad) % (2.0 * math.pi))
            row["middle_rad"] = from_rad + row["half_width_rad"]
    return table


def _damage(plan: Plan) -> layout.Table:
    table = np.zeros((len(plan.damage), len(ComponentKind)), layout.DAMAGE)
    for rows, chances in zip(table, plan.damage, strict=True):
        for row, (p_damage, p_kill) in zip(rows, chances, strict=True):
            row["p_damage"], row["p_kill"] = p_damage, p_kill
    return table


def _doctrines(plan: Plan) -> layout.Table:
    table = np.zeros(len(plan.posts), layout.DOCTRINES)
    for row, post in zip(table, plan.posts, strict=True):
        fill(row, post.doctrine.doctrine)
        row["sequence"][: len(post.doctrine.sequence)] = post.doctrine.sequence
    return table


def _salvos(plan: Plan) -> layout.Table:
    table = _grid(layout.SALVOS, "rounds", [post.doctrine.salvos for post in plan.posts])
    for row, post in zip(table, plan.posts, strict=True):
        row["reserved"][: len(post.doctrine.reserved)] = post.doctrine.reserved
    return table


def _grid(dtype: np.dtype[np.void], name: str, values: Sequence[Sequence[float]]) -> layout.Table:
    table = np.zeros((len(values), len(values[0]) if values else 0), dtype)
    if values:
        table[name] = np.asarray(values)
    return table


def _stack(rows: Sequence[np.void], dtype: np.dtype[np.void]) -> layout.Table:
    table = np.zeros(len(rows), dtype)
    for k, row in enumerate(rows):
        table[k] = row
    return table


def _empty(dtype: np.dtype[np.void]) -> layout.Table:
    return np.zeros(1, dtype)[:0]
