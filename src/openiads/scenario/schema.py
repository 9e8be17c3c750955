"""The scenario format, version 1: frozen models with SI values inside. `docs/scenario-format.md` explains every key."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from openiads.documents.problems import not_allowed
from openiads.scenario.blue import Blue
from openiads.scenario.fields import At, ExtentText, Identifier, Model, YesNo, fault
from openiads.scenario.ground import Ground, Terrain, Weather
from openiads.scenario.red import RedGroup
from openiads.scenario.traffic import TrafficGroup

SCHEMA_VERSION: Final = 1
#: Seed and replication are words of 32 bits in the random key, so that both stay below this.
KEY_WORD: Final = 2**32
#: The tables of more draws would not fit in memory.
MOST_DRAWS: Final = 2**20
#: Words for all limits that can be lifted and for none of them.
_ALL, _NONE = "all", "none"
LiftName = Literal["missiles", "channels", "detection", "reaction", "link", "kill", "damage"]
LIFTS: Final[tuple[LiftName, ...]] = get_args(LiftName)
#: Standard deviations of a logit beyond this leave nothing but nights on which all rounds kill and nights on which none does.
MOST_RAID_EFFECT_SD: Final = 5.0


def _one_line(text: str) -> str:
    """The text without the line end of a block of YAML; what would break a line on the screen is refused."""
    text = text.rstrip()
    if not text or any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise fault("must be one line of text without control characters")
    return text


class Info(Model):
    """What a reader should know before running."""

    question: str = Field(default="", description="the question that the scenario answers")
    notice: str = Field(default="", description="what to look at in the answer")
    try_next: tuple[str, ...] = Field(default=(), alias="try", description="changes worth trying")


def _notional(value: bool) -> bool:
    if not value:
        raise fault("must be yes: places are invented; real places are out of scope")
    return value


class Place(Model):
    """The invented place; its origin is 0 N 0 E and the middle of the extent."""

    name: str = Field(min_length=1, description="name of the invented country")
    notional: Annotated[YesNo, AfterValidator(_notional)] = Field(description="always yes: the place is invented")
    extent: ExtentText = Field(description="size of the place, east-west x north-south")
    terrain: Ground = Field(default=Terrain(), description="shape of the ground: flat, or relief")


class World(Model):
    """The physical world, and the luck that a whole raid shares."""

    earth: Literal["wgs84", "sphere_6371"] = Field(default="wgs84", description="figure of the Earth")
    rotation: YesNo = Field(default=True, description="whether the Earth turns under ballistic missiles")
    effective_earth: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        default=4.0 / 3.0, description="effective-earth factor for air-breathing targets (4/3: standard refraction)"
    )
    raid_effect_sd: Annotated[float, Field(ge=0.0, le=MOST_RAID_EFFECT_SD, allow_inf_nan=False, strict=True)] = Field(
        default=0.0,
        description="observed overdispersion: sd of a normal shift that the logits of all kill probabilities of a night share",
    )
    weather: Weather = Field(default=Weather(), description="rain, and the gases of the air if asked for")


class Asset(Model):
    """Something worth defending."""

    id: Identifier = Field(description="name of the asset")
    at: At = Field(description="where it stands")
    value: Annotated[float, Field(ge=0.0, allow_inf_nan=False, strict=True)] = Field(description="worth in points of the scenario")


def _not_one(draws: int) -> int:
    if draws == 1:
        raise fault("one draw says nothing about what is not publicly known; allowed: 0 (chance only) or at least 2")
    return draws


def _lifts(value: object) -> object:
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)):
        raise fault(f"{value!r} is not a list of limits; allowed: {', '.join((_ALL, _NONE, *LIFTS))}")
    if list(names) == [_ALL]:
        return LIFTS
    if list(names) == [_NONE]:
        return ()
    for name in names:
        if name not in LIFTS:
            raise fault("; ".join(filter(None, not_allowed(name, LIFTS if len(names) > 1 else (_ALL, _NONE, *LIFTS)))))
    return tuple(name for name in LIFTS if name in names)


def _written_lifts(names: tuple[str, ...]) -> str | list[str]:
    return _ALL if names == LIFTS else list(names) if names else _NONE


#: ``all``, ``none``, or some of `LIFTS` as a list or with commas between them; kept in the order of `LIFTS`.
Lifts = Annotated[
    tuple[LiftName, ...],
    BeforeValidator(_lifts, json_schema_input_type=Literal["all", "none"] | LiftName | list[LiftName]),
    PlainSerializer(_written_lifts),
]
Replicates = Annotated[int, Field(strict=True, ge=1, lt=KEY_WORD)]


class Run(Model):
    """How often to run."""

    draws: Annotated[int, Field(strict=True, ge=0, le=MOST_DRAWS), AfterValidator(_not_one)] = Field(
        default=64, description="draws of the catalogue's uncertain values; 0: chance only, else at least 2"
    )
    replicates: Replicates = Field(default=50, description="replicates per draw")
    seed: Annotated[int, Field(strict=True, ge=0, lt=KEY_WORD)] = Field(default=0, description="seed of all randomness")
    runs: Replicates = Field(default=1_000, description="replicates at nominal values")
    lift: Lifts = Field(default=LIFTS, description="limits that are lifted one at a time on nominal replicates: all, none, or a list")

    @model_validator(mode="after")
    def _numbers_suffice(self) -> Self:
        if (total := self.draws * self.replicates) >= KEY_WORD:
            raise fault(f"{self.draws:,} draws x {self.replicates:,} are {total:,} replicates; allowed: fewer than 2**32")
        return self


def _version(value: object) -> object:
    if value != SCHEMA_VERSION or isinstance(value, bool):
        raise fault(f"{value!r} is not a schema version that this OpenIADS reads; allowed: {SCHEMA_VERSION}")
    return value


class Scenario(Model):
    """One scenario file."""

    openiads: Annotated[Literal[1], BeforeValidator(_version)] = Field(description="version of the format")
    title: Annotated[str, AfterValidator(_one_line)] = Field(min_length=1, description="one line for people")
    info: Info = Field(default=Info(), description="question, notice, try")
    place: Place = Field(description="the invented place")
    world: World = Field(default=World(), description="the physical world, and the luck that a whole raid shares")
    assets: tuple[Asset, ...] = Field(min_length=1, description="what is defended")
    blue: Blue = Field(description="the defence")
    red: tuple[RedGroup, ...] = Field(description="the raid: stated, never searched; empty where only traffic flies")
    friendly: tuple[TrafficGroup, ...] = Field(default=(), description="friendly aircraft that fly by")
    neutral: tuple[TrafficGroup, ...] = Field(default=(), description="neutral aircraft that fly by")
    run: Run = Field(default=Run(), description="how often to run")


def scenario_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the format, for editors and other programs."""
    schema = _published(Scenario.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "OpenIADS scenario, format version 1"}


def _published(node: Any) -> Any:
    """Without the names and SI defaults of the Python attributes, which are not part of the file format."""
    if isinstance(node, list):
        return [_published(item) for item in node]
    if not isinstance(node, dict):
        return node
    dropped = {"title"} if isinstance(node.get("title"), str) else set()
    if not isinstance(node.get("default"), (str, int)):
        dropped.add("default")
    return {key: _published(value) for key, value in node.items() if key not in dropped}
