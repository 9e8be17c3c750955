"""The catalogue: one YAML file per system, read when it is first asked for."""

from __future__ import annotations

import difflib
import functools
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from openiads.catalogue.faults import parameter_faults
from openiads.catalogue.model import NAME_PATTERN, Article, Claim, ClaimFile, ClaimGroup, Parameter, Source, SourceFile, System
from openiads.documents.problems import schema_problems
from openiads.documents.yamlfile import Location, YamlFile, read_text
from openiads.errors import CatalogueError, InputError, Problem

DATA = Path(__file__).parent / "data"

#: Kinds of components that can fly in a raid.
FLYING = ("threat", "aircraft")

#: At most so many values are listed under a path that is too short.
_SHOWN = 12

_NAME = re.compile(NAME_PATTERN)

_T = TypeVar("_T")
_M = TypeVar("_M", bound=BaseModel)


def load_catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """The built-in catalogue, with the systems of the `extra` folders (one YAML file each) beside its own.

    Nothing is read before it is asked for: `catalogue.parameter("s400.unit.reaction_time")` has value, unit, interval and reports. An
    unknown name or a file at fault is an `InputError`.
    """
    return Catalogue(DATA, extra)


@functools.cache
def built_in() -> Catalogue:
    """The built-in catalogue, whose systems are read once in a process."""
    return load_catalogue()


class Catalogue:
    """Systems, sources and claims by name; nothing is read before it is needed."""

    def __init__(self, root: Path, extra: Sequence[Path] = (), *, misnamed: list[Problem] | None = None) -> None:
        """A catalogue whose `root` holds `systems/`, `sources.yaml` and `claims.yaml`.

        Files that are not named as a system are refused, or left out and added to `misnamed`.
        """
        refused = [problem for folder in (root / "systems", *extra) for problem in _misnamed(Path(folder))]
        if misnamed is None and refused:
            raise CatalogueError(refused)
        if misnamed is not None:
            misnamed += refused
        self.root = root
        self._extra = {name: path for folder in extra for name, path in _system_files(Path(folder)).items()}
        self._files = _system_files(root / "systems")
        for name, path in self._extra.items():
            if name in self._files:
                raise CatalogueError([Problem(str(path), None, "", f"the catalogue has a system {name!r} already")])
        self._files |= self._extra
        self._systems: dict[str, System] = {}
        self._texts: dict[str, tuple[YamlFile, System]] = {}

    def names(self) -> tuple[str, ...]:
        """Names of all systems, threats and archetypes."""
        return tuple(sorted(self._files))

    def path(self, name: str) -> Path:
        """The file of a system."""
        return _lookup(self._files, name, "system")

    def is_own(self, name: str) -> bool:
        """Whether a system is the user's: no system of the built-in catalogue has its name."""
        return name in self._files and not _built_in(name).is_file()

    def is_built_in(self, name: str) -> bool:
        """Whether the file of a system is the one of the built-in catalogue, letter by letter."""
        return _built_in(name).is_file() and _built_in(name).read_bytes() == self.path(name).read_bytes()

    def digest(self, name: str) -> str:
        """SHA-256 of the file of a system, for the data lock of a run."""
        return hashlib.sha256(self.path(name).read_bytes()).hexdigest()

    def system(self, name: str) -> System:
        """One system; an unknown name, a corrupt file or a citation of no source is an `InputError`."""
        if name not in self._systems:
            file, system = self._read_system(name)
            if not self.is_built_in(name) and (problems := list(unknown_sources(file, system, self.sources))):
                raise CatalogueError(problems)
            self._systems[name] = system
        return self._systems[name]

    def _read_system(self, name: str) -> tuple[YamlFile, System]:
        """The file of a system and what it holds, its citations not yet looked up; read once."""
        if name not in self._texts:
            file, system, problems = read_system(self.path(name), name)
            if system is None or problems:
                raise CatalogueError(problems)
            self._texts[name] = file, system
        return self._texts[name]

    def require_systems_in(self, folder: Path) -> None:
        """An `InputError` unless a system comes from `folder` itself."""
        if not any(path.parent == folder for path in self._files.values()):
            raise InputError(f"{folder} holds neither a folder 'systems' nor a system file (*.yaml)")

    def parameter(self, path: str) -> Parameter:
        """The parameter at `system.component.parameter`."""
        parts = path.split(".")
        if len(parts) != 3:
            under = self._under(parts)
            such = f"; under {path}: {under}" if under else ", such as s400.unit.reaction_time"
            raise InputError(f"{path!r} is not the path of a parameter; write system.component.parameter{such}")
        system = self.system(parts[0])
        component = _lookup(system.components, parts[1], f"component of {parts[0]}")
        return _lookup(component.parameters, parts[2], f"parameter of {parts[0]}.{parts[1]}")

    def _under(self, parts: list[str]) -> str:
        """The first parameters of a system or component, and how to list all; empty when there is none such."""
        paths = self.system(parts[0]).parameters if parts[0] in self._files else {}
        found = [".".join(path.split(".")[len(parts) :]) for path in paths if path.split(".")[: len(parts)] == parts]
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return f"{', '.join(found[:_SHOWN])}{more}; all: 'openiads systems {parts[0]}'" if found else ""

    def source(self, source_id: str) -> Source:
        """One source by its id."""
        return _lookup(self.sources, source_id, "source")

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source by its id, those of the extra systems included."""
        table = {s.id: s for s in _read(self.root / "sources.yaml", SourceFile).sources}
        for name, path in self._extra.items():
            for source in self._read_system(name)[1].sources:
                if source.id in table:
                    raise CatalogueError([Problem(str(path), None, "sources", f"the catalogue has a source {source.id!r} already")])
                table[source.id] = source
        return table

    @cached_property
    def articles(self) -> dict[str, Article]:
        """The articles that the claims are taken from."""
        return {a.id: a for a in self._claim_file.articles}

    @cached_property
    def groups(self) -> dict[str, ClaimGroup]:
        """Groups of claims about one fact."""
        return {g.id: g for g in self._claim_file.groups}

    def claims(self, *, parameter: str | None = None, group: str | None = None, article: str | None = None) -> tuple[Claim, ...]:
        """Claims about a parameter's path, of a group, of an article, or all of them."""
        found: Iterable[Claim] = self._claim_file.claims
        if parameter is not None:
            groups = {g.id for g in self.groups.values() if parameter in g.bears_on}
            found = [c for c in found if parameter in c.bears_on or c.group in groups]
        if group is not None:
            _lookup(self.groups, group, "group of claims")
            found = [c for c in found if c.group == group]
        if article is not None:
            _lookup(self.articles, article, "article")
            found = [c for c in found if c.article == article]
        return tuple(found)

    def claim(self, claim_id: str) -> Claim:
        """One claim by its id."""
        return _lookup({c.id: c for c in self._claim_file.claims}, claim_id, "claim")

    @cached_property
    def _claim_file(self) -> ClaimFile:
        return _read(self.root / "claims.yaml", ClaimFile)


