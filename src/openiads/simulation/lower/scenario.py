"""A scenario and the catalogue become a `Plan` and its `World`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from openiads.catalogue import Catalogue, Parameter, built_in
from openiads.errors import InputError, Problem, ScenarioError
from openiads.models.propagation.loss import ANCHOR_ALT_M
from openiads.scenario import Scenario
from openiads.scenario.document import Document, Location
from openiads.scenario.red import RedGroup
from openiads.scenario.references import Fault
from openiads.scenario.traffic import TrafficGroup
from openiads.simulation.lower.catalogue_values import Values
from openiads.simulation.lower.classes import ThreatClass, threat_class, with_reserved
from openiads.simulation.lower.components import Aims
from openiads.simulation.lower.defence import Defence, PlacedError, defence
from openiads.simulation.lower.objects import FlownGroup, Row, flown_group, object_plans, side_of
from openiads.simulation.lower.places import Places, earth_of
from openiads.simulation.lower.plan import AssetPlan, Conditions, Plan, Weather
from openiads.simulation.lower.world import build_world
from openiads.specs.command import MAX_SEQUENCE
from openiads.state.layout import World


@dataclass(frozen=True)
class Names:
    """Names for reports, in the order of the rows of the `World`."""

    groups: tuple[str, ...]
    classes: tuple[str, ...]
    target_classes: tuple[str, ...]
    """One a class: which kill probabilities count."""
    posts: tuple[str, ...]
    units: tuple[str, ...]
    sensors: tuple[str, ...]
    weapons: tuple[str, ...]
    magazines: tuple[str, ...]
    assets: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True)
class Lowered:
    """A scenario at the nominal values of the catalogue, ready to run, and what is needed to bind other values."""

    scenario: Scenario
    plan: Plan
    world: World
    used: tuple[Parameter, ...]
    """Every row of the catalogue that entered the run, after version and overrides."""
    notes: tuple[str, ...]
    """Assumptions that no row states."""
    names: Names
    classes: tuple[ThreatClass, ...]
    groups: tuple[FlownGroup, ...]
    values: Values
    places: Places


def lower(scenario: Scenario, catalogue: Catalogue | None = None, document: Document | None = None) -> Lowered:
    """The scenario as arrays in SI units at the nominal values of the catalogue (default: the built-in one): `lowered.world` runs.

    `ScenarioError` lists what only lowering finds, with line numbers if the `document` that the scenario was read from is given.
    """
    return lower_with(scenario, Values(catalogue or built_in()), document)


def lower_with(scenario: Scenario, values: Values, document: Document | None = None) -> Lowered:
    """As `lower`, at the given values of the catalogue; at drawn ones a group that must arrive on time may start before the time 0 s."""
    problems = _Problems(document)
    for location, message, hint in _faults(scenario):
        problems.add(location, message, hint)
    with problems.at(("place", "terrain")):
        places = Places(scenario, earth_of(scenario))
    problems.raise_if_any()
    of_group: list[tuple[int, ThreatClass]] = []
    classes: list[ThreatClass] = []
    for where, group in all_groups(scenario):
        with problems.at((*where, "class")):
            kind = threat_class(group, values.catalogue)
            if kind not in classes:
                classes.append(kind)
            of_group.append((classes.index(kind), kind))
    if len(of_group) < len(all_groups(scenario)) or len(scenario.blue.doctrine.fire.sequence) > MAX_SEQUENCE:
        problems.raise_if_any()  # without these the rest cannot be looked at
    rows = with_reserved(classes, scenario)
    aims = Aims(scenario, places, values.catalogue)
    groups = _groups(scenario, of_group, places, aims, values, problems)
    with problems.at(("blue", "units")):
        blue = defence(scenario, rows, values, places)
    problems.raise_if_any()
    if scenario.world.raid_effect_sd > 0.0:
        values.note(f"the logits of all kill probabilities of a night shift together, normally with sd {scenario.world.raid_effect_sd:g}")
    if not scenario.world.weather.is_clear:
        values.note(weather_note(scenario))
    plan = make_plan(scenario, blue, places)
    plan = replace(plan, objects=tuple(member for group in groups for member in object_plans(group, aims.points)))
    return Lowered(scenario, plan, build_world(plan), values.used, values.notes, _names(scenario, plan, rows), rows, groups, values, places)


def weather_note(scenario: Scenario) -> str:
    """What is assumed about rain and gases."""
    sky, said = scenario.world.weather, []
    if sky.rain_mm_h > 0.0:
        where = f"below {sky.top_m / 1e3:g} km, at most {sky.extent_m / 1e3:g} km of it in a line of sight"
        said.append(f"rain of {sky.rain_mm_h:g} mm/h {where}")
    if sky.gas:
        said.append(f"gases of the standard atmosphere, with reported ranges measured on a target at {ANCHOR_ALT_M / 1e3:g} km height")
    return f"weather: {' and '.join(said)}; frequencies are the middles of the radar bands, polarisation is circular"


def all_groups(scenario: Scenario) -> list[tuple[Location, RedGroup | TrafficGroup]]:
    """Groups of objects in the order of their numbers, and where they stand in the file: raid, friendly and neutral aircraft."""
    red: list[tuple[Location, RedGroup | TrafficGroup]] = [(("red", i), group) for i, group in enumerate(scenario.red)]
    red += [(("friendly", i), group) for i, group in enumerate(scenario.friendly)]
    return red + [(("neutral", i), group) for i, group in enumerate(scenario.neutral)]


def make_plan(scenario: Scenario, blue: Defence, places: Places) -> Plan:
    """The plan without its objects."""
    sky = scenario.world.weather
    return Plan(
        posts=blue.posts,
        objects=(),
        assets=tuple(AssetPlan(asset.id, places.named(asset.id), asset.value) for asset in scenario.assets),
        weapons=blue.weapons,
        envelopes=blue.envelopes,
        rcs_m2=blue.rcs_m2,
        components=blue.components,
        damage=blue.damage,
        aspects=blue.aspects,
        bands=blue.bands,
        conditions=Conditions(
            earth=places.earth,
            effective_earth_air=scenario.world.effective_earth,
            raid_effect_sd=scenario.world.raid_effect_sd,
            ground=places.ground,
            weather=Weather(sky.rain_mm_h, sky.top_m, sky.extent_m, sky.gas),
        ),
    )


def _groups(
    scenario: Scenario, of_group: Sequence[tuple[int, ThreatClass]], places: Places, aims: Aims, values: Values, problems: _Problems
) -> tuple[FlownGroup, ...]:
    flown: list[FlownGroup] = []
    first = 0
    for i, ((where, group), (klass, kind)) in enumerate(zip(all_groups(scenario), of_group, strict=True)):
        with problems.at(where):
            flown.append(flown_group(group, Row(i, first, klass, side_of(str(where[0]))), kind, places, aims, values))
            if group.arrive is not None and values.are_nominal:
                early_s = group.arrive.spread_s - float(flown[-1].start_s.min())
                if early_s > 0.0:
                    message = f"the group would have to start {early_s:.0f} s before the time 0 s to arrive then"
                    problems.add((*where, "arrive"), message, "let it arrive later, start nearer or fly faster")
        first += group.count
    return tuple(flown)


def _faults(scenario: Scenario) -> Iterator[Fault]:
    """What the format allows and this version cannot run."""
    doctrine = scenario.blue.doctrine
    if len(doctrine.fire.sequence) > MAX_SEQUENCE:
        yield ("blue", "doctrine", "fire"), f"{len(doctrine.fire.sequence)} salvos are too many; allowed: at most {MAX_SEQUENCE}", ""
    if len(doctrine.reserve) > 1:
        yield ("blue", "doctrine", "reserve"), "reserves for several classes are not yet modelled", "keep one"
    assets = {asset.id for asset in scenario.assets}
    for i, group in enumerate(scenario.red):
        if group.damage is not None and assets.issuperset(group.aim):
            yield ("red", i, "damage"), "counts for components of the defence, and the group aims at assets only", "leave it out"
        if group.homing is not None and assets.issuperset(group.aim):
            yield ("red", i, "homing"), "counts for radars of the defence, and the group aims at assets only", "leave it out"
        if group.arrive is None:
            continue
        if group.arrive.spread_s > 0.0 and group.variation.time_s > 0.0:
            yield ("red", i, "variation", "time"), "cannot be added to the spread of 'arrive'", "keep one of the two"
        if group.variation.scale > 0.0:
            yield ("red", i, "variation", "scale"), "would move the stated time of arrival", "leave it out, or state 'start' for 'arrive'"


class _Problems:
    """Collects problems with the lines of the file where they stand."""

    def __init__(self, document: Document | None) -> None:
        self._document = document
        self._found: list[Problem] = []
        self._here: Location = ()

    def add(self, location: Location, message: str, hint: str = "") -> None:
        if self._document is not None:
            self._found.append(self._document.problem(location, message, hint))
            return
        key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
        self._found.append(Problem("scenario", None, key, message + (";" if hint else ""), hint))

    def at(self, location: Location) -> _Problems:
        """``with problems.at(location)``: an `InputError` inside becomes a problem there."""
        self._here = location
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, InputError):
            self.add(error.location if isinstance(error, PlacedError) else self._here, str(error))
            return True
        return False

    def raise_if_any(self) -> None:
        if self._found:
            raise ScenarioError(sorted(self._found, key=lambda problem: problem.line or 0))


def _names(scenario: Scenario, plan: Plan, classes: Sequence[ThreatClass]) -> Names:
    units = [unit for post in plan.posts for unit in post.units]
    weapons = [name for name, _ in plan.weapons]
    controls = [unit.fire_control.name for unit in units if unit.fire_control is not None and unit.cued]
    return Names(
        groups=tuple(group.id for _, group in all_groups(scenario)),
        classes=tuple(cls.name for cls in classes),
        target_classes=tuple(cls.target_class for cls in classes),
        posts=tuple(post.name for post in plan.posts),
        units=tuple(unit.name for unit in units),
        sensors=(*(sensor.name for post in plan.posts for sensor in post.sensors), *controls),
        weapons=tuple(weapons),
        magazines=tuple(f"{unit.name}/{weapons[row].rpartition('/')[2]}" for unit in units for row, _ in unit.magazines),
        assets=tuple(asset.id for asset in scenario.assets),
        components=tuple(component.name for component in plan.components),
    )
