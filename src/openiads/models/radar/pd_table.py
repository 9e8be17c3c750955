"""The exact detection law as a table that a run can afford: cubic pieces with the exact values and slopes at their ends.

Each octave of signal-to-noise ratio has the same number of equal cells, so that the leading bits of a number name its cell and no
logarithm is needed. Slopes are limited after Fritsch and Carlson, so the interpolant never falls. For every Swerling case, 1 to 1000
pulses and false-alarm probabilities from 1e-12 to 1e-2 the error is below 1e-6. Below -60.2 dB and above 78.3 dB per pulse the end
value holds.

Reference: F. N. Fritsch and R. E. Carlson, "Monotone piecewise cubic interpolation", SIAM J. Numerical Analysis 17 (1980), 238-246.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openiads.kernel import inlined

PD_CELL = np.dtype([("pd", "f8"), ("linear", "f8"), ("square", "f8"), ("cube", "f8")])
"""Probability of detection at the start of a cell, and its coefficients in the share of the cell."""

_FIRST_OCTAVE, _LAST_OCTAVE = -20, 26
_LEAST_SNR = 2.0**_FIRST_OCTAVE
#: A cell is named by the exponent and the first 6 of the 52 bits of the mantissa of an IEEE 754 double.
_CELLS_PER_OCTAVE = 64
_BITS = 52 - 6
_SHARE = (1 << _BITS) - 1
_PER_SHARE = 2.0**-_BITS
_FIRST = (1023 + _FIRST_OCTAVE) * _CELLS_PER_OCTAVE
_CELLS = (_LAST_OCTAVE - _FIRST_OCTAVE) * _CELLS_PER_OCTAVE
N_ROWS = _CELLS + 1
"""The last row is the value from the last octave on."""


def make_pd_table(swerling: int, n_pulses: int, pfa: float) -> NDArray[np.void]:
    """Table of one radar mode, shape (N_ROWS,) of `PD_CELL`."""
    from openiads.models.radar.detection import detection_curve

    octave, cell = np.divmod(np.arange(N_ROWS), _CELLS_PER_OCTAVE)
    width = 2.0 ** (_FIRST_OCTAVE + octave) / _CELLS_PER_OCTAVE
    snr = width * (_CELLS_PER_OCTAVE + cell)
    pd, slope = detection_curve(snr, pfa, swerling, n_pulses)
    pd = np.maximum.accumulate(pd)  # undoes rounding where it is 1
    rise, width, slope = np.diff(pd), width[:-1], slope / snr
    start, end = (np.minimum(part * width, 3.0 * rise) for part in (slope[:-1], slope[1:]))
    table = np.zeros(N_ROWS, dtype=PD_CELL)
    table["pd"] = pd
    table["linear"][:-1] = start
    table["square"][:-1] = 3.0 * rise - 2.0 * start - end
    table["cube"][:-1] = start + end - 2.0 * rise
    return table


@inlined
def pd_from_table(table: NDArray[np.void], offset: int, snr: float) -> float:
    """Probability of detection at `snr` (linear, per pulse) from the table whose first row is `table[offset]`."""
    if not snr > _LEAST_SNR:
        return table[offset]["pd"]
    bits: int = np.float64(snr).view(np.int64)  # type: ignore[assignment]  # int64, which annotations call int
    cell = table[offset + min((bits >> _BITS) - _FIRST, _CELLS)]
    t = float(bits & _SHARE) * _PER_SHARE
    return cell["pd"] + t * (cell["linear"] + t * (cell["square"] + t * cell["cube"]))
