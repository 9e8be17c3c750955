"""Names in a scenario that must exist elsewhere: in the file itself or in the catalogue. Works on plain data, so that one bad value
does not hide a bad name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import ValidationError

from openiads.catalogue import Catalogue, Override, Parameter, System
from openiads.documents.problems import nearest
from openiads.errors import InputError
from openiads.scenario.aims import component_aims, radar_names
from openiads.scenario.document import Location
from openiads.scenario.needs import RCS_REFLECTOR, flight_lacks, is_defence, missile_components, printed, system_lacks, threat_lacks
from openiads.scenario.support import BURST, GUNS, NOT_YET, SUPPORTED_SYSTEMS, UNIT_KEYS, own_unit_keys
from openiads.specs.command import MAX_UNITS

#: Where a fault stands, what is wrong, what would be right.
Fault = tuple[Location, str, str]

_RED_KINDS: Final = ("threat", "aircraft")


def weapon_component(weapon: str) -> str:
    """Catalogue component of a missile by its printed name: ``48N6E3`` -> ``msl_48n6e3``."""
    return f"msl_{weapon.lower()}"


def airframes(catalogue: Catalogue, class_name: str, *, traffic: bool = False) -> list[str]:
    """Components of a catalogue system that can fly in a raid; none for an unknown name, a weapon system or neutral traffic.

    With `traffic`, those that can fly by: neutral ones too, and nothing ballistic.
    """
    if class_name not in catalogue.names() or (class_name.startswith("neutral_") and not traffic):
        return []
    if traffic and is_ballistic(catalogue.system(class_name)):
        return []
    return [name for name, component in catalogue.system(class_name).components.items() if component.kind in _RED_KINDS]


def is_ballistic(system: System) -> bool:
    """Whether a class of the raid flies ballistically: exactly those have an apogee."""
    return any("apogee" in component.parameters for component in system.components.values())


def reference_faults(data: dict[str, Any], catalogue: Catalogue) -> Iterator[Fault]:
    """Every name that does not exist, and every name that exists twice."""
    assets, blue_units, groups = _items(data, "assets"), _items(data.get("blue"), "units"), _items(data, "red")
    places = [(("assets", i), item) for i, item in assets] + [(("blue", "units", i), item) for i, item in blue_units]
    yield from _twice([((*where, "id"), item.get("id")) for where, item in places])
    sides = [(side, i, item) for side in ("red", "friendly", "neutral") for i, item in _items(data, side)]
    yield from _twice([((side, i, "id"), item.get("id")) for side, i, item in sides])
    asset_ids = _ids(item for _, item in assets)
    anchors = ["origin", *_ids(item for _, item in places)]
    for where, item in places:
        yield from _anchor((*where, "at"), item.get("at"), "from", anchors)
    aims = [*asset_ids, *_components([unit for _, unit in blue_units], catalogue)]
    unknown = [item["id"] for _, item in blue_units if _is_unusable(item, catalogue)]
    for i, group in groups:
        yield from _group(("red", i), group, aims, unknown, anchors)
        yield from _class(("red", i), group, catalogue)
    for side in ("friendly", "neutral"):
        for i, group in _items(data, side):
            yield from _route((side, i), group, anchors)
            yield from _class((side, i), group, catalogue, traffic=True)
    for i, unit in blue_units:
        yield from _unit(("blue", "units", i), unit, catalogue)
    radars = list(_radars([unit for _, unit in blue_units], catalogue))
    for i, stated in _items(data.get("blue"), "sensing"):
        radar = stated.get("radar")
        if isinstance(radar, str) and radar not in radars and not radar.startswith(tuple(f"{u}{sign}" for u in unknown for sign in "/-")):
            yield _unknown(("blue", "sensing", i, "radar"), f"there is no radar '{radar}'", radars, radar)


def _radars(units: list[dict[str, Any]], catalogue: Catalogue) -> Iterator[str]:
    """Every name of radars of which something may be stated, but for units whose system cannot be used."""
    for unit in units:
        name, system, fire_units = unit.get("id"), unit.get("system"), unit.get("fire_units", 1)
        usable = isinstance(system, str) and not any(_unusable(system, catalogue))
        if usable and isinstance(name, str) and isinstance(fire_units, int) and fire_units <= MAX_UNITS:
            yield from radar_names(name, catalogue.system(str(system)), fire_units)


def _components(units: list[dict[str, Any]], catalogue: Catalogue) -> Iterator[str]:
    """Every name of components at which a group may aim, but for units whose system cannot be used."""
    for k, unit in enumerate(units):
        name, system, fire_units = unit.get("id"), unit.get("system"), unit.get("fire_units", 1)
        commands = k == next((j for j, other in enumerate(units) if other.get("system") != GUNS), -1)
        usable = isinstance(system, str) and not any(_unusable(system, catalogue))
        if usable and isinstance(name, str) and isinstance(fire_units, int) and fire_units <= MAX_UNITS:
            yield from component_aims(name, catalogue.system(str(system)), fire_units, commands=commands)


def _group(where: Location, group: dict[str, Any], aims: list[str], unknown: list[str], anchors: list[str]) -> Iterator[Fault]:
    """`unknown` are units of which it is not known what can be aimed at."""
    yield from _route(where, group, anchors)
    aim = group.get("aim")
    for asset in aim if isinstance(aim, dict) else [aim]:
        if isinstance(asset, str) and asset not in aims and not asset.startswith(tuple(f"{u}{sign}" for u in unknown for sign in "/-")):
            units = {aim.partition("/")[0] for aim in aims}
            shown = [aim for aim in aims if "/" not in aim or aim.partition("/")[0].rpartition("-")[0] not in units]
            message = f"there is no asset or component '{asset}'; allowed: {', '.join(shown) or 'none'}"
            yield (*where, "aim", asset), message, nearest(asset, aims)


def _route(where: Location, group: dict[str, Any], anchors: list[str]) -> Iterator[Fault]:
    yield from _anchor((*where, "from"), group.get("from"), "of", anchors)
    for i, position in enumerate(group["via"] if isinstance(group.get("via"), list) else []):
        yield from _anchor((*where, "via", i), position, "from", anchors)
    if "to" in group:
        yield from _anchor((*where, "to"), group["to"], "from", anchors)


def _class(where: Location, group: dict[str, Any], catalogue: Catalogue, *, traffic: bool = False) -> Iterator[Fault]:
    name, component = group.get("class"), group.get("component")
    if not isinstance(name, str):
        return
    frames, lacking = airframes(catalogue, name, traffic=traffic), flight_lacks if traffic else threat_lacks
    if not frames:
        classes = [system for system in catalogue.names() if airframes(catalogue, system, traffic=traffic)]
        yield _unknown((*where, "class"), f"there is no threat or aircraft '{name}' in the catalogue", classes, name)
        return
    if component is None and len(frames) > 1:
        yield (*where, "component"), f"is missing; '{name}' has several", f"allowed: {', '.join(frames)}"
    elif isinstance(component, str) and component not in frames:
        yield _unknown((*where, "component"), f"'{name}' has no component '{component}'", frames, component)
    elif lacks := lacking(catalogue.system(name), frame := component if isinstance(component, str) else frames[0], group):
        yield (*where, "class"), f"'{name}' lacks what a group {'' if traffic else 'of the raid '}needs: {'; '.join(lacks)}", ""
    elif group.get("reflector") in (True, "yes") and RCS_REFLECTOR not in catalogue.system(name).components[frame].parameters:
        yield (*where, "reflector"), f"'{name}' has no row {RCS_REFLECTOR}", "leave it out, or state 'rcs'"


def _unit(where: Location, unit: dict[str, Any], catalogue: Catalogue) -> Iterator[Fault]:
    name = unit.get("system")
    if not isinstance(name, str):
        return
    if fault := next(_unusable(name, catalogue), None):
        yield (*where, "system"), *fault
        return
    system = catalogue.system(name)
    needed, foreign = UNIT_KEYS.get(name) or own_unit_keys(system.versions)
    for key in sorted(needed - set(unit)):
        yield (*where, key), "is missing", f"'{name}' needs it"
    for key in sorted(foreign & set(unit)):
        yield (*where, key), f"is not a key of '{name}'", f"it needs {', '.join(sorted(needed))}"
    missiles = [BURST] if name == GUNS else [printed(component) for component in missile_components(system)]
    for key in ("ready", "held"):
        for weapon in _mapping(unit.get(key)):
            if weapon not in missiles:
                kind = "burst" if name == GUNS else "missile"
                yield _unknown((*where, key, weapon), f"'{name}' has no {kind} '{weapon}'", missiles, weapon)
    if set(_mapping(unit.get("ready"))) <= set(missiles) and "ready" in unit:
        yield from _idle_store(where, unit)
    parameters = {f"{c}.{p}": row for c, component in system.components.items() for p, row in component.parameters.items()}
    for path, override in _mapping(unit.get("override")).items():
        if path not in parameters:
            hint = nearest(str(path), parameters) or f"'openiads systems {name}' lists them"
            yield (*where, "override", path), f"'{name}' has no parameter '{path}'", hint
        else:
            yield from _override((*where, "override", path), override, parameters[path])


def _unusable(name: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Message and hint if a system cannot stand in the defence."""
    if name not in catalogue.names():
        yield _unknown((), f"there is no system '{name}'", _allowed(catalogue), name)[1:]
    elif name not in SUPPORTED_SYSTEMS and not catalogue.is_own(name):
        yield f"'{name}' is {NOT_YET}", f"allowed: {', '.join(_allowed(catalogue))}"
    elif name != GUNS and (lacks := system_lacks(catalogue.system(name))):
        yield f"'{name}' lacks what a unit needs: {'; '.join(lacks)}", ""


