"""A simultaneous raid against a limited number of channels, in synchronous engagement cycles.

Not modelled: time within a cycle, finite magazines, assessment errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.arguments import require_count
from openiads.analytic.distribution import binomial
from openiads.analytic.salvo import salvo_leak_probability


@dataclass(frozen=True)
class SaturationOutcome:
    """Distribution of leakers, shape (threats + 1,), and the mean number of interceptors fired."""

    leakers: NDArray[np.float64]
    mean_interceptors: float


def saturation_cycles(threats: int, channels: int, cycles: int, shots: int, sspk: float) -> SaturationOutcome:
    """Each cycle engages min(channels, alive) different threats with one salvo each: a Markov chain over the number alive."""
    require_count("threats", threats)
    require_count("channels", channels)
    require_count("cycles", cycles)
    p_leak = salvo_leak_probability(sspk, shots)
    alive = np.zeros(threats + 1)
    alive[threats] = 1.0
    fired = 0.0
    engaged = np.minimum(np.arange(threats + 1), channels)
    survivors = [binomial(n, p_leak) for n in range(min(threats, channels) + 1)]
    for _ in range(cycles):
        fired += shots * float(engaged @ alive)
        after = np.zeros_like(alive)
        for n in range(threats + 1):
            after[n - engaged[n] : n + 1] += alive[n] * survivors[engaged[n]]
        alive = after
    return SaturationOutcome(alive, fired)
