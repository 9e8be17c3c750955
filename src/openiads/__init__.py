"""OpenIADS: an open simulator of integrated air and missile defence.

How well does a stated defence hold against a stated raid, why does it fail when it fails, and which number decides the answer.
The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openiads.version import __version__

if TYPE_CHECKING:
    from openiads.catalogue import load_catalogue
    from openiads.errors import OpenIADSError
    from openiads.experiments.run import run_experiment
    from openiads.records import load_record
    from openiads.reports import write_report
    from openiads.scenario import load_scenario
    from openiads.simulation.session import Session

__all__ = [
    "OpenIADSError",
    "Session",
    "__version__",
    "load_catalogue",
    "load_record",
    "load_scenario",
    "run_experiment",
    "write_report",
]

_HOMES = {
    "OpenIADSError": "openiads.errors",
    "Session": "openiads.simulation.session",
    "load_catalogue": "openiads.catalogue",
    "load_record": "openiads.records",
    "load_scenario": "openiads.scenario",
    "run_experiment": "openiads.experiments.run",
    "write_report": "openiads.reports",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'openiads' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
