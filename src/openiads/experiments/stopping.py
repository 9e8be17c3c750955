"""When there are enough replicates, and when the user has had enough.

A rule that looks at the data after every replicate stops too early too often, so the half-width is tested only at the fixed counts
64 x 2^k, over replicates in the order of their numbers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from openiads.errors import InputError
from openiads.metrics.spreads import simulation_error

FIRST_COUNT = 64
#: 64 x 2^14: the tables of more replicates would not fit in memory.
MOST_REPLICATES = FIRST_COUNT << 14


def counts_to_test() -> Iterator[int]:
    """64, 128, 256, ... up to `MOST_REPLICATES`."""
    count = FIRST_COUNT
    while count <= MOST_REPLICATES:
        yield count
        count *= 2


def precise_enough(leakers: ArrayLike, half_width: float) -> bool:
    """Whether the 95 % half-width of the mean of leakers (n,) is at most `half_width`."""
    error = simulation_error(np.asarray(leakers, dtype=np.float64))
    return error is not None and error <= half_width


def require_half_width(half_width: float) -> None:
    """An `InputError` unless `half_width` is a positive number."""
    if not 0.0 < half_width < float("inf"):
        raise InputError(f"--until-half-width {half_width:g}: the half-width must be greater than 0")


class CtrlC:
    """``with CtrlC() as ctrl_c``: remembers an interrupt. The exception alone can get lost inside a call of the compiled core."""

    def __init__(self) -> None:
        self.pressed = False
        self._ours = False

    def __enter__(self) -> Self:
        main = threading.current_thread() is threading.main_thread()
        self._ours = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._ours:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _press(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True
        signal.default_int_handler(number, frame)

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if it was pressed."""
        if self.pressed:
            raise KeyboardInterrupt
