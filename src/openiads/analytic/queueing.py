"""Loss queues: a Poisson raid against a fixed number of fire channels."""

from __future__ import annotations

from openiads.analytic.arguments import require_count, require_positive


def erlang_b(channels: int, offered_load_erlang: float) -> float:
    """Share of arrivals that find every channel busy (Erlang's loss formula).

    The offered load is arrival rate times mean channel-hold time; the law of the hold time does not matter. Computed by the
    recursion B(c) = A B(c-1) / (c + A B(c-1)) from B(0) = 1, which neither overflows nor cancels.

    Not modelled: waiting, several arrivals at once, a rate that changes with time.
    Reference: L. Kleinrock, Queueing Systems I (1975), section 3.6.
    """
    require_count("channels", channels)
    require_positive("offered load", offered_load_erlang)
    blocking = 1.0
    for c in range(1, channels + 1):
        blocking = offered_load_erlang * blocking / (c + offered_load_erlang * blocking)
    return blocking


def mean_busy_channels(channels: int, offered_load_erlang: float) -> float:
    """Carried load, in channels: the offered load less what is blocked."""
    return offered_load_erlang * (1.0 - erlang_b(channels, offered_load_erlang))
