"""From records to answers: spreads, shares, causes."""

from openiads.metrics.summary import Outcomes, answers

__all__ = ["Outcomes", "answers"]
