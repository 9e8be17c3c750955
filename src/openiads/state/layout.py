"""Every row of the compiled core, field by field: `World` (immutable, one per scenario) and `State` (one per worker, reused).

Both are NamedTuples of structured arrays, so the same code runs compiled and as plain Python. Fields that a law declares come from
the dataclasses of `specs`; the others are lowered from them. Units are in the names. Times are seconds of the scenario clock unless
a name says otherwise. An index of -1 means "none".
"""

from __future__ import annotations

from typing import NamedTuple

from openiads.specs import Component, Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon
from openiads.specs.command import MAX_SEQUENCE
from openiads.state.rows import LINE_BYTES, Table
from openiads.state.rows import lined as _lined
from openiads.state.rows import row as _dtype

__all__ = ["LINE_BYTES", "Table"]

NEVER = 1e300
"""A time that does not come."""
LOADS = 1 << 21
"""More than the rounds of any magazine. Events and log rows about rounds code the magazine into them: magazine * LOADS + rounds."""

VEC = (3,)

# ---------------------------------------------------------------------------------------------------------------- World

SETTINGS = _dtype(
    ("a_m", "f8"),  # equatorial radius of the reference ellipsoid
    ("e2", "f8"),  # its first eccentricity squared; 0 on a sphere
    ("mean_radius_m", "f8"),  # for ground ranges from chords
    ("effective_radius_air_m", "f8"),  # of the horizon law for air-breathing targets
    ("effective_radius_ballistic_m", "f8"),
    ("range_measure", "i8"),  # codes.RangeMeasure
    *(("rain_top_m", "f8"), ("rain_extent_m", "f8")),  # above mean sea level; longest way through rain
    ("raid_effect_sd", "f8"),  # per-run normal shift of the logit of every kill probability
    ("span_s", "f8"),  # about how long the raid takes; only the speed of the event queue and the times of courses depend on it
    ("eager", "i8"),  # 1: every look is an event (for the test that laziness changes nothing)
    ("limited", "i8"),  # 1: some radar or picture can be full
    ("culling", "i8"),  # 0: ignore SENSOR_WINDOWS (for the test that they change nothing)
)

KNOTS = _dtype(
    ("time_s", "f8"),  # on the object's own clock, before shift and scale
    ("per_s", "f8"),  # 1 / time to the next knot
    ("pos_ecef_m", "f8", VEC),
    ("vel_ecef_mps", "f8", VEC),
    ("alt_m", "f8"),  # above mean sea level
    ("climb_mps", "f8"),
    ("leg_end_s", "f8"),  # when the leg ends: a stretch of one great circle, ground speed and height law
)

OBJECTS = _lined(  # threats, traffic and patrols alike
    Threat,
    ("knot_first", "i8"),
    ("knot_count", "i8"),
    ("start_s", "f8"),  # first knot on the scenario clock, before variation
    ("duration_s", "f8"),  # own clock
    ("aim_ecef_m", "f8", VEC),  # centre of the rigid rotation
    ("aim_up", "f8", VEC),  # its axis
)

COMPONENTS = _dtype(Component, ("key", "i8"), ("sensor", "i8"), ("unit", "i8"), ("post", "i8"))  # what can be hit; -1: not of it

SENSORS = _dtype(
    Radar,
    ("key", "i8"),
    ("pos_ecef_m", "f8", VEC),  # phase centre
    ("surface_m", "f8", VEC),  # its foot on the ellipsoid
    ("east", "f8", VEC),
    ("north", "f8", VEC),
    ("up", "f8", VEC),
    ("alt_m", "f8"),  # of the phase centre
    ("facing_rad", "f8"),
    ("sin_elevation_min", "f8"),
    ("sin_elevation_max", "f8"),
    ("anchor_k", "f8"),  # snr0 * R0^4 / rcs0, with what gases take at R0 given back
    ("pd_offset", "i8"),  # first row of its table in PD_TABLE
    ("horizon_angle_air_rad", "f8"),  # of the antenna: acos(Re / (Re + h))
    ("horizon_angle_ballistic_rad", "f8"),
    ("mask_offset", "i8"),  # first cell of its two masks in MASKS (air-breathing, ballistic), or -1 on a smooth earth
    ("mask_reach_m", "f8"),  # ground range at which they end
    ("lossy", "i8"),  # 1: rain or gases take from its signal
    *(("rain_db_per_m", "f8"), ("oxygen_db_per_m", "f8"), ("water_db_per_m", "f8")),  # there and back; gases: at sea level
    ("epoch_first", "i8"),  # its epochs are contiguous
    ("epoch_count", "i8"),
    ("steady", "i8"),  # 1: it has neither epochs nor a least radial speed, so that range, size and damage decide what it sees
)

