"""ARRIVE: an object reaches the end of its path: its aim, its release point, or the edge of the scenario."""

from __future__ import annotations

from openiads.codes import LogCode, ObjectStatus
from openiads.engine.agenda import leave_waiting
from openiads.engine.audit import audit, sensed
from openiads.engine.designation import settle
from openiads.engine.handlers.component import hit_component
from openiads.engine.handlers.intercept import end_object
from openiads.kernel import kernel
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, PHASE_ENGAGED, PHASE_NONE
from openiads.state.log import log_row

_ALIVE = int(ObjectStatus.ALIVE)
_LEAKED = int(ObjectStatus.LEAKED)
_EXPIRED = int(ObjectStatus.EXPIRED)
_LOG_LEAKED = int(LogCode.LEAKED)
_LOG_EXPIRED = int(LogCode.EXPIRED)


@kernel
def on_arrive(world: World, state: State, i: int) -> None:
    """Object `i` leaks if it is lethal; its cause is settled now and never again."""
    if state.objects[i]["status"] != _ALIVE:
        return
    now_s = state.cursor[0]["now_s"]
    for p in range(world.pictures.shape[0]):
        settle(world, state, p, i, now_s)
    lethal = world.objects[i]["lethal"]
    if lethal:
        audit(world, state, i)
    elif state.timeline[i]["firm_s"] >= NEVER:
        sensed(world, state, i)
    log_row(state, now_s, _LOG_LEAKED if lethal else _LOG_EXPIRED, -1, i, -1, float(state.timeline[i]["cause"]))
    end_object(world, state, i, _LEAKED if lethal else _EXPIRED)
    for q in range(world.posts.shape[0]):
        if state.designations[i, q]["phase"] != PHASE_ENGAGED:
            leave_waiting(state, q, i, PHASE_NONE)
        state.designations[i, q]["wake_s"] = NEVER
    if lethal and world.objects[i]["aim_component"] >= 0:
        hit_component(world, state, i)