def _is_unusable(unit: dict[str, Any], catalogue: Catalogue) -> bool:
    name, system = unit.get("id"), unit.get("system")
    return isinstance(name, str) and isinstance(system, str) and any(_unusable(system, catalogue))


def _allowed(catalogue: Catalogue) -> list[str]:
    """Systems that can stand in the defence; those of the user may lack rows."""
    own = (name for name in catalogue.names() if catalogue.is_own(name))
    return [*SUPPORTED_SYSTEMS, *(name for name in own if is_defence(catalogue.system(name)))]


def _idle_store(where: Location, unit: dict[str, Any]) -> Iterator[Fault]:
    """Missiles in store that no launcher would ever take: launchers are refilled when they have emptied."""
    for weapon, held in _mapping(unit.get("held")).items():
        if isinstance(held, int) and held > 0 and not _mapping(unit.get("ready")).get(weapon):
            message = f"none of the {held:,} would ever be loaded: launchers take from the store when they have emptied"
            yield (*where, "held", weapon), message, f"state how many {weapon} are ready"


def _override(where: Location, override: object, parameter: Parameter) -> Iterator[Fault]:
    if parameter.use != "input":
        yield where, f"this value never enters a run (use: {parameter.use})", "override the values that it follows from"
        return
    try:
        parameter.with_override(Override.model_validate({"value": _mapping(override).get("value"), "why": "not looked at here"}))
    except ValidationError:
        return  # the schema has reported it
    except InputError as error:
        yield (*where, "value"), str(error).removeprefix(f"{parameter.path}: "), ""