PD_TABLE = _dtype(("pd", "f8"), ("linear", "f8"), ("square", "f8"), ("cube", "f8"))  # cells of snr, see models.radar.pd_table
#: [class, band]: from the nose; with `varies`, by models.radar.aspect (nose, side, tail, belly), and the least and greatest of them.
RCS = _dtype(("rcs_m2", "f8"), ("varies", "i8"), ("aspects_m2", "f8", (4,)), ("least_m2", "f8"), ("greatest_m2", "f8"))
MASKS = _dtype(("least_visible_alt_m", "f4"))  # polar, azimuth by range, see models.propagation.mask
EPOCHS = _dtype(  # stated intervals from_s <= t < to_s of a sensor
    *(("from_s", "f8"), ("to_s", "f8")),
    ("silent", "i8"),  # 1: it does not look at all
    ("snr_factor", "f8"),  # of what it sees in the sector: the fourth power of the stated factor on range, at most 1
    *(("middle_rad", "f8"), ("half_width_rad", "f8")),  # azimuths of the sector; half a turn or more: all round
)

PICTURES = _dtype(  # its feeds are contiguous
    ("key", "i8"),
    ("capacity", "i8"),
    ("refuses_newcomers", "i8"),
    ("limited", "i8"),  # it can be full
    ("feed_first", "i8"),
    ("feed_count", "i8"),
)
FEEDS = _dtype(  # sensor -> picture
    ("key", "i8"),
    ("sensor", "i8"),
    ("picture", "i8"),
    ("unit", "i8"),  # the unit whose fire-control track it is, or -1
    ("cued", "i8"),  # 1: looks only after a cue from the picture
    ("limited", "i8"),  # 1: its radar can be full
    ("doubtful", "i8"),  # 1: its radar, which is cued, is full in some replicates at most; then they are run again with `limited`
    ("delay_s", "f8"),
    ("loss", "f8"),
    ("cue_delay_s", "f8"),
)
LINKS = _dtype(
    *(("key", "i8"), ("kind", "i8"), ("from_post", "i8"), ("to_post", "i8")),
    *(("delay_s", "f8"), ("loss", "f8"), ("cue_error_m", "f8")),
)

POSTS = _dtype(
    Post,
    ("key", "i8"),
    ("picture", "i8"),
    ("superior", "i8"),
    ("doctrine", "i8"),
    ("unit_first", "i8"),
    ("unit_count", "i8"),
    ("cues_watched", "i8"),  # least capacity of doubtful feeds of its units, or -1
    ("all_units", "i8"),  # bits
    ("paced", "i8"),  # 1: some unit must wait between two launches
    ("magazine_first", "i8"),  # magazines of its units are contiguous
    ("magazine_count", "i8"),
)
UNITS = _dtype(
    FireUnit,
    ("key", "i8"),
    ("post", "i8"),
    ("fire_control_feed", "i8"),  # -1: the picture track is the fire-control track
    ("magazine_first", "i8"),
    ("magazine_count", "i8"),
    ("pos_ecef_m", "f8", VEC),  # of the launchers
    ("surface_m", "f8", VEC),
    ("site", "f8", VEC),  # unit vector from the centre of the earth to the point from which ranges are measured
    ("site_m", "f8"),  # and its distance
    ("bit", "i8"),  # stands for it in sets of units of its post; hence MAX_UNITS
)
MAGAZINES = _dtype(Magazine, ("unit", "i8"), ("weapon", "i8"), ("bit", "i8"))  # the last is that of its unit
WEAPONS = _dtype(
    Weapon,
    ("key", "i8"),
    ("tof_first", "i8"),
    ("tof_count", "i8"),
    ("near_chord2_m2", "f8"),  # squared straight length that stands for the least range
    ("near_flight_s", "f8"),  # time of flight to it
)
ENVELOPES = _dtype(  # [weapon, class]
    Envelope,
    ("far_chord2_m2", "f8"),  # the same of the greatest range
    ("far_flight_s", "f8"),
)
TOF = _dtype(("range_m", "f8"), ("time_s", "f8"))  # reported flight-time tables
DOCTRINES = _dtype(Doctrine, ("sequence", "i8", (MAX_SEQUENCE,)))
SALVOS = _dtype(("rounds", "i8"), ("reserved", "i8"))  # [doctrine, class]; reserved: 1: a class for which a reserve is kept
CONFUSION = _dtype(("probability", "f8"))  # [true class, assigned class]
ASSETS = _dtype(("key", "i8"), ("pos_ecef_m", "f8", VEC), ("up", "f8", VEC), ("value", "f8"))
DAMAGE = _dtype(("p_damage", "f8"), ("p_kill", "f8"))  # [class, kind of component]: damaged at all, and killed at once, on arrival