def _built_in(name: str) -> Path:
    return DATA / "systems" / f"{name}.yaml"


def read_file(path: Path) -> YamlFile:
    """A file of the catalogue; one that cannot be read or holds no mapping is a `CatalogueError`."""
    shown = path.relative_to(DATA).as_posix() if path.is_relative_to(DATA) else str(path)  # short for the built-in data
    file = YamlFile(read_text(path, CatalogueError, shown), shown, CatalogueError)
    if not isinstance(file.data, dict):
        raise CatalogueError([Problem(shown, None, "", "is empty" if file.data is None else "must be a mapping of keys to values")])
    return file


def validated(file: YamlFile, kind: type[_M], data: dict[str, Any]) -> tuple[_M | None, list[Problem]]:
    """`data` (the file's own, perhaps completed) as a `kind`, or None, with what is wrong."""
    problems = list(file.duplicates())
    try:
        return kind.model_validate(data), problems
    except ValidationError as error:
        return None, problems + schema_problems(error, file, kind)


def read_system(path: Path, name: str) -> tuple[YamlFile, System | None, list[Problem]]:
    """The system in a file, or None, and every fault of it that shows without the rest of the catalogue."""
    file = read_file(path)
    system, problems = validated(file, System, _with_paths(file.data, name))
    for key, component in system.components.items() if system else ():
        if component.target_class is not None and component.kind not in FLYING:
            message = f"belongs to components of the kinds {' and '.join(FLYING)}, not {component.kind}"
            problems.append(file.problem(["components", key, "target_class"], message))
    for parameter in system.parameters.values() if system else ():
        problems += [file.problem(place_of(parameter, key), message, new_key=True) for key, message in parameter_faults(parameter)]
    return file, system, problems


def unknown_sources(file: YamlFile, system: System, known: Collection[str]) -> Iterator[Problem]:
    """Every report of a system that cites a source which does not exist."""
    for parameter in system.parameters.values():
        for i, report in enumerate(parameter.reports):
            if report.source not in known:
                yield file.problem(place_of(parameter, f"reports.{i}"), f"no source is called {report.source!r}", new_key=True)


def place_of(parameter: Parameter, key: str) -> Location:
    """Where a key of a parameter, such as ``reports.0``, stands in the file of its system."""
    _, component, own = parameter.path.split(".")
    return ["components", component, "parameters", own, *(int(k) if k.isdigit() else k for k in key.split("."))]


def _with_paths(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The same tree with the id of the system and the path of every parameter written in."""
    components = data.get("components")
    if not isinstance(components, dict):
        return {**data, "id": name}
    return {**data, "id": name, "components": {c: _component_with_paths(part, f"{name}.{c}") for c, part in components.items()}}


def _component_with_paths(component: Any, prefix: str) -> Any:
    if not isinstance(component, dict) or not isinstance(component.get("parameters"), dict):
        return component
    rows = {p: {**row, "path": f"{prefix}.{p}"} if isinstance(row, dict) else row for p, row in component["parameters"].items()}
    return {**component, "parameters": rows}


def _read(path: Path, kind: type[_M]) -> _M:
    file = read_file(path)
    content, problems = validated(file, kind, file.data)
    if content is None or problems:
        raise CatalogueError(problems)
    return content


def _system_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise CatalogueError([Problem(str(folder), None, "", "is not a folder of systems")])
    return {path.stem: path for path in sorted(folder.glob("*.yaml")) if _NAME.fullmatch(path.stem)}


def _misnamed(folder: Path) -> list[Problem]:
    """The YAML files of `folder` whose name cannot be that of a system."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in {".yaml", ".yml"} and path.suffix != ".yaml":
            found.append(Problem(str(path), None, "", f"the file of a system must end in .yaml, not {path.suffix}"))
        elif path.suffix == ".yaml" and not _NAME.fullmatch(path.stem):
            message = f"{path.stem!r} is not a name of a system; write small letters, digits, '-' and '_', a letter first"
            found.append(Problem(str(path), None, "", message))
    return found


def _lookup(table: dict[str, _T], key: str, what: str) -> _T:
    if key in table:
        return table[key]
    near = difflib.get_close_matches(key, list(table), n=2, cutoff=0.6)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; known: {', '.join(table)}" if len(table) < 40 else ""
    raise InputError(f"no {what} is called {key!r}{hint}")
