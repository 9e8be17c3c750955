"""Arc functions that are cheap for small angles, as most angles at the centre of the earth are.

Power series (M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 4.4.40 and 4.4.42), cut where the first term left out is
below the rounding of the result; beyond that the library's functions.
"""

from __future__ import annotations

import math

from openiads.kernel import inlined

_SMALL = 0.05


@inlined
def asin(x: float) -> float:
    """The angle whose sine is `x`, from 0 on."""
    if x > _SMALL:
        return math.asin(x)
    y = x * x
    return x * (1.0 + y * (1.0 / 6.0 + y * (3.0 / 40.0 + y * (15.0 / 336.0 + y * (105.0 / 3456.0 + y * (945.0 / 42240.0))))))


@inlined
def atan2(y: float, x: float) -> float:
    """The angle of the point (x, y)."""
    if not abs(y) < _SMALL * x:
        return math.atan2(y, x)
    t = y / x
    z = t * t
    return t * (1.0 - z * (1.0 / 3.0 - z * (1.0 / 5.0 - z * (1.0 / 7.0 - z * (1.0 / 9.0 - z * (1.0 / 11.0))))))
