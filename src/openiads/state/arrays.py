"""`World` and `State` in compiled code: handed on by reference, and their rows asked for before they are needed.

As plain NamedTuples every call would carry some 45 arrays (over 300 words) by value, and compiling the core would take minutes. Here
compiled code gets one pointer to the tuple that the caller unboxed; `world.objects` loads one array from it. Without
compilation they are the NamedTuples themselves. Only public extension points of numba are used.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, intrinsic, lower_getattr_generic, models, register_model, typeof_impl, unbox

from openiads.kernel import config
from openiads.state.layout import LINE_BYTES, State, World
from openiads.state.plots import PlotTracker

__all__ = ["PlotTracker", "State", "World", "fetch"]


class RowsType(types.Type):
    """A reference to a NamedTuple of structured arrays; `dtype` is the tuple's own type."""

    def __init__(self, name: str, fields: tuple[str, ...], dtype: Any) -> None:
        self.fields = fields
        self.dtype = dtype
        super().__init__(name=name)

    @property
    def key(self) -> tuple[str, Any]:
        """Identity of the type: its name and the types of its arrays."""
        return self.name, self.dtype.key


register_model(RowsType)(models.PointerModel)


def _typeof(value: Any, context: Any) -> RowsType:
    cls = type(value)
    arrays = tuple(typeof_impl(array, context) for array in value)
    return RowsType(cls.__name__, cls._fields, types.Tuple(arrays))


typeof_impl.register(World)(_typeof)
typeof_impl.register(State)(_typeof)
typeof_impl.register(PlotTracker)(_typeof)


@infer_getattr
class _RowsAttributes(AttributeTemplate):
    key = RowsType

    def generic_resolve(self, rows: RowsType, attribute: str) -> Any:  # type: ignore[override]
        return rows.dtype.types[rows.fields.index(attribute)] if attribute in rows.fields else None


@lower_getattr_generic(RowsType)
def _load_array(context: Any, builder: Any, rows: RowsType, value: Any, attribute: str) -> Any:
    index = rows.fields.index(attribute)
    place = cgutils.gep_inbounds(builder, value, 0, index)
    return context.data_model_manager[rows.dtype.types[index]].load_from_data_pointer(builder, place)


@unbox(RowsType)
def _unbox(rows: RowsType, value: Any, c: Any) -> NativeValue:
    native = c.unbox(rows.dtype, value)
    data = c.context.data_model_manager[rows.dtype].as_data(c.builder, native.value)
    return NativeValue(cgutils.alloca_once_value(c.builder, data), is_error=native.is_error, cleanup=native.cleanup)


def _fetch(typing_context: Any, row: Any) -> Any:
    """Ask for every cache line of `row`, a row of a structured array.

    With thousands of objects the state does not fit into the fast caches, and an event would spend a third of its time waiting for the
    rows of its object. The hint changes no result.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, word = ir.IntType(8), ir.IntType(32)
        place = builder.bitcast(args[0], byte.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte.as_pointer()], kind)
        for offset in range(0, row.size, LINE_BYTES):
            line = builder.gep(place, [ir.Constant(word, offset)])
            builder.call(prefetch, [line, word(1), word(3), word(1)])  # to write, keep it, data
        return context.get_dummy_value()

    return (types.void(row), code) if isinstance(row, types.Record) else None


def _no_fetch(row: Any) -> None:
    """Without compilation there is nothing to gain."""


fetch: Any = _no_fetch if config.DISABLE_JIT else intrinsic(_fetch)