#: [object, sensor]: culling hints: first and last possible view on the object's own clock, and the slant range beyond which there is none.
SENSOR_WINDOWS = _dtype(("from_s", "f8"), ("to_s", "f8"), ("reach_m", "f8"))
EDGE_WINDOWS = _dtype(  # [object, magazine]: hints for ballistic objects on the object's own clock, see simulation.lower.edges
    ("outside_to_s", "f8"),
    ("inside_from_s", "f8"),  # NEVER: no hint
    ("inside_to_s", "f8"),
    ("outside_from_s", "f8"),
)


class World(NamedTuple):
    """The immutable scenario in arrays."""

    settings: Table
    knots: Table
    objects: Table
    components: Table
    sensors: Table
    pd_table: Table
    rcs: Table
    masks: Table
    epochs: Table
    pictures: Table
    feeds: Table
    links: Table
    posts: Table
    units: Table
    magazines: Table
    weapons: Table
    envelopes: Table
    tof: Table
    doctrines: Table
    salvos: Table
    confusion: Table
    assets: Table
    damage: Table
    sensor_windows: Table
    edge_windows: Table


# ---------------------------------------------------------------------------------------------------------------- State

OBJECT_STATE = _lined(  # read at every look
    ("origin_s", "f8"),  # scenario time of the first knot in this replicate
    ("scale", "f8"),  # of the object's clock
    ("rate", "f8"),  # 1 / scale
    ("cos_rotation", "f8"),
    ("sin_rotation", "f8"),
    ("end_s", "f8"),  # death, leak or the end of the path; NEVER before the replicate starts
    ("path_end_s", "f8"),
    ("status", "i8"),  # codes.ObjectStatus
    ("segment", "i8"),  # the knot segment of the course below
    ("from_s", "f8"),  # scenario times from which and before which the course holds
    ("to_s", "f8"),
    ("start_s", "f8"),  # its ends, at which the path stands still before the first knot and after the last
    ("stop_s", "f8"),
    ("leg_end_s", "f8"),  # scenario time at which the leg of the segment ends
    ("course", "f8", (16,)),  # x, y, z, height (m) at its start, then their coefficients of time, time^2, time^3
    ("shots", "i8"),  # shot ordinal: rounds launched at it so far
    ("salvos", "i8"),
)

TIMELINE = _dtype(  # what the audit of a leaker needs
    ("visible_s", "f8"),  # first in view of a radar that needs no cue; of leakers only
    ("firm_s", "f8"),  # first time in a picture
    ("identified_s", "f8"),
    ("designated_s", "f8"),
    ("ready_s", "f8"),
    ("first_feasible_s", "f8"),
    ("first_launch_s", "f8"),
    ("last_end_s", "f8"),  # end of the last engagement
    ("last_engagement", "i8"),
    ("cause", "i8"),  # codes.Cause
    ("why_no_more", "i8"),  # after the last shot: the gate that stopped another one
    ("unit", "i8"),  # the furthest-advanced unit
)