def _anchor(where: Location, position: object, key: str, anchors: list[str]) -> Iterator[Fault]:
    """`key` is the one that names the anchor inside a mapping; a position may also be the name alone."""
    if isinstance(position, dict):
        where, anchor = (*where, key), position.get(key, "origin")
    else:
        anchor = position
    if isinstance(anchor, str) and anchor not in anchors:
        yield _unknown(where, f"there is no asset or unit '{anchor}'", anchors, anchor)


def _twice(ids: list[tuple[Location, Any]]) -> Iterator[Fault]:
    seen = {"origin"}
    for where, name in ids:
        if isinstance(name, str):
            if name in seen:
                yield where, f"the name '{name}' is taken", "origin is the middle of the place" if name == "origin" else "names are unique"
            seen.add(name)


def _unknown(where: Location, message: str, allowed: Iterable[str], name: object) -> Fault:
    words = list(dict.fromkeys(allowed))
    return where, f"{message}; allowed: {', '.join(words) or 'none'}", nearest(str(name), words)


def _items(node: object, key: str) -> list[tuple[int, dict[str, Any]]]:
    """The mappings of a list with their positions; what is no mapping is reported by the schema."""
    items = _mapping(node).get(key)
    return [(i, item) for i, item in enumerate(items) if isinstance(item, dict)] if isinstance(items, list) else []


def _mapping(node: object) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _ids(items: Iterable[dict[str, Any]]) -> list[str]:
    return [name for item in items if isinstance(name := item.get("id"), str)]
