"""From records to answers: spreads, shares, causes."""

from openiads.metrics.budget import time_budget
from openiads.metrics.summary import Outcomes, answers

__all__ = ["Outcomes", "answers", "time_budget"]
