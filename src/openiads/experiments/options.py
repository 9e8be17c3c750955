"""How often to run and with what. Importing this loads nothing heavy, so that a bad option is refused at once."""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from openiads.errors import InputError, ScenarioError

#: Replicates kept with events and tracks unless the user says otherwise: number 0, the median, the worst.
KEEP = 3
MOST_WORKERS = 1024
#: Work shorter than this starts no pool.
POOL_FROM_S = 3.0

_WHOLE = ("runs", "draws", "replicates", "seed", "workers", "keep")


@dataclass(frozen=True)
class Options:
    """How often to run and with what; None takes the scenario's value. The options of `openiads run`, for `run_experiment`."""

    runs: int | None = None
    """Nominal replicates, exactly."""
    until_half_width: float | None = None
    """Nominal replicates until the 95 % half-width of the mean number of leakers is at most this; tested at 64 x 2^k."""
    draws: int | None = None
    replicates: int | None = None
    """Replicates per draw."""
    seed: int | None = None
    lift: str | None = None
    """Limits that are lifted one at a time: all, none, or names of `scenario.schema.LIFTS` with commas between them."""
    workers: int | None = None
    """Worker processes; None takes one per processor. The answer does not depend on it."""
    keep: int = KEEP
    """Replicates kept with events and tracks: number 0, the worst, the median, then the next worst."""
    resume: bool = False
    """Go on with the run in the folder: interrupted, or with more to do."""
    pool_from_s: float = POOL_FROM_S
    """Work expected to be shorter than this starts no worker processes."""

    @property
    def counts(self) -> dict[str, int | str]:
        """What takes the place of values in the scenario's section `run`."""
        stated = {"runs": self.runs, "draws": self.draws, "replicates": self.replicates, "seed": self.seed, "lift": self.lift}
        return {name: value for name, value in stated.items() if value is not None}

    def __post_init__(self) -> None:
        """Numbers of any kind, such as those of numpy, become Python's; `require_usable` speaks about anything else."""
        for name in _WHOLE:
            if not isinstance(value := getattr(self, name), bool):
                with contextlib.suppress(TypeError):
                    object.__setattr__(self, name, operator.index(value))
        if isinstance(self.until_half_width, Real) and not isinstance(self.until_half_width, bool):
            object.__setattr__(self, "until_half_width", float(self.until_half_width))

    def require_usable(self) -> None:
        """An `OptionsError` for what is wrong whatever the scenario says."""
        faults = list(self._faults())
        if not faults and self.counts:
            faults = _run_faults({"draws": 0, "replicates": 1, **self.counts})
        if faults:
            raise OptionsError(faults)

    def _faults(self) -> Iterator[Fault]:
        wanted = self.until_half_width
        if self.runs is not None and wanted is not None:
            yield ("runs", "until_half_width"), "exclude each other; keep one"
        if wanted is not None and type(wanted) is not float:
            yield ("until_half_width",), f"{wanted!r} must be a number"
        elif wanted is not None and not 0.0 < wanted < float("inf"):
            yield ("until_half_width",), f"{wanted:g} must be greater than 0 and finite"
        for name, least, most in (("workers", 1, MOST_WORKERS), ("keep", 0, None)):
            value = getattr(self, name)
            if value is None and name != "keep":
                continue
            if type(value) is not int:
                yield (name,), f"{value!r} must be a whole number"
            elif value < least or (most is not None and value > most):
                yield (name,), f"{value} must be at least {least}" + (f" and at most {most}" if most else "")


Fault = tuple[tuple[str, ...], str]
"""Names of options, and what is wrong with them."""


class OptionsError(InputError):
    """Options that cannot be used, by the names of the fields of `Options`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        super().__init__(self.said(str))

    def said(self, as_named: Callable[[str], str]) -> str:
        """Each fault on a line, with names as the user has written them."""
        return "\n".join(f"{' and '.join(map(as_named, names))}: {message}".removeprefix(": ") for names, message in self._faults)


def _run_faults(values: Mapping[str, object]) -> list[Fault]:
    """What the rules of the section `run` of a scenario refuse in these values."""
    from pydantic import ValidationError

    from openiads.documents.problems import schema_problems
    from openiads.documents.yamlfile import YamlFile
    from openiads.scenario.schema import Run

    try:
        Run.model_validate(values)
    except ValidationError as error:
        options = YamlFile(
            "\n".join(f"{name}: {json.dumps(value, default=str)}" for name, value in values.items()), "options", ScenarioError
        )
        return [((p.key,) if p.key else (), p.message + (f" {p.hint}" if p.hint else "")) for p in schema_problems(error, options, Run)]
    return []