LOOKS = _dtype(  # [object, feed]: the track machine
    ("start_s", "f8"),  # no look before this; NEVER until cued. With a continuous radar the instant of visibility
    ("confirm_s", "f8"),  # of the present track, which may lie ahead; NEVER without one
    ("last_look", "i8"),  # without a track: index of the last processed look; with one: of its last known hit
    ("history", "i8"),  # bits of the last looks, newest lowest, while there is no track
    ("sure", "i8"),  # bit k: look `sure_from` + k, before `sure_to`, surely detects the object if it lives
    ("sure_from", "i8"),
    ("sure_to", "i8"),
    ("seen", "i8"),  # VIEWED and HIT, over the looks whose geometry was needed; TRACKED; NO_PLACE; DROPPED
)
VIEWED, HIT, NO_PLACE, TRACKED, DROPPED = 1, 2, 4, 8, 16
"""A full radar or picture had no place for it; the radar had, or will have, a firm track; it had one and dropped it."""

TRACKS = _lined(  # [picture, object, then ghosts]
    ("firm_s", "f8"),  # of the present track; NEVER without one
    ("settled_s", "f8"),  # when track and designations were last brought up to date
    ("feed", "i8"),  # the feed that holds it
    ("drops_s", "f8"),  # when that feed will drop it if the object lives; below 0: not looked up yet
    ("lost_s", "f8"),  # when its last feed dropped it, if nobody has drawn the consequence yet; else NEVER
    ("object", "i8"),  # -1 for a ghost
    ("incarnation", "i8"),
    ("refused", "i8"),  # 1: a full picture has no place for it
    ("identified_s", "f8"),  # this and the class are of identification with errors, which is to come
    ("assigned_class", "i8"),
)
#: [object, feed] where components can be hit: `last_look` and `history` of LOOKS when the present search began, or its radar changed last.
BEGUN = _dtype(("look", "i8"), ("history", "i8"))
HELD = _dtype(  # [object, feed] where a radar can be full: its track changes are events, since they depend on other tracks
    ("place", "i8"),  # in OCCUPANTS, tentative or firm; -1 without
    ("shut_out", "i8"),  # 1: found no place, and is not tried before its course changes or a place is free
    ("change_s", "f8"),  # time of its pending event; others are void
    ("kind", "i8"),  # CHANGE_*
    ("look", "i8"),  # the look that makes the change
    ("firm_s", "f8"),  # its last firm track that is gone: when it was confirmed,
    ("lost_s", "f8"),  # and when it was dropped or had to go
    ("track_s", "f8"),  # how long all its firm tracks that are gone lasted, while it flew
)
CHANGE_HIT, CHANGE_CONFIRM, CHANGE_DEATH, CHANGE_DROP = range(4)
OCCUPANTS = _dtype(("object", "i8"), ("feed", "i8"))  # [sensor, place]

ESTIMATES = _dtype(  # [object]: how a track of it is extrapolated, until `valid_to_s`
    ("valid_to_s", "f8"),  # next turn, or arrival at the presumed aim; -NEVER: not estimated yet
    ("time_s", "f8"),  # of the position below; it holds from then on
    ("pos_ecef_m", "f8", VEC),
    ("along", "f8", VEC),  # unit vector of the ground track there
    ("rate_radps", "f8"),  # of the great circle, about the centre of the earth
    ("radius_m", "f8"),  # from the centre of the earth
    ("alt_m", "f8"),
    ("speed_mps", "f8"),
    ("arrival_s", "f8"),  # at the presumed aim: the score
    ("presumed_aim", "i8"),
    ("value", "f8"),  # of that asset
)

