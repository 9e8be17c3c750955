"""The public names: complete, importable, lazily loaded."""

from __future__ import annotations

import subprocess
import sys

import openiads


def test_every_public_name_is_there() -> None:
    for name in openiads.__all__:
        assert getattr(openiads, name) is not None
    assert set(openiads.__all__) == set(openiads._HOMES) | {"__version__"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, openiads; print([m for m in ('numba', 'numpy', 'matplotlib', 'pyarrow', 'pydantic') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
