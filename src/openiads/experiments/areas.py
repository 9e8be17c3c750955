"""The coverage of a defence as the record keeps it: a table by height and bearing, and the areas of the summary."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from openiads.records.tables import Names, make_table
from openiads.simulation.coverage import COVERAGE_ROW, KINDS, LEAST_PD, Coverage, Probe


def coverage_table(coverage: Coverage) -> pa.Table:
    """The table coverage."""
    names = Names(coverage.rows["probe"], [probe.name for probe in coverage.task.probes])
    return make_table("coverage", {"class": names, **{name: coverage.rows[name] for name in COVERAGE_ROW.names or () if name != "probe"}})


def coverage_summary(coverage: Coverage) -> dict[str, Any]:
    """The part `coverage` of the summary."""
    return {
        "centre": coverage.task.centre.name,
        "bearings": coverage.bearings,
        "replicates": coverage.replicates,
        "cell_m": coverage.cell_m,
        "least_pd": LEAST_PD,
        "heights": [_height(coverage, k, probe) for k, probe in enumerate(coverage.task.probes)],
    }


def _height(coverage: Coverage, k: int, probe: Probe) -> dict[str, Any]:
    rows, rcs_m2 = coverage.rows[coverage.rows["probe"] == k], coverage.task.plan.rcs_m2[probe.klass]
    return {
        "class": probe.name,
        "height_m": probe.height_m,
        "speed_mps": probe.speed_mps,
        "rcs_least_m2": min(rcs_m2),
        "rcs_greatest_m2": max(rcs_m2),
        "firm_m": _end(float(np.fmax.reduce(rows["firm_m"]))),
        **{
            kind: {
                "outer_m": _end(float(np.fmax.reduce(rows[f"{kind}_outer_m"]))),
                "inner_m": _end(float(np.fmin.reduce(rows[f"{kind}_inner_m"]))),
                "area_m2": float(rows[f"{kind}_area_m2"].sum()),
            }
            for kind in KINDS
        },
    }


def _end(range_m: float) -> float | None:
    return None if math.isnan(range_m) else range_m
