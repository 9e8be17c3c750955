"""`python -m openiads.simulation.warm`: compile the engine into the cache, so that later processes only load it."""

from __future__ import annotations

import math
import time

from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import Place
from openiads.simulation.coverage import Probe, Task, coverage
from openiads.simulation.lower.plan import AssetPlan, DoctrinePlan, ObjectPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs import Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon


def smallest_plan() -> Plan:
    """One object that flies over one fire unit; the numbers mean nothing."""
    here = Place(0.0, 0.0, 0.0)
    path = air_path(Place(0.0, 0.001, 100.0), [Leg(Place(0.0, 0.0, 100.0), 100.0)])
    radar = Radar(
        1.0, False, False, 0.0, 1e5, -math.pi / 2, math.pi / 2, math.pi, 10.0, 1e4, 1.0, 10.0, 1, 1, 1e-6, False, 1, 1, 3, 10, 0
    )  # fmt: skip
    weapon = Weapon(500.0, 0.0, 0.0, 0.0, 1e4, 1e3, 1.0, 1.0, 0.0, False, True, 1.0, 0.0, 1e4)
    doctrine = DoctrinePlan(Doctrine(0, 0, 0, 0.0, 0.0, 0.0, -1, 0, False), (), (1,))
    unit = UnitPlan("unit", FireUnit(1, 1, 0.0, 1.0), here, ((0, Magazine(1, 0, 1, 1.0)),))
    threat = Threat(1, 0, 0, 0, True, 0, 0, -1, 101.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Plan(
        posts=(PostPlan("post", Post(1.0, 0.0, 0.0, 0.0, 10), doctrine, (SensorPlan("radar", radar, here),), (unit,)),),
        objects=(ObjectPlan(threat, path, 0.0, here),),
        assets=(AssetPlan("asset", here, 1.0),),
        weapons=(("weapon", weapon),),
        envelopes=((Envelope(1e4, 0.5, 1.0),),),
        rcs_m2=((1.0,),),
    )


def main() -> None:
    """Compile and say how long it took."""
    start_s = time.perf_counter()
    plan = smallest_plan()
    Session(build_world(plan)).run(1, 0)
    coverage(Task(plan, (Probe("probe", 0, 100.0, 100.0),)), bearings=1, replicates=1)
    print(f"engine ready in {time.perf_counter() - start_s:.1f} s")


if __name__ == "__main__":
    main()
