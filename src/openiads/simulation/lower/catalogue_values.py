"""Catalogue rows as one run uses them: with version and overrides, drawn values for nominal ones, and a list of all that was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openiads.catalogue import Catalogue, Override, Parameter
from openiads.errors import InputError


class RowError(InputError):
    """Rows of a unit, by component.parameter, whose values cannot stand together."""

    def __init__(self, names: Sequence[str], message: str) -> None:
        self.names = names
        super().__init__(message)


class Values:
    """What a run reads from the catalogue. `drawn` maps paths of parameters to SI values that replace the nominal ones."""

    def __init__(self, catalogue: Catalogue, drawn: Mapping[str, float] | None = None) -> None:
        self.catalogue = catalogue
        self._drawn: Mapping[str, float] = drawn or {}
        self._used: dict[tuple[str, str], Parameter] = {}
        self._notes: dict[str, None] = {}

    def with_drawn(self, drawn: Mapping[str, float]) -> Values:
        """The same rows with other drawn values; rows that were read before are not looked up again."""
        other = Values(self.catalogue, drawn)
        other._used = self._used.copy()
        return other

    def of(self, system: str) -> Rows:
        """The rows of a system of the raid, or of one that serves all units."""
        return Rows(self, system, None, {})

    def of_unit(self, system: str, version: str | None, override: Mapping[str, Override]) -> Rows:
        """The rows of a system as a unit of this version has them, with the user's values in place of the catalogue's."""
        return Rows(self, system, version, override)

    def note(self, text: str) -> None:
        """Remember an assumption that no row of the catalogue states."""
        self._notes[text] = None

    @property
    def are_nominal(self) -> bool:
        """Whether no drawn value stands in for a nominal one."""
        return not self._drawn

    @property
    def notes(self) -> tuple[str, ...]:
        """The assumptions, each once, in the order in which lowering met them."""
        return tuple(self._notes)

    @property
    def used(self) -> tuple[Parameter, ...]:
        """Every row that was read, as it was used. A path appears twice where one unit overrides it; the fixed row stands first."""
        return tuple(sorted(self._used.values(), key=lambda row: row.override is None))

    def row(self, path: str, version: str | None, override: Override | None) -> Parameter:
        """One row of the catalogue, resolved and remembered."""
        key = (path, f"{version} {override and override.value}")
        if key not in self._used:
            row = self.catalogue.parameter(path)
            if override is not None:
                row = row.with_override(override)
            elif version is not None:
                row = row.with_version(version)
            self._used[key] = row
        return self._used[key]

    def si(self, row: Parameter, *, settled: bool) -> float:
        """The value of a row in SI units: the drawn one, unless the user's or the version's is `settled`."""
        return row.si_nominal() if settled else self._drawn.get(row.path, row.si_nominal())


class Rows:
    """The rows of one system, by component.parameter."""

    def __init__(self, values: Values, system: str, version: str | None, override: Mapping[str, Override]) -> None:
        self._values = values
        self._parameters = values.catalogue.system(system).parameters
        self.system = system
        self._version = version
        self._override = override

    def has(self, name: str) -> bool:
        """Whether the system states component.parameter."""
        return f"{self.system}.{name}" in self._parameters

    def names(self, component: str) -> tuple[str, ...]:
        """Names of the parameters of a component."""
        return tuple(self._values.catalogue.system(self.system).components[component].parameters)

    def refused(self, names: Sequence[str], message: str) -> RowError:
        """The error that these rows cannot stand together as they are; they are named by their paths."""
        return RowError(names, f"{' and '.join(f'{self.system}.{name}' for name in names)}: {message}")

    @property
    def are_nominal(self) -> bool:
        """Whether no drawn value stands in for a nominal one."""
        return self._values.are_nominal

    def is_overridden(self, name: str) -> bool:
        """Whether the user put a value in place of this one."""
        return name in self._override

    def row(self, name: str) -> Parameter:
        """The row of component.parameter, which enters the run."""
        path = f"{self.system}.{name}"
        version = self._version if self._parameters[path].version else None
        return self._values.row(path, version, self._override.get(name))

    def si(self, name: str) -> float:
        """Its value in SI units."""
        row = self.row(name)
        versioned = self._version is not None and bool(self._parameters[row.path].version)
        return self._values.si(row, settled=versioned or self.is_overridden(name))

    def count(self, name: str) -> int:
        """Its value as a whole number: drawn values are rounded."""
        return round(self.si(name))

    def word(self, name: str) -> str:
        """A category."""
        return str(self.row(name).nominal)

    def cv(self, name: str) -> float:
        """Event-to-event spread of the row (coefficient of variation); 0 without one."""
        aleatory = self.row(name).aleatory
        return float(aleatory.cv) if aleatory is not None else 0.0
