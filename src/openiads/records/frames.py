"""Tables of a record as pandas data frames and as one xarray dataset. Both libraries come with the extra `analysis`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.records.schema import NOMINAL, TABLES

if TYPE_CHECKING:
    import xarray

    from openiads.records.reader import Record

#: What the end of a column's name says of its unit; a column without such an end is a count.
_UNITS: Final = {"_s": "s", "_usd": "USD", "value_of_assets_hit": "points"}
#: Tables with a row for every replicate and member of a dimension, and what names the member.
_NAMES: Final = {"group": ("group",), "unit": ("unit",), "magazine": ("unit", "weapon"), "asset": ("asset",), "component": ("component",)}


def required(module: str) -> Any:
    """A module of the extra `analysis`; an `InputError` says how to install it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise InputError(f"{module} is not installed; install it with: pip install 'openiads[analysis]'") from None


def dataset(record: Record, replicates: str) -> xarray.Dataset:
    """What `Record.to_xarray` returns."""
    xr = required("xarray")
    run = record.summary["run"]
    if replicates not in ("nominal", "draws"):
        raise InputError(f"{replicates!r} is not a set of replicates; allowed: nominal, draws")
    if replicates == "draws" and not run["draws"]:
        raise InputError(f"{record.folder}: holds no draws; run it with draws=2 or more")
    lead = {"replication": run["runs"]} if replicates == "nominal" else {"draw": run["draws"], "ordinal": run["replicates"]}
    coords: dict[str, Any] = {dim: np.arange(size) for dim, size in lead.items()}
    if replicates == "draws":
        coords["replication"] = (tuple(lead), np.arange(run["draws"] * run["replicates"]).reshape(tuple(lead.values())))
    found: dict[str, Any] = {}
    for name in ("replicate", *_NAMES):
        rows = _rows(record, name, replicates)
        members = rows.num_rows // int(np.prod(tuple(lead.values())))
        if not members:
            continue
        own = {} if name == "replicate" else {name: members}
        if own:
            texts = {c: rows[c].slice(0, members).to_pylist() for c in rows.column_names if pa.types.is_dictionary(rows[c].type)}
            coords[name] = ["/".join(parts) for parts in zip(*(texts.pop(c) for c in _NAMES[name]), strict=True)]
            coords |= {f"{name}_{column}": (name, words) for column, words in texts.items()}
        dims, shape = (*lead, *own), (*lead.values(), *own.values())
        for column in TABLES[name].columns:
            if column.name not in ("draw", "replication") and not pa.types.is_dictionary(column.type):
                values = rows[column.name].to_numpy().reshape(shape)
                found[f"{name}_{column.name}" if own else column.name] = (dims, values, _attributes(column.name, column.meaning))
    coords["cause"] = list(record.description["names"]["causes"])
    causes = _causes(_rows(record, "cause", replicates), coords["group"], coords["cause"], tuple(lead.values()))
    found["cause_leakers"] = ((*lead, "group", "cause"), causes, _attributes("leakers", "leakers by first broken step"))
    about = {name: run[name] for name in ("seed", "version", "run_hash")}
    result: xarray.Dataset = xr.Dataset(found, coords, {"title": record.summary["title"], **about, "stamp": record.summary["stamp"] or ""})
    return result


def _rows(record: Record, name: str, replicates: str) -> pa.Table:
    """The rows of the nominal replicates, or of the draws, in replication order."""
    table = record.table(name)
    nominal = pc.equal(table["draw"], NOMINAL)
    return table.filter(nominal if replicates == "nominal" else pc.invert(nominal))


def _causes(rows: pa.Table, groups: list[str], causes: list[str], lead: tuple[int, ...]) -> NDArray[np.int32]:
    """Leakers (*lead, group, cause) with the zeros that the table leaves out."""
    counts = np.zeros((int(np.prod(lead)), len(groups), len(causes)), np.int32)
    group, cause = (
        pc.index_in(rows[name].cast(pa.string()), pa.array(of)).to_numpy() for name, of in (("group", groups), ("cause", causes))
    )
    counts[rows["replication"].to_numpy(), group, cause] = rows["leakers"].to_numpy()
    return counts.reshape(*lead, len(groups), len(causes))


def _attributes(name: str, meaning: str) -> dict[str, str]:
    return {"units": next((unit for end, unit in _UNITS.items() if name.endswith(end)), "1"), "long_name": meaning}
