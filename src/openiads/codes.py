"""Integer codes shared by Python and the compiled core. Values are part of the record format: append, never renumber."""

from __future__ import annotations

from enum import IntEnum


class EventKind(IntEnum):
    """Kinds of event in their order at one instant: intercept before impact before assessment before launch."""

    INTERCEPT = 1
    ARRIVE = 2
    ASSESS = 3
    COMPONENT = 4
    LINK = 5
    EPOCH = 6
    RELOAD = 7
    SUPPLY = 8
    SCAN = 9
    DECIDE = 10
    LAUNCH = 11
    END = 12


class Status(IntEnum):
    """What `advance` returns."""

    RUNNING = 0
    DONE = 1
    DECISION = 2
    OVERFLOW = 3


class Process(IntEnum):
    """Random processes: the first word of every counter."""

    TIME_SHIFT = 1
    TIME_SCALE = 2
    RIGID_MOTION = 3
    ARRIVAL_GAP = 4
    LOOK = 5
    FALSE_PLOT = 6
    NOISE = 7
    REACTION = 8
    KILL = 9
    SALVO = 10
    ASSESSMENT = 11
    LAUNCH_FAILURE = 12
    IDENTIFICATION = 13
    LINK_LOSS = 14
    DAMAGE = 15
    READINESS = 16
    RAID_EFFECT = 17
    AIM = 18
    CATALOGUE = 19
    SCAN_PHASE = 20
    TRACK_LOSS = 21


class Side(IntEnum):
    """Whose object it is."""

    RED = 0
    BLUE = 1
    NEUTRAL = 2


class Motion(IntEnum):
    """How a track of the object is extrapolated."""

    AIR = 0
    BALLISTIC = 1


class ObjectStatus(IntEnum):
    """End states; ALIVE covers objects that have not appeared yet."""

    ALIVE = 0
    KILLED = 1
    LEAKED = 2
    EXPIRED = 3


class EngagementEnd(IntEnum):
    """How an engagement ended."""

    OPEN = 0
    KILLED = 1
    MISSED = 2
    WASTED = 3
    NO_INTERCEPT = 4
    TRACK_LOST = 5
    RADAR_LOST = 6
    LAUNCH_FAILED = 7


class Cause(IntEnum):
    """Why a leaker leaked: the gate at which the furthest-advanced fire unit failed, in the order of the kill chain."""

    NONE = 0
    NOT_VISIBLE = 1
    NOT_DETECTED = 2
    NOT_FIRM = 3
    NOT_IN_PICTURE = 4
    NOT_IDENTIFIED = 5
    NOT_PERMITTED = 6
    OUTSIDE_ENVELOPE = 7
    NO_TIME = 8
    NO_CHANNEL = 9
    NO_MISSILE = 10
    NO_FIRE_CONTROL_TRACK = 11
    MISSED = 12
    FALSE_ASSESSMENT = 13
    RADAR_LOST = 14
    DEFENDER_DESTROYED = 15
    LAUNCH_INTERVAL = 16
    RADAR_SILENT = 17
    LAUNCH_FAILED = 18


class ComponentKind(IntEnum):
    """What part of the defence a component is."""

    SEARCH_RADAR = 0
    ENGAGEMENT_RADAR = 1
    LAUNCHERS = 2
    COMMAND_POST = 3


class ComponentStatus(IntEnum):
    """What a component can still do."""

    INTACT = 0
    DEGRADED = 1
    KILLED = 2


class LinkKind(IntEnum):
    """How units share what they know."""

    NONE = 0
    VOICE = 1
    DATA_LINK = 2
    SHARED_PICTURE = 3


class Fire(IntEnum):
    """Firing policies."""

    ONCE = 0
    SEQUENCE = 1
    SHOOT_LOOK_SHOOT = 2


class Prefer(IntEnum):
    """Which feasible pair of unit and weapon a doctrine takes first."""

    EARLIEST_INTERCEPT = 0
    CHEAPEST_ADEQUATE = 1
    LAYERED = 2
    HIGHEST_PROBABILITY = 3
    PRESERVE_LONG_RANGE = 4


class RangeMeasure(IntEnum):
    """Which range counts for flight time and envelope."""

    SLANT = 0
    GROUND = 1


class LogCode(IntEnum):
    """What a row of the event log says."""

    APPEARED = 1
    FIRM = 2
    IDENTIFIED = 3
    DESIGNATED = 4
    READY = 5
    FIRE_CONTROL_TRACK = 6
    WAITS_FOR_CHANNEL = 7
    WAITS_FOR_MISSILE = 8
    LAUNCHED = 9
    LAUNCH_FAILED = 10
    INTERCEPT = 11
    KILLED = 12
    MISSED = 13
    WASTED = 14
    NO_INTERCEPT = 15
    TRACK_LOST = 16
    CALLED_KILLED = 17
    CALLED_ALIVE = 18
    CHANNEL_FREED = 19
    RELOAD_STARTED = 20
    RELOADED = 21
    EMPTY = 22
    LEAKED = 23
    EXPIRED = 24
    REOPENED = 25
    LOOK = 26
    TRACK_DROPPED = 27
    COMPONENT_DEGRADED = 28
    COMPONENT_KILLED = 29
    COMPONENT_REPAIRED = 30
    LINK_DOWN = 31
    LINK_UP = 32
    EPOCH = 33
    NEUTRAL_ENGAGED = 34
    FRATRICIDE = 35
    RADAR_LOST = 36
    ROUNDS_LOST = 37
