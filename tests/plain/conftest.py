"""Laws of the compiled core as plain Python, one by one: run by `tests/engine/test_plain.py` and by `make mutants`.

Compiling every kernel that is called here for itself would take minutes and prove nothing that the compiled stories do not.
"""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("NUMBA_DISABLE_JIT") == "1" else ["test_*.py"]
