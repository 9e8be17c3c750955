"""Random scenarios, far from sensible: lazy runs tell the story of eager ones, and no clock goes back.

Radars that can be full, reactions of a minute, wrong assessments, turns, salvos, reserves and reloads meet here as nobody would plan it.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import LogCode
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.world import build_world
from openiads.simulation.outcome import funnel
from openiads.simulation.session import Session
from openiads.state.layout import NEVER

from .test_story import decisions

CATALOGUE = load_catalogue()
#: The first scenarios, and those in which lazy and eager runs once differed.
FIRST_SEEDS = 40
SEEDS = (*range(FIRST_SEEDS), 153, 286, 334, 561, 732, 1120)
REPLICATIONS = 2
#: Simultaneous events whose times differ by rounding.
WITHIN_S = 1e-5
FASTEST_MPS = 3000.0
#: Rows that are written when they happen; others may be found later.
AT_ONCE = (LogCode.LAUNCHED, LogCode.KILLED, LogCode.MISSED, LogCode.CALLED_ALIVE, LogCode.CALLED_KILLED, LogCode.LEAKED, LogCode.RELOADED)

HEADER = """openiads: 1
title: random
place: {name: Aldoria, notional: yes, extent: 900 km x 800 km, terrain: flat}
"""
REACHES_KM = {"threat_srbm_300": (150, 200, 250)}


def random_scenario(seed: int, *, components: bool = False) -> str:
    """The text of a valid scenario; with `components`, many groups aim at components of the defence."""
    luck = random.Random(seed)
    assets = ["a0", *(f"a{k}" for k in range(1, luck.randint(1, 3)))]
    lines = [HEADER + "assets:"]
    for asset in assets:
        at = "origin" if asset == "a0" else f"{{bearing: {luck.randint(0, 359)} deg, range: {luck.choice((2, 10, 30))} km}}"
        lines.append(f"  - {{id: {asset}, at: {at}, value: {luck.choice((1, 10, 1000))}}}")
    lines += ["blue:", "  link: shared-picture", "  units:"]
    reaction_s = luck.choice((0, 1, 30, 60))
    for k in range(luck.randint(1, 3)):
        lines += unit(luck, f"u{k}", reaction_s)
    lines += [f"  doctrine: {{{', '.join(doctrine(luck))}}}", "red:"]
    for k in range(luck.randint(1, 4)):
        lines += group(luck, f"g{k}", assets)
    if seed % 2 or seed >= FIRST_SEEDS:
        lines = [line.replace("preserve-long-range", "layered") for line in lines]
    if components:
        aims = [f"u0/{name}" for name in ("55K6E", "91N6E", "96L6E", "92N6E", "launchers")]
        lines = [hunting(luck, line, aims) if line.startswith("    aim: ") else line for line in lines]
    return "\n".join(lines) + "\n"


def hunting(luck: random.Random, line: str, aims: list[str]) -> str:
    if luck.random() < 0.3:
        return line
    first, second = luck.sample(aims, 2)
    return f"    aim: {{{first}: 50 %, {second}: 50 %}}\n    damage: {{value: {luck.choice((40, 100))} %, why: random}}"


def unit(luck: random.Random, name: str, reaction_s: int) -> list[str]:
    rounds = luck.sample(("40N6E", "48N6E3", "9M96E2"), luck.randint(1, 3))
    lines = [f"    - id: {name}", "      system: s400", f"      version: {luck.choice(('early', 'late'))}"]
    lines.append(f"      fire_units: {luck.randint(1, 4)}")
    lines.append(f"      at: {{bearing: {luck.randint(0, 359)} deg, range: {luck.choice((0, 5, 20, 60))} km}}")
    lines.append(f"      facing: {luck.choice((0, 45, 90, 90, 90, 180))} deg")
    lines.append(f"      ready: {{{', '.join(f'{name}: {luck.choice((1, 2, 4, 8, 16))}' for name in rounds)}}}")
    lines.append(f"      held: {{{', '.join(f'{name}: {luck.choice((0, 2, 8))}' for name in rounds)}}}")
    changes = [f"unit.reaction_time: {{value: {reaction_s} s, why: random}}"]
    changes.append(f"unit.launch_interval: {{value: {luck.choice((0, 0.5, 3, 10))} s, why: random}}")
    if luck.random() < 0.3:
        changes.append(f"unit.reload_time_per_launcher: {{value: {luck.choice((1, 5, 20))} min, why: random}}")
    return [*lines, f"      override: {{{', '.join(changes)}}}"]


def doctrine(luck: random.Random) -> list[str]:
    fire = luck.choice(("shoot-look-shoot", "shoot-look-shoot", "once", "{sequence: [2, 1]}", "{sequence: [1, 3]}"))
    rules = [f"fire: {fire}"]
    if not fire.startswith("{"):
        rules.append(f"salvo: {luck.choice((1, 1, 2, 3))}")
    rules.append(f"prefer: {luck.choice(('earliest-intercept', 'cheapest-adequate', 'preserve-long-range', 'highest-probability'))}")
    if luck.random() < 0.5:
        chances = f"p_false_alive: {luck.choice((10, 40))} %, p_false_kill: {luck.choice((10, 30))} %"
        rules.append(f"assess: {{{chances}, reopen_hits: {luck.choice((1, 3, 'never'))}}}")
    if luck.random() < 0.3:
        rules.append(f"reserve: {{for: {luck.choice(('srbm', 'fighter', 'subsonic_cm'))}, missiles: {luck.choice((1, 4))}}}")
    return rules


def group(luck: random.Random, name: str, assets: list[str]) -> list[str]:
    threat = luck.choice(("threat_owa_drone", "threat_subsonic_cm", "threat_supersonic_cm", "threat_srbm_300", "f16"))
    bearing, range_km = luck.choice((90, 90, 80, 100, luck.randint(0, 359))), luck.choice(REACHES_KM.get(threat, (100, 200, 280)))
    lines = [f"  - id: {name}", f"    class: {threat}", f"    count: {luck.choice((1, 2, 5, 12, 30))}"]
    lines += [f"    from: {{bearing: {bearing} deg, range: {range_km} km}}", f"    aim: {luck.choice(assets)}"]
    if threat != "threat_srbm_300":
        lines.append(f"    height: {luck.choice(('50 m AGL', '1500 m AMSL', '8 km AMSL'))}")
        if luck.random() < 0.35:
            places = (f"{{bearing: {(bearing + luck.randint(-60, 60)) % 360} deg, range: {luck.randint(20, 90)} km}}" for _ in range(2))
            lines.append(f"    via: [{', '.join(places)}]")
    if luck.random() < 0.4:
        lines.append(f"    width: {luck.choice((1, 20, 60))} km")
    if luck.random() < 0.7:
        lines += [f"    start: {luck.choice((0, 100, 3000))} s", f"    spacing: {luck.choice((0, 1, 8, 60))} s"]
    else:
        lines += [f"    start: {luck.choice((0, 1000))} s", f"    arrivals: {{poisson: {luck.choice((0.01, 0.1, 1))} /s}}"]
    if luck.random() < 0.2:
        lines.append(f"    rcs: {{value: {luck.choice((0.001, 0.0001, 10))} m^2, why: random}}")
    return lines


def sensed(session: Session, replication: int) -> list[tuple[bool, bool]]:
    """For each object: whether it ever was in a picture, and whether any radar ever detected it."""
    state = session.run(7, replication)
    firm = state.timeline["firm_s"] < NEVER
    return list(zip(firm.tolist(), funnel(state)[1].tolist(), strict=True))


def stories(session: Session, replication: int) -> dict[int, np.ndarray]:
    """What was decided about each object, in order of time. Events at the same instant may come in any order."""
    state = session.run(7, replication)
    rows = state.log[: state.cursor[0]["log_count"]].copy()
    at_once = rows[np.isin(rows["code"], AT_ONCE)]["time_s"]
    assert (np.diff(at_once) >= 0.0).all(), "the clock went back"
    rows = decisions(rows)
    rows = rows[np.lexsort((rows["code"], np.round(rows["time_s"] / WITHIN_S)))]
    return {int(i): rows[rows["object"] == i] for i in np.unique(rows["object"]) if i >= 0}


def require_same_decisions(lazy: Session, eager: Session, unculled: Session, replication: int) -> None:
    """The same story of every object, lazy and eager; without culling the same objects sensed."""
    quick, brute = stories(lazy, replication), stories(eager, replication)
    assert quick.keys() == brute.keys()
    for i, story in quick.items():
        assert story[["code", "actor"]].tolist() == brute[i][["code", "actor"]].tolist(), f"object {i}, replication {replication}"
        assert story["time_s"] == pytest.approx(brute[i]["time_s"], abs=WITHIN_S)
        assert story["value"] == pytest.approx(brute[i]["value"], abs=FASTEST_MPS * WITHIN_S)
    assert sensed(lazy, replication) == sensed(unculled, replication)


@pytest.mark.parametrize("seed", SEEDS)
def test_lazy_and_eager_runs_decide_alike(seed: int) -> None:
    lowered = lower(load_scenario(random_scenario(seed), CATALOGUE), CATALOGUE)
    plan = lowered.plan
    lazy, eager, unculled = (
        Session(build_world(replace(plan, conditions=replace(plan.conditions, **changes))))
        for changes in ({}, {"eager": True}, {"culling": False})
    )
    for replication in range(REPLICATIONS):
        require_same_decisions(lazy, eager, unculled, replication)
