"""What this version can simulate, and which words of the format wait for their law. One place to extend when a law is built."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

#: Systems that can stand in `blue.units`.
SUPPORTED_SYSTEMS: Final = ("s400",)

#: More threats than this are refused.
MAX_THREATS: Final = 60_000

#: What is said of them.
NOT_YET: Final = "not yet modelled"

#: Keys of the format whose law is not built yet, by the mapping in which they stand (list positions left out).
NOT_YET_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"neutral", "weather", "jamming", "identification", "campaign", "fidelity"}),
    "place": frozenset({"relief", "coast"}),
    "blue": frozenset({"identification", "patrols", "emission", "campaign"}),
    "blue.units": frozenset(
        {"path", "move", "readiness", "repair", "emission", "trained", "stock_diverted", "vehicles", "superior"}
        | {"available_from", "available_until"}
    ),
    "blue.doctrine": frozenset({"identification", "emission", "launch_on_remote"}),
    "red": frozenset({"identification", "jamming", "homing", "dive"}),
}

#: Values of the format whose law is not built yet, by key (list positions left out).
NOT_YET_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "place.terrain": frozenset({"synthetic", "raster", "ridge"}),
    "blue.link": frozenset({"none", "voice", "data-link"}),
    "blue.doctrine.control": frozenset({"hold"}),
}


def nearest(name: str, allowed: Iterable[str]) -> str:
    """``did you mean 'x'?`` for the closest of `allowed`, or nothing."""
    lower = {candidate.lower(): candidate for candidate in allowed}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    return f"did you mean '{lower[near[0]]}'?" if near else ""
