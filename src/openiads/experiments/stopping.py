"""When there are enough replicates, and when the user has had enough.

A rule that looks at the data after every replicate stops too early too often, so the half-width is tested only at the fixed counts
64 x 2^k, over replicates in the order of their numbers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Self

from numpy.typing import ArrayLike

from openiads.analytic.intervals import bounded_mean_estimate
from openiads.errors import InputError

FIRST_COUNT = 64
#: 64 x 2^14: the tables of more replicates would not fit in memory.
MOST_REPLICATES = FIRST_COUNT << 14


def counts_to_test() -> Iterator[int]:
    """64, 128, 256, ... up to `MOST_REPLICATES`."""
    count = FIRST_COUNT
    while count <= MOST_REPLICATES:
        yield count
        count *= 2


def precise_enough(leakers: ArrayLike, threats: int, half_width: float) -> bool:
    """Whether the mean of leakers (n,), each between 0 and `threats`, is known to +/- `half_width` (95 %).

    The longer side of the interval counts. Nights that are all alike do not stop a run at once: a rarer kind may exist, and
    `bounded_mean_estimate` says how far it could move the mean.
    """
    mean, lower, upper = bounded_mean_estimate(leakers, threats)
    return max(mean - lower, upper - mean) <= half_width


def require_half_width(half_width: float) -> None:
    """An `InputError` unless `half_width` is a positive number."""
    if not 0.0 < half_width < float("inf"):
        raise InputError(f"--until-half-width {half_width:g}: the half-width must be greater than 0 and finite")


class CtrlC:
    """``with CtrlC() as ctrl_c``: remembers an interrupt. The exception alone can get lost inside a call of the compiled core."""

    def __init__(self) -> None:
        self.pressed = False
        self._before: Callable[[int, FrameType | None], Any] | None = None

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True
        if self._before is not None:
            self._before(number, frame)

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if it was pressed."""
        if self.pressed:
            raise KeyboardInterrupt
