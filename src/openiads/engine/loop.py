"""The event loop, which reads like a table of contents."""

from __future__ import annotations

from openiads.codes import EventKind, Status
from openiads.engine.ahead import fetch_next
from openiads.engine.begin import begin
from openiads.engine.handlers.arrive import on_arrive
from openiads.engine.handlers.assess import on_assess
from openiads.engine.handlers.component import on_component
from openiads.engine.handlers.decide import on_decide
from openiads.engine.handlers.intercept import on_intercept
from openiads.engine.handlers.launch import on_launch
from openiads.engine.handlers.reload import on_reload
from openiads.engine.handlers.scan import on_scan
from openiads.engine.queue import drop_first, has_next, kind_of, subject_of
from openiads.kernel import kernel
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, OVERFLOW_NONE

_INTERCEPT = int(EventKind.INTERCEPT)
_ARRIVE = int(EventKind.ARRIVE)
_ASSESS = int(EventKind.ASSESS)
_COMPONENT = int(EventKind.COMPONENT)
_RELOAD = int(EventKind.RELOAD)
_SCAN = int(EventKind.SCAN)
_DECIDE = int(EventKind.DECIDE)
_LAUNCH = int(EventKind.LAUNCH)
_RUNNING = int(Status.RUNNING)
_DONE = int(Status.DONE)
_DECISION = int(Status.DECISION)
_OVERFLOW = int(Status.OVERFLOW)


@kernel
def dispatch(world: World, state: State, kind: int, subject: int) -> None:
    """Hand one event to its handler."""
    if kind == _SCAN:
        on_scan(world, state, subject)
    elif kind == _DECIDE:
        on_decide(world, state, subject)
    elif kind == _LAUNCH:
        on_launch(world, state, subject)
    elif kind == _INTERCEPT:
        on_intercept(world, state, subject)
    elif kind == _ASSESS:
        on_assess(world, state, subject)
    elif kind == _ARRIVE:
        on_arrive(world, state, subject)
    elif kind == _COMPONENT:
        on_component(world, state, subject)
    elif kind == _RELOAD:
        on_reload(world, state, subject)


@kernel
def advance(world: World, state: State, until_s: float, pause_on: int) -> int:
    """Handle events up to `until_s`; returns codes.Status. A kind of event equal to `pause_on` stops the loop before it is handled."""
    cursor = state.cursor[0]
    while has_next(state):
        event = state.heap[0]
        if event["time_s"] > until_s:
            cursor["status"] = _RUNNING
            return _RUNNING
        kind, subject = kind_of(event), subject_of(event)
        if kind == pause_on and cursor["status"] != _DECISION:
            cursor["status"] = _DECISION
            return _DECISION
        cursor["status"] = _RUNNING
        cursor["now_s"], cursor["kind"] = event["time_s"], kind
        cursor["events"] += 1
        drop_first(state)
        fetch_next(world, state)
        dispatch(world, state, kind, subject)
        if cursor["overflow"] != OVERFLOW_NONE:
            cursor["status"] = _OVERFLOW
            return _OVERFLOW
    cursor["status"] = _DONE
    return _DONE


@kernel
def replicate(world: World, state: State, seed: int, replication: int) -> int:
    """Run one replicate from beginning to end; returns codes.Status (DONE or OVERFLOW)."""
    begin(world, state, seed, replication)
    if state.cursor[0]["overflow"] != OVERFLOW_NONE:
        return _OVERFLOW
    return advance(world, state, NEVER, 0)
