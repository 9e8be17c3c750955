"""One worker's session: a `World`, its reusable `State`, and replicates one after another."""

from __future__ import annotations

import operator

from openiads.codes import Status
from openiads.engine.loop import replicate
from openiads.errors import CapacityError, InputError, RunError
from openiads.scenario.schema import KEY_WORD
from openiads.simulation.lower.windows import with_places
from openiads.state import layout
from openiads.state.allocate import make_state, rows
from openiads.state.layout import State, World

#: A growing array may not get longer than this many rows.
_MOST_ROWS = 1 << 27
_GROWING = {
    layout.OVERFLOW_HEAP: "heap",
    layout.OVERFLOW_LATER: "later",
    layout.OVERFLOW_LOG: "log",
    layout.OVERFLOW_ENGAGEMENTS: "engagements",
    layout.OVERFLOW_SHOTS: "shots",
}


def whole(name: str, value: object, least: int, below: int) -> int:
    """An argument as a number of Python: any other kind of integer would compile the core once more. Others are an `InputError`."""
    try:
        number = int(operator.index(value))  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{name}: {value!r} must be a whole number") from None
    if not least <= number < below:
        raise InputError(f"{name}: {number} must be at least {least} and less than {below}")
    return number


class Session:
    """Runs replicates of one world; the state is reused and grows when a replicate needs more room.

    `Session(lower(scenario).world)` is the engine without files, statistics and worker processes, for research on single replicates.
    The fields of `world` and of the states, structured arrays in SI units, are described in `openiads.state.layout`.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.state: State = make_state(world)
        self._with_places: Session | None = None

    def run(self, seed: int, replication: int, *, record: bool = False) -> State:
        """Run one replicate and return the state, valid until the next call: copy what is to outlast it.

        `seed` and `replication` (0 <= both < 2^32) are the random key: nominal replicate k of a saved run is `run(seed, k)`. For example
        `state.objects["status"]` (n_objects,) holds `codes.ObjectStatus` values in the order of the table `object`. With `record` the log
        holds every look of every radar too. A key that is no such number is an `InputError`, a replicate that cannot be completed a
        `RunError`.
        """
        seed, replication = whole("seed", seed, 0, KEY_WORD), whole("replication", replication, 0, KEY_WORD)
        while True:
            self.state.cursor[0]["record"] = record
            status = replicate(self.world, self.state, seed, replication)
            if status == Status.DONE:
                return self.state
            if self.state.cursor[0]["overflow"] == layout.OVERFLOW_TRACKS:
                self._with_places = self._with_places or Session(with_places(self.world))
                return self._with_places.run(seed, replication, record=record)
            if status != Status.OVERFLOW:
                now_s = self.state.cursor[0]["now_s"]
                raise RunError(f"replicate {replication} of seed {seed} stopped at {now_s:.3f} s with status {status}")
            self._grow(seed, replication)

    def _grow(self, seed: int, replication: int) -> None:
        name = _GROWING[int(self.state.cursor[0]["overflow"])]
        array = getattr(self.state, name)
        if 2 * array.size > _MOST_ROWS:
            raise CapacityError(f"replicate {replication} of seed {seed} needs more than {array.size} rows of {name}")
        self.state = self.state._replace(**{name: rows(2 * array.size, array.dtype)})
