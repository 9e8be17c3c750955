"""The tables of a saved record, column by column. `docs/record-format.md` prints them and a test compares the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

SCHEMA_VERSION: Final = 1
#: Key of the schema version in the metadata of every Parquet file.
VERSION_KEY: Final = b"openiads_record"
#: `draw` of the replicates at nominal values.
NOMINAL: Final = -1

_NAME = pa.dictionary(pa.int32(), pa.string())
_COUNT = pa.int32()
_REAL = pa.float64()


@dataclass(frozen=True)
class Column:
    """One column; the unit is the end of its name. A time that never comes is null."""

    name: str
    type: pa.DataType
    meaning: str


@dataclass(frozen=True)
class TableSchema:
    """One table: what a row is, for which replicates rows exist, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def arrow(self) -> pa.Schema:
        """The Arrow schema, with the schema version and the table's name in its metadata."""
        metadata = {VERSION_KEY: str(SCHEMA_VERSION).encode(), b"openiads_table": self.name.encode()}
        return pa.schema([(c.name, c.type) for c in self.columns], metadata=metadata)


_DRAW = Column("draw", pa.int32(), "number of the catalogue draw; -1: nominal values")
_REPLICATION = Column("replication", pa.int64(), "replicate number, the second word of the random key")
_KEPT = Column("replication", pa.int64(), "nominal replicate that was kept")
_OBJECT = Column("object", _COUNT, "row of the table object")


def _counts(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, _COUNT, meaning) for name, meaning in pairs)


#: The kill chain in its order: how many lethal threats of a group got so far.
FUNNEL: Final = (
    ("seen", "lethal threats that some look had inside coverage and line of sight"),
    ("detected", "lethal threats with at least one hit"),
    ("firm", "lethal threats with a firm track in a picture"),
    ("identified", "lethal threats identified"),
    ("designated", "lethal threats designated to be engaged"),
    ("ready", "lethal threats whose reaction was over before their end"),
    ("in_reach", "lethal threats with a launch that would have reached them, once ready"),
    ("launched_at", "lethal threats with at least one launch"),
)

_ENDS = (
    ("threats", "members of the group"),
    ("leaked", "members that reached their aim or release point and are lethal"),
    ("killed", "members killed"),
    ("expired", "members that ended otherwise: decoys at their aim, traffic at the end of its path"),
    ("shots", "rounds launched at the group"),
)

