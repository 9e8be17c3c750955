"""From the outcomes of all replicates to the answers of `summary.json`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Cause
from openiads.metrics.lifted import Lifted, effects
from openiads.metrics.spreads import leakage, ratio_spread, simulation_error, spread, spread_shares, time_spread, yes_share
from openiads.metrics.words import CAUSE_WORDS, plain, plain_ends
from openiads.records.cast import Cast
from openiads.records.schema import FUNNEL

Rows = NDArray[np.void]

#: What becomes of rounds that are launched, in the order of a flight; they sum to `shots`.
ROUND_ENDS = ("launch_failed", "lost", "no_intercept", "wasted", "missed", "hits")

OUTCOMES = (
    "leakers",
    "kills",
    "assets_hit",
    "value_of_assets_hit",
    "engagements",
    "shots",
    *ROUND_ENDS,
    "missiles_left",
    "interceptors_usd",
    "killed_usd",
    "decoys_through",
)


@dataclass(frozen=True)
class Outcomes:
    """Outcome rows in replication order: `nominal` (n,) and `draws` (n_draws, n_inner), None without draws; limits lifted."""

    nominal: Rows
    draws: Rows | None
    lifted: tuple[Lifted, ...] = ()

    def of(self, name: str, index: int | None = None) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """One field of both; `index` picks from its sub-array."""
        nominal, draws = self.nominal[name], None if self.draws is None else self.draws[name]
        if index is None:
            return nominal, draws
        return nominal[..., index], None if draws is None else draws[..., index]


def answers(outcomes: Outcomes, cast: Cast) -> dict[str, Any]:
    """All answers, in the order of the file."""
    leakers, drawn_leakers = outcomes.of("leakers")
    value = sum(a.value for a in cast.assets)
    hit, drawn_hit = outcomes.of("value_of_assets_hit")
    answer = {
        "threats": cast.threats,
        "value_of_assets": value,
        "outcomes": {
            **{name: spread(*outcomes.of(name)) for name in OUTCOMES},
            "value_of_assets_saved": spread(value - hit, None if drawn_hit is None else value - drawn_hit),
        },
        "cost_exchange": ratio_spread(outcomes.of("interceptors_usd"), outcomes.of("killed_usd")),
        "spread_shares": spread_shares(drawn_leakers),
        "raid_annihilated": yes_share(leakers == 0, None if drawn_leakers is None else drawn_leakers == 0),
        "leakage": leakage(leakers, cast.threats, drawn_leakers) if cast.threats else None,
        "times": {"ready_gone": time_spread(*outcomes.of("ready_gone_s")), "first_leak": time_spread(*outcomes.of("first_leak_s"))},
        "groups": [_group(outcomes, cast, g) for g in range(len(cast.groups))],
        "classes": _classes(outcomes, cast),
        "causes": _causes(outcomes, cast),
        "lifted": effects(outcomes.nominal, outcomes.lifted),
        "assets": [_asset(outcomes, cast, a) for a in range(len(cast.assets))],
        "components": [_component(outcomes, cast, c) for c in range(len(cast.components))],
        "weapons": _weapons(outcomes, cast),
        "exposure": [_exposure(outcomes, cast, g) for g in range(len(cast.traffic))],
        "units": [_unit(outcomes, cast, u) for u in range(len(cast.units))],
        "event_log_sha256": _log_hash(outcomes),
    }
    return {"headline": headline(answer), **answer}


def headline(answer: dict[str, Any]) -> str:
    """The answer in one sentence."""
    leakers = answer["outcomes"]["leakers"]
    known = leakers["not_publicly_known"]
    chance = ", which chance alone may explain" if leakers["may_be_chance"] else ""
    through = f"{plain(leakers['mean'])} of {answer['threats']:,} {'gets' if answer['threats'] == 1 else 'get'} through"
    if known is None:
        return f"{through}; chance only, at nominal values."
    low, high = plain_ends(*known)
    return f"{through}; {low if low == high else f'{low} to {high}'} across values the public record allows{chance}."


def _group(outcomes: Outcomes, cast: Cast, g: int) -> dict[str, Any]:
    group = cast.groups[g]
    leaked, drawn = outcomes.of("group_leaked", g)
    return {
        "group": group.name,
        "class": group.class_name,
        "threats": group.count,
        "lethal": group.lethal,
        **{name: spread(*outcomes.of(f"group_{name}", g)) for name in ("leaked", "killed", "expired", "shots")},
        "leakage": leakage(leaked, group.count, drawn) if group.lethal else None,
        "funnel": {step: float(outcomes.nominal["group_funnel"][:, g, k].mean()) for k, (step, _) in enumerate(FUNNEL)},
    }


def _classes(outcomes: Outcomes, cast: Cast) -> list[dict[str, Any]]:
    found = []
    for name in dict.fromkeys(g.class_name for g in cast.groups if g.lethal):
        members = [k for k, g in enumerate(cast.groups) if g.lethal and g.class_name == name]
        leaked = outcomes.nominal["group_leaked"][:, members].sum(axis=1)
        drawn = None if outcomes.draws is None else outcomes.draws["group_leaked"][..., members].sum(axis=-1)
        threats = sum(cast.groups[k].count for k in members)
        found.append({"class": name, "threats": threats, "leaked": spread(leaked, drawn), "leakage": leakage(leaked, threats, drawn)})
    return found


def _causes(outcomes: Outcomes, cast: Cast) -> list[dict[str, Any]]:
    cells = outcomes.nominal["group_cause"]
    found = []
    for cause in Cause:
        leakers = cells[:, :, cause].sum(axis=1)
        if leakers.any():
            found.append(
                {
                    "cause": cause.name.lower(),
                    "name": CAUSE_WORDS[cause],
                    "mean": float(leakers.mean()),
                    "simulation_error": simulation_error(leakers),
                    "groups": {g.name: float(cells[:, k, cause].mean()) for k, g in enumerate(cast.groups) if g.lethal},
                }
            )
    return sorted(found, key=lambda row: -float(row["mean"]))


def _asset(outcomes: Outcomes, cast: Cast, a: int) -> dict[str, Any]:
    leakers, drawn = outcomes.of("asset_leakers", a)
    hit = yes_share(leakers > 0, None if drawn is None else drawn > 0)
    return {"asset": cast.assets[a].name, "value": cast.assets[a].value, "hit": hit, "leakers": spread(leakers, drawn)}


def _component(outcomes: Outcomes, cast: Cast, c: int) -> dict[str, Any]:
    component, found = cast.components[c], {}
    for name in ("hit", "killed"):
        nominal, drawn = outcomes.of(f"component_{name}_s", c)
        found[name] = yes_share(np.isfinite(nominal), None if drawn is None else np.isfinite(drawn))
    lost = outcomes.of("component_launchers_lost", c)[0]
    return {"component": component.name, "kind": component.kind, **found, "launchers_lost": float(lost.mean())}


def _weapons(outcomes: Outcomes, cast: Cast) -> list[dict[str, Any]]:
    found = []
    for w, name in enumerate(cast.weapons):
        rows = [m for m, magazine in enumerate(cast.magazines) if magazine.weapon == w]
        numbers: dict[str, Any] = {
            "weapon": name,
            "ready": sum(cast.magazines[m].ready for m in rows),
            "held": sum(cast.magazines[m].held for m in rows),
        }
        for field in ("shots", *ROUND_ENDS):
            nominal = outcomes.nominal[f"magazine_{field}"][:, rows].sum(axis=1)
            drawn = None if outcomes.draws is None else outcomes.draws[f"magazine_{field}"][..., rows].sum(axis=-1)
            numbers[field] = spread(nominal, drawn)
        found.append(numbers)
    return found


def met_ranges(engagements: Rows, cast: Cast) -> list[list[float] | None]:
    """5, 50 and 95 % of the ranges of intercepts by weapon, from the engagements of nominal replicates; None without one."""
    weapon = np.array([m.weapon for m in cast.magazines], np.int64)[engagements["magazine"]]
    met = np.isfinite(engagements["range_m"])
    ranges_m = [engagements["range_m"][met & (weapon == w)] for w in range(len(cast.weapons))]
    return [np.quantile(found, (0.05, 0.5, 0.95)).tolist() if found.size else None for found in ranges_m]


def _unit(outcomes: Outcomes, cast: Cast, u: int) -> dict[str, Any]:
    unit = cast.units[u]
    spreads = {name: spread(*outcomes.of(f"unit_{name}", u)) for name in ("peak_channels", "channel_s", "shots")}
    return {"unit": unit.name, "channels": unit.channels, **spreads}


#: Aspects in the order of the sub-arrays, and what is counted of a group and a radar before them.
ASPECTS = ("nose", "side", "tail", "belly")
_COUNTED = ("looks", "hits", "track_s")


def _exposure(outcomes: Outcomes, cast: Cast, g: int) -> dict[str, Any]:
    """What each radar saw of a friendly or neutral group, all its aircraft together; by band, the radars of a band together."""
    group = cast.traffic[g]
    nominal = outcomes.nominal["exposure"][:, g]
    drawn = None if outcomes.draws is None else outcomes.draws["exposure"][:, :, g]
    bands = list(dict.fromkeys(sensor.band for sensor in cast.sensors))
    return {
        "group": group.name,
        "class": group.class_name,
        "side": group.side,
        "aircraft": group.count,
        "radars": [
            {"radar": sensor.name, "band": sensor.band, **_seen(nominal[:, s], None if drawn is None else drawn[:, :, s])}
            for s, sensor in enumerate(cast.sensors)
        ],
        "bands": [{"band": band, **_seen(*_of_band(nominal, drawn, cast, band))} for band in bands],
    }


def _of_band(nominal: NDArray[Any], drawn: NDArray[Any] | None, cast: Cast, band: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    of = [s for s, sensor in enumerate(cast.sensors) if sensor.band == band]
    return nominal[:, of].sum(axis=1), None if drawn is None else drawn[:, :, of].sum(axis=2)


def _seen(nominal: NDArray[Any], drawn: NDArray[Any] | None) -> dict[str, Any]:
    """Spreads and means by aspect of counts (n, what) and (n_draws, n_inner, what)."""
    spreads = {name: spread(nominal[:, k], None if drawn is None else drawn[..., k]) for k, name in enumerate(_COUNTED)}
    for first, name in ((len(_COUNTED), "looks"), (len(_COUNTED) + len(ASPECTS), "hits")):
        spreads[f"{name}_by_aspect"] = {aspect: float(nominal[:, first + k].mean()) for k, aspect in enumerate(ASPECTS)}
    return spreads


def _log_hash(outcomes: Outcomes) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(outcomes.nominal["event_log_hash"]).astype("<u8").tobytes())
    if outcomes.draws is not None:
        digest.update(np.ascontiguousarray(outcomes.draws["event_log_hash"]).astype("<u8").tobytes())
    return digest.hexdigest()
