"""A YAML file whose every key knows its line, so that a fault can be shown where it stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from openiads.errors import CatalogueError, Problem

_M = TypeVar("_M", bound=BaseModel)
Location = Sequence[str | int]


class YamlFile:
    """The content of `path` and the lines of its keys."""

    def __init__(self, path: Path, *, shown: str | None = None) -> None:
        """Read `path`; a file that cannot be read or parsed is a `CatalogueError`. `shown` is its name in messages."""
        self.shown = shown or str(path)
        yaml = YAML(typ="safe", pure=True)  # YAML 1.2: `on` and `no` are words
        try:
            self._node: Node | None = yaml.compose(path.read_text(encoding="utf-8"))
            yaml.constructor.allow_duplicate_keys = True  # duplicates are reported with the other faults
            self.data: Any = None if self._node is None else yaml.constructor.construct_document(self._node)
        except OSError as error:
            raise self._unreadable(f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise self._unreadable("is not a text file in UTF-8") from None
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._unreadable(f"is not valid YAML: {error.problem}", mark.line + 1 if mark else None) from None
        except (YAMLError, ValueError) as error:
            raise self._unreadable(f"is not valid YAML: {error}") from None
        if not isinstance(self.data, dict):
            raise self._unreadable("is empty" if self.data is None else "must be a mapping of keys to values")

    def problem(self, location: Location, message: str, hint: str = "") -> Problem:
        """A fault at `location`, a sequence of keys and list positions."""
        return Problem(self.shown, self.line(location), ".".join(map(str, location)), message, hint)

    def line(self, location: Location) -> int:
        """Line of the key at `location`, or of the nearest one above it that exists."""
        node, line = self._node, 1
        for step in location:
            found = None
            if isinstance(node, MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = (node.value[step], node.value[step])
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def duplicates(self) -> Iterator[Problem]:
        """Every key that stands twice in one mapping."""
        yield from self._duplicates(self._node, ())

    def model(self, kind: type[_M], data: Any) -> tuple[_M | None, list[Problem]]:
        """`data` (the file's own, perhaps completed) as a `kind`, or None with what is wrong."""
        problems = list(self.duplicates())
        try:
            return kind.model_validate(data), problems
        except ValidationError as error:
            problems += [self._schema_problem(kind, e) for e in error.errors()]
            return None, problems

    def _schema_problem(self, kind: type[BaseModel], error: Any) -> Problem:
        location = _without_union_tags(error["loc"], self.data)
        if error["type"] == "extra_forbidden":
            known = sorted(_field_names(kind))
            near = difflib.get_close_matches(str(location[-1]), known, n=1)
            return self.problem(location, "unknown key", f"did you mean {near[0]!r}?" if near else "")
        if error["type"] == "missing":
            return self.problem(location, "is missing")
        return self.problem(location, f"{error['msg'][0].lower()}{error['msg'][1:]}, not {str(error['input'])[:60]!r}")

    def _duplicates(self, node: Node | None, location: tuple[str | int, ...]) -> Iterator[Problem]:
        if isinstance(node, MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                here = (*location, str(key.value))
                if key.value in seen:
                    yield Problem(self.shown, key.start_mark.line + 1, ".".join(map(str, here)), "stands twice")
                seen.add(key.value)
                yield from self._duplicates(value, here)
        elif isinstance(node, SequenceNode):
            for i, value in enumerate(node.value):
                yield from self._duplicates(value, (*location, i))

    def _unreadable(self, message: str, line: int | None = None) -> CatalogueError:
        return CatalogueError([Problem(self.shown, line, "", message)])


def _without_union_tags(location: Sequence[str | int], data: Any) -> tuple[str | int, ...]:
    """Pydantic adds the member of a union to the location of an error; keep only what stands in the file."""
    kept: list[str | int] = []
    for i, step in enumerate(location):
        inside = (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int) and step < len(data))
        last = i == len(location) - 1
        if not inside and not (last and isinstance(data, dict)):
            break
        kept.append(step)
        data = data[step] if inside else None
    return tuple(kept)


def _field_names(kind: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    for definition in [schema := kind.model_json_schema(), *schema.get("$defs", {}).values()]:
        names |= set(definition.get("properties", {}))
    return names
