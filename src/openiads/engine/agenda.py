"""When a post looks at an object or at its waiting list again.

DECIDE subjects: post * (n_objects + 1) + object wakes one designation, and post * (n_objects + 1) + n_objects, which sorts last at
any instant, lets the post go through its waiting list.
"""

from __future__ import annotations

from openiads.codes import EventKind
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.radar.look import last_look_at
from openiads.models.tracking.capacity import foresee, leave_place, next_of_shut_out
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, PHASE_WAITING

_SCAN = int(EventKind.SCAN)
_DECIDE = int(EventKind.DECIDE)


@kernel
def wake_object(world: World, state: State, q: int, i: int, at_s: float) -> None:
    """Let post `q` think about object `i` at `at_s`; an earlier appointment for it is void."""
    designation = state.designations[i, q]
    if designation["wake_s"] == at_s:
        return
    designation["wake_s"] = at_s
    if at_s < NEVER:
        push(state, at_s, _DECIDE, q * (world.objects.shape[0] + 1) + i)


@kernel
def wake_post(world: World, state: State, q: int, at_s: float) -> None:
    """Let post `q` go through its waiting list at `at_s`."""
    post = state.posts[q]
    if post["wake_s"] != at_s:
        post["wake_s"] = at_s
        n = world.objects.shape[0]
        push(state, at_s, _DECIDE, q * (n + 1) + n)


@kernel
def plan_change(world: World, state: State, f: int, i: int) -> None:
    """Schedule the next change of the track of object `i` at limited feed `f`; an earlier appointment for it is void."""
    foresee(world, state, f, i)
    change_s = state.held[i, f]["change_s"]
    if change_s < NEVER:
        push(state, change_s, _SCAN, (world.pictures.shape[0] + f) * world.objects.shape[0] + i)


@kernel
def free_place(world: World, state: State, f: int, i: int) -> None:
    """The track of object `i` leaves limited feed `f`, if there is one, and the best of those that were shut out is looked at again."""
    state.held[i, f]["shut_out"] = 0
    if state.held[i, f]["place"] < 0:
        return
    leave_place(world, state, f, i)
    look_at_shut_out(world, state, world.feeds[f]["sensor"])


@kernel
def look_at_shut_out(world: World, state: State, s: int) -> None:
    """Let sensor `s` look again at the best of those that were shut out."""
    now_s = state.cursor[0]["now_s"]
    v, f = next_of_shut_out(world, state, s, now_s)
    if v >= 0:
        state.held[v, f]["shut_out"] = 0
        state.looks[v, f]["last_look"] = last_look_at(world, state, f, v, now_s)
        plan_change(world, state, f, v)


@kernel
def shut_out_before(world: World, state: State, s: int, arrival_s: float) -> bool:
    """Whether an object that is shut out of sensor `s` arrives before `arrival_s`."""
    now, now_s = state.sensors[s], state.cursor[0]["now_s"]
    if now["shut_out_s"] >= arrival_s and now_s < now["shut_out_to_s"]:
        return False
    next_of_shut_out(world, state, s, now_s)  # some are gone, or their courses have changed
    return bool(now["shut_out_s"] < arrival_s)


@kernel
def enter_waiting(state: State, q: int, i: int) -> None:
    """Put object `i` on the waiting list of post `q`, to be tried in the next pass whatever it lacked before."""
    designation, post = state.designations[i, q], state.posts[q]
    if designation["waiting"] < 0 or designation["tried"] != 0:
        post["newcomers"] += 1
        post["newcomer"] = i
    designation["tried"] = 0
    join_waiting(state, q, i)
    note_waiting(state, q, i)


@kernel
def join_waiting(state: State, q: int, i: int) -> None:
    """Put object `i` on the waiting list of post `q` if it is not there, to be tried when a unit has what it lacked."""
    designation = state.designations[i, q]
    if designation["waiting"] >= 0:
        return
    post = state.posts[q]
    place = post["waiting_count"]
    post["waiting_count"] = place + 1
    designation["waiting"] = place
    designation["phase"] = PHASE_WAITING
    note_waiting(state, q, i)


@kernel
def note_waiting(state: State, q: int, i: int) -> None:
    """Bring the row of object `i` in the waiting list of post `q` up to date."""
    designation, estimate = state.designations[i, q], state.estimates[i]
    row = state.waiting[q, designation["waiting"]]
    row["object"] = i
    row["arrival_s"], row["value"] = estimate["arrival_s"] if estimate["presumed_aim"] >= 0 else NEVER, estimate["value"]
    row["lacks"] = designation["blocked"] | designation["later"] if designation["tried"] else -1


@kernel
def leave_waiting(state: State, q: int, i: int, phase: int) -> None:
    """Give object `i` another phase and take it off the waiting list of post `q` if it is there."""
    designation = state.designations[i, q]
    designation["phase"] = phase
    place = designation["waiting"]
    if place < 0:
        return
    post = state.posts[q]
    post["newcomers"] -= designation["tried"] == 0
    last = post["waiting_count"] - 1
    row, moved = state.waiting[q, place], state.waiting[q, last]
    row["arrival_s"], row["value"], row["object"], row["lacks"] = moved["arrival_s"], moved["value"], moved["object"], moved["lacks"]
    state.designations[moved["object"], q]["waiting"] = place
    post["waiting_count"] = last
    designation["waiting"] = -1
