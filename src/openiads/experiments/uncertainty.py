"""The outer loop: values of the catalogue drawn within what open sources allow.

A drawn value stands for ignorance about one fact and is shared by everything of that type. Each parameter has its own
counter, keyed by its path, so that adding one changes no other's draws.

Laws: `fixed`; `pert`, a beta law with mode `nominal` and weight 4 (D. Malcolm, J. Roseboom, C. Clark, W. Fazar, Operations
Research 7 (1959) 646, in the scaled-beta form); `log_pert`, the same law of the logarithm; `discrete`, one of the options, the
nominal one twice as likely as each other; `choice`, never drawn: a structural variant that a study enumerates.
A draw group with versions takes one version for all rows, the nominal one twice as likely as each other. A draw group with a
correlation is tied by a one-factor Gaussian copula with that rank correlation (Spearman); its Pearson correlation is
2 sin(pi rho / 6) (K. Pearson, Drapers' Company Research Memoirs IV, 1907).

Not modelled: dependence between draw groups, and uncertainty about the shape of a law.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from openiads.catalogue.model import Parameter
from openiads.codes import Process
from openiads.errors import InputError
from openiads.state.rng import u01

PERT_WEIGHT = 4.0
NOMINAL_WEIGHT = 2.0

Floats = NDArray[np.float64]

#: Draws made together: alone, each would take several times as long.
_BLOCK = 64


@dataclass
class Draws:
    """The values of each draw, made when they are asked for: a million draws take minutes, and their worlds hours."""

    parameters: Sequence[Parameter]
    seed: int
    _first: int = -1
    _block: list[dict[str, float]] = field(default_factory=list)

    def values(self, draw: int) -> dict[str, float]:
        """One draw, as in `draw_values`."""
        first = draw - draw % _BLOCK
        if first != self._first:
            self._block, self._first = draw_values(self.parameters, _BLOCK, self.seed, first), first
        return self._block[draw - first]


def draw_values(parameters: Sequence[Parameter], n_draws: int, seed: int, first: int = 0) -> list[dict[str, float]]:
    """One mapping from path to SI value per draw; categories have no value and are left out.

    Parameters
    ----------
    parameters
        Rows of the catalogue; overridden rows keep the user's value.
    n_draws
        Number of draws; draw i does not depend on how many there are.
    seed
        0 <= seed < 2**32.
    first
        Number of the first draw.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"seed {seed} is not between 0 and {2**32 - 1}")
    if n_draws < 0:
        raise InputError(f"{n_draws} draws: the number must not be negative")
    numbers = [p for p in parameters if p.is_number]
    draws = range(first, first + n_draws)
    columns = {p.path: _column(p, draws, seed) for p in numbers}
    return [{path: float(column[i]) for path, column in columns.items()} for i in range(n_draws)]


def quantile_si(p: Parameter, u: Floats) -> Floats:
    """The value of `p` in SI units at the probabilities `u`, shape (n,), under its own law."""
    if p.dist in {"fixed", "choice"}:
        return np.full(len(u), p.si_nominal())
    if p.dist == "discrete":
        options = [float(o) for o in p.options]
        drawn = _pick(options, float(p.nominal), u)
    elif p.dist == "log_pert":
        drawn = np.exp(_pert(math.log(_number(p.low)), math.log(_number(p.nominal)), math.log(_number(p.high)), u))
    else:
        drawn = _pert(_number(p.low), _number(p.nominal), _number(p.high), u)
    inside = np.clip(drawn, _number(p.low), _number(p.high))
    return np.array([p.to_si(float(x)) for x in inside])


def _column(p: Parameter, draws: range, seed: int) -> Floats:
    if p.version:
        names = sorted(p.version)
        nominal = next(v for v in names if p.version[v] == p.nominal)
        versions = _pick(range(len(names)), names.index(nominal), _uniforms(_group(p), draws, seed))
        return np.array([p.version_value(names[int(v)]) for v in versions])
    u = _uniforms(p.path, draws, seed)
    if p.correlation is not None:
        pearson = 2.0 * math.sin(math.pi * p.correlation / 6.0)
        common = ndtri(_uniforms(_group(p), draws, seed))
        u = ndtr(math.sqrt(pearson) * common + math.sqrt(1.0 - pearson) * ndtri(u))
    return quantile_si(p, u)


def _group(p: Parameter) -> str:
    """The draw group within its own system."""
    return f"{p.path.partition('.')[0]}.{p.draw_group}"


def _uniforms(name: str, draws: range, seed: int) -> Floats:
    """One number in (0, 1) per draw for the entity `name`; the draw takes the place of the replication."""
    entity = zlib.crc32(name.encode())
    return np.array([u01(seed, i, int(Process.CATALOGUE), entity, 0, 0) for i in draws])


def _pert(low: float, mode: float, high: float, u: Floats) -> Floats:
    if low == high:
        return np.full(len(u), low)
    a = 1.0 + PERT_WEIGHT * (mode - low) / (high - low)
    b = 1.0 + PERT_WEIGHT * (high - mode) / (high - low)
    return np.asarray(low + (high - low) * betaincinv(a, b, u), dtype=np.float64)


def _pick(options: Iterable[float], nominal: float, u: Floats) -> Floats:
    values = np.array(sorted(options), dtype=np.float64)
    weights = np.where(values == nominal, NOMINAL_WEIGHT, 1.0)
    edges = np.cumsum(weights) / weights.sum()
    return np.asarray(values[np.searchsorted(edges, u, side="right").clip(max=len(values) - 1)])


def _number(value: bool | float | str | None) -> float:
    return float(value)  # type: ignore[arg-type]  # a parameter that is a number has nominal, low and high
