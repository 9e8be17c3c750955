"""Small scenarios that tests run as users would: 0.7 ms a replicate."""

from __future__ import annotations

import json

_SMALL = """\
openiads: 1
title: TITLE
info: {question: TEXT, notice: TEXT, try: [TEXT]}
place: {name: Aldoria, notional: yes, extent: 600 km x 400 km, terrain: flat}
assets:
  - {id: capital, at: origin, value: 1000}
  - {id: airbase, at: {from: capital, bearing: 200 deg, range: 12 km}, value: 400}
  - {id: harbour, at: {from: capital, bearing: 270 deg, range: 40 km}, value: 70}
blue:
  link: shared-picture
  units:
    - id: s400
      system: s400
      version: early
      fire_units: 1
      at: {bearing: 90 deg, range: 8 km}
      facing: 75 deg
      ready: {48N6E3: 4}
      override: {unit.reaction_time: {value: 20 s, why: TEXT}}
red:
  - id: drones
    class: threat_owa_drone
    count: 6
    from: {bearing: 60 deg, range: 60 km}
    height: 1500 m AMSL
    speed: 51 m/s
    spacing: 8 s
    aim: {capital: 50 %, airbase: 50 %}
    variation: {time: 20 s, scale: 2 %, rotate: 1 deg}
  - {id: cruise, class: threat_subsonic_cm, count: 2, from: {bearing: 75 deg, range: 80 km}, height: 50 m AGL, aim: capital}
  - id: bait
    class: threat_decoy
    component: drone_decoy
    count: 1
    from: {bearing: 65 deg, range: 60 km}
    height: 1500 m AMSL
    speed: 51 m/s
    aim: capital
run: {draws: 4, replicates: 6, seed: 3, runs: 50}
"""

ONE_ROUND_EACH = """\
openiads: 1
title: Six drones, one round each
place: {name: Aldoria, notional: yes, extent: 600 km x 400 km, terrain: flat}
assets: [{id: capital, at: origin, value: 1000}]
blue:
  link: shared-picture
  units:
    - id: s400
      system: s400
      version: early
      fire_units: 2
      at: {bearing: 90 deg, range: 2 km}
      ready: {9M96E2: 64}
      override: {launcher_5p85.launch_reliability: {value: 1, why: the formula has no launch failures}}
  doctrine: {fire: once}
red:
  - id: drones
    class: threat_owa_drone
    count: 6
    from: {bearing: 60 deg, range: 60 km}
    height: 1500 m AMSL
    speed: 51 m/s
    spacing: 60 s
    aim: capital
run: {draws: 0, replicates: 1, seed: 7, runs: 200}
"""


def small(title: str = "A small raid", text: str = "How many get through?") -> str:
    """Six drones, two cruise missiles and a decoy against four missiles; `text` stands wherever a user may write one."""
    return _SMALL.replace("TITLE", json.dumps(title)).replace("TEXT", json.dumps(text))
