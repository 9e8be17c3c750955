"""Which of several feasible pairs of fire unit and weapon a doctrine takes, and how many rounds.

Earliest intercept; cheapest adequate (cheapest whose kill probability reaches the doctrine's `adequate_sspk`, else the surest);
layered (shortest reach first, so that long-reach missiles meet targets outside and short-reach ones inside); preserve long range (the
same, and no long-reach missile is spent where a shorter one of the same fire unit will do later on the present leg); highest
probability. Ties: most free channels, then the order of the units and magazines in the scenario.

Not modelled: assignment of all threats at once, and any look further ahead than the present leg.
Reference: the rules are named as in the weapon-assignment literature (e.g. R. K. Ahuja et al., "Exact and heuristic algorithms for
the weapon-target assignment problem", Operations Research 55 (2007)), and each is myopic: one target at a time.
"""

from __future__ import annotations

from openiads.codes import Fire, Prefer
from openiads.kernel import kernel
from openiads.models.interceptor.envelope import extrapolated, measured_m, next_launch_s, range_to_m
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

_EARLIEST = int(Prefer.EARLIEST_INTERCEPT)
_CHEAPEST = int(Prefer.CHEAPEST_ADEQUATE)
_LAYERED = int(Prefer.LAYERED)
_PRESERVE = int(Prefer.PRESERVE_LONG_RANGE)
_ONCE = int(Fire.ONCE)
_SEQUENCE = int(Fire.SEQUENCE)
_BALLISTIC = 1
_INADEQUATE_USD = 1e15
_STEP_S = 1e-6
_MAX_STEPS = 100


@kernel
def penalty(world: World, state: State, i: int, m: int, t_s: float) -> float:
    """What the doctrine minimises over the pairs that could launch at object `i` at `t_s`."""
    magazine = world.magazines[m]
    weapon = world.weapons[magazine["weapon"]]
    envelope = world.envelopes[magazine["weapon"], world.objects[i]["klass"]]
    doctrine = world.doctrines[world.posts[world.units[magazine["unit"]]["post"]]["doctrine"]]
    rule = doctrine["prefer"]
    if rule == _EARLIEST:
        return predicted_intercept_s(world, state, i, m, t_s)
    if rule == _CHEAPEST:
        if envelope["sspk"] >= doctrine["adequate_sspk"]:
            return float(weapon["unit_cost_usd"])
        return float(_INADEQUATE_USD * (2.0 - envelope["sspk"]))
    if rule in (_LAYERED, _PRESERVE):
        return float(weapon["reach_m"])
    return float(-envelope["sspk"] * envelope["pk_factor"] * weapon["reliability"])


@kernel
def predicted_intercept_s(world: World, state: State, i: int, m: int, launch_s: float) -> float:
    """Predicted time of intercept on the extrapolated track."""
    magazine = world.magazines[m]
    weapon = world.weapons[magazine["weapon"]]
    speed = weapon["speed_avg_mps"]
    slope = 1.0 + max(state.estimates[i]["speed_mps"], world.objects[i]["speed_max_mps"]) / speed
    t_s = launch_s + weapon["delay_s"]
    for _ in range(_MAX_STEPS):
        if world.objects[i]["motion"] == _BALLISTIC:
            range_m, _alt_m = range_to_m(world, state, magazine["unit"], i, t_s)
        else:
            x, y, z = extrapolated(state, i, t_s)
            range_m = measured_m(world, magazine["unit"], x, y, z, state.estimates[i]["alt_m"])
        step_s = (launch_s + weapon["delay_s"] + range_m / speed - t_s) / slope
        t_s += step_s
        if step_s < _STEP_S:
            break
    return float(t_s)


@kernel
def spares(world: World, state: State, q: int) -> bool:
    """Whether the doctrine of post `q` keeps long-reach missiles back."""
    return bool(world.doctrines[world.posts[q]["doctrine"]]["prefer"] == _PRESERVE)


@kernel
def spared(world: World, state: State, q: int, i: int, m: int, now_s: float) -> bool:
    """Whether a missile of shorter reach than those of magazine `m`, of the same unit, will do for object `i` on its present leg."""
    reach_m, unit = world.weapons[world.magazines[m]["weapon"]]["reach_m"], world.units[world.magazines[m]["unit"]]
    turn_s = state.estimates[i]["valid_to_s"]
    for other in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        shorter = world.weapons[world.magazines[other]["weapon"]]["reach_m"] < reach_m
        if shorter and next_launch_s(state.pairs[i, other], now_s) < turn_s and rounds_free(world, state, q, i, other) > 0:
            return True
    return False


