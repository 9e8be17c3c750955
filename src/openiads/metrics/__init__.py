"""From records to answers: spreads, shares, causes."""

from openiads.metrics.budget import time_budget
from openiads.metrics.lifted import Lifted
from openiads.metrics.summary import Outcomes, answers, met_ranges

__all__ = ["Lifted", "Outcomes", "answers", "met_ranges", "time_budget"]
