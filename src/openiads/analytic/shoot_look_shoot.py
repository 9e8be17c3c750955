"""Shoot, look, shoot again: leakage and expenditure per threat, with perfect and imperfect kill assessment.

Not modelled: time (the number of salvos that fit is an input), finite magazines (`magazine`), assessment errors that depend on
each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openiads.analytic.arguments import require_count, require_probability


@dataclass(frozen=True)
class PerThreat:
    """Outcome of one threat."""

    p_leak: float
    mean_interceptors: float


def shoot_look_shoot(sspk: float, salvos: Sequence[int], p_false_alive: float = 0.0, p_false_kill: float = 0.0) -> PerThreat:
    """Salvos in turn until the threat is called killed or the sequence ends.

    After every salvo but the last, a dead threat is called alive with probability `p_false_alive` and then receives the next
    salvo too; a living one is called killed with probability `p_false_kill` and is then never engaged again. A two-state Markov
    chain (alive and open, dead and open) over the salvos.
    """
    for name, value in (("sspk", sspk), ("p_false_alive", p_false_alive), ("p_false_kill", p_false_kill)):
        require_probability(name, value)
    alive, dead, given_up, fired = 1.0, 0.0, 0.0, 0.0
    for i, shots in enumerate(salvos):
        require_count("shots in a salvo", shots, least=1)
        fired += shots * (alive + dead)
        survived = alive * (1.0 - sspk) ** shots
        alive, dead = survived, dead + (alive - survived)
        if i < len(salvos) - 1:
            given_up += alive * p_false_kill
            alive *= 1.0 - p_false_kill
            dead *= p_false_alive
    return PerThreat(alive + given_up, fired)
