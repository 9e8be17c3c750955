"""From which side a radar sees an aircraft: nose, side, tail or belly.

The aspect is the angle between the velocity of the target and the line from it to the radar. Up to `EDGE` from the velocity the radar
sees the nose, up to `EDGE` from its opposite the tail, between them the side; up to `EDGE` from straight down, wings level, the belly,
which goes before the others. Edges at 45 degrees give every direction of the aircraft the same share of the turn; textbooks print radar
cross-sections over the full turn and speak of nose-on, broadside and tail-on without drawing edges, so that the edges are our assumption.
A target that stands still shows its nose.

Not modelled: lobes inside a sector, bank angles, the angle between velocity and body (angle of attack, sideslip).
Reference: E. F. Knott, J. F. Shaeffer, M. T. Tuley, "Radar Cross Section" (2nd ed., 2004), chapter 6; M. I. Skolnik, "Introduction to Radar
Systems" (3rd ed., 2001), section 2.7.
"""

from __future__ import annotations

import math
from typing import Final

from openiads.kernel import kernel
from openiads.models.motion.objects import object_position, object_velocity
from openiads.state.arrays import State, World

NOSE, SIDE, TAIL, BELLY = range(4)
#: Names in the order of the codes above.
ASPECTS: Final = ("nose", "side", "tail", "belly")
#: Half angle of the sectors of nose, tail and belly (rad).
EDGE: Final = 0.25 * math.pi
_COS_EDGE = math.cos(EDGE)


@kernel
def aspect_sector(world: World, state: State, s: int, i: int, t_s: float) -> int:
    """The aspect (NOSE to BELLY) that object `i` shows to sensor `s` at `t_s`; the edges belong to belly, nose and tail."""
    x, y, z, _ = object_position(world, state, i, t_s)
    vx, vy, vz = object_velocity(world, state, i, t_s)
    pos = world.sensors[s]["pos_ecef_m"]
    dx, dy, dz = pos[0] - x, pos[1] - y, pos[2] - z
    edge_m = _COS_EDGE * math.sqrt(dx * dx + dy * dy + dz * dz)
    if -(dx * x + dy * y + dz * z) >= edge_m * math.sqrt(x * x + y * y + z * z):
        return BELLY
    along, edge = dx * vx + dy * vy + dz * vz, edge_m * math.sqrt(vx * vx + vy * vy + vz * vz)
    if along >= edge:
        return NOSE
    return TAIL if along <= -edge else SIDE