DESIGNATIONS = _dtype(  # [object, post]
    ("ready_s", "f8"),
    ("wake_s", "f8"),  # time of its pending DECIDE event; others are stale
    ("reopen_s", "f8"),  # called killed: when it may be engaged again
    ("phase", "i8"),  # PHASE_*
    ("waiting", "i8"),  # place in the waiting list, or -1
    ("salvos", "i8"),
    ("tried", "i8"),  # number of the pass over the waiting list that last tried it
    ("blocked", "i8"),  # bits: units in reach that lacked a channel or a round at the last try
    ("later", "i8"),  # bits: units that lacked one and will have it in reach later on this leg
    ("known", "i8"),  # bits: units whose launch windows have been computed for the present estimate
    ("told", "i8"),  # bits: the log says already that it waits, LACKS_CHANNEL or LACKS_ROUND, since its present track
    ("wants", "i8"),  # bits: units that lacked nothing but a fire-control track at the last try
    ("reached", "i8"),  # gates, for the audit: bits of the units that ever had it in reach while it was ready,
    ("served", "i8"),  # and a channel,
    ("stocked", "i8"),  # and a round,
    ("held", "i8"),  # and a fire-control track; since its last engagement
)
LACKS_CHANNEL, LACKS_ROUND = 1, 2
PHASE_NONE = 0  # no track in the picture
PHASE_TRACKED = 1  # in the picture: not identified yet, or no launch that would reach it on the present leg
PHASE_READY = 2  # designated; reaction running or over; asleep until a launch may be possible
PHASE_WAITING = 3  # as READY, in reach, in the waiting list of the post
PHASE_DRY = 4  # as READY, in reach, but no round left that may engage it
PHASE_ENGAGED = 5
PHASE_CLOSED = 6  # called killed, or the firing sequence is over

PAIRS = _dtype(  # [object, magazine]: launch instants whose predicted intercept is inside the envelope
    ("from_1_s", "f8"),
    ("to_1_s", "f8"),
    ("from_2_s", "f8"),
    ("to_2_s", "f8"),
)

UNIT_OBJECT = _dtype(("since_s", "f8"))  # [object, unit]: since when the unit had it in reach while it was ready

#: No object that is shut out arrives before `shut_out_s`, as far as estimates tell that hold until `shut_out_to_s` at least.
SENSOR_STATE = _dtype(
    ("phase_s", "f8"),
    ("tracks", "i8"),
    ("shut_out_s", "f8"),
    ("shut_out_to_s", "f8"),
    ("changed_s", "f8"),  # time of its first change by damage, NEVER without one
    ("latest_s", "f8"),  # of its last one so far
    ("snr_factor", "f8"),  # since then
    ("blind_s", "f8"),  # since when it is killed; NEVER if it is not
    ("changes", "i8"),
)
#: [sensor, change]: from when on which factor on the signal-to-noise ratio holds; the first change is at `changed_s`.
CHANGES = _dtype(("time_s", "f8"), ("snr_factor", "f8"))
COMPONENT_STATE = _dtype(
    ("status", "i8"),  # codes.ComponentStatus
    ("until_s", "f8"),  # when it will be repaired
    ("hit_s", "f8"),  # first time degraded or killed
    ("killed_s", "f8"),  # first time killed
    ("launchers_lost", "i8"),
)
LINK_STATE = _dtype(("up", "i8"), ("until_s", "f8"))
POST_STATE = _dtype(
    ("waiting_count", "i8"),
    ("wake_s", "f8"),
    ("alive", "i8"),  # 0: its command post is killed
    ("slowness", "f8"),  # factor on its reaction time
    ("passes", "i8"),
    ("offered", "i8"),  # bits: units that were free at the end of the last pass and still are: who was tried then has no use for them
    ("newcomers", "i8"),  # objects in the waiting list that were not tried since they entered it
    ("newcomer", "i8"),  # the last of them
    ("channels", "i8"),  # bits: units with a channel and a missile control
    ("free", "i8"),  # and a round
    ("fit_for_reserve", "i8"),  # ready rounds that could engage a class for which the doctrine keeps a reserve
)
UNIT_STATE = _dtype(
    ("busy_channels", "i8"),
    ("missiles_in_flight", "i8"),
    ("next_launch_s", "f8"),
    ("alive", "i8"),
    ("channels", "i8"),  # bit k: channel k is busy
    ("changed_s", "f8"),  # when busy_channels changed last
    ("channel_seconds", "f8"),  # integral of busy_channels up to then
    ("peak_channels", "i8"),
    *(("free_from_s", "f8"), ("free_to_s", "f8")),  # when it had a channel and a missile control free last (to NEVER: it has)
)
MAGAZINE_STATE = _dtype(
    ("ready", "i8"),
    ("held", "i8"),
    ("fired", "i8"),
    ("emptied", "i8"),  # rounds fired since the last reload began
    ("destroyed", "i8"),  # ready rounds lost with launchers
    ("hit", "i8"),  # the same, with those that come back when their launcher is repaired
)

