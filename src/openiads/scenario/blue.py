"""The defence of a scenario: units, their loads and the doctrine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from openiads.catalogue import Override
from openiads.catalogue.model import TargetClass
from openiads.documents.problems import nearest
from openiads.scenario.fields import At, Bearing, Count, Fraction, Identifier, Length, Model, Stock, fault
from openiads.scenario.sensing import Sensing


class BlueUnit(Model):
    """One system of the catalogue: a command post with its fire units, or a gun battery with its vehicles."""

    id: Identifier = Field(description="name of the unit")
    system: str = Field(description="system of the catalogue, or your own")
    version: Literal["early", "late"] | None = Field(
        default=None, description="s400: which reported version, early (6 targets a radar) or late (10)"
    )
    fire_units: Count | None = Field(default=None, description="s400 and your own: number of engagement radars with their launchers")
    vehicles: Count | None = Field(default=None, description="korkut: number of gun vehicles")
    at: At = Field(description="middle of the unit")
    spread_m: Length = Field(default=0.0, alias="spread", description="radius of the ring of fire units")
    facing_rad: Bearing | None = Field(
        default=None, alias="facing", description="bearing of every engagement radar; spread evenly if absent"
    )
    ready: Mapping[str, Stock] | None = Field(
        default=None, description="missiles on launchers, or bursts in guns, whole set; full guns if absent"
    )
    held: Mapping[str, Stock] = Field(default_factory=dict, description="missiles or bursts in store, whole set")
    override: Mapping[str, Override] = Field(default_factory=dict, description="catalogue values replaced, by component.parameter")

    @property
    def parts(self) -> int:
        """Fire units: engagement radars with their launchers, or gun vehicles."""
        return self.fire_units or self.vehicles or 0


FireText = Literal["once", "shoot-look-shoot"] | Mapping[Literal["sequence"], tuple[Count, ...]]


class Fire(Model):
    """Firing policy; `sequence` holds the salvos per threat and is empty for the other two."""

    policy: Literal["once", "shoot-look-shoot", "sequence"]
    sequence: tuple[Count, ...] = ()


def _fire(value: object) -> object:
    if isinstance(value, Fire):
        return value
    if value in ("once", "shoot-look-shoot"):
        return {"policy": value}
    if isinstance(value, dict) and set(value) == {"sequence"} and value["sequence"]:
        return {"policy": "sequence", **value}
    hint = "" if isinstance(value, dict) else nearest(str(value), ("once", "shoot-look-shoot", "sequence"))
    raise fault(f"{value!r} is not allowed; allowed: once, shoot-look-shoot, {{sequence: [2, 1]}}{hint and '; '}{hint}")


def _written_fire(fire: Fire) -> object:
    return {"sequence": list(fire.sequence)} if fire.sequence else fire.policy


def _salvo(value: object) -> object:
    if isinstance(value, dict):
        return {"default": 1, **value}
    return {"default": value}


def _reserve(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Reserve(Model):
    """Missiles of each unit that only a target of this class may use."""

    target_class: TargetClass = Field(alias="for", description="target class")
    missiles: Count = Field(description="missiles kept, whole set")


class Assess(Model):
    """Errors of kill assessment, per salvo; perfect if absent."""

    p_false_alive: Fraction = Field(default=0.0, description="a killed target is called alive")
    p_false_kill: Fraction = Field(default=0.0, description="a missed target is called killed")
    reopen_hits: Annotated[
        Count | None,
        BeforeValidator(lambda v: None if v == "never" else v, json_schema_input_type=Count | Literal["never"]),
    ] = Field(default=None, description="radar hits after which a target called killed is engaged again; never if absent")


#: Missiles in a salvo by target class; ``default`` is always there and covers the classes not named.
Salvo = Annotated[
    Mapping[Literal[TargetClass, "default"], Count],
    BeforeValidator(_salvo, json_schema_input_type=Count | Mapping[Literal[TargetClass, "default"], Count]),
]


class Doctrine(Model):
    """How the defence decides."""

    control: Literal["free", "tight", "hold"] = Field(
        default="free",
        description="weapons control: free and tight are alike while identification is perfect and no neutral flies; hold fires at nothing",
    )
    fire: Annotated[
        Fire,
        BeforeValidator(_fire, json_schema_input_type=FireText),
        PlainSerializer(_written_fire),
    ] = Field(default=Fire(policy="shoot-look-shoot"), description="one salvo, shoot and look without limit, or the salvos per threat")
    salvo: Salvo = Field(default={"default": 1}, description="missiles in a salvo: a number, or a number per target class (default: 1)")
    prefer: Literal["earliest-intercept", "cheapest-adequate", "preserve-long-range", "highest-probability", "layered"] = Field(
        default="earliest-intercept", description="which feasible missile is taken first"
    )
    assess: Assess = Field(default=Assess(), description="errors of kill assessment")
    reserve: Annotated[
        tuple[Reserve, ...],
        BeforeValidator(_reserve, json_schema_input_type=Reserve | tuple[Reserve, ...]),
    ] = Field(default=(), description="missiles kept for a target class")

    when_full: Literal["lowest-score-goes", "newcomers-refused"] = Field(
        default="lowest-score-goes", description="whose track a full radar or picture does without: the most time to go, or the newcomer"
    )

    @model_validator(mode="after")
    def _one_salvo_rule(self) -> Doctrine:
        if self.fire.sequence and self.salvo != {"default": 1}:
            raise fault("salvo and a fire sequence both state the salvo size; keep one")
        return self


class Blue(Model):
    """The defence."""

    link: Literal["shared-picture"] = Field(description="how units share what they know")
    units: tuple[BlueUnit, ...] = Field(min_length=1, description="the systems of the defence")
    doctrine: Doctrine = Field(default=Doctrine(), description="how the defence decides")
    sensing: tuple[Sensing, ...] = Field(default=(), description="what is stated of single radars: silence, factors on range, notch")