TABLES: Final = {
    table.name: table
    for table in (
        TableSchema(
            "run",
            "the run",
            (
                Column("run_hash", pa.string(), "digest of scenario, used values, draws, seed, engine and version"),
                Column("scenario_sha256", pa.string(), "of scenario.yaml"),
                Column("title", pa.string(), "title of the scenario"),
                Column("seed", pa.int64(), "first word of the random key"),
                Column("runs", pa.int64(), "nominal replicates"),
                Column("draws", pa.int64(), "catalogue draws"),
                Column("replicates", pa.int64(), "replicates per draw; replication = draw x replicates + ordinal"),
                Column("engine_digest", pa.string(), "digest of the compiled core's sources and of the versions that shape it"),
                Column("version", pa.string(), "version of OpenIADS"),
            ),
        ),
        TableSchema(
            "object",
            "one object of the raid or the traffic",
            (
                Column("object", _COUNT, "number, 0 and up"),
                Column("name", pa.string(), "group and ordinal"),
                Column("group", _NAME, "group of the scenario"),
                Column("class", _NAME, "class of target"),
                Column("side", _NAME, "red, blue or neutral"),
                Column("lethal", pa.bool_(), "whether it counts when it leaks"),
                Column("aim", _NAME, "asset that it aims at"),
            ),
        ),
        TableSchema(
            "replicate",
            "one replicate",
            (
                _DRAW,
                _REPLICATION,
                *_counts(
                    ("leakers", "lethal threats that reached their aim or release point"),
                    ("kills", "lethal threats killed"),
                    ("expired", "lethal threats that ended otherwise"),
                    ("decoys_through", "harmless red objects that reached the end of their path"),
                    ("decoys_killed", "harmless red objects killed"),
                    ("assets_hit", "assets at which at least one leaker was aimed"),
                ),
                Column("value_of_assets_hit", _REAL, "sum of their values in points of the scenario"),
                *_counts(
                    ("engagements", "salvos"),
                    ("shots", "rounds launched, launch failures included"),
                    ("wasted", "rounds that arrived after their target was dead"),
                    ("missiles_left", "rounds ready or in store at the end"),
                ),
                Column("interceptors_usd", _REAL, "unit costs of the rounds launched; weapons without a cost count as 0"),
                Column("ready_gone_s", _REAL, "first time without a ready round anywhere; null: never"),
                Column("first_leak_s", _REAL, "time of the first leaker; null: none"),
                Column("last_event_s", _REAL, "time of the last event"),
                Column("event_log_hash", pa.uint64(), "64 bits of BLAKE2b over the event log in order of time, kind, code, actor, object"),
            ),
        ),
        TableSchema(
            "group",
            "one group in one replicate",
            (
                _DRAW,
                _REPLICATION,
                Column("group", _NAME, "group of the scenario"),
                Column("class", _NAME, "class of target"),
                *_counts(*_ENDS, *FUNNEL),
            ),
        ),
        TableSchema(
            "cause",
            "leakers of one group with one cause in one replicate; rows with none are left out",
            (
                _DRAW,
                _REPLICATION,
                Column("group", _NAME, "group of the scenario"),
                Column("cause", _NAME, "first broken step"),
                Column("leakers", _COUNT, "leakers; they sum to `replicate.leakers`"),
            ),
        ),
        TableSchema(
            "unit",
            "one fire unit in one replicate",
            (
                _DRAW,
                _REPLICATION,
                Column("unit", _NAME, "fire unit"),
                *_counts(("engagements", "salvos"), ("shots", "rounds launched"), ("peak_channels", "most channels busy at once")),
                Column("channel_s", _REAL, "busy channels integrated over time"),
            ),
        ),
        TableSchema(
            "magazine",
            "one weapon of one fire unit in one replicate",
            (
                _DRAW,
                _REPLICATION,
                Column("unit", _NAME, "fire unit"),
                Column("weapon", _NAME, "weapon"),
                *_counts(
                    ("shots", "rounds launched"),
                    ("wasted", "rounds that arrived after their target was dead"),
                    ("ready_left", "rounds on launchers at the end"),
                    ("held_left", "rounds in store or being loaded at the end"),
                ),
            ),
        ),
        TableSchema(
            "asset",
            "one asset in one replicate",
            (_DRAW, _REPLICATION, Column("asset", _NAME, "asset"), Column("leakers", _COUNT, "leakers aimed at it")),
        ),
        TableSchema(
            "engagement",
            "one engagement of one nominal replicate",
            (
                Column("replication", pa.int64(), "nominal replicate"),
                Column("engagement", _COUNT, "number in its replicate"),
                _OBJECT,
                Column("unit", _NAME, "fire unit"),
                Column("weapon", _NAME, "weapon"),
                *_counts(
                    ("salvo", "ordinal of the salvo on the object, 0 and up"),
                    ("rounds", "rounds launched"),
                    ("channel", "channel of the unit"),
                ),
                Column("launch_s", _REAL, "first launch"),
                Column("last_intercept_s", _REAL, "end of the last flight"),
                Column("end_s", _REAL, "end of the assessment; null: not ended when the object did"),
                Column("result", _NAME, "how it ended"),
                Column("called_killed", pa.bool_(), "what the defence believed"),
            ),
        ),
        TableSchema(
            "timeline",
            "one object of one kept replicate: the times that its story is made of; null: never",
            (
                _KEPT,
                _OBJECT,
                *(
                    Column(name, _REAL, meaning)
                    for name, meaning in (
                        ("appeared_s", "start of its path"),
                        ("firm_s", "first firm track in a picture"),
                        ("identified_s", "identified"),
                        ("designated_s", "designated"),
                        ("ready_s", "reaction over"),
                        ("first_feasible_s", "first launch that would have reached it"),
                        ("first_launch_s", "first launch"),
                        ("last_end_s", "end of the last engagement"),
                        ("end_s", "killed, leaked or at the end of its path"),
                    )
                ),
                Column("end", _NAME, "killed, leaked or expired"),
                Column("shots", _COUNT, "rounds launched at it"),
                Column("cause", _NAME, "first broken step of a leaker; null for others"),
                Column("why_no_more", _NAME, "what stopped another shot after the last one; null: no shot, or not a leaker"),
                Column("unit", _NAME, "the furthest-advanced fire unit of a leaker; null for others"),
            ),
        ),
        TableSchema(
            "shot",
            "one round of one kept replicate",
            (
                _KEPT,
                Column("shot", _COUNT, "number in its replicate"),
                Column("engagement", _COUNT, "row of the table engagement of the same replicate"),
                _OBJECT,
                Column("unit", _NAME, "fire unit"),
                Column("weapon", _NAME, "weapon"),
                Column("launch_s", _REAL, "launch"),
                Column("end_s", _REAL, "intercept or end of the flight"),
                Column("range_m", _REAL, "launcher to intercept; 0: no intercept"),
                Column("p_kill", _REAL, "probability that it kills"),
                Column("result", _NAME, "how it ended"),
            ),
        ),
        TableSchema(
            "event",
            "one row of the event log of one kept replicate, in order of time",
            (
                _KEPT,
                Column("time_s", _REAL, "scenario time"),
                Column("kind", _NAME, "kind of event that was handled"),
                Column("code", _NAME, "what happened"),
                Column("actor", _COUNT, "fire unit, command post or feed, by `code`; -1: none"),
                Column("object", _COUNT, "row of the table object; -1: none"),
                Column("engagement", _COUNT, "row of the table engagement of the same replicate; -1: none"),
                Column("value", _REAL, "by `code`, such as the range of an intercept in m or the rounds of a reload"),
            ),
        ),
        TableSchema(
            "track",
            "where one object or round of one kept replicate was: every `track_step_s` of description.json, at its start and at its end",
            (
                _KEPT,
                Column("entity", _NAME, "object or shot"),
                Column("number", _COUNT, "row of the table object, or number of the shot"),
                Column("time_s", _REAL, "scenario time"),
                Column("east_m", pa.float32(), "on the plane of the map"),
                Column("north_m", pa.float32(), "on the plane of the map"),
                Column("alt_m", pa.float32(), "above mean sea level"),
            ),
        ),
    )
}
