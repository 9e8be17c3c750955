"""RELOAD: a launcher is full again. An empty launcher takes what the store has, up to its load, and `reload_s` to take it."""

from __future__ import annotations

from openiads.codes import EventKind, LogCode
from openiads.engine.agenda import join_waiting, wake_object, wake_post
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.command.choice import count_ready, fit_for_reserve, reserve_of, spares
from openiads.state.arrays import State, World
from openiads.state.layout import LOADS, NEVER, PHASE_DRY, PHASE_READY, PHASE_WAITING
from openiads.state.log import log_row

_RELOAD = int(EventKind.RELOAD)
_EMPTY = int(LogCode.EMPTY)
_STARTED = int(LogCode.RELOAD_STARTED)
_RELOADED = int(LogCode.RELOADED)


@kernel
def spend_round(world: World, state: State, m: int) -> None:
    """Take one ready round of magazine `m`; an emptied launcher begins to reload."""
    now = state.magazines[m]
    count_ready(world, state, m, -1)
    now["fired"] += 1
    now["emptied"] += 1
    reload_if_due(world, state, m)


@kernel
def reload_if_due(world: World, state: State, m: int) -> None:
    """Rounds have left magazine `m`: note when none is ready anywhere, and let an emptied launcher take its load from the store."""
    cursor = state.cursor[0]
    now_s = cursor["now_s"]
    magazine, now = world.magazines[m], state.magazines[m]
    if cursor["ready_rounds"] == 0 and cursor["empty_s"] >= NEVER:
        cursor["empty_s"] = now_s
        log_row(state, now_s, _EMPTY, magazine["unit"], -1, -1, float(m))
    q = world.units[magazine["unit"]]["post"]
    if spares(world, state, q) and (now["ready"] == 0 or state.posts[q]["fit_for_reserve"] == reserve_of(world, q)):
        rethink(world, state, q)
    if now["emptied"] >= magazine["launcher_load"] or now["ready"] == 0:
        load = min(now["emptied"], now["held"])
        now["emptied"] = 0
        if load > 0:
            now["held"] -= load
            log_row(state, now_s, _STARTED, magazine["unit"], -1, -1, float(m * LOADS + load))
            return_rounds(state, m, load, now_s + magazine["reload_s"])


@kernel
def rethink(world: World, state: State, q: int) -> None:
    """A missile of post `q` is used up, for which others may have been spared: let it think about all that wait."""
    now_s = state.cursor[0]["now_s"]
    for i in range(world.objects.shape[0]):
        designation = state.designations[i, q]
        if designation["phase"] in (PHASE_READY, PHASE_WAITING, PHASE_DRY) and designation["ready_s"] <= now_s:
            wake_object(world, state, q, i, now_s)


@kernel
def return_rounds(state: State, m: int, rounds: int, at_s: float) -> None:
    """`rounds` of magazine `m` will be ready at `at_s`."""
    push(state, at_s, _RELOAD, m * LOADS + rounds)


@kernel
def on_reload(world: World, state: State, subject: int) -> None:
    """Rounds are ready again; objects that waited for rounds are tried once more."""
    cursor = state.cursor[0]
    now_s = cursor["now_s"]
    m, load = subject // LOADS, subject % LOADS
    u = world.magazines[m]["unit"]
    q = world.units[u]["post"]
    count_ready(world, state, m, load)
    log_row(state, now_s, _RELOADED, u, -1, -1, float(subject))
    # A round more in a reserve of the post frees one of any unit.
    units = world.posts[q]["all_units"] if fit_for_reserve(world, q, m) else world.units[u]["bit"]
    for i in range(world.objects.shape[0]):
        designation = state.designations[i, q]
        if designation["phase"] == PHASE_DRY and (designation["blocked"] | designation["later"]) & units:
            join_waiting(state, q, i)
    if state.posts[q]["waiting_count"] > 0:
        wake_post(world, state, q, now_s)
