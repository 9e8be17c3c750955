"""How often to run and with what. Importing this loads nothing heavy, so that a bad option is refused at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openiads.errors import InputError, ScenarioError

if TYPE_CHECKING:
    from openiads.scenario.schema import Run

#: Replicates kept with events and tracks unless the user says otherwise: number 0, the median, the worst.
KEEP = 3
MOST_WORKERS = 1024
#: Work shorter than this starts no pool.
POOL_FROM_S = 3.0


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

    def require_usable(self) -> None:
        """An `InputError` for what is wrong whatever the scenario says."""
        if self.runs is not None and self.until_half_width is not None:
            raise InputError("--runs and --until-half-width exclude each other; keep one")
        if self.until_half_width is not None and not 0.0 < self.until_half_width < float("inf"):
            raise InputError(f"--until-half-width {self.until_half_width:g}: the half-width must be greater than 0 and finite")
        if self.workers is not None and not 1 <= self.workers <= MOST_WORKERS:
            raise InputError(f"--workers: {self.workers} must be at least 1 and at most {MOST_WORKERS}")
        if self.keep < 0:
            raise InputError(f"--keep: {self.keep} must be at least 0")
        if self.counts:
            checked_run({"draws": 0, "replicates": 1, **self.counts})


def checked_run(values: Mapping[str, object]) -> Run:
    """The section `run` with these values; an `InputError` names the options that the rules of the scenario file refuse."""
    from pydantic import ValidationError

    from openiads.documents.problems import schema_problems
    from openiads.documents.yamlfile import YamlFile
    from openiads.scenario.schema import Run

    try:
        return Run.model_validate(values)
    except ValidationError as error:
        options = YamlFile("\n".join(f"{name}: {json.dumps(value)}" for name, value in values.items()), "options", ScenarioError)
        problems = schema_problems(error, options, Run)
        raise InputError("\n".join(f"--{p.key}: {p.message}" if p.key else p.message for p in problems)) from None
