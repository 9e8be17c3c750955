"""The rules of the compiled core (docs: ARCHITECTURE), held by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import openiads

ROOT = Path(openiads.__file__).parent
ROOMS = ("geodesy", "state", "models", "engine")
MATHS = {"exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt", "floor"}
BUILTINS = {"min", "max", "abs", "int", "float", "bool", "range"}
MOST_ARGUMENTS, LONGEST_LAW, LONGEST_LOOP, LONGEST_MODULE = 8, 40, 150, 500


def core_files() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def is_kernel(function: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id in {"kernel", "inlined"} for d in function.decorator_list)


def kernels(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and is_kernel(node):
            yield node


ALL_KERNELS = [pytest.param(path, node, id=f"{path.stem}.{node.name}") for path in core_files() for node in kernels(path)]


def test_there_are_kernels() -> None:
    assert len(ALL_KERNELS) > 100


@pytest.mark.parametrize(("path", "function"), ALL_KERNELS)
def test_arithmetic_is_the_same_compiled_and_plain(path: Path, function: ast.FunctionDef) -> None:
    known = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("openiads."):
            known |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(function):
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)), f"line {node.lineno}: ** differs from plain Python"
        assert not isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.Lambda, ast.Dict, ast.List, ast.Raise, ast.Try)), (
            f"{path.name}:{node.lineno}: kernels neither allocate nor raise"
        )
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute):
            module = called.value.id if isinstance(called.value, ast.Name) else "?"
            words = {"rng": {"np.uint64", "np.int64"}, "pd_table": {"np.float64", "?.view"}}.get(path.stem, set())  # bits of numbers
            allowed = (module == "math" and called.attr in MATHS) or f"{module}.{called.attr}" in words
            assert allowed, f"{path.name}:{node.lineno}: {module}.{called.attr} is not allowed in a kernel"
        else:
            assert isinstance(called, ast.Name)
            assert called.id in BUILTINS | known, f"{path.name}:{node.lineno}: {called.id} is not allowed in a kernel"


@pytest.mark.parametrize(("path", "function"), ALL_KERNELS)
def test_kernels_are_small_and_documented(path: Path, function: ast.FunctionDef) -> None:
    assert ast.get_docstring(function), "a kernel without a docstring"
    assert len(function.args.args) <= MOST_ARGUMENTS or path.stem in {"rng", "ellipsoid"}, "too many arguments"
    body = function.body[1:]
    length = body[-1].end_lineno - body[0].lineno + 1
    assert length <= (LONGEST_LOOP if function.name == "advance" else LONGEST_LAW), f"{length} lines"
    assert function.returns is not None, "no annotation of what it returns"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", [p for p in core_files() if "engine" in p.parts], ids=lambda p: p.name)
def test_the_engine_is_kernels_only(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            assert is_kernel(node), f"{node.name} is not compiled"
        assert not isinstance(node, ast.ClassDef)


def test_only_one_decorator_compiles() -> None:
    for path in sorted(ROOT.rglob("*.py")):
        if path.name in {"kernel.py", "arrays.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                assert not any(name.split(".")[0] == "numba" for name in names), f"{path}: numba is imported"
