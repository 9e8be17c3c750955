"""Words that a reader may not know: those of the model, those of organisation, and the names of what appears in a run.

Names are the native ones and NATO's reporting names as they are commonly printed; a part without a reporting name of its own has none
here. Nothing of the model depends on them.
"""

from __future__ import annotations

from typing import Any

MODEL = {
    "night": "one replicate: the same raid once more, with other luck",
    "draw": "one choice of a value for everything that is not publicly known, within the ranges of the record and of our assumptions",
    "leaker": "a lethal threat that reaches its aim, or the release point stated for it",
    "leakage": "leakers as a share of the lethal threats",
    "detect": "a radar look that is a hit; several hits make a firm track",
    "firm track": "a track that is sure enough to be passed on and acted upon",
    "identified": "called hostile by the command post, so that it may be engaged",
    "designated": "given to a fire unit to engage; its reaction time begins",
    "in reach": "a missile launched now would meet it within the weapon's envelope",
    "engagement": "one salvo at one target, from the first launch to the end of the assessment; it takes a channel",
    "channel": "what a fire unit needs to engage one target; it has as many as targets at once",
    "salvo": "rounds launched at one target without looking in between",
    "shoot-look-shoot": "fire, see whether it was hit, fire again if not",
    "assess": "to decide after an intercept whether the target is dead",
    "kill probability": "chance that one round which meets its target kills it (SSPK, single-shot)",
    "ready": "on the launcher; what is in store must be loaded first",
    "reserve": "ready rounds that are kept for one class of target",
    "points": "what an asset is worth in this scenario; not money",
}

ORGANISATION = {
    "system": "all that is sold under one name: command post, radars, launchers, missiles; “one system” may mean any of these",
    "fire unit": "the smallest part that engages on its own: here one engagement radar with its launchers",
    "battery": "in the West one engagement radar with its launchers; of Russian systems often a part of a battalion, or said for one",
    "battalion": "of Russian systems one engagement radar with up to a dozen launchers; a fire unit here",
    "division": "where it translates the Russian дивизион (divizion) it is a battalion; an army's division is far larger",
    "regiment": "a command post with its search radar and two or more battalions",
}

#: By system, or by system and component: native name, and NATO's or another name; "" where there is none.
NAMES = {
    "s400": ("S-400 Triumf (С-400 «Триумф»)", "SA-21 Growler", "surface-to-air missile system"),
    "s400.cp_55k6e": ("55K6E (55К6Е)", "", "command post"),
    "s400.radar_91n6e": ("91N6E (91Н6Е)", "Big Bird", "acquisition radar"),
    "s400.radar_92n6e": ("92N6E (92Н6Е)", "Grave Stone", "engagement radar"),
    "s400.radar_96l6e": ("96L6E (96Л6Е)", "Cheese Board", "all-altitude search radar"),
    "s400.launcher_5p85": ("5P85 (5П85)", "", "launcher"),
    "s400.msl_40n6e": ("40N6E (40Н6Е)", "", "missile of the longest reach"),
    "s400.msl_48n6e2": ("48N6E2 (48Н6Е2)", "", "long-range missile"),
    "s400.msl_48n6e3": ("48N6E3 (48Н6Е3), at home 48N6DM", "", "long-range missile"),
    "s400.msl_9m96e": ("9M96E (9М96Е)", "", "medium-range missile"),
    "s400.msl_9m96e2": ("9M96E2 (9М96Е2)", "", "medium-range missile"),
    "patriot": ("MIM-104 Patriot", "", "surface-to-air missile system"),
    "thaad": ("THAAD, Terminal High Altitude Area Defense", "", "upper-tier missile defence"),
    "siper": ("Siper (Turkish: shield)", "", "long-range surface-to-air missile system"),
    "hisar_a": ("Hisar-A+ (Turkish: castle)", "", "short-range surface-to-air missile system"),
    "hisar_o": ("Hisar-O+ (Turkish: castle)", "", "medium-range surface-to-air missile system"),
    "korkut": ("Korkut", "", "35 mm gun system"),
    "sungur": ("Sungur (Turkish: gyrfalcon)", "", "infrared missile"),
    "steel_dome": ("Çelik Kubbe (Steel Dome)", "", "Turkish network of air-defence systems"),
    "f16": ("F-16 Fighting Falcon", "", "fighter"),
    "f35a": ("F-35A Lightning II", "", "fighter"),
    "kaan": ("KAAN, earlier TF-X", "", "fighter in development"),
    "threat_owa_drone": ("Shahed-136 class; in Russia Geran-2", "", "one-way attack drone"),
    "threat_strike_uav": ("Bayraktar TB2 class", "", "armed unmanned aircraft"),
}


def names(data_lock: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Native name, NATO reporting name and kind of the systems and components whose values a run read."""
    parts = (row["path"].split(".") for row in data_lock["parameters"])
    used = {key for system, component, *_ in parts for key in (system, f"{system}.{component}")}
    return [name for key, name in NAMES.items() if key in used]
