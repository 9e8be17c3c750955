"""The folder of a record: refused before any work when it cannot be written or holds something else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from openiads.errors import InputError
from openiads.records.reader import DATA_LOCK, DESCRIPTION, SCENARIO, SUMMARY, TABLE_FOLDER

JOURNAL, REPORT = "journal", "report.html"
#: Names of other files that a message lists at most.
_SHOWN = 5
_OURS = {SUMMARY, DESCRIPTION, DATA_LOCK, SCENARIO, TABLE_FOLDER, JOURNAL, REPORT}


def require_usable(folder: Path, *, resume: bool) -> None:
    """An `InputError` unless a run may write to `folder`: new, empty, or a record of ours that is complete or is to be resumed."""
    if resume and not (folder / JOURNAL).is_dir():
        raise InputError(f"{folder}: holds no run that --resume could continue; leave it out to begin one, or give another --out")
    if not folder.exists():
        parent = next(p for p in folder.absolute().parents if p.exists())
        if not parent.is_dir():
            raise InputError(f"{folder}: cannot be made: {parent} is not a folder")
        _require_writable(parent, folder)
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file, not a folder; give another --out")
    _require_writable(folder, folder)
    entries = {entry.name for entry in folder.iterdir()}
    strange = sorted(name for name in entries - _OURS if not name.endswith(".part"))
    if strange or (entries and JOURNAL not in entries):
        some = sorted(strange or entries)
        more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
        raise InputError(f"{folder}: holds other files ({', '.join(some[:_SHOWN])}{more}); give another --out or an empty folder")
    if JOURNAL in entries and SUMMARY not in entries and not resume:
        raise InputError(f"{folder}: holds an unfinished run; add --resume to continue it, or give another --out")


def begin_folder(folder: Path, *, resume: bool) -> None:
    """Make the folder; what a complete run left there is removed, but for its journal when it is resumed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _OURS - {JOURNAL}:
            _remove(folder / name)
        if not resume:
            _remove(folder / JOURNAL)
        (folder / JOURNAL).mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _require_writable(place: Path, folder: Path) -> None:
    if not os.access(place, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: cannot be written: no permission in {place}")
