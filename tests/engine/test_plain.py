"""The tests of `tests/plain` with compilation off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_laws_as_plain_python() -> None:
    folder = Path(__file__).parents[1] / "plain"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::RuntimeWarning", str(folder)]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=600, cwd=folder.parents[1])
    assert done.returncode == 0, done.stdout
