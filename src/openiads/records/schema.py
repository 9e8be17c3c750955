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


_TYPES: Final = {
    "name": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}

#: One paragraph a table: its name and what a row is, then name, type and meaning of each column.
_LAYOUT: Final = """\
run: the run
run_hash            text    digest of scenario, used values, draws, seed, engine and version
scenario_sha256     text    of scenario.yaml
title               text    title of the scenario
seed                int64   first word of the random key
runs                int64   nominal replicates
draws               int64   catalogue draws
replicates          int64   replicates per draw; replication = draw x replicates + ordinal
engine_digest       text    digest of the compiled core's sources and of the versions that shape it
version             text    version of OpenIADS

object: one object of the raid or the traffic
object              int32   number, 0 and up
name                text    group and ordinal
group               name    group of the scenario
class               name    class of target
side                name    red, blue or neutral
lethal              bool    whether it counts when it leaks
aim                 name    asset or component of the defence that it aims at

replicate: one replicate
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
leakers             int32   lethal threats that reached their aim or release point
kills               int32   lethal threats killed
expired             int32   lethal threats that ended otherwise
decoys_through      int32   harmless red objects that reached the end of their path
decoys_killed       int32   harmless red objects killed
assets_hit          int32   assets at which at least one leaker was aimed
value_of_assets_hit float64 sum of their values in points of the scenario
engagements         int32   salvos
shots               int32   rounds launched, launch failures included
hits                int32   rounds that killed
missed              int32   rounds that met their target alive and did not kill it
wasted              int32   rounds that arrived after their target was dead
no_intercept        int32   rounds that never met their target: it arrived, turned away or outran them
lost                int32   rounds whose radar lost the target in flight, or was lost itself
launch_failed       int32   rounds whose launch failed
missiles_left       int32   rounds ready or in store at the end
interceptors_usd    float64 unit costs of the rounds launched; weapons without a cost count as 0
ready_gone_s        float64 first time without a ready round anywhere, 0: from the start; null: never
first_leak_s        float64 time of the first leaker; null: none
last_event_s        float64 time of the last event
event_log_hash      uint64  64 bits of BLAKE2b over the event log in order of time, kind, code, actor, object

group: one group in one replicate
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
group               name    group of the scenario
class               name    class of target
threats             int32   members of the group
leaked              int32   members that reached their aim or release point and are lethal
killed              int32   members killed
expired             int32   members that ended otherwise: decoys at their aim, traffic at the end of its path
shots               int32   rounds launched at the group
seen                int32   lethal threats that some look had inside coverage and line of sight
detected            int32   lethal threats with at least one hit
firm                int32   lethal threats with a firm track in a picture
identified          int32   lethal threats identified
designated          int32   lethal threats designated to be engaged
ready               int32   lethal threats whose reaction was over before their end
in_reach            int32   lethal threats with a launch that would have reached them, once ready
launched_at         int32   lethal threats with at least one launch

cause: leakers of one group with one cause in one replicate; rows with none are left out
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
group               name    group of the scenario
cause               name    first broken step
leakers             int32   leakers; they sum to `replicate.leakers`

unit: one fire unit in one replicate
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
unit                name    fire unit
engagements         int32   salvos
shots               int32   rounds launched
peak_channels       int32   most channels busy at once
channel_s           float64 busy channels integrated over time

magazine: one weapon of one fire unit in one replicate
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
unit                name    fire unit
weapon              name    weapon
shots               int32   rounds launched
hits                int32   rounds that killed
missed              int32   rounds that met their target alive and did not kill it
wasted              int32   rounds that arrived after their target was dead
no_intercept        int32   rounds that never met their target: it arrived, turned away or outran them
lost                int32   rounds whose radar lost the target in flight, or was lost itself
launch_failed       int32   rounds whose launch failed
ready_left          int32   rounds on launchers at the end
held_left           int32   rounds in store or being loaded at the end
destroyed           int32   ready rounds lost with launchers that were hit

asset: one asset in one replicate
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
asset               name    asset
leakers             int32   leakers aimed at it

component: one component of the defence in one replicate; no rows where nobody aims at any
draw                int32   number of the catalogue draw; -1: nominal values
replication         int64   replicate number, the second word of the random key
component           name    component
hit_s               float64 first time degraded or killed; null: never
killed_s            float64 first time killed, or its first launcher; null: never
launchers_lost      int32   launchers killed

engagement: one engagement of one nominal replicate
replication         int64   nominal replicate
engagement          int32   number in its replicate
object              int32   row of the table object
unit                name    fire unit
weapon              name    weapon
salvo               int32   ordinal of the salvo on the object, 0 and up
rounds              int32   rounds launched
channel             int32   channel of the unit
launch_s            float64 first launch
last_intercept_s    float64 end of the last flight
end_s               float64 end of the assessment; null: not ended when the object did
range_m             float64 launcher to the last intercept; null: none
result              name    how it ended
called_killed       bool    what the defence believed

leaker: one leaker of one nominal replicate, with the times of its way; null: never, or not before its end
replication         int64   nominal replicate
object              int32   row of the table object
cause               name    first broken step
why_no_more         name    what stopped another shot after the last one; null: no shot
unit                name    the furthest-advanced fire unit; null: none
start_s             float64 start of its path
visible_s           float64 first inside coverage and line of sight of a working radar that needs no cue
firm_s              float64 first firm track in a picture
identified_s        float64 identified
designated_s        float64 designated
ready_s             float64 reaction over
first_feasible_s    float64 first launch that would have reached it, once ready
first_launch_s      float64 first launch
last_end_s          float64 end of the last engagement; null: none, or one was not over
end_s               float64 at its aim or release point

lifted: one nominal replicate run again with the same luck and one limit lifted
limit               name    limit that was lifted
replication         int64   nominal replicate
leakers             int32   lethal threats that reached their aim or release point
event_log_hash      uint64  as in the table replicate

course: one time of the course of the nominal replicates: a number over all of them
quantity            name    busy channels, ready rounds, rounds in store, threats with a track or leakers so far
name                name    fire unit or weapon; null: of all
time_s              float64 scenario time; what happens then is counted
mean                float64 mean over replicates
q05                 int32   5 % quantile over replicates, a number that occurred; so are the next
q25                 int32   25 %
q50                 int32   median
q75                 int32   75 %
q95                 int32   95 %

exposure: a friendly or neutral aircraft and a radar that had it in view in one nominal replicate; no rows without such aircraft
replication         int64   nominal replicate
object              int32   row of the table object
radar               name    radar
band                name    its band
looks               int32   looks with the aircraft inside coverage and line of sight of the radar on air
hits                int32   looks that detected it
track_s             float64 time in a firm track of this radar
looks_nose          int32   looks within 45 degrees of its direction of flight
looks_side          int32   looks from elsewhere
looks_tail          int32   looks within 45 degrees of the opposite direction
looks_belly         int32   looks within 45 degrees of straight below; they count here alone
hits_nose           int32   hits; so are the next
hits_side           int32   from the side
hits_tail           int32   from the tail
hits_belly          int32   from below

timeline: one object of one kept replicate: the times that its story is made of; null: never
replication         int64   nominal replicate that was kept
object              int32   row of the table object
appeared_s          float64 start of its path
firm_s              float64 first firm track in a picture
identified_s        float64 identified
designated_s        float64 designated
ready_s             float64 reaction over
first_feasible_s    float64 first launch that would have reached it
first_launch_s      float64 first launch
last_end_s          float64 end of the last engagement
end_s               float64 killed, leaked or at the end of its path
end                 name    killed, leaked or expired
shots               int32   rounds launched at it
cause               name    first broken step of a leaker; null for others
why_no_more         name    what stopped another shot after the last one; null: no shot, or not a leaker
unit                name    the furthest-advanced fire unit of a leaker; null for others

shot: one round of one kept replicate
replication         int64   nominal replicate that was kept
shot                int32   number in its replicate
engagement          int32   row of the table engagement of the same replicate
object              int32   row of the table object
unit                name    fire unit
weapon              name    weapon
launch_s            float64 launch
end_s               float64 intercept or end of the flight
range_m             float64 launcher to intercept; 0: no intercept
p_kill              float64 probability that it kills
result              name    how it ended

event: one row of the event log of one kept replicate, in order of time
replication         int64   nominal replicate that was kept
time_s              float64 scenario time
kind                name    kind of event that was handled
code                name    what happened
actor               int32   fire unit, command post or feed, by `code`; -1: none
object              int32   row of the table object; -1: none
engagement          int32   row of the table engagement of the same replicate; -1: none
value               float64 by `code`, such as the range of an intercept in m; of a reload or a loss of rounds 2097152 x magazine + rounds

track: where one object or round of one kept replicate was: every `track_step_s` of description.json, at its start and at its end
replication         int64   nominal replicate that was kept
entity              name    object or shot
number              int32   row of the table object, or number of the shot
time_s              float64 scenario time
east_m              float32 on the plane of the map
north_m             float32 on the plane of the map
alt_m               float32 above mean sea level

coverage: a straight inbound that comes alone from one bearing at one height; ground ranges from the centre, null: nowhere
class               name    class of the inbound
height_m            float64 above mean sea level; over relief the lower two of the usual three are above the ground
bearing_rad         float64 from which it comes
firm_m              float64 where its first track is firm, in the median of the replicates
visible_outer_m     float64 farthest place inside coverage and line of sight of a radar that searches
visible_inner_m     float64 nearest such place
visible_area_m2     float64 area of all such places, one step of bearing wide
detectable_outer_m  float64 farthest place where one look of such a radar detects it with a probability of 0.5 or more
detectable_inner_m  float64 nearest such place
detectable_area_m2  float64 area of all such places, one step of bearing wide
engageable_outer_m  float64 farthest place where a round could meet it, in more than half of the replicates
engageable_inner_m  float64 nearest such place
engageable_area_m2  float64 area of all such places, one step of bearing wide
"""


def _table(paragraph: str) -> TableSchema:
    head, *lines = paragraph.splitlines()
    name, _, row = head.partition(": ")
    columns = (line.split(maxsplit=2) for line in lines)
    return TableSchema(name, row, tuple(Column(column, _TYPES[kind], meaning) for column, kind, meaning in columns))


TABLES: Final = {table.name: table for table in map(_table, _LAYOUT.split("\n\n"))}

#: The kill chain in its order: the columns of the table group that count how many lethal threats got so far.
FUNNEL: Final = tuple((column.name, column.meaning) for column in TABLES["group"].columns if column.meaning.startswith("lethal threats"))
