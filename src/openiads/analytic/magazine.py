"""Finite magazines without reload, threats strictly one after another.

Not modelled: time, several magazines, reload, assessment errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.arguments import require_count, require_probability
from openiads.analytic.distribution import binomial
from openiads.analytic.salvo import salvo_leak_probability


@dataclass(frozen=True)
class MagazineOutcome:
    """What a raid leaves: distribution of leakers, shape (threats + 1,), and the mean number of rounds not fired."""

    leakers: NDArray[np.float64]
    mean_rounds_left: float


def fixed_salvo(threats: int, magazine: int, shots: int, sspk: float) -> MagazineOutcome:
    """Every threat gets `shots` rounds; the last one that is engaged gets what is left, those after it get none."""
    require_count("threats", threats)
    require_count("magazine", magazine)
    require_count("shots per threat", shots, least=1)
    full = min(threats, magazine // shots)
    rest = magazine - full * shots if full < threats else 0
    leakers = binomial(full, salvo_leak_probability(sspk, shots))
    if full < threats:
        p_leak = salvo_leak_probability(sspk, rest)
        leakers = np.convolve(leakers, [1.0 - p_leak, p_leak])
    unengaged = threats + 1 - leakers.size
    return MagazineOutcome(np.concatenate([np.zeros(unengaged), leakers]), float(max(0, magazine - threats * shots)))


def magazine_shoot_look_shoot(threats: int, magazine: int, most_shots: int, sspk: float) -> MagazineOutcome:
    """Single shots with perfect assessment, at most `most_shots` per threat, until the magazine is empty.

    Dynamic programming, threat by threat, over the joint distribution of rounds left and leakers.
    """
    require_count("threats", threats)
    require_count("magazine", magazine)
    require_count("shots per threat", most_shots)
    require_probability("sspk", sspk)
    joint = np.zeros((magazine + 1, threats + 1))
    joint[magazine, 0] = 1.0
    for _ in range(threats):
        after = np.zeros_like(joint)
        for rounds in range(magazine + 1):
            shots = min(most_shots, rounds)
            for fired in range(1, shots + 1):
                after[rounds - fired] += joint[rounds] * sspk * (1.0 - sspk) ** (fired - 1)
            after[rounds - shots, 1:] += joint[rounds, :-1] * (1.0 - sspk) ** shots
        joint = after
    return MagazineOutcome(joint.sum(axis=0), float(np.arange(magazine + 1) @ joint.sum(axis=1)))
