"""The only jit decorator.

Two faults of the compiler's disk cache are cured here. It does not notice that a *called* function in another file has changed
and would then run old machine code, so the cache folder is keyed by a digest of every source of the compiled core and of the
versions that shape the machine code. And its reference counting costs a factor of two in array-heavy kernels, so it is switched
off: kernels must not allocate (`tests/kernels/test_kernel_decorator.py` fails if the switch stops working).

With ``NUMBA_DISABLE_JIT=1`` every kernel is the plain Python function.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import config as _numba_config

config: Any = _numba_config  # its options are set at run time and unknown to type checkers
_njit: Any = numba.njit  # `_nrt` is undocumented; a test fails if it stops working

_F = TypeVar("_F", bound=Callable[..., Any])

#: Folders and files whose text decides the machine code.
CORE_ROOMS = ("kernel.py", "codes.py", "specs", "geodesy", "state", "models", "engine")


def core_digest() -> str:
    """Hex digest of all kernel sources and of the numba, numpy and Python versions and the processor."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for room in CORE_ROOMS:
        place = root / room
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    digest.update(f"{numba.__version__} {np.__version__} {sys.version} {platform.machine()}".encode())
    return digest.hexdigest()[:20]


def cache_folder() -> Path:
    """Where compiled kernels of this very source are kept (``OPENIADS_CACHE_DIR`` or the user's cache folder)."""
    base = os.environ.get("OPENIADS_CACHE_DIR")
    if base:
        return Path(base) / core_digest()
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "openiads" / core_digest()


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


_FOLDER = cache_folder()
_CACHE = not config.DISABLE_JIT and _writable(_FOLDER)


def kernel(function: _F) -> _F:
    """Compile `function` for the core: cached on disk, fast-math off, no allocation, no global interpreter lock."""
    return _compile(function, inline=False)


def inlined(function: _F) -> _F:
    """As `kernel`, and always inlined into its callers: for the few short laws inside the innermost loops."""
    return _compile(function, inline=True)


def _compile(function: _F, *, inline: bool) -> _F:
    saved = config.CACHE_DIR
    if _CACHE:
        config.CACHE_DIR = str(_FOLDER)  # read while the dispatcher is made; other users of numba keep their own folder
    try:
        compiled: _F = _njit(cache=_CACHE, nogil=True, fastmath=False, error_model="numpy", _nrt=False, forceinline=inline)(function)
    finally:
        config.CACHE_DIR = saved
    return compiled
