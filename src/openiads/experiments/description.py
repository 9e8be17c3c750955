"""What was simulated, in names and numbers for reports: the cast, `description.json` and `data-lock.json`."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from openiads.catalogue import Catalogue, Parameter, words
from openiads.codes import ComponentKind, Motion, Side
from openiads.geodesy.geodesics import geodesic_inverse
from openiads.metrics.budget import SEGMENTS
from openiads.metrics.words import CAUSE_MEANING, CAUSE_WORDS, CODE_WORDS, COMPONENT_WORDS, RESULT_WORDS
from openiads.models.motion.earth import Place
from openiads.models.propagation.horizon import arc_to_horizon_m
from openiads.records.cast import Asset, Cast, Component, Group, Magazine, Sensor, Unit
from openiads.records.schema import FUNNEL, SCHEMA_VERSION
from openiads.scenario.red import RedGroup
from openiads.scenario.traffic import TrafficGroup
from openiads.simulation import Lowered
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, SensorPlan
from openiads.simulation.tracks import plane_positions, track_step_s

#: What is said of sides.
SIDE_WORDS: Final = {"blue": "friendly", "neutral": "neutral"}
_OURS: Final = "our assumption"


def make_cast(lowered: Lowered) -> Cast:
    """The names behind the rows of `lowered.world`."""
    world, names = lowered.world, lowered.names
    groups = []
    for g, name in enumerate(names.groups):
        rows = world.objects[world.objects["group"] == g]
        first = rows[0]
        parts = np.where(rows["aim_component"] >= 0, len(world.assets) + rows["aim_component"], -1)
        aims = tuple(np.where(rows["aim_asset"] >= 0, rows["aim_asset"], parts).tolist())
        side = Side(int(first["side"])).name.lower()
        groups.append(Group(name, names.classes[first["klass"]], side, rows.size, bool(first["lethal"]), aims))
    return Cast(
        groups=tuple(groups),
        units=tuple(Unit(name, int(row["channels"])) for name, row in zip(names.units, world.units, strict=True)),
        weapons=names.weapons,
        magazines=tuple(Magazine(int(m["unit"]), int(m["weapon"]), int(m["ready"]), int(m["held"])) for m in world.magazines),
        assets=tuple(Asset(name, float(row["value"])) for name, row in zip(names.assets, world.assets, strict=True)),
        components=tuple(Component(c.name, COMPONENT_WORDS[ComponentKind(c.component.kind)]) for c in lowered.plan.components),
        sensors=tuple(Sensor(name, lowered.plan.bands[s["band"]]) for name, s in zip(names.sensors, world.sensors, strict=True)),
    )


def describe(lowered: Lowered, cast: Cast) -> dict[str, Any]:
    """`description.json`."""
    scenario = lowered.scenario
    place = scenario.place
    return {
        "openiads_record": SCHEMA_VERSION,
        "title": scenario.title,
        "question": scenario.info.question,
        "notice": scenario.info.notice,
        "try": list(scenario.info.try_next),
        "place": {
            "name": place.name,
            "notional": place.notional,
            "east_m": place.extent.east_m,
            "north_m": place.extent.north_m,
            "terrain": place.terrain.word,
            "relief_sha256": None if lowered.places.ground is None else lowered.places.ground.relief.digest,
        },
        "groups": [_group(lowered, cast, g) for g in range(len(cast.groups))],
        "assets": [{"asset": a.name, **_at(lowered, a.at), "value": a.value} for a in lowered.plan.assets],
        "posts": [
            {"post": p.name, "capacity": p.post.capacity, "reaction_s": p.post.reaction_s, "identification_s": p.post.identification_s}
            for p in lowered.plan.posts
        ],
        "units": list(_units(lowered)),
        "weapons": [_weapon(lowered, w) for w in range(len(lowered.plan.weapons))],
        "sensors": list(_sensors(lowered)),
        "raid_effect_sd": scenario.world.raid_effect_sd,
        "track_step_s": track_step_s(lowered.world),
        "names": {
            "causes": {CAUSE_WORDS[cause]: meaning for cause, meaning in CAUSE_MEANING.items()},
            "results": list(RESULT_WORDS.values()),
            "codes": list(CODE_WORDS.values()),
            "funnel": dict(FUNNEL),
            "segments": SEGMENTS,
        },
    }


def _at(lowered: Lowered, place: Place) -> dict[str, float]:
    """A place on the plane of the map: true bearing and ground range from the origin."""
    earth = lowered.plan.conditions.earth
    range_m, bearing_rad, _ = geodesic_inverse(0.0, 0.0, place.lat_rad, place.lon_rad, earth.a_m, earth.f)
    return {"east_m": range_m * math.sin(bearing_rad), "north_m": range_m * math.cos(bearing_rad)}


def _group(lowered: Lowered, cast: Cast, g: int) -> dict[str, Any]:
    group = cast.groups[g]
    first = _first_object(cast, g)
    path = lowered.plan.objects[first].path
    ends = [0, -1]
    east_m, north_m = plane_positions(lowered.world, path.pos_ecef_m[ends], path.alt_m[ends])
    start, aim = ({"east_m": float(east_m[k]), "north_m": float(north_m[k]), "alt_m": float(path.alt_m[ends[k]])} for k in range(2))
    return {
        "group": group.name,
        "class": group.class_name,
        "side": group.side,
        "lethal": group.lethal,
        "count": group.count,
        "text": group_text(lowered, cast, g),
        "first_object": first,
        "ballistic": _is_ballistic(lowered, first),
        "start": start,
        "aim": aim,
    }


def group_text(lowered: Lowered, cast: Cast, g: int) -> str:
    """Number, class, flight and aim of a group."""
    group, flown, first = cast.groups[g], lowered.groups[g], _first_object(cast, g)
    lowest_m = lowered.plan.objects[first].path.alt_m.min()
    how = "ballistic" if _is_ballistic(lowered, first) else f"at {flown.course.speed_mps:.0f} m/s, {lowest_m:,.0f} m above the sea"
    harmless = "" if group.lethal else ", harmless"
    if group.side != "red":
        harmless, aim = f", {SIDE_WORDS[group.side]}", "fly by"
    else:
        aim = _aimed(cast, group)
    return f"{group.count} x {group.class_name}{harmless}, {how}, {aim}{_on_the_way(flown.group)}"


def _first_object(cast: Cast, g: int) -> int:
    """Row of the first member of a group."""
    return sum(other.count for other in cast.groups[:g])


def _is_ballistic(lowered: Lowered, row: int) -> bool:
    return bool(lowered.plan.objects[row].threat.motion == Motion.BALLISTIC)


def _aimed(cast: Cast, group: Group) -> str:
    """What members are aimed at, with their numbers where they aim at several things."""
    numbers = Counter(cast.aims[a] for a in group.aims if a >= 0)
    if len(numbers) < 2:
        return f"aimed at {next(iter(numbers), 'no asset')}"
    return "aimed at " + " and ".join(f"{name} ({count})" for name, count in numbers.items())


def _on_the_way(group: RedGroup | TrafficGroup) -> str:
    """Waypoints and the release point."""
    points = f", by {len(group.via)} waypoint{'s' if len(group.via) > 1 else ''}" if group.via else ""
    return points + (f", a leak {group.release_m / 1e3:g} km from it" if group.release_m else "")


def _units(lowered: Lowered) -> Iterator[dict[str, Any]]:
    for post in lowered.plan.posts:
        for unit in post.units:
            yield {
                "unit": unit.name,
                "post": post.name,
                **_at(lowered, unit.at),
                "channels": unit.unit.channels,
                "missiles_guided": unit.unit.missiles_guided,
                "assessment_time_s": unit.unit.assessment_time_s,
                "launch_interval_s": unit.unit.launch_interval_s,
                "sensor": None if unit.fire_control is None else unit.fire_control.name,
                "magazines": [
                    {"weapon": lowered.plan.weapons[w][0], "ready": m.ready, "held": m.held, "reload_s": m.reload_s}
                    for w, m in unit.magazines
                ],
            }


def _weapon(lowered: Lowered, w: int) -> dict[str, Any]:
    name, weapon = lowered.plan.weapons[w]
    against = zip(lowered.names.classes, lowered.plan.envelopes[w], strict=True)
    return {
        "weapon": name,
        "speed_avg_mps": weapon.speed_avg_mps,
        "range_min_m": weapon.range_min_m,
        "alt_min_m": weapon.alt_min_m,
        "alt_max_m": weapon.alt_max_m,
        "unit_cost_usd": weapon.unit_cost_usd,
        "against": [{"class": klass, "range_max_m": e.range_max_m, "sspk": e.sspk} for klass, e in against if e.sspk > 0.0],
    }


def _sensors(lowered: Lowered) -> Iterator[dict[str, Any]]:
    for post in lowered.plan.posts:
        yield from (_sensor(lowered, sensor, "search") for sensor in post.sensors)
        yield from (_sensor(lowered, unit.fire_control, "fire control") for unit in post.units if unit.fire_control and unit.cued)


def _sensor(lowered: Lowered, sensor: SensorPlan, role: str) -> dict[str, Any]:
    radar = sensor.radar
    return {
        "sensor": sensor.name,
        "role": role,
        **_at(lowered, sensor.at),
        "alt_m": sensor.at.alt_m + radar.antenna_height_m,
        "antenna_height_m": radar.antenna_height_m,
        "range_min_m": radar.range_min_m,
        "range_max_m": radar.range_max_m,
        "facing_rad": sensor.facing_rad,
        "azimuth_half_width_rad": radar.azimuth_half_width_rad,
        "elevation_min_rad": radar.elevation_min_rad,
        "elevation_max_rad": radar.elevation_max_rad,
        "rings": [_ring(lowered, sensor, g) for g in range(len(lowered.groups)) if not lowered.groups[g].kind.ballistic],
    }


def _ring(lowered: Lowered, sensor: SensorPlan, g: int) -> dict[str, Any]:
    """How far a radar reaches against a group at its lowest height: the horizon, the anchor of its range equation, the instrument."""
    radar, flown = sensor.radar, lowered.groups[g]
    klass = int(lowered.world.objects["klass"][lowered.world.objects["group"] == g][0])
    alt_m = max(0.0, float(min(path.alt_m.min() for path in flown.paths)))
    radius_m = HORIZON_RADIUS_M * lowered.plan.conditions.effective_earth_air
    horizon_m = arc_to_horizon_m(sensor.at.alt_m + radar.antenna_height_m, radius_m) + arc_to_horizon_m(alt_m, radius_m)
    rcs_m2 = lowered.plan.rcs_m2[klass][radar.band]
    anchor_m = None if radar.perfect else radar.anchor_range_m * (rcs_m2 / radar.anchor_rcs_m2) ** 0.25
    reach_m = min(horizon_m, radar.range_max_m, *([] if anchor_m is None else [anchor_m]))
    return {"group": lowered.names.groups[g], "alt_m": alt_m, "horizon_m": horizon_m, "anchor_m": anchor_m, "reach_m": reach_m}


def assumptions(lowered: Lowered) -> int:
    """How many assumptions a run rests on: values that no public source backs, and what no row of the catalogue states."""
    return len({p.path for p in lowered.used if _standing(p) == _OURS}) + len(lowered.notes)


def data_lock(lowered: Lowered, catalogue: Catalogue, of_coverage: Sequence[Parameter] = ()) -> dict[str, Any]:
    """`data-lock.json` but for the digest of the draws, which may take minutes. `of_coverage`: rows that only the coverage reads."""
    cited = dict.fromkeys(report.source for p in (*lowered.used, *of_coverage) for report in p.reports)
    digests = {name: catalogue.digest(name) for name in sorted({p.path.partition(".")[0] for p in (*lowered.used, *of_coverage)})}
    return {
        "openiads_record": SCHEMA_VERSION,
        "catalogue": digests,
        "own_files": {name: digest for name, digest in digests.items() if not catalogue.is_built_in(name)},
        "draws": {"count": lowered.scenario.run.draws, "seed": lowered.scenario.run.seed},
        "parameters": [_parameter(catalogue, p) for p in lowered.used],
        "coverage_parameters": [_parameter(catalogue, p) for p in of_coverage],
        "notes": list(lowered.notes),
        "sources": [_source(catalogue, source_id) for source_id in cited],
    }


def draws_sha256(draws: Iterable[Mapping[str, float]]) -> str:
    """Digest of all drawn values, bit for bit."""
    digest = hashlib.sha256()
    for draw in draws:
        digest.update("\n".join(draw).encode())
        digest.update(np.array(list(draw.values()), "<f8").tobytes())
    return digest.hexdigest()


def _standing(p: Parameter) -> str:
    """Whose value it is."""
    return "your own value" if p.override is not None else _OURS if p.is_assumption else "public record"


def _parameter(catalogue: Catalogue, p: Parameter) -> dict[str, Any]:
    return {
        "path": p.path,
        "title": words.title(p),
        "of": words.owner(catalogue, p),
        "unit": p.unit,
        "value": p.nominal,
        "low": p.low,
        "high": p.high,
        "options": list(p.options),
        "text": words.amount(p, p.nominal),
        "interval_text": words.interval(p),
        "law": words.law(p),
        "basis": words.basis(p),
        "agreement": words.agreement(p),
        "speakers": words.speakers(p),
        "assumption": _standing(p) == _OURS,
        "standing": _standing(p),
        "reports": [vars(saying) for saying in words.sayings(catalogue, p)],
        "sources": list(dict.fromkeys(report.source for report in p.reports)),
    }


def _source(catalogue: Catalogue, source_id: str) -> dict[str, Any]:
    source = catalogue.source(source_id)
    return {
        "id": source.id,
        "title": source.title,
        "publisher": source.publisher,
        "date": source.date,
        "url": source.url,
        "speaker": words.SPEAKER[source.speaker],
    }
