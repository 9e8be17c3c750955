"""The codes of a run in words, and numbers as people write them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from openiads.codes import Cause, ComponentKind, EngagementEnd, LogCode, ObjectStatus

CAUSE_WORDS = {
    Cause.NOT_VISIBLE: "never in sight",
    Cause.RADAR_SILENT: "radar silent",
    Cause.NOT_DETECTED: "not detected",
    Cause.NOT_FIRM: "no firm track",
    Cause.NOT_IN_PICTURE: "not in the picture",
    Cause.NOT_IDENTIFIED: "not identified",
    Cause.NOT_PERMITTED: "not permitted",
    Cause.OUTSIDE_ENVELOPE: "outside envelope",
    Cause.NO_TIME: "no time",
    Cause.NO_CHANNEL: "no channel",
    Cause.NO_MISSILE: "no missile",
    Cause.NO_FIRE_CONTROL_TRACK: "no fire-control track",
    Cause.LAUNCH_INTERVAL: "launch interval",
    Cause.LAUNCH_FAILED: "launch failed",
    Cause.MISSED: "missed",
    Cause.FALSE_ASSESSMENT: "wrongly believed killed",
    Cause.RADAR_LOST: "lost by the engagement radar",
    Cause.DEFENDER_DESTROYED: "defender destroyed",
}

CAUSE_MEANING = {
    Cause.NOT_VISIBLE: "no radar had it inside coverage and line of sight",
    Cause.RADAR_SILENT: "never in sight of a radar on air, but inside the coverage of one that was silent",
    Cause.NOT_DETECTED: "in sight, but no look was a hit",
    Cause.NOT_FIRM: "hits, but never enough for a track",
    Cause.NOT_IN_PICTURE: "no place in a full radar or picture, or not passed on in time",
    Cause.NOT_IDENTIFIED: "in the picture, but not identified in time",
    Cause.NOT_PERMITTED: "the rules of fire forbade it",
    Cause.OUTSIDE_ENVELOPE: "no weapon could have met it, even if launched when it appeared: range, height, speed, or no chance of a kill",
    Cause.NO_TIME: "a weapon could have reached it without delay, but not after the delays",
    Cause.NO_CHANNEL: "ready and in reach, but every channel was taken",
    Cause.NO_MISSILE: "ready, in reach and a channel free, but no missile that may be used",
    Cause.NO_FIRE_CONTROL_TRACK: "ready and in reach, but the engagement radar had no track of it",
    Cause.LAUNCH_INTERVAL: "ready, in reach, with a channel, a missile and a track, but its unit had to wait between launches",
    Cause.LAUNCH_FAILED: "the last round launched at it failed at launch, and there was no other",
    Cause.MISSED: "shot at, and the last shot missed or was still flying",
    Cause.FALSE_ASSESSMENT: "shot at, missed, and believed killed",
    Cause.RADAR_LOST: "shot at, and the engagement radar lost it in flight",
    Cause.DEFENDER_DESTROYED: "the unit that could have engaged it was destroyed, or its rounds were hit with their launchers",
}

COMPONENT_WORDS = {
    ComponentKind.SEARCH_RADAR: "search radar",
    ComponentKind.ENGAGEMENT_RADAR: "engagement radar",
    ComponentKind.LAUNCHERS: "launchers",
    ComponentKind.COMMAND_POST: "command post",
}

RESULT_WORDS = {end: end.name.lower().replace("_", " ") for end in EngagementEnd}
CODE_WORDS = {code: code.name.lower().replace("_", " ") for code in LogCode}
STATUS_WORDS = {status: status.name.lower() for status in ObjectStatus}


#: A time of 0 at which nothing happened: so it was when the raid began.
FROM_START = "from the start"

#: The ends of a 5 to 95 % range of fewer draws than this are just the least and the greatest of them.
_ENOUGH_DRAWS = 20


def rounds_word(summary: Mapping[str, Any]) -> str:
    """What is fired: missiles, or rounds where guns fire bursts too."""
    return "rounds" if any(weapon["weapon"].rpartition("/")[2] == "35mm" for weapon in summary["weapons"]) else "missiles"


def few_draws(draws: int) -> str:
    """A warning where draws are too few for the range of what is not publicly known; else nothing."""
    return f"'not publicly known' rests on {draws} draws; its ends need {_ENOUGH_DRAWS} or more" if 0 < draws < _ENOUGH_DRAWS else ""


def plain(value: float) -> str:
    """A count or a mean count for people: two digits below 10, whole above, thousands apart."""
    if abs(value) >= 9.95 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.2g}"


def plain_ends(low: float, high: float) -> tuple[str, str]:
    """The ends of a range as plain counts; with up to four digits where two would print different ends alike."""
    digits = apart(low, high, _with_digits, range(2, 5))
    return _with_digits(low, digits), _with_digits(high, digits)


def apart(low: float, high: float, shown: Callable[[float, int], object], digits: range) -> int:
    """The first of `digits` with which two ends are not `shown` alike; the first of all where none tells them apart."""
    return next((d for d in digits if shown(low, d) != shown(high, d)), digits[0])


def _with_digits(value: float, digits: int) -> str:
    if digits == 2 or value == round(value):
        return plain(value)
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def decimals(error: float | None) -> int:
    """Decimals that a mean with this error deserves: one significant digit of the error, two where it is a 1 (0.15, but 0.2)."""
    if not error:
        return 0
    leading = math.floor(math.log10(error))
    return max(0, -leading + (error < 2.0 * 10.0**leading))


def rounded(value: float, error: float | None) -> str:
    """A mean with as many decimals as its error deserves; without an error as a plain count."""
    return f"{value:,.{decimals(error)}f}" if error else plain(value)


def part(value: float, total_error: float | None) -> str:
    """A part of a mean, with the decimals of the whole: what would round to nothing is 'under' the last of them."""
    text, least = rounded(value, total_error), 10.0 ** -decimals(total_error)
    return text if not total_error or value == 0.0 or float(text.replace(",", "")) else f"under {least:.{decimals(total_error)}f}"


def error_words(error: float | None) -> str:
    """The 95 % half-width of a mean: None with a single replicate; 0 where all were alike, which bounds nothing and is not shown as ± 0."""
    if not error:
        return "one run" if error is None else "every night"
    return f"± {error:,.{decimals(error)}f}"


def change_words(change: Mapping[str, float | None]) -> str:
    """A paired change with its sign and its 95 % half-width: '-10.5 ± 0.4'."""
    mean, error = change["mean"] or 0.0, change["simulation_error"]
    if not error:
        return (
            "no change" if mean == 0.0 else f"{'' if mean < 0.0 else '+'}{plain(mean)} {'in one run' if error is None else 'every night'}"
        )
    text = f"{mean:+,.{decimals(error)}f}"
    return f"{text if float(text.replace(',', '')) else text[1:]} {error_words(error)}"
