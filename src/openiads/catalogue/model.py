"""What the catalogue holds: systems, their parameters, and the evidence for each.

Every class mirrors one level of a catalogue file (`docs/catalogue.md`); unknown keys are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from openiads import units
from openiads.errors import InputError

SCHEMA_VERSION = 1

Number = Annotated[StrictInt | StrictFloat, Field(allow_inf_nan=False)]
Value = StrictBool | Number | StrictStr
Text = StrictStr
#: Part of a path, so without dots.
NAME_PATTERN = r"^[a-z][a-z0-9_-]*$"
Name = Annotated[StrictStr, Field(pattern=NAME_PATTERN)]
Speaker = Literal["maker", "state media", "press", "game", "analyst", "ours"]
#: Kinds of target for which kill probabilities exist (rows `sspk_<class>`); every threat of the catalogue counts as one of them.
TargetClass = Literal["fighter", "male_uav", "owa_drone", "subsonic_cm", "supersonic_cm", "srbm", "mrbm"]
Dist = Literal["fixed", "pert", "log_pert", "discrete", "choice"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Report(_Entry):
    """What one source says about one parameter, in the unit of the parameter."""

    source: Text
    value: Value | None = None
    low: Number | None = None
    high: Number | None = None
    withheld: Text | None = None
    """Why the value is not shipped: the licence of the source. Then only the citation stands here."""
    speaker: Speaker | None = None
    """Who speaks through the source, where that is not the source itself (a maker's brochure quoted by a game)."""
    excluded: Text | None = None
    """Why the report does not count for the interval."""
    to_verify: StrictBool = False
    note: Text = ""


class Aleatory(_Entry):
    """Spread from event to event; ignorance about the value itself is `low` to `high`."""

    law: Literal["lognormal"]
    cv: Annotated[Number, Field(gt=0)]
    """Coefficient of variation."""
    status: Literal["reported", "assumed"]


#: Rows that a run reads as whole numbers, whatever the component, and how those about launchers begin.
_COUNTS = frozenset(
    {"simultaneous_targets", "targets_engaged_per_engagement_radar", "missiles_guided_per_engagement_radar", "tracks_max", "launcher_load"}
    | {"confirm_hits", "confirm_window", "drop_misses", "anchor_swerling", "positions", "bursts_before_reload"}
)
_LOADS = "missiles_per_launcher"
#: The one of them that may be 0: a Swerling case.
_FROM_ZERO = "anchor_swerling"

#: An override farther than this factor from the interval of the record is a slip of the pen.
_FAR_OFF = 1_000


class Override(_Entry):
    """A value that the user puts in place of the catalogue's, and the reason."""

    value: Value
    why: Annotated[Text, Field(min_length=1)]


class Parameter(_Entry):
    """One value of one component with its interval, its sampling law and who says so."""

    path: Annotated[Text, Field(json_schema_extra={"by": "loader"})]
    """`system.component.parameter`; set by the loader."""
    unit: Text
    kind: Literal["quantity", "category", "sspk"]
    nominal: Value
    low: Number | None = None
    high: Number | None = None
    dist: Dist
    options: tuple[Value, ...] = ()
    use: Literal["input", "check", "context"]
    """input: enters a run; check: emerges from a run and is compared with it; context: never enters the engine."""
    draw_group: Text | None = None
    version: dict[str, Number] = {}
    """Value in each version of the system; every row of the draw group takes the same version."""
    correlation: Annotated[Number, Field(ge=0, le=1)] | None = None
    """Rank correlation (Spearman) within the draw group; always an assumption."""
    aleatory: Aleatory | None = None
    included_in: Text | None = None
    """Name of the parameter that already contains this one."""
    status: Literal["reported", "derived", "assumed", "judged"]
    """judged: published, but only by sources whose values may not be shipped; the figures are ours."""
    confidence: Literal["repeated by three or more", "two agree", "single or disputed", "our judgement"]
    families: tuple[Speaker, ...] = ()
    """Kinds of speaker behind the reports that count."""
    reports: tuple[Report, ...] = ()
    judged: Text | None = None
    """The reason, when the status is `judged`."""
    added: Text | None = None
    """The reason, when the row is not from the public record but needed by the model."""
    note: Text = ""
    override: Override | None = None
    stated_version: Annotated[Text | None, Field(json_schema_extra={"by": "scenario"})] = None
    """The version that a scenario states, once the value is fixed at it."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def is_assumption(self) -> bool:
        """True when no source backs it: assumed, judged, or written from memory by us; and every single-shot kill probability."""
        return self.status in {"assumed", "judged"} or self.kind == "sspk" or self.is_from_memory

    @property
    def is_from_memory(self) -> bool:
        """True when it is known to be printed but no source was verified yet."""
        return self.status == "reported" and not self.families

    @property
    def is_number(self) -> bool:
        """False for categories, which have no value in SI units."""
        return self.kind != "category"

    @property
    def is_count(self) -> bool:
        """Whether a run reads it as a whole number; what is drawn between whole ends is rounded."""
        return self.is_number and self.unit == "1" and (self.name in _COUNTS or self.name.startswith(_LOADS))

    def count_fault(self, value: float) -> str:
        """Why `value` cannot be the number of something; empty if it can."""
        least = 0 if self.name == _FROM_ZERO else 1
        return "must be a whole number" if value != round(value) else f"must be at least {least}" if value < least else ""

    def to_si(self, value: float) -> float:
        """A `value` in the parameter's unit, converted to SI (angles to radians, money to US dollars)."""
        if self.unit == "dBsm":
            return float(10.0 ** (value / 10.0))
        dimension = units.dimension_of(self.unit)
        if dimension is None:
            raise InputError(f"{self.path}: unknown unit {self.unit!r}")
        return float(value * units.UNITS[dimension][self.unit])

    def si_nominal(self) -> float:
        """The nominal value in SI units."""
        return self._si(self.nominal)

    def si_low(self) -> float:
        """The low end of the interval in SI units."""
        return self._si(self.low)

    def si_high(self) -> float:
        """The high end of the interval in SI units."""
        return self._si(self.high)

    def version_value(self, version: str) -> float:
        """The value in the named version of the system, in SI units."""
        if version not in self.version:
            known = ", ".join(self.version) or "none"
            raise InputError(f"{self.path}: no version {version!r}; known versions: {known}")
        return self._si(self.version[version])

    def with_version(self, version: str) -> Self:
        """The same parameter, fixed at its value in the named version; unchanged when the version does not concern it."""
        if not self.version:
            return self
        self.version_value(version)
        return self._fixed(self.version[version]).model_copy(update={"stated_version": version})

    def with_override(self, override: Override) -> Self:
        """The same parameter, fixed at the user's value: a text with its unit, or a number in the parameter's own unit if that has none."""
        if not self.is_number:
            if self.options and override.value not in self.options:
                raise InputError(f"{self.path}: {override.value!r} is not one of {', '.join(map(str, self.options))}")
            return self.model_copy(update={"nominal": override.value, "dist": "fixed", "override": override})
        return self._fixed(self._read(override.value)).model_copy(update={"override": override})

    def _fixed(self, value: float) -> Self:
        at = {"nominal": value, "low": value, "high": value, "dist": "fixed", "options": ()}
        return self.model_copy(update={**at, "draw_group": None, "version": {}, "correlation": None})

    def _read(self, text: bool | float | str) -> float:
        dimension = "fraction" if self.unit in {"1", "probability"} else units.dimension_of(self.unit)
        try:
            value = units.in_unit(units.parse(text, str(dimension)), self.unit)
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from None
        if self.is_probability and not 0 <= value <= 1:
            raise InputError(f"{self.path}: {text!r} is not a probability between 0 and 1")
        if value < 0 and (self.low or 0) >= 0:
            raise InputError(f"{self.path}: {text!r} must not be negative")
        if self.is_count and (fault := self.count_fault(value)):
            raise InputError(f"{self.path}: {text!r} {fault}")
        if self.dist == "choice" and self.options and value not in self.options:
            raise InputError(f"{self.path}: {text!r} is not one of {', '.join(map(str, self.options))}")
        ends = [abs(end) for end in (self.low, self.high) if end]
        if value and ends and not min(ends) / _FAR_OFF <= abs(value) <= max(ends) * _FAR_OFF:
            interval = f"{self.low:g} to {self.high:g} {self.unit}".removesuffix(" 1")
            raise InputError(f"{self.path}: {text!r} is more than {_FAR_OFF:,} times off the interval of the record, {interval}")
        return value

    @property
    def is_probability(self) -> bool:
        """True when the value must lie between 0 and 1."""
        return self.unit == "probability"

    def _si(self, value: bool | float | str | None) -> float:
        if not self.is_number or value is None or isinstance(value, str):
            raise InputError(f"{self.path} is a category ({self.nominal}), it has no value in SI units")
        return self.to_si(value)


class Component(_Entry):
    """A radar, missile, fire unit, command post or airframe of a system."""

    name: Text
    kind: Literal["fire_unit", "command_post", "radar", "launcher", "missile", "gun", "aircraft", "threat", "programme", "validation"]
    target_class: TargetClass | None = None
    """Of a threat or an aircraft: which kill probabilities count against it. A decoy counts as what it imitates."""
    parameters: dict[Name, Parameter]


class Unknown(_Entry):
    """What no open source says, and what stands in for it."""

    missing: Text
    handled_by: Text


class Source(_Entry):
    """One publication."""

    id: Text
    title: Text
    publisher: Text
    url: Text | None = None
    date: Text
    kind: Text
    speaker: Speaker
    standing: Literal["primary or specialist", "agency, trade press or official", "secondary", "low care", "ours"]
    checked: Literal["full", "excerpt", "not_checked", "computed", "not_applicable"]
    """How much of it was read."""
    reuse: Literal["facts", "proprietary_db", "licence_unknown"]
    background: Text | None = None
    """Why it is listed although nothing cites it."""
    note: Text = ""

    @property
    def may_ship(self) -> bool:
        """True when its figures may be quoted."""
        return self.reuse == "facts"


class System(_Entry):
    """One file of the catalogue."""

    id: Annotated[Text, Field(json_schema_extra={"by": "loader"})]
    openiads_catalogue: Literal[1]
    name: Text
    role: Text
    note: Text = ""
    unknowns: tuple[Unknown, ...] = ()
    sources: tuple[Source, ...] = ()
    """Sources of a user's own system; those of the built-in systems stand in `sources.yaml`."""
    components: Annotated[dict[Name, Component], Field(min_length=1)]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its path."""
        return {p.path: p for component in self.components.values() for p in component.parameters.values()}

    @property
    def versions(self) -> tuple[str, ...]:
        """Names of the versions that some parameters tell apart, such as early and late."""
        return tuple(dict.fromkeys(v for p in self.parameters.values() for v in p.version))


class Qualifier(_Entry):
    """How a claim is put, and by whom."""

    type: Literal["asserted", "reported", "quoted", "denied", "confirmed", "expected", "opinion"]
    by: Text


class External(_Entry):
    """What sources outside the articles say about a claim."""

    status: Literal["supported", "partly", "disputed", "contradicted", "superseded", "unverified"]
    sources: tuple[Text, ...]


class Claim(_Entry):
    """One statement of one article, in our own words."""

    id: Text
    article: Text
    subject: Text
    attribute: Text
    value: Value | tuple[Value, ...] | None
    unit: Text | None = None
    qualifier: Qualifier
    checkable: Literal["yes", "partly", "no"]
    paraphrase: Text
    group: Text | None = None
    position: Text | None = None
    """Which side of the group's fact it takes; a position that begins with ~ is neutral."""
    contradicts: tuple[Text, ...] = ()
    in_tension_with: tuple[Text, ...] = ()
    external: External | None = None
    bears_on: tuple[Text, ...] = ()
    """Paths of the parameters that it speaks about, where its group does not say."""
    note: Text = ""


class ClaimGroup(_Entry):
    """Claims about one fact."""

    id: Text
    fact: Text
    kind: Literal["agreement", "tension", "contradiction"]
    status: Text
    positions: dict[str, tuple[Text, ...]]
    explanation: Text
    external_sources: tuple[Text, ...] = ()
    bears_on: tuple[Text, ...] = ()
    """Paths of the parameters that the fact speaks about."""


class Article(_Entry):
    """One of the articles that the claims are taken from."""

    id: Text
    source: Text
    date: Text
    date_basis: Text
    title: Text
    remark: Text
    claims: StrictInt
    """Number of claims taken from it."""


class SourceFile(_Entry):
    """`sources.yaml`."""

    openiads_catalogue: Literal[1]
    sources: tuple[Source, ...]


class ClaimFile(_Entry):
    """`claims.yaml`."""

    openiads_catalogue: Literal[1]
    articles: tuple[Article, ...]
    claims: tuple[Claim, ...]
    groups: tuple[ClaimGroup, ...]
