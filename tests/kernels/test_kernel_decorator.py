"""The switches of the one decorator: each test fails if its switch stops working."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import openiads
from openiads.engine.loop import replicate
from openiads.kernel import config, core_digest, kernel
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.simulation.warm import smallest_plan

compiled = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="looks at the compiler, which is switched off")


@kernel
def _halved(x: float) -> float:
    """Half of `x`."""
    return 0.5 * x


@kernel
def _sum_of_constants() -> float:
    """Calls another kernel with three constants and a number."""
    return _halved(1.0) + _halved(2.0) + _halved(3.0)


@kernel
def _allocates(n: int) -> int:
    """Makes an array, which kernels may not."""
    return len(np.zeros(n))


@kernel
def _before_the_first(values: Any, k: int) -> float:
    """The element before the one at `k`."""
    return float(values[k - 1])


@compiled
def test_a_negative_index_is_not_wrapped_in_kernels_but_in_other_code() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert _before_the_first(values[1:], 0) == 1.0  # the element in memory before the slice, not its last
    assert numba.njit(lambda v, k: v[k - 1])(values[1:], 0) == 3.0


@compiled
def test_a_kernel_that_allocates_does_not_compile() -> None:
    with pytest.raises(Exception, match="Only accept returning of array passed"):
        _allocates(3)


@compiled
def test_kernels_called_by_kernels_are_compiled_once_and_have_no_entry() -> None:
    assert _sum_of_constants() == 3.0
    assert len(_halved.signatures) == 0, "the inner version got an entry from Python"
    assert _halved(4.0) == 2.0
    assert len(_halved.signatures) == 1


@compiled
def test_the_engine_has_one_signature() -> None:
    session = Session(build_world(smallest_plan()))
    session.run(1, 0)
    session.run(2**32 - 1, 5)
    assert len(replicate.signatures) == 1, replicate.signatures


@compiled
def test_fast_math_is_off() -> None:
    @kernel
    def compensated(a: float, b: float) -> float:
        """What rounding lost in a + b; fast-math would make it 0."""
        total = a + b
        return b - (total - a)

    assert compensated(1e16, 1.0) == 1.0 - ((1e16 + 1.0) - 1e16)
    assert compensated(1e16, 1.0) != 0.0


def test_an_edited_callee_in_another_file_changes_the_digest(tmp_path: Path) -> None:
    copy = tmp_path / "openiads"
    shutil.copytree(Path(openiads.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "data", "cases"))
    code = "from openiads.kernel import core_digest; print(core_digest())"
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    def digest() -> str:
        return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout.strip()

    before = digest()
    assert before == core_digest()
    with (copy / "models" / "interceptor" / "kill.py").open("a") as file:
        file.write("\n# an edit\n")
    assert digest() != before
