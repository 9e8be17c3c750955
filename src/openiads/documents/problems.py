"""Validation errors in words: what is wrong, what is allowed, the nearest spelling."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from openiads import units
from openiads.documents.yamlfile import Location, YamlFile
from openiads.errors import Problem

_MUST_BE: Final[Mapping[str, str]] = {
    "bool": "true or false",
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

#: Last step of the location of an error that is about a key, not its value.
_OF_A_KEY: Final = "[key]"

#: Message and hint for an error that one format says in words of its own; None leaves it to the common words.
Words = Callable[[ErrorDetails], tuple[str, str] | None]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """``did you mean 'x'?`` for the closest of `allowed`, or nothing."""
    lower = {candidate.lower(): candidate for candidate in allowed}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    return f"did you mean '{lower[near[0]]}'?" if near else ""


def not_allowed(name: object, allowed: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a word outside a closed list."""
    words = list(allowed)
    if name is None:
        return f"is empty; allowed: {', '.join(words)}", ""
    return f"{_short(name)} is not allowed; allowed: {', '.join(words)}", nearest(str(name), words)


def schema_problems(error: ValidationError, file: YamlFile, root: type[BaseModel], words: Words = lambda _: None) -> list[Problem]:
    """What a `root` model refuses in a file: one `Problem` for each key that is at fault, duplicate keys included."""
    found: dict[str, list[tuple[ErrorDetails, Problem]]] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # a list is called too short also when its only entry is at fault, which has been reported
        problem = _problem(detail, file, root, words)
        found.setdefault(problem.key, []).append((detail, problem))
    return [_one_of(details) for details in found.values()]


def _one_of(found: list[tuple[ErrorDetails, Problem]]) -> Problem:
    """A value that none of several types takes is at fault once: the first error that is not about its type, else all types."""
    nouns = [_noun(detail) for detail, _ in found]
    if None in nouns:
        return found[nouns.index(None)][1]
    first = found[0][1]
    detail = found[0][0]
    what = "is empty; it" if detail["input"] is None else _short(detail["input"])
    hint = first.hint if len(found) == 1 else ""
    message = f"{what} must be {' or '.join(dict.fromkeys(str(noun) for noun in nouns))}"
    return Problem(first.file, first.line, first.key, message, hint)


def _noun(detail: ErrorDetails) -> str | None:
    """What the value must be, where its type is at fault."""
    prefix = re.sub(r"_(type|parsing|from_float)$", "", detail["type"])
    return _MUST_BE.get(prefix) if prefix != detail["type"] and detail["loc"][-1:] != (_OF_A_KEY,) else None


def _problem(detail: ErrorDetails, file: YamlFile, root: type[BaseModel], words: Words) -> Problem:
    location, kind, given = detail["loc"], detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if (own := words(detail)) is not None:
        return file.problem(location, *own)
    if kind in ("extra_forbidden", "invalid_key"):
        allowed = keys_at(root, location[:-1])
        message = f"unknown key; allowed: {', '.join(allowed)}"
        thousands = re.search(r"\.\d{3}$", file.problem(location, message).key)
        hint = "a comma ends a value: write numbers without" if thousands else nearest(str(location[-1]), allowed)
        return file.problem(location, message, hint)
    if kind == "missing":
        return file.problem(location, "is missing", _meaning(root, location), new_key=True)
    if kind == "literal_error":
        return file.problem(location, *not_allowed(given, allowed_words(context)))
    if kind == "string_pattern_mismatch" or location[-1:] == (_OF_A_KEY,):
        return file.problem(location, f"{_short(given)} is not a name; write small letters, digits, '-' and '_', a letter first")
    if kind in _LIMITS:
        shown = "" if kind in ("too_short", "string_too_short") else f"{_short(given)} "
        limits = {name: _in_the_unit_of(given, limit) for name, limit in context.items() if isinstance(limit, (int, float))}
        return file.problem(location, shown + _LIMITS[kind].format(**limits))
    return file.problem(location, detail["msg"], _form(root, location) or _meaning(root, location) if _noun(detail) else "")


def allowed_words(context: Mapping[str, Any]) -> list[str]:
    """The closed list of a literal."""
    return re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]


def _in_the_unit_of(given: object, limit: Any) -> str:
    """A limit in SI units as text: with a unit if what was given has one."""
    unit = re.search(r"[^\d\s.eE+-].*$", given) if isinstance(given, str) else None
    dimension = units.dimension_of(unit[0].strip()) if unit else None
    if dimension is not None and limit:
        return units.text(float(limit), dimension)
    return f"{int(limit)}" if limit == int(limit) else str(limit)


def keys_at(root: type[BaseModel], location: Location) -> list[str]:
    """The keys that a mapping of the format may have."""
    return list(_fields(_model_at(root, location)))


def _meaning(root: type[BaseModel], location: Location) -> str:
    """What a key holds, from the schema."""
    field = _fields(_model_at(root, location[:-1])).get(str(location[-1]))
    return f"({field.description})" if field is not None and field.description else ""


def _form(root: type[BaseModel], location: Location) -> str:
    """How a mapping is written, from the keys that it must have; empty for what is none."""
    model = _model_at(root, location) if location[-1:] != (_OF_A_KEY,) else None
    parents = _model_at(root, location[:-1])
    if model is None or (model is parents and str(location[-1]) in _fields(parents)):
        return ""
    needed = [name for name, field in _fields(model).items() if field.is_required()]
    return f"(written {{{', '.join(f'{name}: ...' for name in needed)}}})" if needed else ""


def _fields(model: type[BaseModel] | None) -> dict[str, Any]:
    """The fields that a file states; a field with a `json_schema_extra` is filled in by its loader."""
    return {field.alias or name: field for name, field in (model.model_fields if model else {}).items() if not field.json_schema_extra}


def _model_at(root: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """The model that a location of the format leads to."""
    model: type[BaseModel] | None = root
    for step in location:
        fields = _fields(model)
        if step in fields:
            model = _model_in(fields[str(step)].annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as ``tuple[Asset, ...]`` or ``Arrivals | None``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in typing.get_args(annotation) if (found := _model_in(inner))), None)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
