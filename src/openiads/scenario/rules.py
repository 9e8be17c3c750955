"""Rules between values that are each valid: places, ranges, totals. Works on whatever parts of a scenario are valid."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from openiads.catalogue import Catalogue
from openiads.scenario.blue import BlueUnit
from openiads.scenario.document import Location
from openiads.scenario.fields import Extent, ExtentText, Model, Position, Start
from openiads.scenario.red import RedGroup
from openiads.scenario.references import Fault, airframes, is_ballistic
from openiads.scenario.schema import Asset
from openiads.scenario.support import MAX_THREATS
from openiads.scenario.traffic import TrafficGroup
from openiads.specs.command import MAX_UNITS

_M = TypeVar("_M", bound=Model)

_EXTENT: TypeAdapter[Extent] = TypeAdapter(ExtentText)

#: East and north of the origin in metres, on the plane.
Offset = tuple[float, float]


@dataclass(frozen=True)
class Parts:
    """The valid parts of a scenario, by their position in the file."""

    extent: Extent | None
    assets: Mapping[int, Asset]
    units: Mapping[int, BlueUnit]
    red: Mapping[int, RedGroup]
    friendly: Mapping[int, TrafficGroup]
    neutral: Mapping[int, TrafficGroup]
    nobody_flies: bool

    @property
    def traffic(self) -> list[tuple[str, int, TrafficGroup]]:
        """Friendly and neutral groups with their side and position."""
        return [(side, i, group) for side in ("friendly", "neutral") for i, group in getattr(self, side).items()]

    @staticmethod
    def of(data: Mapping[str, Any]) -> Parts:
        """Validate part by part and leave out what is not valid: the schema has reported it."""
        blue, place = data.get("blue"), data.get("place")
        return Parts(
            extent=_valid(_EXTENT, place.get("extent") if isinstance(place, dict) else None),
            assets=_valid_items(Asset, data.get("assets")),
            units=_valid_items(BlueUnit, blue.get("units") if isinstance(blue, dict) else None),
            red=_valid_items(RedGroup, data.get("red")),
            friendly=_valid_items(TrafficGroup, data.get("friendly")),
            neutral=_valid_items(TrafficGroup, data.get("neutral")),
            nobody_flies=data.get("red") == [] and not data.get("friendly") and not data.get("neutral"),
        )


def entity_code(path: str) -> int:
    """hash32 of a group path such as ``red/drones``: CRC-32 (ISO 3309). Member i of the group is entity ``code + i`` (mod 2**32)."""
    return zlib.crc32(path.encode())


def rule_faults(parts: Parts, catalogue: Catalogue) -> Iterator[Fault]:
    """Every rule between values that is broken."""
    offsets = plane_offsets(parts)
    if parts.nobody_flies:
        yield ("red",), "the raid is empty and no friendly or neutral aircraft fly: state at least one group", ""
    yield from _cycles(parts, offsets)
    yield from _outside(parts, offsets)
    for i, group in parts.red.items():
        yield from _motion(i, group, catalogue)
        yield from _course(i, group, offsets)
    for side, i, flight in parts.traffic:
        yield from _flight((side, i), flight, offsets)
    yield from _totals(parts)
    yield from _overlaps(parts)


def plane_offsets(parts: Parts) -> dict[str, Offset]:
    """Offsets of the origin, assets and units whose positions can be followed to the origin.

    On the plane, good to a few parts in a thousand over the extent: for checks only, lowering uses the geodesic.
    """
    waiting = {item.id: item.at for _, item in reversed(_placed(parts))}
    offsets: dict[str, Offset] = {"origin": (0.0, 0.0)}
    while ready := [name for name, at in waiting.items() if at.anchor in offsets]:
        for name in ready:
            offsets[name] = _offset(waiting.pop(name), offsets)
    return offsets


def _offset(position: Position | Start, offsets: Mapping[str, Offset]) -> Offset:
    east_m, north_m = offsets[position.anchor]
    return (
        east_m + position.range_m * math.sin(position.bearing_rad),
        north_m + position.range_m * math.cos(position.bearing_rad),
    )


def _cycles(parts: Parts, offsets: Mapping[str, Offset]) -> Iterator[Fault]:
    at = {item.id: item.at.anchor for _, item in _placed(parts)}
    for where, item in _placed(parts):
        name, steps = at[item.id], 0
        while name in at and name != item.id and steps < len(at):
            name, steps = at[name], steps + 1
        if name == item.id and item.id not in offsets:
            yield (*where, "at"), f"the position of '{item.id}' leads back to itself", "start from origin"


def _outside(parts: Parts, offsets: Mapping[str, Offset]) -> Iterator[Fault]:
    extent = parts.extent
    if extent is None:
        return
    for where, item in _placed(parts):
        if item.at.anchor not in offsets:
            continue
        east_m, north_m = _offset(item.at, offsets)
        reach_m = item.spread_m if isinstance(item, BlueUnit) else 0.0
        if abs(east_m) + reach_m > extent.east_m / 2 or abs(north_m) + reach_m > extent.north_m / 2:
            ring = f" with its ring of {reach_m / 1e3:g} km" if reach_m else ""
            yield (
                (*where, "at"),
                f"'{item.id}'{ring} is outside the extent: {east_m / 1e3:.1f} km east, {north_m / 1e3:.1f} km north of the origin",
                f"allowed: {extent.east_m / 2e3:g} km east or west, {extent.north_m / 2e3:g} km north or south",
            )


def _motion(i: int, group: RedGroup, catalogue: Catalogue) -> Iterator[Fault]:
    if not airframes(catalogue, group.class_name):
        return
    if not is_ballistic(catalogue.system(group.class_name)):
        if group.height is None:
            yield ("red", i, "height"), "is missing; write '50 m AGL' or '1500 m AMSL'", ""
        if group.profile is not None:
            yield ("red", i, "profile"), f"only ballistic classes have a profile; '{group.class_name}' is not", ""
        return
    for key, value in (("height", group.height), ("speed", group.speed_mps), ("release", group.release_m), ("via", group.via or None)):
        if value is not None:
            yield ("red", i, key), f"'{group.class_name}' is ballistic: its flight follows from start, aim and profile", "leave it out"


def _course(i: int, group: RedGroup, offsets: Mapping[str, Offset]) -> Iterator[Fault]:
    if group.start.anchor not in offsets:
        return
    start = _offset(group.start, offsets)
    for asset in group.aim:
        if asset not in offsets:
            continue
        range_m = math.dist(start, offsets[asset])
        if range_m < 1.0:
            yield ("red", i, "from"), f"the group starts on its aim '{asset}'", ""
        elif group.release_m is not None and group.release_m >= range_m:
            message = f"the group starts {range_m / 1e3:.1f} km from '{asset}', inside its release range"
            yield ("red", i, "release"), message, "start farther out"


def _flight(where: Location, group: TrafficGroup, offsets: Mapping[str, Offset]) -> Iterator[Fault]:
    """Two places on a route that are one cannot be flown."""
    route: list[Position | Start] = [group.start, *group.via, group.to]
    places = [_offset(place, offsets) for place in route if place.anchor in offsets]
    if len(places) == len(route) and any(math.dist(a, b) < 1.0 for a, b in pairwise(places)):
        yield (*where, "to"), f"the route of '{group.id}' has a leg without length", ""


def _totals(parts: Parts) -> Iterator[Fault]:
    threats = sum(group.count for group in parts.red.values()) + sum(group.count for _, _, group in parts.traffic)
    if threats > MAX_THREATS:
        yield ("red",), f"{threats:,} threats are too many; allowed: at most {MAX_THREATS:,}", ""
    total = 0
    for i, unit in parts.units.items():
        total += unit.parts
        if total > MAX_UNITS:
            message = f"{total:,} fire units are too many for one command post; allowed: at most {MAX_UNITS}"
            yield ("blue", "units", i, "fire_units" if unit.fire_units else "vehicles"), message, ""
            return


def _overlaps(parts: Parts) -> Iterator[Fault]:
    """Two groups whose ranges of entity codes overlap would share their luck."""
    groups: dict[str, tuple[int, Location]] = {f"red/{group.id}": (group.count, ("red", i, "id")) for i, group in parts.red.items()}
    groups |= {f"{side}/{group.id}": (group.count, (side, i, "id")) for side, i, group in parts.traffic}
    groups |= {f"blue/{unit.id}": (unit.parts, ("blue", "units", i, "id")) for i, unit in parts.units.items()}
    paths = sorted(groups, key=entity_code)
    for path, following in zip(paths, paths[1:] + paths[:1], strict=True):
        if path != following and (entity_code(following) - entity_code(path)) % 2**32 < groups[path][0]:
            message = f"the random numbers of '{following}' would overlap with those of '{path}'"
            yield groups[following][1], message, "choose another name"


def _placed(parts: Parts) -> list[tuple[Location, Asset | BlueUnit]]:
    placed: list[tuple[Location, Asset | BlueUnit]] = [(("assets", i), asset) for i, asset in parts.assets.items()]
    return placed + [(("blue", "units", i), unit) for i, unit in parts.units.items()]


def _valid(adapter: TypeAdapter[_M], node: object) -> _M | None:
    try:
        return adapter.validate_python(node)
    except ValidationError:
        return None


def _valid_items(model: type[_M], nodes: object) -> dict[int, _M]:
    adapter = TypeAdapter(model)
    items = enumerate(nodes) if isinstance(nodes, list) else ()
    return {i: item for i, node in items if (item := _valid(adapter, node)) is not None}
