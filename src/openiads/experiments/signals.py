"""Ctrl-C and SIGTERM: both stop a run in order, so that what is finished is kept and said."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Self

from openiads.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """If a plain `KeyboardInterrupt` hits an `exec()`, which makes dataclasses, CPython dies of the signal at its end, even if caught."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def interrupted(message: str, stop: KeyboardInterrupt) -> Interrupted:
    """What the user is told of `stop`; the exit code is that of a shell: 130 after Ctrl-C, 143 after SIGTERM."""
    error = Interrupted(message)
    error.exit_code = 128 + getattr(stop, "number", signal.SIGINT)
    return error


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise `Stopped`, unless the program has handlers of its own or ignores them."""
    plain, hook = (signal.default_int_handler, signal.SIG_DFL), sys.unraisablehook
    ours = {number: handler for number, handler in _handlers().items() if handler in plain}
    for number in ours:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook


@contextlib.contextmanager
def later() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the end of the block: what is being built or handed over in it is never left half done."""
    before = {number: handler for number, handler in _handlers().items() if callable(handler)}
    came: list[int] = []
    for number in before:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        before[number](number, None)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM do nothing, for the moment in which a run that has ended or been stopped lets its workers go."""
    before = {number: handler for number, handler in _handlers().items() if handler is not None}
    for number in before:
        signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore() -> None:
    """From here on Ctrl-C and SIGTERM do nothing: the program has been stopped, has said so and is on its way out."""
    for number in _handlers():
        signal.signal(number, signal.SIG_IGN)
    sys.unraisablehook = _say_nothing


def _handlers() -> dict[int, Any]:
    """The handlers of the signals; only the main thread may change them."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in _SIGNALS}


def _raise(number: int, frame: FrameType | None) -> None:
    sys.unraisablehook = _say_nothing
    raise Stopped(number)


def _say_nothing(_: object) -> None:
    """An object of a library that a signal left half built may fail when it is deleted; that is no news to the user."""


class Stop:
    """``with Stop() as stop``: remembers a signal whose handler raises. The exception alone can get lost inside a call of the core."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        self._before = {number: handler for number, handler in _handlers().items() if callable(handler)}
        for number in self._before:
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        self._before[number](number, frame)

    def check(self) -> None:
        """Raise `Stopped` if a signal has come."""
        if self._number is not None:
            raise Stopped(self._number)
