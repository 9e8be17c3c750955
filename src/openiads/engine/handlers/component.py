"""COMPONENT: a part of the defence is hit, or repaired.

A killed radar sees nothing and a degraded one less far; a fire unit without its engagement radar launches nothing, and its rounds that
need the radar are lost in flight. A killed command post decides nothing, a degraded one reacts more slowly; rounds under way fly on.
A launcher that is hit takes its share of the ready rounds of its unit with it; they come back when it was only degraded.

Not modelled: fire units that go on by themselves without their command post; launchers handed to another radar; replacement.
"""

from __future__ import annotations

from openiads.codes import ComponentKind, ComponentStatus, EventKind, LogCode
from openiads.engine.agenda import wake_object, wake_post
from openiads.engine.designation import settle
from openiads.engine.handlers.reload import reload_if_due, return_rounds
from openiads.engine.queue import push
from openiads.engine.revision import change_radar, redirect_rounds
from openiads.kernel import kernel
from openiads.models.command.choice import count_ready, note_service
from openiads.models.interceptor.damage import damage
from openiads.state.arrays import State, World
from openiads.state.layout import LOADS, NEVER, PHASE_TRACKED
from openiads.state.log import log_row

_COMPONENT = int(EventKind.COMPONENT)
_ENGAGEMENT_RADAR = int(ComponentKind.ENGAGEMENT_RADAR)
_LAUNCHERS = int(ComponentKind.LAUNCHERS)
_COMMAND_POST = int(ComponentKind.COMMAND_POST)
_INTACT = int(ComponentStatus.INTACT)
_DEGRADED = int(ComponentStatus.DEGRADED)
_KILLED = int(ComponentStatus.KILLED)
_LOG_DEGRADED = int(LogCode.COMPONENT_DEGRADED)
_LOG_KILLED = int(LogCode.COMPONENT_KILLED)
_LOG_REPAIRED = int(LogCode.COMPONENT_REPAIRED)
_LOG_LOST = int(LogCode.ROUNDS_LOST)


@kernel
def hit_component(world: World, state: State, i: int) -> None:
    """Object `i` has arrived at the component that it aims at."""
    c = world.objects[i]["aim_component"]
    now, now_s = state.components[c], state.cursor[0]["now_s"]
    status = damage(world, state, i, c)
    launchers = world.components[c]["kind"] == _LAUNCHERS
    left = world.components[c]["launchers"] - now["launchers_lost"]
    if (launchers and (status == _INTACT or left <= 0)) or (not launchers and status == now["status"]):
        return
    now["hit_s"] = min(now["hit_s"], now_s)
    log_row(state, now_s, _LOG_KILLED if status == _KILLED else _LOG_DEGRADED, c, i, -1, float(left))
    if launchers:
        lose_launcher(world, state, c, status)
        return
    if status == _KILLED:
        now["killed_s"] = min(now["killed_s"], now_s)
    become(world, state, c, status)
    repair_s = world.components[c]["repair_killed_s"] if status == _KILLED else world.components[c]["repair_degraded_s"]
    now["until_s"] = now_s + repair_s
    if now["until_s"] <= end_of_raid_s(state):
        push(state, now["until_s"], _COMPONENT, c)


@kernel
def end_of_raid_s(state: State) -> float:
    """When the last living object ends its path: what is repaired later is repaired for another raid."""
    end_s = 0.0
    for i in range(state.objects.shape[0]):
        if state.objects[i]["end_s"] >= NEVER:
            end_s = max(end_s, state.objects[i]["path_end_s"])
    return float(end_s)


@kernel
def on_component(world: World, state: State, c: int) -> None:
    """Component `c` is repaired, unless it was hit again meanwhile."""
    now, now_s = state.components[c], state.cursor[0]["now_s"]
    if now["until_s"] == now_s:
        now["until_s"] = NEVER
        log_row(state, now_s, _LOG_REPAIRED, c, -1, -1, 0.0)
        become(world, state, c, _INTACT)


@kernel
def become(world: World, state: State, c: int, status: int) -> None:
    """A radar or command post, component `c`, has another status from now on."""
    component = world.components[c]
    state.components[c]["status"] = status
    if component["kind"] == _COMMAND_POST:
        change_post(world, state, component["post"], status, component["degraded_factor"])
        return
    factor = 0.0 if status == _KILLED else 1.0
    if status == _DEGRADED:
        share2 = component["degraded_factor"] * component["degraded_factor"]
        factor = share2 * share2
    change_radar(world, state, component["sensor"], factor)
    if component["kind"] == _ENGAGEMENT_RADAR:
        u = component["unit"]
        state.units[u]["alive"] = status != _KILLED
        note_service(world, state, u)
        redirect_rounds(world, state, u)
        q = world.units[u]["post"]
        state.posts[q]["offered"] = 0
        wake_post(world, state, q, state.cursor[0]["now_s"])


@kernel
def change_post(world: World, state: State, q: int, status: int, degraded_factor: float) -> None:
    """The command post `q` has another status from now on: what it owes to the past is settled first."""
    p, post, now_s = world.posts[q]["picture"], state.posts[q], state.cursor[0]["now_s"]
    for i in range(world.objects.shape[0]):
        settle(world, state, p, i, now_s)
    was_alive = post["alive"]
    post["alive"] = status != _KILLED
    post["slowness"] = degraded_factor if status == _DEGRADED else 1.0
    if was_alive or not post["alive"]:
        return
    post["offered"] = 0
    for i in range(world.objects.shape[0]):
        track = state.tracks[p, i]
        if track["firm_s"] <= now_s:
            identified_s = track["firm_s"] + world.posts[q]["identification_s"]
            late = state.designations[i, q]["phase"] == PHASE_TRACKED and identified_s > now_s
            wake_object(world, state, q, i, identified_s if late else now_s)
    wake_post(world, state, q, now_s)


@kernel
def lose_launcher(world: World, state: State, c: int, status: int) -> None:
    """One of the launchers of component `c` is hit, and with it its share of the ready rounds."""
    component, now_s = world.components[c], state.cursor[0]["now_s"]
    now, unit = state.components[c], world.units[component["unit"]]
    left = component["launchers"] - now["launchers_lost"]
    if status == _KILLED:
        now["launchers_lost"] += 1
        now["killed_s"] = min(now["killed_s"], now_s)
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        rounds = (state.magazines[m]["ready"] + left // 2) // left
        if rounds > 0:
            count_ready(world, state, m, -rounds)
            state.magazines[m]["hit"] += rounds
            log_row(state, now_s, _LOG_LOST, component["unit"], -1, -1, float(m * LOADS + rounds))
            reload_if_due(world, state, m)
            if status == _DEGRADED:
                return_rounds(state, m, rounds, now_s + component["repair_degraded_s"])
            else:
                state.magazines[m]["destroyed"] += rounds
