"""The folder of a record: refused before any work when it cannot be written or holds something else; held by one run at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from openiads.errors import InputError
from openiads.records.reader import DATA_LOCK, DESCRIPTION, SCENARIO, SUMMARY, TABLE_FOLDER

JOURNAL, REPORT = "journal", "report.html"
#: In the journal: to which run it belongs, and the empty file that the run at work holds locked.
KEY, LOCK = "run.json", "lock"
#: Names of other files that a message lists at most.
_SHOWN = 5
#: In the order in which they are removed: without the summary the rest is not taken for a complete record.
_RECORD = (SUMMARY, DESCRIPTION, DATA_LOCK, SCENARIO, TABLE_FOLDER, REPORT)


def require_usable(folder: Path, *, resume: bool) -> None:
    """An `InputError` unless a run may write to `folder`: new, empty, or a record of ours that is complete or is to be resumed."""
    if not folder.exists():
        if resume:
            raise _nothing_to_resume(folder)
        parent = next(p for p in folder.absolute().parents if p.exists())
        if not parent.is_dir():
            raise InputError(f"{folder}: cannot be made: {parent} is not a folder")
        _require_writable(parent, folder)
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file, not a folder; give another --out")
    _require_writable(folder, folder)
    if (folder / JOURNAL / LOCK).is_file():
        with _locked(folder):
            pass
    _require_ours(folder, resume=resume)


@contextlib.contextmanager
def claimed(folder: Path, *, resume: bool) -> Iterator[None]:
    """Make `folder` and hold it for one run: another one is refused meanwhile. However the process ends, nothing stays locked."""
    try:
        (folder / JOURNAL).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    with _locked(folder):
        _require_ours(folder, resume=resume)  # another run may have used it since it was found usable
        yield


def claim_output(out: Path, ours: Callable[[str], bool], command: str) -> None:
    """Make the folder that `command` writes to; an `InputError` if it holds a file whose name is not one of `ours`."""
    there = [path.name for path in out.iterdir()] if out.is_dir() else [out.name] if out.exists() else []
    foreign = [name for name in there if not (out.is_dir() and ours(name))]
    if foreign:
        raise InputError(f"{out}: is not empty and no folder of {command!r} ({foreign[0]}); choose another with --out")
    out.mkdir(parents=True, exist_ok=True)


def clear_folder(folder: Path) -> None:
    """Remove a record and its journal, but for what says to which run they belong."""
    try:
        clear_record(folder)
        for place in (folder / JOURNAL).iterdir():
            if place.name not in (KEY, LOCK):
                _remove(place)
    except OSError as error:
        raise _unwritable(folder, error) from None


def clear_record(folder: Path) -> None:
    """Remove a record, but not its journal."""
    for name in _RECORD:
        _remove(folder / name)


def _require_ours(folder: Path, *, resume: bool) -> None:
    entries = {entry.name for entry in folder.iterdir()}
    strange = {name for name in entries - {JOURNAL, *_RECORD} if not name.endswith(".part")}
    begun = (folder / JOURNAL / KEY).is_file()
    if not begun and any(entry.name != LOCK for entry in folder.glob(f"{JOURNAL}/*")):
        strange.add(JOURNAL)
    if not begun and not strange:
        strange = entries - {JOURNAL}
    if strange:
        some = sorted(strange)
        more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
        raise InputError(f"{folder}: holds other files ({', '.join(some[:_SHOWN])}{more}); give another --out or an empty folder")
    if resume and not begun:
        raise _nothing_to_resume(folder)
    if begun and SUMMARY not in entries and not resume:
        raise InputError(f"{folder}: holds an unfinished run; add --resume to continue it, or give another --out")


def _nothing_to_resume(folder: Path) -> InputError:
    return InputError(f"{folder}: holds no run that --resume could continue; leave it out to begin one, or give another --out")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _require_writable(place: Path, folder: Path) -> None:
    if not os.access(place, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: cannot be written: no permission in {place}")


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{folder}: cannot be written: {error.strerror}")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. It belongs to the open file, which no worker process inherits, and goes with it; the file stays."""
    try:
        file = (folder / JOURNAL / LOCK).open("ab")
    except OSError as error:
        raise _unwritable(folder, error) from None
    with file:
        try:
            _lock(file.fileno())
        except BlockingIOError:
            raise InputError(f"{folder}: another run is using this folder; wait for its end, or give another --out") from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # a file system without locks: nothing can be known
