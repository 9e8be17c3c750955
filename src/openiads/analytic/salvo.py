"""Salvos of independent shots: one layer, several layers, and the barrage that a required probability of no leaker needs.

Every shot kills with the same single-shot probability `sspk`, independently of all others.

Not modelled: finite magazines (`magazine`), channels (`saturation`), decoys, shots with a common cause of failure, except for the
all-or-nothing tracking factor of `barrage`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.arguments import require_count, require_probability
from openiads.analytic.distribution import binomial
from openiads.errors import InputError


def salvo_leak_probability(sspk: float, shots: int) -> float:
    """Probability that all of `shots` miss: (1 - sspk)^n."""
    require_probability("sspk", sspk)
    require_count("shots", shots)
    return float((1.0 - sspk) ** shots)


def salvo_leakers(threats: int, shots: int, sspk: float) -> NDArray[np.float64]:
    """Distribution of leakers, shape (threats + 1,), when every threat gets a salvo: binomial."""
    require_count("threats", threats)
    return binomial(threats, salvo_leak_probability(sspk, shots))


@dataclass(frozen=True)
class Layer:
    """One defensive layer: every threat that reaches it gets one salvo."""

    sspk: float
    shots: int


def layered_leak_probability(layers: Sequence[Layer]) -> float:
    """Probability that one threat passes all layers in turn, with perfect hand-over: the product of the layers' leakages."""
    return math.prod(salvo_leak_probability(layer.sspk, layer.shots) for layer in layers)


def layered_interceptors(layers: Sequence[Layer]) -> float:
    """Mean number of interceptors fired at one threat: each layer fires only at what the layers before it let through."""
    return sum(layer.shots * layered_leak_probability(layers[:i]) for i, layer in enumerate(layers))


@dataclass(frozen=True)
class Barrage:
    """The least barrage that meets a requirement."""

    shots_per_warhead: int
    total_interceptors: int
    p_zero_leak: float


def barrage(warheads: int, sspk: float, p_track: float, required_p_zero_leak: float) -> Barrage:
    """Least equal number of shots per warhead with p_track [1 - (1 - sspk)^n]^W >= the required probability of no leaker.

    `p_track` is a common cause: with probability 1 - p_track nothing is engaged at all.

    Reference: D. Wilkening, "A simple model for calculating ballistic missile defense effectiveness", Science & Global
    Security 8 (1999).
    """
    require_count("warheads", warheads, least=1)
    for name, value in (("sspk", sspk), ("p_track", p_track), ("required probability", required_p_zero_leak)):
        require_probability(name, value)
    reachable = required_p_zero_leak < p_track or (sspk == 1.0 and required_p_zero_leak == p_track)
    if sspk == 0.0 or not reachable:
        raise InputError(f"no number of shots reaches a probability of {required_p_zero_leak} with sspk {sspk} and p_track {p_track}")
    shots = 0
    p_zero_leak = 0.0
    while p_zero_leak < required_p_zero_leak or shots == 0:
        shots += 1
        p_zero_leak = p_track * (1.0 - salvo_leak_probability(sspk, shots)) ** warheads
    return Barrage(shots, shots * warheads, p_zero_leak)
