"""Numbers and sentences as the page prints them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openiads.metrics.words import FROM_START, apart, plain, plain_ends

_FRACTIONS = (
    (1 / 10, "a tenth"),
    (1 / 9, "a ninth"),
    (1 / 8, "an eighth"),
    (1 / 7, "a seventh"),
    (1 / 6, "a sixth"),
    (1 / 5, "a fifth"),
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (2 / 5, "two fifths"),
    (1 / 2, "half"),
    (3 / 5, "three fifths"),
    (2 / 3, "two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (5 / 6, "five sixths"),
    (7 / 8, "seven eighths"),
    (9 / 10, "nine tenths"),
)

#: Percentages closer than this to a whole number are it: rounding errors of the intervals.
_EXACT = 1e-9

_CLASS_WORDS = {
    "owa": "one-way attack",
    "cm": "cruise missile",
    "srbm": "short-range ballistic missile",
    "mrbm": "medium-range ballistic missile",
    "uav": "unmanned aircraft",
}


def class_title(name: str) -> str:
    """A class of target in words: threat_owa_drone becomes 'one-way attack drone', f16 'F-16'."""
    aircraft = re.fullmatch(r"([a-z])(\d+)([a-z]?)", name)
    if aircraft:
        return f"{aircraft[1]}-{aircraft[2]}{aircraft[3]}".upper()
    tokens = re.sub(r"^(threat|neutral)_", "", name).split("_")
    return " ".join(f"({t} km)" if t.isdigit() else _CLASS_WORDS.get(t, t) for t in tokens)


def first_up(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def portion(share: float) -> str:
    """A share of the raid in words, with a capital; the nearest simple fraction."""
    if share < 0.01:
        return "Less than a hundredth of this raid"
    if share < 0.075:
        return f"About one in {round(1 / share)} of this raid"
    if share == 1.0:
        return "All of this raid"
    if share > 0.95:
        return "Nearly all of this raid"
    return f"About {min(_FRACTIONS, key=lambda f: abs(f[0] - share))[1]} of this raid"


def headline(summary: dict[str, Any]) -> str:
    """The answer in one or two sentences, from the nominal mean and the range that is not publicly known."""
    threats, leakers = summary["threats"], summary["outcomes"]["leakers"]
    if threats == 0:
        return "This raid has no lethal threat, so nothing can leak."
    nights = amount_of(summary["run"]["runs"], "simulated night")
    if threats == 1:
        often = f"on {percent(leakers['mean'])} of nights" if leakers["mean"] > 0.0 else f"on none of {nights}"
        return f"The one threat gets through {often}. {_known(leakers, percents=True)}"
    if leakers["mean"] == 0.0:
        return f"Nothing of this raid gets through on any of {nights} (0 of {threats:,}). {_known(leakers)}"
    share = portion(leakers["mean"] / threats)
    return f"{share} gets through ({plain(leakers['mean'])} of {threats:,}). {_known(leakers)}"


def _known(leakers: Mapping[str, Any], percents: bool = False) -> str:
    if leakers["not_publicly_known"] is None:
        return "Chance only: no disputed value was varied."
    low, high = (percent_ends if percents else plain_ends)(*leakers["not_publicly_known"])
    if low == high:
        said = f"Varying what is not publicly known leaves it at {low}"
    else:
        said = f"Public data cannot narrow that beyond {low} to {high}"
    return f"{said}; chance alone may explain that." if may_be_chance(leakers) else f"{said}."


def may_be_chance(answer: Mapping[str, Any]) -> bool:
    """Whether chance alone may explain the range that is not publicly known; records of before this was asked do not say."""
    return bool(answer.get("may_be_chance"))


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage: whole from 10 % on, else with one decimal, or with more `digits`; ends only when they are exact."""
    value = 100.0 * share
    if abs(value - round(value)) < _EXACT:
        return f"{value:.0f} %"
    digits = _decimals(value, digits)
    text = f"{value:.{digits}f}"
    least = 10.0**-digits
    if float(text) == 0.0:
        return f"< {least:.{digits}f} %"
    return f"> {100.0 - least:.{digits}f} %" if float(text) == 100.0 else f"{text} %"


def percent_ends(low: float, high: float) -> tuple[str, str]:
    """The ends of a range as percentages, with the digits that tell them apart."""
    digits = _percent_digits(low, high)
    return percent(low, digits), percent(high, digits)


def share_text(share: Mapping[str, Any], key: str = "value") -> str:
    """The value of a share with an interval, or an end of it (`key`): all three with the digits that tell the ends apart."""
    return percent(share[key], 0 if share["low"] is None else _percent_digits(share["low"], share["high"]))


def _percent_digits(low: float, high: float) -> int:
    return apart(100.0 * low, 100.0 * high, lambda value, digits: round(value, _decimals(value, digits)), range(5))


def _decimals(value: float, digits: int) -> int:
    return max(digits, 0 if 10.0 <= value <= 90.0 else 1)


def millions(amount: float) -> str:
    """An amount in millions, three digits."""
    value = amount / 1e6
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"


def minute(time_s: float | None) -> str:
    """A time of the scenario in whole minutes; None stands for never."""
    return "never" if time_s is None else f"{time_s / 60.0:,.0f}"


def minute_gone(time_s: float | None) -> str:
    """The time at which something is used up in whole minutes; 0 stands for a raid that begins without it."""
    return FROM_START if time_s == 0.0 else minute(time_s)


def span(ends: Sequence[float] | None) -> str:
    """A range in words; None where it was not looked for. Equal ends are said once."""
    if ends is None:
        return "not varied"
    low, high = plain_ends(*ends)
    return low if low == high else f"{low} to {high}"


def unknown_span(answer: Mapping[str, Any]) -> str:
    """What is not publicly known of an answer, in words."""
    return span(answer["not_publicly_known"]) + (", may be chance" if may_be_chance(answer) else "")


def km(metres: float) -> str:
    """A distance in km: whole from 10 km on."""
    value = metres / 1000.0
    return f"{value:,.0f} km" if value >= 9.95 else f"{value:.3g} km"


def height(metres: float) -> str:
    """A height in m below 1 km, else in km."""
    return f"{metres:.0f} m" if metres < 1000.0 else f"{metres / 1000.0:.3g} km"


def listed(items: Sequence[str]) -> str:
    """Items as a list in a sentence."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def amount_of(count: int, noun: str) -> str:
    """A count with its noun: '1 draw', '64 draws'."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
