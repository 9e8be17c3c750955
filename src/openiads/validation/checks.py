"""One comparison of a computed value with an oracle's, and what a handler of oracle cases receives and returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, Literal

Kind = Literal["abs", "rel", "exact", "band"]


@dataclass(frozen=True)
class Check:
    """A value that the code gave beside the value that the oracle states.

    `kind` says what `tolerance` means: ``abs`` the largest difference in the unit of the value; ``rel`` the largest
    difference as a share of the wanted value (for a wanted 0, of 1); ``exact`` nothing, the two must be equal; ``band`` half
    the width of an accepted interval whose middle is `want` (see `band`).
    """

    name: str
    got: float | str
    want: float | str
    tolerance: float
    kind: Kind

    def __post_init__(self) -> None:
        numbers = (self.tolerance,) if self.kind == "exact" else (self.tolerance, self.got, self.want)
        for value in numbers:
            if not isinstance(value, Real):
                raise TypeError(f"{self.name}: {value!r} is not a number")

    def error_ratio(self) -> float:
        """Error divided by tolerance: at most 1 passes. ``exact`` gives 0 or infinity; a NaN is infinitely wrong."""
        if self.kind == "exact":
            return 0.0 if self.got == self.want else math.inf
        got, want = float(self.got), float(self.want)
        if got == want:
            return 0.0
        allowed = self.tolerance
        if self.kind == "rel" and want != 0.0:
            allowed *= abs(want)
        error = abs(got - want)
        if math.isnan(error) or allowed <= 0.0:
            return math.inf
        return error / allowed


def band(name: str, got: float, low: float, high: float) -> Check:
    """A check that passes when low <= got <= high."""
    return Check(name, got, 0.5 * (low + high), 0.5 * (high - low), "band")


@dataclass(frozen=True)
class CaseContext:
    """What a handler may know beside the case's inputs, expected values and tolerance."""

    topic: str
    data: Path | None  # folder of larger files that cases name, if the user gave one
    seed: int  # of everything that is drawn


#: A handler gets one case (a mapping with `quantity`, `inputs`, `expected`, `tolerance`, ...) and returns its checks.
Handler = Callable[[Mapping[str, Any], CaseContext], list[Check]]


@dataclass(frozen=True)
class Law:
    """A handler, and the keys of a case that it reads; ``a?`` may be left out, ``a|b`` is one or the other, ``~`` is a space in a key."""

    answer: Handler
    inputs: str
    expected: str
    tolerance: str

    @property
    def expected_keys(self) -> frozenset[str]:
        """Keys of `expected` that the law answers."""
        return frozenset(key for name in names(self.expected) for key in name.removesuffix("?").split("|"))


def names(keys: str) -> list[str]:
    """The keys of a `Law`, one by one."""
    return [key.replace("~", " ") for key in keys.split()]


class UncoveredError(Exception):
    """Raised by a handler for a case whose question no law here answers; the message says what is missing."""


def compare(expected: Mapping[str, Any], got: Mapping[str, float], tolerance: float, kind: Kind) -> list[Check]:
    """One check per expected value, all with one tolerance; an expected value that `got` lacks makes the case uncovered."""
    missing = sorted(set(expected) - set(got))
    if missing:
        raise UncoveredError(f"no law here gives {', '.join(missing)}")
    return [Check(name, got[name], want, tolerance, kind) for name, want in expected.items()]
