"""The saved record of a run: event log, tables, file format, reader."""
