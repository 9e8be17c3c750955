"""What a threat does to the component of the defence that it reaches.

A threat that arrives damages with probability p_damage[class, kind of component]; a share of that, p_kill, kills at once, the rest
degrades. A degraded component that is damaged again is killed. One draw a threat and component. Launchers stand apart, so each arrival
meets another one of them. Who homes on a radar that is silent on arrival has p_hit_if_silent of both probabilities.

Not modelled: blast and fragments, shelter, near misses on neighbours; all of it is inside p_damage, which nobody measured in public.
Reference: capability after damage as a few states of components, P. Deitz, H. Reed, J. Klopcic, J. Walbert, Fundamentals of Ground Combat
System Ballistic Vulnerability/Lethality (2009).
"""

from __future__ import annotations

from openiads.codes import ComponentKind, ComponentStatus, Process
from openiads.kernel import kernel
from openiads.models.radar.condition import silent_at
from openiads.state.arrays import State, World
from openiads.state.rng import u01

_DAMAGE = int(Process.DAMAGE)
_LAUNCHERS = int(ComponentKind.LAUNCHERS)
_INTACT = int(ComponentStatus.INTACT)
_DEGRADED = int(ComponentStatus.DEGRADED)
_KILLED = int(ComponentStatus.KILLED)


@kernel
def damage(world: World, state: State, i: int, c: int) -> int:
    """How component `c` is after the arrival of object `i` (codes.ComponentStatus); of launchers, the one that it meets."""
    component, cursor = world.components[c], state.cursor[0]
    status = _INTACT if component["kind"] == _LAUNCHERS else state.components[c]["status"]
    chance = world.damage[world.objects[i]["klass"], component["kind"]]
    u = u01(cursor["seed"], cursor["replication"], _DAMAGE, world.objects[i]["key"], component["key"], 0)
    share = 1.0
    if component["sensor"] >= 0 and silent_at(world, component["sensor"], cursor["now_s"]):
        share = world.objects[i]["p_hit_if_silent"]
    if u >= share * chance["p_damage"]:
        return int(status)
    return _KILLED if u < share * chance["p_kill"] or status != _INTACT else _DEGRADED