ENGAGEMENTS = _dtype(
    ("object", "i8"),
    ("post", "i8"),
    ("unit", "i8"),
    ("magazine", "i8"),
    ("salvo", "i8"),  # ordinal on the object
    ("planned", "i8"),
    ("launched", "i8"),
    ("flying", "i8"),
    ("launch_s", "f8"),
    ("end_s", "f8"),  # of the assessment, or of the track
    ("last_intercept_s", "f8"),
    ("result", "i8"),  # codes.EngagementEnd
    ("called_killed", "i8"),
    ("channel", "i8"),  # number of the channel, for the replay
)
SHOTS = _dtype(
    ("engagement", "i8"),
    ("ordinal", "i8"),  # on the object
    ("launch_s", "f8"),
    ("end_s", "f8"),
    ("range_m", "f8"),  # launcher to intercept
    ("p_kill", "f8"),
    ("result", "i8"),
    ("remote", "i8"),  # 1: launched without a track of the unit's own engagement radar
    ("fate", "i8"),  # FATE_*, known at launch: how the flight ends if the target lives
)
FATE_INTERCEPT, FATE_NO_INTERCEPT, FATE_TRACK_LOST, FATE_LAUNCH_FAILED, FATE_RADAR_LOST = range(5)

WAITING = _dtype(  # [post, place]: objects that wait, in any order
    ("arrival_s", "f8"),  # the score: least first,
    ("value", "f8"),  # then the most valuable presumed aim,
    ("object", "i8"),  # then the first object
    ("lacks", "i8"),  # bits: units that lacked something for it at the last try, now or later on this leg; all before the first try
)
HEAP = _dtype(("time_s", "f8"), ("key", "i8"))  # key: kind of event, then subject
LATER = _dtype(("time_s", "f8"), ("key", "i8"), ("next", "i8"))  # events of later slots; next: the row of another one of the slot
SLOTS = _dtype(("first", "i8"))  # row of LATER of an event in this slot of time, or -1
LOG = _dtype(
    ("time_s", "f8"),
    ("kind", "i4"),  # codes.EventKind
    ("code", "i4"),  # codes.LogCode
    ("actor", "i4"),  # unit, post or sensor
    ("object", "i4"),
    ("track", "i4"),
    ("engagement", "i4"),
    ("value", "f8"),
)
CURSOR = _dtype(
    ("seed", "i8"),
    ("replication", "i8"),
    ("now_s", "f8"),
    ("kind", "i8"),  # codes.EventKind being handled
    ("status", "i8"),  # codes.Status
    ("heap_count", "i8"),
    ("later_count", "i8"),
    ("later_used", "i8"),  # rows of LATER that have been used
    ("later_free", "i8"),  # the first of those that are free again, or -1
    ("slot", "i8"),  # events up to this slot of time are in the heap
    ("slots_per_s", "f8"),
    ("log_count", "i8"),
    ("engagement_count", "i8"),
    ("shot_count", "i8"),
    ("alive_count", "i8"),  # objects not ended yet
    ("record", "i8"),  # 1: log looks and track changes too
    ("events", "i8"),
    ("looks", "i8"),
    ("raid_effect", "f8"),
    ("overflow", "i8"),  # OVERFLOW_*: which array was too small, or that a radar may be full
    ("ready_rounds", "i8"),
    ("empty_s", "f8"),  # first time without a ready round
)
OVERFLOW_NONE, OVERFLOW_HEAP, OVERFLOW_LOG, OVERFLOW_ENGAGEMENTS, OVERFLOW_SHOTS, OVERFLOW_TRACKS, OVERFLOW_LATER = range(7)


class State(NamedTuple):
    """Everything that changes during a replicate."""

    objects: Table
    timeline: Table
    looks: Table
    tracks: Table
    begun: Table
    held: Table
    occupants: Table
    estimates: Table
    designations: Table
    pairs: Table
    unit_objects: Table
    sensors: Table
    changes: Table
    components: Table
    links: Table
    posts: Table
    units: Table
    magazines: Table
    engagements: Table
    shots: Table
    waiting: Table
    heap: Table
    later: Table
    slots: Table
    log: Table
    cursor: Table
