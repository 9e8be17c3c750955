"""OpenIADS: an open simulator of integrated air and missile defence.

How well does a stated defence hold against a stated raid, why does it fail when it fails, and which number decides the answer.
The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openiads.version import __version__

__all__ = [
    "OpenIADSError",
    "Options",
    "Plots",
    "Record",
    "Scenario",
    "Session",
    "Tracker",
    "TrackerOptions",
    "Tracks",
    "__version__",
    "check_scenario",
    "coverage",
    "example",
    "load_catalogue",
    "load_record",
    "load_scenario",
    "lower",
    "run_experiment",
    "simulate",
    "write_report",
]

_HOMES = {
    "OpenIADSError": "openiads.errors",
    "Options": "openiads.experiments.options",
    "Plots": "openiads.simulation.tracker",
    "Record": "openiads.records",
    "Scenario": "openiads.scenario",
    "Session": "openiads.simulation.session",
    "Tracker": "openiads.simulation.tracker",
    "TrackerOptions": "openiads.simulation.tracker",
    "Tracks": "openiads.simulation.tracker",
    "check_scenario": "openiads.scenario",
    "coverage": "openiads.simulation.coverage",
    "example": "openiads.scenario",
    "load_catalogue": "openiads.catalogue",
    "load_record": "openiads.records",
    "load_scenario": "openiads.scenario",
    "lower": "openiads.simulation.lower.scenario",
    "run_experiment": "openiads.experiments.run",
    "simulate": "openiads.experiments.simulate",
    "write_report": "openiads.reports",
}

if TYPE_CHECKING:
    from openiads.catalogue import load_catalogue
    from openiads.errors import OpenIADSError
    from openiads.experiments.options import Options
    from openiads.experiments.run import run_experiment
    from openiads.experiments.simulate import simulate
    from openiads.records import Record, load_record
    from openiads.reports import write_report
    from openiads.scenario import Scenario, check_scenario, example, load_scenario
    from openiads.simulation.coverage import coverage
    from openiads.simulation.lower.scenario import lower
    from openiads.simulation.session import Session
    from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, Tracks
else:  # hidden from type checkers, which would take any name for a public one

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'openiads' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
