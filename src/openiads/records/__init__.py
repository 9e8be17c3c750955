"""The saved record of a run: tables, file format, reader."""

from openiads.records.reader import Record, load_record
from openiads.records.schema import SCHEMA_VERSION, TABLES

__all__ = ["SCHEMA_VERSION", "TABLES", "Record", "load_record"]
