"""From a scenario to a run."""

from openiads.simulation.lower.bind import bind
from openiads.simulation.lower.scenario import Lowered, Names, lower
from openiads.simulation.session import Session

__all__ = ["Lowered", "Names", "Session", "bind", "lower"]
