"""`World` and `State` in compiled code: handed on by reference.

As plain NamedTuples every call would carry some 45 arrays (over 300 words) by value, and compiling the core would take minutes. Here
compiled code gets one pointer to the tuple that the caller unboxed; `world.objects` loads one array from it. Without
compilation they are the NamedTuples themselves. Only public extension points of numba are used.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, models, register_model, typeof_impl, unbox

from openiads.state.layout import State, World

__all__ = ["State", "World"]


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
