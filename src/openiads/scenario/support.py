"""What this version can simulate, and which words of the format wait for their law. One place to extend when a law is built."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic_core import ErrorDetails

from openiads.documents.problems import allowed_words

#: Systems of the built-in catalogue that can stand in `blue.units`, beside the user's own.
SUPPORTED_SYSTEMS: Final = ("s400", "korkut")

#: The one of them whose fire units are gun vehicles, and the name of a burst of theirs.
GUNS: Final = "korkut"
BURST: Final = "35mm"

#: Keys that a unit needs, and keys that it cannot have, by its system.
UNIT_KEYS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "s400": (frozenset({"version", "fire_units", "ready"}), frozenset({"vehicles"})),
    GUNS: (frozenset({"vehicles"}), frozenset({"version", "fire_units", "facing"})),
}


def own_unit_keys(versions: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The same for a system of the user's own, by the names of its versions."""
    version = frozenset({"version"})
    needed, foreign = frozenset({"fire_units", "ready"}), frozenset({"vehicles"})
    return (needed | version, foreign) if versions else (needed, foreign | version)


#: More threats than this are refused.
MAX_THREATS: Final = 60_000

#: What is said of them.
NOT_YET: Final = "not yet modelled"

#: Keys of the format whose law is not built yet, by the mapping in which they stand (list positions left out).
NOT_YET_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"jamming", "identification", "campaign", "fidelity"}),
    "place": frozenset({"coast"}),
    "blue": frozenset({"identification", "patrols", "emission", "campaign"}),
    "blue.units": frozenset(
        {"path", "move", "readiness", "repair", "emission", "trained", "stock_diverted", "superior"} | {"available_from", "available_until"}
    ),
    "blue.doctrine": frozenset({"identification", "emission", "launch_on_remote"}),
    "red": frozenset({"identification", "jamming", "dive"}),
}

#: Values of the format whose law is not built yet, by key (list positions left out).
NOT_YET_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "blue.link": frozenset({"none", "voice", "data-link"}),
}


def not_yet(detail: ErrorDetails) -> tuple[str, str] | None:
    """Message and hint for a key or value whose law is not built yet; None for any other error of the schema."""
    steps, given = [step for step in detail["loc"] if isinstance(step, str)], detail["input"]
    if detail["type"] == "extra_forbidden" and steps[-1] in NOT_YET_KEYS.get(".".join(steps[:-1]), ()):
        return f"is {NOT_YET}", ""
    if detail["type"] == "literal_error" and isinstance(given, str) and given in NOT_YET_VALUES.get(".".join(steps), ()):
        return f"'{given}' is {NOT_YET}", f"allowed: {', '.join(allowed_words(detail['ctx']))}"
    return None