@kernel
def salvo_rounds(world: World, q: int, i: int, salvos_so_far: int) -> int:
    """Rounds that the doctrine of post `q` wants for its next salvo at object `i`."""
    doctrine = world.doctrines[world.posts[q]["doctrine"]]
    if doctrine["fire"] == _SEQUENCE:
        return int(doctrine["sequence"][salvos_so_far])
    return int(world.salvos[world.posts[q]["doctrine"], world.objects[i]["klass"]]["rounds"])


@kernel
def fire_is_over(world: World, state: State, q: int, i: int) -> bool:
    """Whether the doctrine of post `q` allows no further salvo at object `i`."""
    doctrine = world.doctrines[world.posts[q]["doctrine"]]
    salvos = state.designations[i, q]["salvos"]
    return bool((doctrine["fire"] == _ONCE and salvos > 0) or (doctrine["fire"] == _SEQUENCE and salvos >= doctrine["sequence_length"]))


@kernel
def rounds_free(world: World, state: State, q: int, i: int, m: int) -> int:
    """Rounds of magazine `m` that may be spent on object `i`: ready ones, less those that keep the reserve of the doctrine."""
    ready = state.magazines[m]["ready"]
    doctrine = world.doctrines[world.posts[q]["doctrine"]]
    reserved = world.salvos[world.posts[q]["doctrine"], world.objects[i]["klass"]]["reserved"]
    if doctrine["reserve_rounds"] <= 0 or reserved or not fit_for_reserve(world, q, m):
        return int(ready)
    return int(max(min(ready, state.posts[q]["fit_for_reserve"] - doctrine["reserve_rounds"]), 0))


@kernel
def fit_for_reserve(world: World, q: int, m: int) -> bool:
    """Whether a round of magazine `m` could engage a class for which the doctrine of post `q` keeps a reserve."""
    d, weapon = world.posts[q]["doctrine"], world.magazines[m]["weapon"]
    if world.doctrines[d]["reserve_rounds"] > 0:
        for klass in range(world.salvos.shape[1]):
            if world.salvos[d, klass]["reserved"] and world.envelopes[weapon, klass]["sspk"] > 0.0:
                return True
    return False


@kernel
def reserve_of(world: World, q: int) -> int:
    """Rounds that the doctrine of post `q` keeps, or -1."""
    rounds = world.doctrines[world.posts[q]["doctrine"]]["reserve_rounds"]
    return int(rounds) if rounds > 0 else -1


@kernel
def count_ready(world: World, state: State, m: int, rounds: int) -> None:
    """Add `rounds` (which may be negative) to the ready rounds of magazine `m` and to every sum that counts them."""
    q = world.units[world.magazines[m]["unit"]]["post"]
    state.magazines[m]["ready"] += rounds
    state.cursor[0]["ready_rounds"] += rounds
    if fit_for_reserve(world, q, m):
        state.posts[q]["fit_for_reserve"] += rounds
    note_service(world, state, world.magazines[m]["unit"])
    if rounds > 0:
        state.posts[q]["offered"] = 0


@kernel
def unit_free(world: World, state: State, u: int) -> bool:
    """Whether unit `u` is alive and has a channel and a missile control free."""
    unit, now = world.units[u], state.units[u]
    return bool(now["alive"] and now["busy_channels"] < unit["channels"] and now["missiles_in_flight"] < unit["missiles_guided"])


@kernel
def has_round(world: World, state: State, u: int) -> bool:
    """Whether a magazine of unit `u` has a round."""
    unit = world.units[u]
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        if state.magazines[m]["ready"] > 0:
            return True
    return False


@kernel
def note_service(world: World, state: State, u: int) -> None:
    """Channels, missile controls or rounds of unit `u` have changed: bring the bits of its post up to date."""
    unit = world.units[u]
    q, bit = unit["post"], unit["bit"]
    now = state.posts[q]
    channel = unit_free(world, state, u)
    free = channel and has_round(world, state, u)
    if channel and not now["channels"] & bit:
        state.units[u]["free_from_s"], state.units[u]["free_to_s"] = state.cursor[0]["now_s"], NEVER
    elif not channel and now["channels"] & bit:
        state.units[u]["free_to_s"] = state.cursor[0]["now_s"]
    now["channels"] = now["channels"] | bit if channel else now["channels"] & ~bit
    now["free"] = now["free"] | bit if free else now["free"] & ~bit
    now["offered"] &= now["free"]


@kernel
def free_units(world: World, state: State, q: int) -> int:
    """Bits of the units of post `q` that could launch at once, as far as channels, launch interval and rounds go."""
    return rested(world, state, q, state.posts[q]["free"])


@kernel
def rested(world: World, state: State, q: int, units: int) -> int:
    """`units` (bits) of post `q` without those that must wait for their launch interval."""
    post = world.posts[q]
    if units and post["paced"]:
        now_s = state.cursor[0]["now_s"]
        for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
            if state.units[u]["next_launch_s"] > now_s:
                units &= ~world.units[u]["bit"]
    return int(units)
