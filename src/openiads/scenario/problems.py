"""Validation errors in words: what is wrong, what is allowed, the nearest spelling, or that the law is not built yet."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from openiads import units
from openiads.errors import Problem
from openiads.scenario.document import Document, Location
from openiads.scenario.schema import Scenario
from openiads.scenario.support import NOT_YET, NOT_YET_KEYS, NOT_YET_VALUES, nearest

_MUST_BE: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping of keys",
    "mapping": "a mapping of keys",
    "model": "a mapping of keys",
    "model_attributes": "a mapping of keys",
}
_LIMITS: Final[Mapping[str, str]] = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entry",
    "finite_number": "must be a finite number",
}


def not_allowed(name: object, allowed: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a word outside a closed list."""
    words = list(allowed)
    return f"{_short(name)} is not allowed; allowed: {', '.join(words)}", nearest(str(name), words)


def schema_problems(error: ValidationError, document: Document) -> list[Problem]:
    """One `Problem` per error of the schema."""
    return [_problem(detail, document) for detail in error.errors(include_url=False) if not _echo(detail)]


def _echo(detail: ErrorDetails) -> bool:
    """A list is called too short also when its only entry is at fault, which has been reported."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _problem(detail: ErrorDetails, document: Document) -> Problem:
    location, kind, given = detail["loc"], detail["type"], detail["input"]
    context = detail.get("ctx", {})
    section = ".".join(step for step in location if isinstance(step, str))
    if kind == "extra_forbidden":
        return document.problem(location, *_unknown_key(location))
    if kind == "missing":
        return document.problem(location, "is missing", _meaning(location), new_key=True)
    if kind == "literal_error":
        if isinstance(given, str) and given in NOT_YET_VALUES.get(section, ()):
            return document.problem(location, f"'{given}' is {NOT_YET}", f"allowed: {_listed(context)}")
        return document.problem(location, *not_allowed(given, re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]))
    if kind == "string_pattern_mismatch":
        return document.problem(location, f"{_short(given)} is not a name: small letters, digits, '-' and '_', a letter first")
    if kind in _LIMITS:
        shown = "" if kind in ("too_short", "string_too_short") else f"{_short(given)} "
        limits = {name: _in_the_unit_of(given, limit) for name, limit in context.items() if isinstance(limit, (int, float))}
        return document.problem(location, shown + _LIMITS[kind].format(**limits))
    for prefix, noun in _MUST_BE.items():
        if kind in (f"{prefix}_type", f"{prefix}_parsing", f"{prefix}_from_float"):
            return document.problem(location, f"{_short(given)} must be {noun}", _meaning(location))
    return document.problem(location, detail["msg"])


def _in_the_unit_of(given: object, limit: Any) -> str:
    """A limit in SI units as text: with a unit if what was given has one."""
    dimension = units.dimension_of(given.strip(" +-.0123456789")) if isinstance(given, str) else None
    if dimension is not None and limit:
        return units.text(float(limit), dimension)
    return f"{int(limit)}" if limit == int(limit) else str(limit)


def _unknown_key(location: Location) -> tuple[str, str]:
    *parents, key = location
    section = ".".join(step for step in parents if isinstance(step, str))
    if key in NOT_YET_KEYS.get(section, ()):
        return f"is {NOT_YET}", ""
    model = _model_at(tuple(parents))
    allowed = [field.alias or name for name, field in model.model_fields.items()] if model else []
    return f"unknown key; allowed: {', '.join(allowed)}", nearest(str(key), allowed)


def _meaning(location: Location) -> str:
    """What a key holds, from the schema."""
    model = _model_at(location[:-1])
    for name, field in (model.model_fields if model else {}).items():
        if (field.alias or name) == location[-1] and field.description:
            return f"({field.description})"
    return ""


def _model_at(location: Location) -> type[BaseModel] | None:
    """The model that a location of the schema leads to."""
    model: type[BaseModel] | None = Scenario
    for step in location:
        if model is None or isinstance(step, int):
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        model = _model_in(fields[step].annotation) if step in fields else model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as ``tuple[Asset, ...]`` or ``Arrivals | None``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in typing.get_args(annotation) if (found := _model_in(inner))), None)


def _listed(context: Mapping[str, Any]) -> str:
    return ", ".join(re.findall(r"'([^']*)'", context["expected"]))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
