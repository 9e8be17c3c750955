"""Whether an intercept kills.

p = SSPK(weapon, true class) x interceptor reliability x stated factors. With probability rho a salvo shares one uniform number, so
that P(all n miss) = rho (1 - p) + (1 - rho) (1 - p)^n. A per-run shift of the logit (normal, `raid_effect_sd`) expresses
overdispersion between raids. The draw is keyed by the threat and the ordinal of the shot at it, whoever fires.

Not modelled: geometry of the end game; all of it is inside the SSPK, which nobody measured in public.
Reference: the common share of a salvo is the beta factor of common-cause failures, A. Mosleh et al., NUREG/CR-4780 (1988); the normal shift
of the logit, D. Collett, Modelling Binary Data (2nd ed., 2003), chapter 6.
"""

from __future__ import annotations

import math

from openiads.codes import Process
from openiads.kernel import kernel
from openiads.state.arrays import State, World
from openiads.state.rng import u01

_KILL = int(Process.KILL)
_SALVO = int(Process.SALVO)
_LAUNCH_FAILURE = int(Process.LAUNCH_FAILURE)
#: Second word of the counter: draws of one shot, or one draw shared by a salvo.
_OWN, _SHARED = 0, 1


@kernel
def p_kill(world: World, state: State, i: int, m: int, remote: bool) -> float:
    """Kill probability of one round of magazine `m` against object `i` that reaches it."""
    weapon = world.weapons[world.magazines[m]["weapon"]]
    envelope = world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]
    p = envelope["sspk"] * weapon["reliability"] * envelope["pk_factor"]
    if remote:
        p *= weapon["remote_track_pk_factor"]
    shift = state.cursor[0]["raid_effect"]
    if shift == 0.0 or p <= 0.0 or p >= 1.0:
        return float(p)
    odds = p / (1.0 - p) * math.exp(shift)
    return float(odds / (1.0 + odds))


@kernel
def kills(world: World, state: State, shot: int) -> bool:
    """Whether shot `shot` kills an object that is alive at the intercept."""
    row = state.shots[shot]
    engagement = state.engagements[row["engagement"]]
    cursor = state.cursor[0]
    seed, replication = cursor["seed"], cursor["replication"]
    key = world.objects[engagement["object"]]["key"]
    rho = world.weapons[world.magazines[engagement["magazine"]]["weapon"]]["salvo_correlation"]
    if rho > 0.0 and u01(seed, replication, _SALVO, key, _OWN, engagement["salvo"]) < rho:
        return u01(seed, replication, _SALVO, key, _SHARED, engagement["salvo"]) < row["p_kill"]
    return u01(seed, replication, _KILL, key, _OWN, row["ordinal"]) < row["p_kill"]


@kernel
def launch_fails(world: World, state: State, i: int, m: int, ordinal: int) -> bool:
    """Whether the launch of shot `ordinal` at object `i` fails; it spends the round and is seen at once."""
    reliability = world.weapons[world.magazines[m]["weapon"]]["launch_reliability"]
    if reliability >= 1.0:
        return False
    cursor = state.cursor[0]
    return u01(cursor["seed"], cursor["replication"], _LAUNCH_FAILURE, world.objects[i]["key"], _OWN, ordinal) >= reliability
