"""Reaction time: from designation to readiness to launch, drawn once per post and track.

Lognormal with the stated mean and coefficient of variation (event-to-event spread); a new track means a new reaction.

Not modelled: training, fatigue, and load: a post with many tracks reacts to each as fast as to one.
Reference: the lognormal law of the time to perform a task, A. M. Law, Simulation Modeling and Analysis (5th ed., 2015), section 6.2.
"""

from __future__ import annotations

import math

from openiads.codes import Process
from openiads.kernel import kernel
from openiads.state.arrays import State, World
from openiads.state.rng import normal

_REACTION = int(Process.REACTION)


@kernel
def reaction_s(world: World, state: State, q: int, i: int, incarnation: int) -> float:
    """Reaction of post `q` to track number `incarnation` of object `i`."""
    post = world.posts[q]
    mean_s, cv = post["reaction_s"] * state.posts[q]["slowness"], post["reaction_cv"]
    if cv <= 0.0 or mean_s <= 0.0:
        return float(mean_s)
    cursor = state.cursor[0]
    variance = math.log(1.0 + cv * cv)
    z = normal(cursor["seed"], cursor["replication"], _REACTION, post["key"], world.objects[i]["key"], incarnation)
    return float(mean_s * math.exp(math.sqrt(variance) * z - 0.5 * variance))
