"""The only jit decorator.

The compiler's disk cache does not notice that a *called* function in another file has changed and would then run old machine code, so
the cache folder is keyed by a digest of every source of the compiled core and of the versions that shape the machine code. Some
habits of the compiler are changed for speed; `tests/kernels/test_kernel_decorator.py` fails if one of the switches stops working:

- reference counting of arrays costs a factor of two in array-heavy kernels: it is off, so kernels must not allocate;
- every kernel would get an entry from Python, which takes longer to compile than the kernel: only those that Python calls do;
- a kernel would be compiled once for every constant that it is called with: constants are passed like other numbers;
- machine code would be made for every kernel at every level of the call tree: only for what Python calls, with all that it calls;
- called kernels could be called from elsewhere too: they are private, so that the compiler may take them apart (3 to 5 %);
- every index would be tested for being negative, which costs a tenth of a replicate: kernels count from 0 (tests/engine/test_story.py
  runs them on arrays that refuse anything else).

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
from llvmlite.binding import Linkage
from numba import types
from numba.core import config as _numba_config
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonRewrites
from numba.np import arrayobj as _numba_arrayobj

config: Any = _numba_config  # its options are set at run time and unknown to type checkers
_arrayobj: Any = _numba_arrayobj
_njit: Any = numba.njit  # `_nrt` is undocumented; a test fails if it stops working

_F = TypeVar("_F", bound=Callable[..., Any])

#: Folders and files whose text decides the machine code.
CORE_ROOMS = ("kernel.py", "codes.py", "specs", "geodesy", "state", "models", "engine", "terrain")


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


_wrapped_index = _arrayobj.fix_integer_index


def _index(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
    """An index of a kernel as it is; in anybody else's code, which counts references, a negative one counts from the end."""
    return _wrapped_index(context, builder, kind, index, size) if context.enable_nrt else context.cast(builder, index, kind, types.intp)


_arrayobj.fix_integer_index = _index


class _WithoutEnvironment:
    """A code generator for functions that are not in memory yet, so that nothing can be written there."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Kernels raise nothing and so need no environment."""


@register_pass(mutates_CFG=False, analysis_only=True)
class _InnerLibrary(FunctionPass):
    """Keeps the code of a kernel that only kernels call as intermediate code, to be optimised in its caller."""

    _name = "openiads_inner_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        library = state.targetctx.codegen().create_library(state.func_id.func_qualname)

        def keep() -> None:
            library._finalize_dynamic_globals()
            library._finalized = True

        library._optimize_final_module = lambda: None
        library._finalize_final_module = keep
        library.get_pointer_to_function = lambda name: 0
        library._codegen = _WithoutEnvironment(library._codegen)
        state.library = library
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _EntryLibrary(FunctionPass):
    """Makes the kernels that an entry from Python calls private to it."""

    _name = "openiads_entry_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        library = state.library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        library.enable_object_caching()
        optimize = library._optimize_final_module

        def close() -> None:
            for function in library._final_module.functions:
                if function.linkage == Linkage.linkonce_odr:  # what was linked in
                    function.linkage = Linkage.internal
            optimize()

        library._optimize_final_module = close
        return False


class _EntryCompiler(Compiler):
    def define_pipelines(self) -> list[Any]:
        return _with_pass(super().define_pipelines(), _EntryLibrary)


class _InnerCompiler(Compiler):
    def define_pipelines(self) -> list[Any]:
        return _with_pass(super().define_pipelines(), _InnerLibrary)


def _with_pass(pipelines: list[Any], which: type[FunctionPass]) -> list[Any]:
    for pipeline in pipelines:
        pipeline.add_pass_after(which, NopythonRewrites)
        pipeline.finalize()
    return pipelines


_FOLDER = cache_folder()
_CACHE = not config.DISABLE_JIT and _writable(_FOLDER)


def kernel(function: _F) -> _F:
    """Compile `function` for the core: cached on disk, fast-math off, no allocation, no global interpreter lock."""
    return _compile(function, inline=False)


def inlined(function: _F) -> _F:
    """As `kernel`, and always inlined into its callers: for the few short laws inside the innermost loops."""
    return _compile(function, inline=True)


def _compile(function: _F, *, inline: bool) -> _F:
    options: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy", "_nrt": False, "forceinline": inline}
    saved = config.CACHE_DIR
    if _CACHE:
        config.CACHE_DIR = str(_FOLDER)  # read while the dispatcher is made; other users of numba keep their own folder
    try:
        compiled: _F = _njit(cache=_CACHE, pipeline_class=_EntryCompiler, **options)(function)
    finally:
        config.CACHE_DIR = saved
    if not config.DISABLE_JIT:
        inner = _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_InnerCompiler, **options)(function)
        _serve_kernels(compiled, inner)
    return compiled


def _serve_kernels(compiled: Any, inner: Any) -> None:
    """Let kernels that call `compiled` get `inner`, which has no entry from Python, and one version for all constants."""
    template = inner.get_call_template

    def general(args: Any, kws: Any) -> Any:
        return template(tuple(types.unliteral(a) for a in args), {name: types.unliteral(a) for name, a in kws.items()})

    compiled.get_call_template = general
    compiled.get_overload = inner.get_overload
